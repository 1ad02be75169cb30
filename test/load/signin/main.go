// Command signin measures signing in with a password: how many a second, against what a hash costs, and what is left for others meanwhile.
//
//	go run ./test/load/signin                  # some two minutes: a table, on standard output
//	go run ./test/load/signin -engine postgres -database postgres://… -rounds 5
//
// In rounds, one after the other: one-row reads alone; 200 clients that sign in; reads while they do. A hash is measured first, alone, in this process. The server runs in
// a child process with its defaults. Every status is checked.
//
// What to distrust: the clients run on the same cores as the server, and so does whatever else the machine does; the ratios suffer less than the figures. The line at the
// top says how busy the machine was before.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/password"
)

const (
	childVariable = "MAINSTAY_LOAD_SIGNIN_CHILD" // the project's folder
	users         = 20
	secret        = "correct horse battery"
	settings      = `[auth]
site_url = "http://localhost:3000"
[auth.rate_limit]
sign_in_sign_ups = -1
password_failures = -1
`
	schema = `create table public.items (id int primary key, name text not null);
alter table public.items enable row level security;
create policy everybody on public.items for select to anon using (true);
grant select on public.items to anon;
insert into public.items select i, 'item ' || i from generate_series(1, 1000) i;
`
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := start(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "signin:", err)
		os.Exit(1)
	}
}

func start(ctx context.Context) error {
	if folder := os.Getenv(childVariable); folder != "" {
		return serve(ctx, folder)
	}
	database := flag.String("database", "", "URL of an empty PostgreSQL database; default is the embedded engine")
	clients := flag.Int("clients", 200, "clients that sign in")
	readers := flag.Int("readers", 8, "connections that read")
	duration := flag.Duration("duration", 5*time.Second, "length of one run")
	rounds := flag.Int("rounds", 3, "rounds")
	flag.Parse()
	folder, err := os.MkdirTemp("", "mainstay-signin-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	for name, text := range map[string]string{"mainstay.toml": settings, "migrations/1_items.sql": schema} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute+time.Duration(*rounds)*(3**duration+time.Minute))
	defer cancel()
	s, err := child(ctx, folder, *database)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.fill(ctx); err != nil {
		return err
	}
	busy, _ := os.ReadFile("/proc/loadavg") // told where there is one
	cost := hashCost(ctx)
	possible := float64(runtime.NumCPU()) / cost.Seconds()
	fmt.Printf("%d processors, load before %s; a hash costs %v alone, so at most %.0f sign-ins/s\n", runtime.NumCPU(), strings.TrimSpace(string(busy)), cost.Round(100*time.Microsecond), possible)

	var signIns, share, p99s, of []float64
	for round := range *rounds {
		alone := s.run(ctx, *readers, *duration, s.read)
		only := s.run(ctx, *clients, *duration, s.signIn)
		var beside, signing result
		var wg sync.WaitGroup
		wg.Go(func() { signing = s.run(ctx, *clients, *duration, s.signIn) })
		wg.Go(func() { beside = s.run(ctx, *readers, *duration, s.read) })
		wg.Wait()
		for _, r := range []result{alone, only, beside, signing} {
			if r.err != nil {
				return r.err
			}
		}
		fmt.Printf("round %d: reads alone %.0f/s p99 %v; sign-ins %.1f/s p50 %v p99 %v; beside %.1f sign-ins/s, reads %.0f/s p99 %v\n", round+1, alone.rate, alone.p99, only.rate, only.p50, only.p99, signing.rate, beside.rate, beside.p99)
		signIns, of = append(signIns, only.rate), append(of, only.rate/possible)
		share, p99s = append(share, beside.rate/alone.rate), append(p99s, beside.p99.Seconds()/alone.p99.Seconds())
	}
	fmt.Printf("sign-ins/s %s, of what hashes allow %s; reads beside keep %s of their rate, p99 is %s times\n", spread(signIns), spread(of), spread(share), spread(p99s))
	return nil
}

// spread is the median of figures, with the least and the greatest.
func spread(v []float64) string {
	slices.Sort(v)
	return fmt.Sprintf("%.2f [%.2f-%.2f]", v[len(v)/2], v[0], v[len(v)-1])
}

// hashCost is what one hash of the default cost takes, the median of several.
func hashCost(ctx context.Context) time.Duration {
	p := password.NewPool(password.Options{Parallel: 1})
	var took []time.Duration
	for range 21 {
		began := time.Now()
		if _, err := p.Hash(ctx, secret); err != nil {
			return 0
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// hello is what the child says when it serves.
type hello struct{ URL, Secret, Publishable string }

func serve(ctx context.Context, folder string) error {
	s := mainstay.Server{Dir: folder, DataDir: filepath.Join(folder, "data"), Addr: "127.0.0.1:0", Database: os.Getenv(childVariable + "_DATABASE"), Ready: func(i mainstay.Info) {
		_ = json.NewEncoder(os.Stdout).Encode(hello{i.URL, i.Secret, i.Publishable}) // whoever started it has gone: nobody to tell
	}}
	return s.Run(ctx)
}

type server struct {
	hello
	http *http.Client
	stop func()
}

func child(ctx context.Context, folder, database string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childVariable+"="+folder, childVariable+"_DATABASE="+database)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}, Timeout: time.Minute}}
	s.stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
		_ = cmd.Wait()                          // how it ends says nothing
	}
	if err := json.NewDecoder(out).Decode(&s.hello); err != nil {
		s.stop()
		return nil, fmt.Errorf("the server did not start: %w", err)
	}
	return s, nil
}

// ask sends a request and wants status 200.
func (s *server) ask(ctx context.Context, method, path, key string, body any) error {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, payload)
	if err != nil {
		return err
	}
	r.Header.Set("apikey", key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %.200s", method, path, resp.StatusCode, text)
	}
	return err
}

func mail(n int) string { return fmt.Sprintf("user%d@example.com", n%users) }

func (s *server) fill(ctx context.Context) error {
	for n := range users {
		if err := s.ask(ctx, "POST", "/auth/v1/admin/users", s.Secret, map[string]any{"email": mail(n), "password": secret, "email_confirm": true}); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) signIn(ctx context.Context, n int) error {
	return s.ask(ctx, "POST", "/auth/v1/token?grant_type=password", s.Publishable, map[string]any{"email": mail(n), "password": secret})
}

func (s *server) read(ctx context.Context, n int) error {
	return s.ask(ctx, "GET", fmt.Sprintf("/rest/v1/items?id=eq.%d", n%1000+1), s.Publishable, nil)
}

// result is one run.
type result struct {
	rate     float64
	p50, p99 time.Duration
	err      error
}

// run lets clients do f again and again, each after its answer has come.
func (s *server) run(ctx context.Context, clients int, d time.Duration, f func(context.Context, int) error) result {
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var wg sync.WaitGroup
	began := time.Now()
	for i := range clients {
		wg.Go(func() {
			var mine []time.Duration
			for n := i; time.Since(began) < d; n += clients {
				at := time.Now()
				if err := f(ctx, n); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				mine = append(mine, time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	wg.Wait()
	took := time.Since(began)
	if failed != nil || len(all) == 0 {
		return result{err: errors.Join(failed, ctx.Err())}
	}
	slices.Sort(all)
	at := func(q float64) time.Duration {
		return all[min(len(all)-1, int(q*float64(len(all))))].Round(10 * time.Microsecond)
	}
	return result{rate: float64(len(all)) / took.Seconds(), p50: at(0.5), p99: at(0.99)}
}
