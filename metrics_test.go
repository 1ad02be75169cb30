package mainstay_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/mainstaytest"
)

// TestMetrics: who has the secret key reads counts; what a client sends makes no new ones.
func TestMetrics(t *testing.T) {
	s := mainstaytest.Run(t, mainstay.Server{Dir: project(t, "migrations/1_a.sql", notes)})
	rest := s.URL + "/rest/v1"
	for range 3 {
		call(t, "GET", rest+"/notes", "")
	}
	call(t, "PROPFIND", rest+"/notes", "")
	call(t, "GET", rest+"/notes?id=eq.x", "")
	call(t, "GET", s.URL+"/nowhere-"+"secret", "")
	call(t, "POST", rest+"/notes", `{"body":"a secret"}`, "Content-Type", "application/json", "apikey", s.Secret)

	for name, got := range map[string]answer{
		"without a key":            call(t, "GET", s.URL+"/metrics", ""),
		"with the publishable key": call(t, "GET", s.URL+"/metrics", "", "apikey", s.Publishable),
		"with a user's token":      call(t, "GET", s.URL+"/metrics", "", "Authorization", "Bearer "+s.Token("11111111-1111-1111-1111-111111111111")),
	} {
		if got.status != http.StatusUnauthorized || strings.Contains(got.body, "mainstay_") || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %.200s", name, got.status, got.body)
		}
	}
	got := call(t, "GET", s.URL+"/metrics", "", "Authorization", "Bearer "+s.Secret)
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, line := range []string{
		`mainstay_http_requests_total{door="/rest/v1",method="GET",status="200"} 3`,
		`mainstay_http_requests_total{door="/rest/v1",method="GET",status="400"} 1`,
		`mainstay_http_requests_total{door="/rest/v1",method="POST",status="201"} 1`,
		`mainstay_http_requests_total{door="/rest/v1",method="other",status="405"} 1`,
		`mainstay_http_requests_total{door="",method="GET",status="404"} 1`,
		`mainstay_http_request_duration_seconds_count{door="/rest/v1"} 6`,
		`mainstay_http_requests_in_flight 1`,
		`mainstay_statement_errors_total{class="22"} 1`,
		`mainstay_plan_cache_hits_total 1`,
		`mainstay_kept_answers_hits_total 1`, // the second answer is kept, and is the third one
		`mainstay_sqlite_readers_busy 0`,
	} {
		if !strings.Contains(got.body, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	for _, word := range []string{"secret", "PROPFIND", s.Publishable} {
		if strings.Contains(got.body, word) {
			t.Errorf("%q is told", word)
		}
	}
	if got := call(t, "GET", "http://prometheus:"+s.Secret+"@"+strings.TrimPrefix(s.URL, "http://")+"/metrics", ""); got.status != http.StatusOK {
		t.Errorf("as the password of basic authentication: %d %s", got.status, got.body)
	}
}

// TestMetricsForWhom: the setting opens or closes them.
func TestMetricsForWhom(t *testing.T) {
	for who, want := range map[string]int{"everyone": http.StatusOK, "nobody": http.StatusNotFound} {
		s := mainstaytest.Run(t, mainstay.Server{Dir: project(t, "mainstay.toml", "[api]\nmetrics = \""+who+"\"\n")})
		if got := call(t, "GET", s.URL+"/metrics", ""); got.status != want {
			t.Errorf("%s: %d, want %d", who, got.status, want)
		}
	}
}

// TestSlowStatements: what takes long is in the log, with the statement, its plan and who asked, and without values.
func TestSlowStatements(t *testing.T) {
	var log safeBuffer
	s := mainstaytest.Run(t, mainstay.Server{
		Dir: project(t, "mainstay.toml", "[api]\nslow_statement = \"1ns\"\n", "migrations/1_a.sql", notes),
		Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	const user = "11111111-1111-1111-1111-111111111111"
	log.Reset()
	if got := call(t, "GET", s.URL+"/rest/v1/notes?body=eq.hush&select=id", "", "Authorization", "Bearer "+s.Token(user)); got.status != http.StatusOK {
		t.Fatal(got)
	}
	call(t, "POST", s.URL+"/rest/v1/notes", `{"body":"hush"}`, "Content-Type", "application/json")
	type line struct {
		Msg, Method, Path, Role, User, SQL, Plan string
		Took                                     int64
	}
	var read, write line
	for text := range strings.SplitSeq(strings.TrimSpace(log.String()), "\n") {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		switch {
		case l.Msg == "slow statement" && l.Method == "GET":
			read = l
		case l.Msg == "slow statement" && l.Method == "POST":
			write = l
		}
	}
	if read.Path != "/notes" || read.Role != "authenticated" || read.User != user || !strings.Contains(read.SQL, "body") || !strings.Contains(read.Plan, "notes") || read.Took <= 0 {
		t.Errorf("the read: %+v", read)
	}
	if write.Role != "anon" || !strings.Contains(write.SQL, "INSERT") {
		t.Errorf("the write: %+v", write)
	}
	if strings.Contains(log.String(), "hush") {
		t.Error("a value is in the log: ", log.String())
	}
	if got := call(t, "GET", s.URL+"/rest/v1/notes?select=body", ""); got.body != `[{"body":"hush"}]` {
		t.Error("a write was repeated when its plan was asked for:", got.body)
	}
}

// TestStatements: what has run is told by shape and role to whoever has the secret key, without values, and is known after a restart.
func TestStatements(t *testing.T) {
	dir, data := project(t, "migrations/1_a.sql", notes), t.TempDir()
	const user = "11111111-1111-1111-1111-111111111111"
	type shape struct {
		Role, SQL, Before                     string
		Writes                                bool
		Count, Rows, Errors, Bursts, Repeated uint64
		Total                                 int64 `json:"total_ns"`
	}
	find := func(s *mainstaytest.Server, role, part string) (found shape) {
		t.Helper()
		got := call(t, "GET", s.URL+"/metrics/statements", "", "apikey", s.Secret)
		var list []shape
		if err := json.Unmarshal([]byte(got.body), &list); err != nil || got.status != http.StatusOK {
			t.Fatalf("%d %v %s", got.status, err, got.body)
		}
		if strings.Contains(got.body, "hush") || strings.Contains(got.body, user) {
			t.Error("a value is told:", got.body)
		}
		for _, x := range list {
			if x.Role == role && strings.Contains(x.SQL, part) {
				return x
			}
		}
		t.Errorf("no statement of %s with %q in %s", role, part, got.body)
		return
	}
	t.Run("first", func(t *testing.T) {
		s := mainstaytest.Run(t, mainstay.Server{Dir: dir, DataDir: data})
		token := "Bearer " + s.Token(user)
		call(t, "POST", s.URL+"/rest/v1/notes", `[{"body":"hush"},{"body":"hush"}]`, "Content-Type", "application/json")
		call(t, "GET", s.URL+"/rest/v1/notes?order=body", "", "Authorization", token)
		for i := range 12 {
			call(t, "GET", s.URL+"/rest/v1/notes?id=eq."+strconv.Itoa(i), "", "Authorization", token)
		}
		for range 12 {
			call(t, "GET", s.URL+"/rest/v1/notes?id=gt.7", "", "Authorization", token, "Cache-Control", "no-cache")
		}
		if got := find(s, "anon", "INSERT"); !got.Writes || got.Count != 1 || got.Rows != 2 || got.Total <= 0 {
			t.Errorf("%+v", got)
		}
		if got := find(s, "authenticated", "id = "); got.Writes || got.Count != 12 || got.Rows != 2 || got.Bursts != 1 || got.Repeated != 12 || !strings.Contains(got.Before, "ORDER BY") {
			t.Errorf("%+v", got)
		}
		if got := find(s, "authenticated", "id > "); got.Bursts != 0 || got.Repeated != 0 {
			t.Errorf("the same again and again is a burst: %+v", got)
		}
		for name, got := range map[string]answer{
			"without a key":            call(t, "GET", s.URL+"/metrics/statements", ""),
			"with the publishable key": call(t, "GET", s.URL+"/metrics/statements", "", "apikey", s.Publishable),
			"with a user's token":      call(t, "GET", s.URL+"/metrics/statements", "", "Authorization", token),
		} {
			if got.status != http.StatusUnauthorized || strings.Contains(got.body, "SELECT") {
				t.Errorf("%s: %d %.200s", name, got.status, got.body)
			}
		}
	})
	s := mainstaytest.Run(t, mainstay.Server{Dir: dir, DataDir: data})
	call(t, "GET", s.URL+"/rest/v1/notes?id=eq.1", "", "Authorization", "Bearer "+s.Token(user))
	if got := find(s, "authenticated", "id = "); got.Count != 13 || got.Bursts != 1 || !strings.Contains(got.Before, "ORDER BY") {
		t.Errorf("after a restart: %+v", got)
	}
}

// TestStatementsAreBounded: beyond the setting, those that took the least time are counted together.
func TestStatementsAreBounded(t *testing.T) {
	s := mainstaytest.Run(t, mainstay.Server{Dir: project(t, "mainstay.toml", "[api]\nstatement_shapes = 4\n", "migrations/1_a.sql", notes)})
	for i := range 40 {
		if got := call(t, "GET", s.URL+"/rest/v1/notes?select=a"+strconv.Itoa(i)+":body", ""); got.status != http.StatusOK {
			t.Fatal(got)
		}
	}
	var list []struct {
		SQL   string
		Count int
	}
	got := call(t, "GET", s.URL+"/metrics/statements", "", "apikey", s.Secret)
	if err := json.Unmarshal([]byte(got.body), &list); err != nil {
		t.Fatal(err)
	}
	all, others := 0, 0
	for _, x := range list {
		all += x.Count
		if x.SQL == "" {
			others = x.Count
		}
	}
	if len(list) > 5 || all < 40 || others < 36 {
		t.Errorf("%d shapes, %d statements, %d of them without a place: %s", len(list), all, others, got.body)
	}
}

type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.buf.String() }
func (b *safeBuffer) Reset()         { b.mu.Lock(); defer b.mu.Unlock(); b.buf.Reset() }
