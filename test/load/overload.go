package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of campaign R10.
const (
	goodTime      = time.Second // an answer that comes later is for nobody
	overloadTimes = 5           // what can be done
	overloadTries = 3
	leastGood     = 0.8
	refuseTime    = 50 * time.Millisecond
	laneTime      = 250 * time.Millisecond
	recoverTime   = 10 * time.Second
	loadPatience  = 5 * time.Second
	loadSockets   = 512
	mostResident  = 600.0 // MB, of a server that has just loaded 100,000 rows
)

// overload is campaign R10: what can be done is measured, then five times as much is asked for by clients that ask again at once when they are refused, then half. It prints figures and checks them.
func overload(ctx context.Context, s settings, folder string) error {
	fmt.Println(thisMachine())
	binary, err := build(ctx, folder)
	if err != nil {
		return err
	}
	t, err := startServer(ctx, s, "sqlite", binary, filepath.Join(folder, "overload"))
	if err != nil {
		return err
	}
	defer func() { _ = t.stop() }() // what it holds is thrown away
	ctx, cancel := context.WithTimeout(ctx, 4*s.duration+5*time.Minute)
	defer cancel()

	mixed := func(owner int) *stream { return t.searches(owner) }
	run := func(st *stream, rate float64, tries int, d time.Duration) ([]outcome, error) {
		st.rate, st.connections, st.tries, st.patience = rate, loadSockets, tries, loadPatience
		return st.send(ctx, t, d)
	}
	var c checks
	fmt.Printf("%-34s %9s %9s %9s %9s %9s %9s %9s %9s\n", "", "asked/s", "good/s", "refused/s", "lost/s", "p50 ms", "p99 ms", "refusal", "MB")
	var resident float64
	tell := func(name string, all []outcome, d time.Duration) {
		var refused, lost float64
		for _, o := range all {
			switch {
			case o.status == http.StatusServiceUnavailable || o.status == http.StatusTooManyRequests:
				refused++
			case !good(o):
				lost++
			}
		}
		now := t.resident()
		resident = max(resident, now)
		per := d.Seconds()
		fmt.Printf("%-34s %9.0f %9.0f %9.0f %9.0f %9.1f %9.1f %9.1f %9.0f\n", name, float64(len(all))/per, goodput(all, d), refused/per, lost/per,
			ms(quantile(all, 0.5, admitted)), ms(quantile(all, 0.99, admitted)), ms(quantile(all, 0.99, turnedAway)), now)
	}

	// What can be done: connections that wait for their answers, few enough that nobody is refused.
	w := &work{name: "search", status: http.StatusOK, other: http.StatusCreated, next: mixed(-1).next, check: func(int, []byte) error { return nil }}
	var peak float64
	for _, n := range []int{8, 32, 8, 32, 8, 32} {
		r, err := load(ctx, t, w, n, 2*time.Second)
		if err != nil {
			return err
		}
		peak = max(peak, r.Rate)
	}
	fmt.Printf("%-34s %9s %9.0f\n", "8 or 32 connections, closed", "", peak)
	calm, err := run(mixed(-1), 0.3*peak, 1, 5*time.Second)
	if err != nil {
		return err
	}
	tell("0.3 × open", calm, 5*time.Second)
	unloaded := quantile(calm, 0.99, admitted)

	lanes := t.watchLanes(ctx)
	flood, err := run(mixed(-1), overloadTimes*peak, overloadTries, s.duration)
	if err != nil {
		return err
	}
	healthy, admin := lanes()
	tell(fmt.Sprintf("%d × open, %d tries", overloadTimes, overloadTries), flood, s.duration)
	after, err := run(mixed(-1), 0.5*peak, 1, 15*time.Second)
	if err != nil {
		return err
	}
	tell("0.5 × open, right after", after, 15*time.Second)

	for _, write := range []bool{false, true} {
		of := func(pick func(outcome) (time.Duration, bool)) func(outcome) (time.Duration, bool) {
			return func(o outcome) (time.Duration, bool) {
				d, ok := pick(o)
				return d, ok && o.write == write
			}
		}
		fmt.Printf("%s: the server's time p50 %.1f ms, p99 %.1f ms; refusals %.1f and %.1f\n", map[bool]string{false: "reads", true: "writes"}[write],
			ms(quantile(flood, 0.5, of(servedTime))), ms(quantile(flood, 0.99, of(servedTime))), ms(quantile(flood, 0.5, of(turnedAway))), ms(quantile(flood, 0.99, of(turnedAway))))
		n := 0
		for _, o := range flood {
			if o.write == write && good(o) {
				n++
			}
		}
		fmt.Printf("  %.0f of them answered in time a second\n", float64(n)/s.duration.Seconds())
	}
	told := 0.0
	for _, o := range flood {
		if !o.waitTold {
			told++
		}
	}
	c.check("goodput under overload", goodput(flood, s.duration)/peak, ">=", leastGood, "of the peak")
	c.check("p99 of those let in", ms(quantile(flood, 0.99, servedTime)), "<=", 2*ms(unloaded)+100, "ms (server's time)")
	c.check("p99 of refusals", ms(quantile(flood, 0.99, turnedAway)), "<=", ms(refuseTime), "ms")
	c.check("refusals without Retry-After", told, "<=", 0, "")
	c.check("p99 of health", ms(healthy), "<=", ms(laneTime), "ms")
	c.check("p99 of metrics and administration", ms(admin), "<=", ms(laneTime), "ms")
	c.check("recovery", recovery(after, 2*unloaded+100*time.Millisecond).Seconds(), "<=", recoverTime.Seconds(), "s")
	c.check("memory", resident, "<=", mostResident, "MB")

	// A neighbour who asks for a little, beside one who asks for everything. Whoever asks is known by their tokens; they share an address.
	quiet := 0.05 * peak
	alone, err := run(mixed(1), quiet, 1, 10*time.Second)
	if err != nil {
		return err
	}
	tell("a quiet user alone", alone, 10*time.Second)
	var noise []outcome
	var noiseErr error
	var wg sync.WaitGroup
	wg.Go(func() { noise, noiseErr = run(mixed(0), overloadTimes*peak, overloadTries, 12*time.Second) })
	beside, err := run(mixed(1), quiet, 1, 10*time.Second)
	wg.Wait()
	if err = firstOf(err, noiseErr); err != nil {
		return err
	}
	tell("a quiet user beside a loud one", beside, 10*time.Second)
	tell("the loud one", noise, 12*time.Second)
	c.check("answers to the quiet user, in time", goodput(beside, 10*time.Second)/goodput(alone, 10*time.Second), ">=", 0.95, "of those alone")
	c.check("p99 of the quiet user", ms(quantile(beside, 0.99, admitted)), "<=", 2*ms(quantile(alone, 0.99, admitted))+100, "ms")
	fmt.Printf("\n%d passed, %d failed\n", c.passed, c.failed)
	if c.failed > 0 {
		return fmt.Errorf("%d bounds do not hold", c.failed)
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Times of a request, for quantiles: from when it should have been sent, of an answer; of the server alone; of the server's last refusal.
func admitted(o outcome) (time.Duration, bool) {
	return o.took, o.status == http.StatusOK || o.status == http.StatusCreated
}
func servedTime(o outcome) (time.Duration, bool) {
	return o.server, o.status == http.StatusOK || o.status == http.StatusCreated
}
func turnedAway(o outcome) (time.Duration, bool) {
	return o.server, o.status == http.StatusServiceUnavailable || o.status == http.StatusTooManyRequests
}

// recovery is how long it took until every second was as good as without overload.
func recovery(all []outcome, limit time.Duration) time.Duration {
	var bad time.Duration
	for _, o := range all {
		if !good(o) || o.took > limit+limit/2 {
			bad = max(bad, o.at)
		}
	}
	return bad
}

// checks are bounds and whether they hold.
type checks struct{ passed, failed int }

func (c *checks) check(name string, got float64, how string, want float64, unit string) {
	ok, word := got <= want, "ok    "
	if how == ">=" {
		ok = got >= want
	}
	if ok {
		c.passed++
	} else {
		c.failed++
		word = "FAILED"
	}
	fmt.Printf("%s %-36s %8.2f %s %.2f %s\n", word, name, got, how, want, unit)
}

// searches are nine searches through ten thousand rows, of which a thousand are the caller's, each for something else so that no answer is kept, and one insert. owner -1 is one of all.
// Requests that cost less than that cannot be overloaded by a loader on the same machine: to refuse one costs something as well (some 50 µs by guess, not measured), most of it for HTTP itself.
func (t *target) searches(owner int) *stream {
	head := func(method, path string, o int, more string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: " + t.addr + "\r\nAuthorization: Bearer " + t.tokens[o] + "\r\napikey: " + t.key + "\r\nAccept: application/json\r\n" + more + "\r\n"
	}
	body := `{"category":1000,"title":"New item","body":"` + strings.Repeat(sentence, 5) + `","price":12.34,"stock":7}`
	var before, after, inserts [owners]string
	for o := range owners {
		before[o], after[o], _ = strings.Cut(head("GET", "/rest/v1/items?select=id,title&category=gte.10&category=lt.20&body=not.like.*KEY*&order=price.desc,id&limit=10", o, ""), "KEY")
		inserts[o] = head("POST", "/rest/v1/items", o, "Prefer: return=minimal\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n") + body
	}
	return &stream{
		next: func(b []byte, r *rand.Rand) ([]byte, int) {
			o := owner
			if o < 0 {
				o = r.IntN(owners)
			}
			if r.IntN(10) == 0 {
				return append(b, inserts[o]...), o
			}
			return append(strconv.AppendInt(append(b, before[o]...), r.Int64N(1<<40), 10), after[o]...), o
		},
		check: func(o int, body []byte) error {
			// The dearest of a category: its number is that of its owner modulo ten.
			if rows := strings.Count(string(body), `"id":`); rows != 10 {
				return fmt.Errorf("%d rows of owner %d in place of 10: %.200s", rows, o, body)
			}
			return nil
		},
	}
}

// watchLanes asks for health, metrics and administration all the time; its result ends that and gives their p99.
func (t *target) watchLanes(ctx context.Context) func() (health, admin time.Duration) {
	var stop atomic.Bool
	var wg sync.WaitGroup
	var took [3][]time.Duration
	for i, path := range []string{"/health/ready", "/metrics", "/auth/v1/admin/users?per_page=1"} {
		wg.Go(func() {
			c := http.Client{Transport: &http.Transport{}, Timeout: loadPatience}
			defer c.CloseIdleConnections()
			for !stop.Load() && ctx.Err() == nil {
				began := time.Now()
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.addr+path, nil)
				if err != nil {
					panic("load: " + err.Error())
				}
				r.Header.Set("apikey", t.secret)
				status := 0
				if resp, err := c.Do(r); err == nil {
					status = resp.StatusCode
					_, _ = io.Copy(io.Discard, resp.Body) // its status counts
					_ = resp.Body.Close()
				}
				d := time.Since(began)
				if status != http.StatusOK {
					fmt.Fprintf(os.Stderr, "%s: status %d after %v\n", path, status, d)
					d = max(d, loadPatience) // as good as none
				}
				took[i] = append(took[i], d)
				time.Sleep(max(0, 50*time.Millisecond-d))
			}
		})
	}
	return func() (time.Duration, time.Duration) {
		stop.Store(true)
		wg.Wait()
		p99 := func(v []time.Duration) time.Duration {
			slices.Sort(v)
			return v[min(len(v)-1, len(v)*99/100)]
		}
		return p99(took[0]), max(p99(took[1]), p99(took[2]))
	}
}
