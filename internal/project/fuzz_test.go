package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzConfig reads any text as a project's settings: it is taken or refused.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{"", "name = \"a\"\n[api]\nmax_rows = 5\n", "[api]\nmax_rows = -1\n", "[api]\nstatement_timeout = \"1x\"\n", "a = [1,", "[auth.hook.send_sms]\nuri = \"%\"\n", "[db]\nurl = \"env(X)\"\n", "name = 1\n", "\x00", "[api]\ntrusted_proxies = [\"10.0.0.0/99\"]\n"} {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "mainstay.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Load(dir)
		if err != nil {
			return
		}
		if c := &p.Config; c.API.MaxRows < 0 || c.API.MaxBodyBytes < 0 || c.API.StatementTimeout < 0 {
			t.Fatalf("%q gives %+v", text, c.API)
		}
	})
}

// FuzzVersions compares any names of migrations: the order is one.
func FuzzVersions(f *testing.F) {
	for _, s := range [][3]string{{"1", "2", "10"}, {"001", "1", "01"}, {"20260101000000", "20260101000001", "3"}, {"a", "", "9"}, {"99999999999999999999999", "1e5", "-1"}} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, s := range []string{a, b, c} {
			if s == "" || strings.Trim(s, "0123456789") != "" {
				return // no version
			}
		}
		switch less := VersionLess; {
		case less(a, a), less(a, b) && less(b, a), less(a, b) && less(b, c) && !less(a, c):
			t.Fatalf("%q, %q and %q have no order", a, b, c)
		}
	})
}
