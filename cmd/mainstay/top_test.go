package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/top"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

// shown is an output that is read while it is written to.
type shown struct {
	mu sync.Mutex
	b  bytes.Buffer
	at func(string) // called after each write
}

func (s *shown) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.b.Write(p)
	if s.at != nil {
		s.at(s.b.String())
	}
	return n, err
}

func topProject(t *testing.T) *mainstaytest.Server {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "migrations"), 0o755); err != nil {
		t.Fatal(err)
	}
	const world = `create table notes (id bigint primary key, body text); alter table notes enable row level security; create policy "all" on notes using (true); insert into notes values (1, 'a');`
	if err := os.WriteFile(filepath.Join(dir, "migrations", "1_a.sql"), []byte(world), 0o644); err != nil {
		t.Fatal(err)
	}
	return mainstaytest.Run(t, mainstay.Server{Dir: dir})
}

// ask asks for different rows until ctx ends.
func ask(t *testing.T, ctx context.Context, s *mainstaytest.Server) {
	for n := 0; ctx.Err() == nil; n++ {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/rest/v1/notes?id=eq."+string(rune('0'+n%10))+"&limit="+string(rune('1'+n/10%9)), nil)
		if err != nil {
			t.Error(err)
			return
		}
		if resp, err := http.DefaultClient.Do(r); err == nil {
			_ = resp.Body.Close()
		}
	}
}

// TestTopOnce: a script reads what a server did while it was watched.
func TestTopOnce(t *testing.T) {
	s := topProject(t)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { ask(t, ctx, s) })
	var out bytes.Buffer
	cmd := command()
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"top", "--once", "--json", "--interval", "300ms", "--url", s.URL, "--key", s.Secret})
	if err := cmd.ExecuteContext(ctx); err != nil {
		t.Fatal(err)
	}
	var v top.View
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	var rest top.Route
	for _, r := range v.Routes {
		if r.Door == "/rest/v1" {
			rest = r
		}
	}
	if rest.Requests <= 0 || v.Requests < rest.Requests || rest.P50 <= 0 || rest.P99 < rest.P50 {
		t.Errorf("the route: %+v of %v", rest, v.Requests)
	}
	if len(v.Statements) == 0 || !strings.Contains(v.Statements[0].SQL, "notes") || v.Statements[0].Calls <= 0 || v.Statements[0].Mean <= 0 {
		t.Errorf("statements: %+v", v.Statements)
	}
	if len(v.Queues) != 5 || v.Connections < 2 || v.FileBytes == 0 || v.ResidentBytes == 0 || v.Goroutines == 0 || v.Seconds < 0.3 {
		t.Errorf("%+v", v)
	}
}

// TestTopTold: the errors that people meet.
func TestTopTold(t *testing.T) {
	s := topProject(t)
	for name, args := range map[string][]string{
		"is the key the secret one":  {"top", "--once", "--url", s.URL, "--key", s.Publishable},
		"at least 100ms":             {"top", "--interval", "1ms"},
		"no server of this project ": {"top", "--once", "testdata/none"},
	} {
		if strings.HasPrefix(name, "no server") {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "mainstay.toml"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			args[2] = dir
		}
		cmd := command()
		cmd.SetArgs(args)
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v: %v, want %q", args, err, name)
		}
	}
}

// TestTopLive: view follows view until it is ended, and a terminal gets frames that replace each other.
func TestTopLive(t *testing.T) {
	s := topProject(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out := &shown{at: func(text string) {
		if strings.Count(text, "QUEUE") >= 2 {
			cancel()
		}
	}}
	source := &top.Source{URL: s.URL, Key: s.Secret, Client: http.DefaultClient}
	if err := watchTop(ctx, out, source, 100*time.Millisecond, false, false); err != nil {
		t.Fatal(err)
	}
	if text := out.b.String(); strings.Count(text, "requests ") < 2 || strings.Contains(text, "\x1b") || !strings.Contains(text, "wal ") {
		t.Errorf("got %q", text)
	}
	a, err := source.Sample(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := top.Between(a, a)
	v.Statements = []top.Statement{{Role: "anon", SQL: "select \x1b[2J\n  'x'"}}
	var frame bytes.Buffer
	top.Begin(&frame)
	if err := v.Frame(&frame, "here"); err != nil {
		t.Fatal(err)
	}
	top.End(&frame)
	text := frame.String()
	if !strings.HasPrefix(text, "\x1b[?1049h") || !strings.HasSuffix(text, "\x1b[?1049l") || !strings.Contains(text, "select [2J 'x'") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
		t.Errorf("a frame: %q", text)
	}
}

// TestTopTellsNoKey: the help text does not hold the secret key of the environment.
func TestTopTellsNoKey(t *testing.T) {
	t.Setenv("MAINSTAY_SECRET_KEY", "sb_secret_hush")
	cmd := topCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--help"})
	if err := cmd.Execute(); err != nil || out.Len() == 0 || strings.Contains(out.String(), "hush") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
