// Command signin measures signing in with a password: how many a second, against what a hash costs, and what is left for others meanwhile.
//
//	go run ./test/load/signin                  # some two minutes: a table, on standard output
//	go run ./test/load/signin -engine postgres -database postgres://… -rounds 5
//
// In rounds of short slices, one after the other, so that whatever else the machine does is beside all of them: one-row reads alone; hashes alone, in this process, as many at a
// time as there are processors, which is what sign-ins could reach; 200 clients that sign in; reads while they do. The server runs in a child process with its defaults. Every
// status is checked. Figures are medians of the rounds' ratios.
//
// What to distrust: the clients run on the same cores as the server: reads alone have them for client and server, and reads beside share them with hashes. The line at the top
// says how busy the machine was before; on one that has much else to do a thread that computes a hash waits its turn, and the collector of garbage waits for it.
package main

import (
	"bytes"
	"cmp"
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
	duration := flag.Duration("duration", 3*time.Second, "length of one slice")
	rounds := flag.Int("rounds", 7, "rounds")
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
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute+time.Duration(*rounds)*(6**duration+time.Minute))
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
	fmt.Printf("%d processors, load before %s\n", runtime.NumCPU(), strings.TrimSpace(string(busy)))

	var rates, reached, share, p99s []float64
	for round := range *rounds {
		alone := s.run(ctx, *readers, *duration, s.read)
		possible, err := hashes(ctx, *duration)
		if err != nil {
			return err
		}
		only, _ := s.beside(ctx, *clients, *duration, 0)
		signing, beside := s.beside(ctx, *clients, *duration, *readers)
		for _, r := range []result{alone, only, beside, signing} {
			if r.err != nil {
				return r.err
			}
		}
		fmt.Printf("round %d: reads alone %.0f/s p99 %v; hashes alone %.1f/s; sign-ins %.1f/s p50 %v p99 %v; beside %.1f sign-ins/s, reads %.0f/s p99 %v\n",
			round+1, alone.rate, alone.p99, possible, only.rate, only.p50, only.p99, signing.rate, beside.rate, beside.p99)
		rates, reached = append(rates, only.rate), append(reached, only.rate/possible)
		share, p99s = append(share, beside.rate/alone.rate), append(p99s, beside.p99.Seconds()/alone.p99.Seconds())
	}
	fmt.Printf("sign-ins/s %s, of what hashes alone reach %s; reads beside keep %s of their rate, p99 is %s times\n", spread(rates), spread(reached), spread(share), spread(p99s))
	return nil
}

// beside lets clients sign in without end, and measures for a time: them, and readers beside them where there are some.
func (s *server) beside(ctx context.Context, clients int, d time.Duration, readers int) (signing, reads result) {
	ctx, enough := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer enough()
	var mu sync.Mutex
	var took []time.Duration // guarded by mu
	var failed error         // guarded by mu
	for i := range clients {
		wg.Go(func() {
			for n := i; ; n += clients {
				at := time.Now()
				err := s.signIn(ctx, n)
				if ctx.Err() != nil {
					return // it was cut off, and counts for nothing
				}
				mu.Lock()
				took, failed = append(took, time.Since(at)), errors.Join(failed, err)
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	taken := func() ([]time.Duration, error) {
		mu.Lock()
		defer mu.Unlock()
		all := took
		took = nil
		return all, failed
	}
	time.Sleep(d / 3) // until all are waiting for hashes
	taken()
	began := time.Now()
	if readers > 0 {
		reads = s.run(ctx, readers, d, s.read)
	} else {
		time.Sleep(d)
	}
	all, err := taken()
	return of(all, time.Since(began), err), reads
}

// spread is the median of figures, with the least and the greatest.
func spread(v []float64) string {
	slices.Sort(v)
	return fmt.Sprintf("%.2f [%.2f-%.2f]", v[len(v)/2], v[0], v[len(v)-1])
}

// hashes is how many of the default cost can be computed in a second, by as many threads as there are processors.
func hashes(ctx context.Context, d time.Duration) (float64, error) {
	p := password.NewPool(password.Options{Parallel: runtime.NumCPU()})
	var wg sync.WaitGroup
	errs := make([]error, runtime.NumCPU())
	began := time.Now()
	for i := range errs {
		wg.Go(func() {
			for time.Since(began) < d && errs[i] == nil {
				_, errs[i] = p.Hash(ctx, secret)
			}
		})
	}
	wg.Wait()
	return float64(p.Computed()) / time.Since(began).Seconds(), errors.Join(errs...)
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
	return of(all, time.Since(began), failed)
}

// of makes the result of what was done in a time.
func of(all []time.Duration, took time.Duration, failed error) result {
	if failed != nil || len(all) == 0 {
		return result{err: cmp.Or(failed, errors.New("nothing was done"))}
	}
	slices.Sort(all)
	at := func(q float64) time.Duration {
		return all[min(len(all)-1, int(q*float64(len(all))))].Round(10 * time.Microsecond)
	}
	return result{rate: float64(len(all)) / took.Seconds(), p50: at(0.5), p99: at(0.99)}
}
