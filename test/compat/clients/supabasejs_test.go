package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster/clustertest"
	"github.com/mainstay-dev/mainstay/mainstaytest"
	"github.com/mainstay-dev/mainstay/test/compat/report"
)

func TestSupabaseJSOnPostgres(t *testing.T) {
	dir := checkout(t, "MAINSTAY_SUPABASE_JS")
	supabaseJS(t, dir, "postgres", mainstay.Server{Database: clustertest.Database(t)})
}

func TestSupabaseJSOnSQLite(t *testing.T) {
	supabaseJS(t, checkout(t, "MAINSTAY_SUPABASE_JS"), "sqlite", mainstay.Server{})
}

// noDoor says of the tests that are not run, by how their names begin, which door they wait for.
var noDoor = map[string]string{
	"Supabase Integration Tests Authentication": "there is no door of sign-in yet",
	"Supabase Integration Tests Realtime":       "there is no door of realtime yet",
	"Custom JWT Realtime":                       "there is no door of realtime yet",
	"Storage API":                               "there is no door of storage yet",
}

func supabaseJS(t *testing.T, dir, engine string, s mainstay.Server) {
	text, err := os.ReadFile(filepath.Join(dir, "test", "integration.test.ts"))
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`).FindSubmatch(text)
	secret := regexp.MustCompile(`JWT_SECRET = '([^']+)'`).FindSubmatch(text)
	if address == nil || secret == nil {
		t.Fatal("the tests name no address of a server, or no secret")
	}
	s.Dir = project(t, "[auth]\njwt_secret = \""+string(secret[1])+"\"\n", filepath.Join(dir, "supabase", "migrations"), "", func(s string) string { return s })
	if err := os.WriteFile(filepath.Join(s.Dir, "migrations", "99999999999999_sign_up.sql"), []byte(signUpSQL), 0o644); err != nil {
		t.Fatal(err)
	}
	signUp(t, string(address[1]), mainstaytest.Run(t, s))

	prefixes := slices.Sorted(maps.Keys(noDoor))
	section := report.Section{Suite: "supabase-js", Engine: engine}
	for _, a := range jest(t, dir, "test/integration.test.ts", "--testNamePattern", "^(?!"+strings.Join(prefixes, "|")+")") {
		i := slices.IndexFunc(prefixes, func(p string) bool { return strings.HasPrefix(a.FullName, p) })
		switch {
		case a.Status == "passed":
			section.Passed++
			section.Total++
		case i >= 0 && a.Status == "pending":
			section.NotRun = append(section.NotRun, report.Line{Case: a.FullName, Reason: noDoor[prefixes[i]]})
		default:
			t.Errorf("%s: %s %s", a.FullName, a.Status, a.message())
		}
	}
	t.Logf("%d of %d", section.Passed, section.Total)
	if !t.Failed() {
		section.Check(t, *update)
	}
}

const signUpSQL = `
create function public.test_sign_up(id uuid, email text) returns void language sql security definer as $$ insert into auth.users (id, email) values (id, email) $$;
revoke execute on function public.test_sign_up(uuid, text) from public, anon, authenticated;
`

// signUp serves at an address what the server serves, and stands in for the door of sign-in, which is not there yet: users are rows of auth.users, and their tokens are signed
// with the project's key. What is tested is what the REST door does with those users.
func signUp(t *testing.T, address string, s *mainstaytest.Server) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	type user struct {
		ID    string `json:"id"`
		Email string `json:"email"`
		Aud   string `json:"aud"`
		Role  string `json:"role"`
	}
	var mu sync.Mutex
	users := map[string]user{} // guarded by mu
	session := func(w http.ResponseWriter, u user) {
		expires := time.Now().Add(time.Hour).Unix()
		token, err := s.Sign(map[string]any{"sub": u.ID, "email": u.Email, "role": u.Role, "aud": u.Aud, "exp": expires})
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "refresh_token": "none", "token_type": "bearer", "expires_in": 3600, "expires_at": expires, "user": u}) // the client is gone
	}
	emailOf := func(r *http.Request) string {
		var v struct{ Email string }
		if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
			t.Error(err)
		}
		return v.Email
	}
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(to))
	mux.HandleFunc("POST /auth/v1/signup", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		u := user{ID: fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", len(users)+1), Email: emailOf(r), Aud: "authenticated", Role: "authenticated"}
		users[u.Email] = u
		body, err := json.Marshal(map[string]string{"id": u.ID, "email": u.Email})
		if err != nil {
			t.Error(err)
		}
		call, err := http.NewRequestWithContext(r.Context(), http.MethodPost, s.URL+"/rest/v1/rpc/test_sign_up", bytes.NewReader(body))
		if err != nil {
			t.Error(err)
		}
		call.Header.Set("apikey", s.Secret)
		call.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(call)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		if b, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
			t.Errorf("sign up: %d %s", resp.StatusCode, b)
		}
		session(w, u)
	})
	mux.HandleFunc("POST /auth/v1/token", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		u, ok := users[emailOf(r)]
		if !ok {
			http.Error(w, `{"code":400,"error_code":"invalid_credentials","msg":"Invalid login credentials"}`, http.StatusBadRequest)
			return
		}
		session(w, u)
	})
	mux.HandleFunc("POST /auth/v1/logout", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	front := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- front.Serve(l) }()
	t.Cleanup(func() {
		_ = front.Close() // ends Serve
		<-done
	})
}
