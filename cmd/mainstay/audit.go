package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/exposure"
)

func auditCommand() *cobra.Command {
	var f serverFlags
	var format, baseline, failOn string
	var to mainstay.Target
	cmd := &cobra.Command{
		Use:   "audit [folder]",
		Short: "Say what each role can reach, and what of it is probably a mistake",
		Long: `Say what each role can do with each table, column, view and function that is served, and what is probably a mistake, with the statement that fixes it.
The folder's migrations and schema.sql are applied to a database that is thrown away; with --database that database is looked at, as it is.`,
		Example: `  mainstay audit
  mainstay audit --format json > exposure.json      # to be kept with the project
  mainstay audit --baseline exposure.json           # fails when more can be reached
  mainstay audit --format sarif > audit.sarif
  mainstay audit --attack http://127.0.0.1:54321 --key sb_publishable_…`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains([]string{"text", "json", "sarif"}, format) {
				return fmt.Errorf("--format: %q is none of text, json and sarif", format)
			}
			least, err := levelOf(failOn)
			if err != nil {
				return err
			}
			s, err := f.prepare(args, slog.LevelWarn)
			if err != nil {
				return err
			}
			a, err := audited(cmd, s)
			if err != nil {
				return err
			}
			secrets, err := secretsIn(s.Dir)
			if err != nil {
				return err
			}
			a.Findings = append(a.Findings, secrets...)
			through, err := attacked(cmd, a, to)
			if err != nil {
				return err
			}
			var worse []string
			if baseline != "" {
				if worse, err = compared(a, baseline); err != nil {
					return err
				}
			}
			if err := writeAudit(cmd.OutOrStdout(), a, format, worse); err != nil {
				return err
			}
			if through > 0 {
				return fmt.Errorf("%s lets through %d attempts", to.URL, through)
			}
			if len(worse) > 0 {
				return fmt.Errorf("more can be reached than %s says, in %d ways", baseline, len(worse))
			}
			if n := counted(a, least); n > 0 {
				return fmt.Errorf("%d findings of level %s or more", n, failOn)
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&to.URL, "attack", "", "address of a running server: try there what the audit says that nobody can do")
	cmd.Flags().StringVar(&to.Key, "key", "", "with --attack: the publishable key")
	cmd.Flags().StringVar(&to.Token, "token", "", "with --attack: the access token of a user, to try what users must not do")
	cmd.Flags().StringVar(&format, "format", "text", "text, json or sarif")
	cmd.Flags().StringVar(&baseline, "baseline", "", "an audit as JSON: fail when more can be reached than it says")
	cmd.Flags().StringVar(&failOn, "fail-on", "never", "least level of findings to fail for: error, warning, note, never")
	return cmd
}

// attacked attacks the server that is named, and adds what got through to the findings.
func attacked(cmd *cobra.Command, a *exposure.Audit, to mainstay.Target) (int, error) {
	if to.URL == "" {
		return 0, nil
	}
	out, err := mainstay.Attack(cmd.Context(), a, to)
	if err != nil {
		return 0, err
	}
	a.Findings = append(a.Findings, out.Findings...)
	cmd.PrintErrf("%d attempts, %d got through, %d without a clear answer", out.Attempts, len(out.Findings), len(out.Unclear))
	if out.LeftOut > 0 {
		cmd.PrintErrf("; %d of users were left out: give one's access token with --token", out.LeftOut)
	}
	cmd.PrintErrln()
	for _, u := range out.Unclear {
		cmd.PrintErrln("  unclear: " + u)
	}
	return len(out.Findings), nil
}

// audited audits the database that is named, or the one that the folder makes.
func audited(cmd *cobra.Command, s *mainstay.Server) (*exposure.Audit, error) {
	if s.Database != "" {
		db, err := s.Open(cmd.Context())
		if err != nil {
			return nil, err
		}
		defer db.Close()
		return db.Audit(), nil
	}
	dir, err := os.MkdirTemp("", "mainstay-audit-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a scratch folder
	return s.AuditFolder(cmd.Context(), filepath.Join(dir, "data"))
}

func compared(a *exposure.Audit, baseline string) ([]string, error) {
	text, err := os.ReadFile(baseline)
	if err != nil {
		return nil, err
	}
	var base exposure.Audit
	if err := json.Unmarshal(text, &base); err != nil {
		return nil, fmt.Errorf("%s is not an audit: %w", baseline, err)
	}
	worse, err := a.Worse(&base)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", baseline, err)
	}
	return worse, nil
}

func writeAudit(out io.Writer, a *exposure.Audit, format string, worse []string) error {
	switch format {
	case "json":
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(a)
	case "sarif":
		text, err := a.SARIF(version(), "migrations", worse)
		if err != nil {
			return err
		}
		_, err = out.Write(append(text, '\n'))
		return err
	}
	text := a.Text()
	for _, w := range worse {
		text += "worse than the baseline: " + w + "\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

// levels are those of findings, the gravest first.
var levels = []string{"error", "warning", "note"}

// levelOf is a level's index; -1 for never.
func levelOf(name string) (int, error) {
	i := slices.Index(levels, name)
	if i < 0 && name != "never" {
		return 0, fmt.Errorf("--fail-on: %q is none of error, warning, note and never", name)
	}
	return i, nil
}

func counted(a *exposure.Audit, least int) int {
	n := 0
	for _, f := range a.Findings {
		if slices.Index(levels, f.Level) <= least {
			n++
		}
	}
	return n
}

// public are the names of folders whose files a web server gives to everybody.
var public = []string{"public", "static", "assets", "dist", "build", "out", "www"}

// unread are folders that are not the project's own.
var unread = []string{".git", ".mainstay", "node_modules", "vendor"}

// maxScanned is the size of the largest file that is looked through.
const maxScanned = 8 << 20

var (
	secretKey = regexp.MustCompile(`sb_secret_[A-Za-z0-9_-]{16,}`)
	webToken  = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.(eyJ[A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+`)
)

// secretsIn looks through the public folders below dir for keys that act past all policies.
func secretsIn(dir string) ([]exposure.Finding, error) {
	var out []exposure.Finding
	if dir == "" {
		dir = "."
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path) // path is below dir
		switch {
		case d.IsDir() && slices.Contains(unread, d.Name()):
			return filepath.SkipDir
		case !d.Type().IsRegular() || !slices.ContainsFunc(strings.Split(filepath.ToSlash(filepath.Dir(rel)), "/"), func(name string) bool { return slices.Contains(public, name) }):
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() > maxScanned {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if hasSecret(text) {
			x := exposure.ServiceKey.New("", "it holds a key that acts past all policies", "Take it out, and make new keys: whoever has seen the file has it.")
			x.File = filepath.ToSlash(rel)
			out = append(out, x)
		}
		return nil
	})
	return out, err
}

func hasSecret(text []byte) bool {
	if secretKey.Match(text) {
		return true
	}
	for _, m := range webToken.FindAllSubmatch(text, -1) {
		payload, err := base64.RawURLEncoding.DecodeString(string(m[1]))
		var claims struct{ Role string }
		if err == nil && json.Unmarshal(payload, &claims) == nil && claims.Role == "service_role" {
			return true
		}
	}
	return false
}
