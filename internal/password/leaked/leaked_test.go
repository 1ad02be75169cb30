package leaked

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestContains(t *testing.T) {
	for _, c := range []struct {
		password string
		want     bool
	}{
		{"password", true}, {"Password", true}, {"PASSWORD1", true}, {"P@ssw0rd!", true}, {"passw0rd2024", true}, {"12345678", true}, {"qwertyuiop", true}, {"iloveyou", true},
		{"I love you", true}, {"Michael1987", true}, {"1984Michael!", true}, {"monkeymonkey", true}, {"aaaaaaaa", true}, {"abababab", true}, {"zaq12wsx", true}, {"Summer2025!", true}, {"19870412", true},
		{"dragon-dragon", true}, {"liverpool1", true}, {"he110w0r1d", true},
		{"correct horse battery", false}, {"another good one 77", false}, {"attackers own 1", false}, {"tR8!vmq2zL", false}, {"plinth gazebo 12", false}, {"michaelx7kq", false}, {"123456789012345", false},
		{"", false}, {"xkvq", false}, {"ünïcödé wörds", false},
	} {
		if got := Contains(c.password); got != c.want {
			t.Errorf("%q: got %v", c.password, got)
		}
	}
}

// TestFewAreTakenForLeaked: of random passwords the filter lets through nearly all.
func TestFewAreTakenForLeaked(t *testing.T) {
	wrong := 0
	const n = 100_000
	for range n {
		b := make([]byte, 12)
		if _, err := rand.Read(b); err != nil {
			t.Fatal(err)
		}
		if Contains(base64.StdEncoding.EncodeToString(b)) {
			wrong++
		}
	}
	t.Logf("%d of %d", wrong, n)
	if wrong > n/1000 {
		t.Errorf("%d of %d random passwords are taken for leaked ones", wrong, n)
	}
}

func BenchmarkContains(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if Contains("correct horse battery 77") {
			b.Fatal("not a leaked one")
		}
	}
}

func TestLookupTellsFiveDigits(t *testing.T) {
	digest := func(p string) string { return strings.ToUpper(fmt.Sprintf("%x", sha1.Sum([]byte(p)))) }
	known, padding := digest("hunter22 but longer"), digest("padding only")
	var asked []string
	status, wait := http.StatusOK, make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path+" "+r.Header.Get("Add-Padding"))
		if status == 0 {
			select {
			case <-wait:
			case <-r.Context().Done():
			}
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "0000000000000000000000000000000000A:3\r\n"+known[5:]+":42\r\n"+padding[5:]+":0\r\n")
	}))
	defer s.Close()
	defer close(wait)
	l := Lookup{URL: s.URL + "/range/", Timeout: 5 * time.Second}
	for _, c := range []struct {
		password string
		want     bool
	}{{"hunter22 but longer", true}, {"nobody knows this one", false}, {"padding only", false}} {
		if got, err := l.Contains(t.Context(), c.password); got != c.want || err != nil {
			t.Errorf("%q: %v, %v", c.password, got, err)
		}
	}
	if want := "/range/" + known[:5] + " true"; asked[0] != want {
		t.Errorf("asked %q, want %q", asked[0], want)
	}
	status = http.StatusServiceUnavailable
	if got, err := l.Contains(t.Context(), "x"); got || err == nil || strings.Contains(err.Error(), digest("x")[5:]) {
		t.Errorf("a service that fails: %v, %v", got, err)
	}
	status = 0
	l.Timeout = 50 * time.Millisecond
	if _, err := l.Contains(context.Background(), "x"); err == nil {
		t.Error("a service that does not answer is waited for")
	}
}
