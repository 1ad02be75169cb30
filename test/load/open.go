package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// stream is requests that come when they come, whether earlier ones have been answered or not: at random times (Poisson), over at most so many connections. Times are counted
// from when a request should have been sent, so that a server that stops reading makes all of them late, not only one for each connection (coordinated omission).
type stream struct {
	rate        float64 // requests a second
	connections int
	tries       int // of a request that is refused, at once after each other, as naive clients do
	patience    time.Duration
	next        func(b []byte, r *rand.Rand) ([]byte, int)
	check       func(key int, body []byte) error // of an answer with rows
}

// outcome is what became of a request.
type outcome struct {
	at       time.Duration // when it should have been sent, since the beginning
	took     time.Duration // from then to the end of its last answer
	server   time.Duration // of its last try alone
	status   int           // 0: none came
	tries    int
	write    bool
	waitTold bool // refusals said when to come back
}

// send sends a stream for d and gives what became of each request.
func (s *stream) send(ctx context.Context, t *target, d time.Duration) ([]outcome, error) {
	type job struct{ at time.Time }
	jobs := make(chan job, 1<<20)
	began := time.Now()
	end := began.Add(d)
	var wg sync.WaitGroup
	outcomes := make([][]outcome, s.connections)
	errs := make([]error, s.connections)
	for i := range s.connections {
		wg.Go(func() {
			c := &client{addr: t.addr, r: rand.New(rand.NewPCG(2, uint64(i))), in: make([]byte, 0, 16<<10)}
			defer func() {
				if c.conn != nil {
					_ = c.conn.Close() // nothing is on its way
				}
			}()
			for j := range jobs {
				o := outcome{at: j.at.Sub(began), waitTold: true}
				if late := time.Since(j.at); late > s.patience {
					o.took = late // its sender has given up
					outcomes[i] = append(outcomes[i], o)
					continue
				}
				var key int
				c.out, key = s.next(c.out[:0], c.r)
				o.write = bytes.HasPrefix(c.out, []byte("POST"))
				for o.tries < s.tries && ctx.Err() == nil {
					o.tries++
					sent := time.Now()
					var body []byte
					if o.status, body = s.ask(c, j.at.Add(s.patience)); o.status == 0 {
						break
					}
					o.server = time.Since(sent)
					if o.status != http.StatusServiceUnavailable && o.status != http.StatusTooManyRequests {
						if o.status == http.StatusOK && errs[i] == nil {
							errs[i] = s.check(key, body)
						}
						break
					}
					o.waitTold = o.waitTold && c.told("\r\nRetry-After: ")
				}
				o.took = time.Since(j.at)
				outcomes[i] = append(outcomes[i], o)
			}
		})
	}
	r := rand.New(rand.NewPCG(3, 4))
	for at := began; ctx.Err() == nil; {
		at = at.Add(time.Duration(r.ExpFloat64() / s.rate * float64(time.Second)))
		if at.After(end) {
			break
		}
		if wait := time.Until(at); wait > 0 {
			time.Sleep(wait)
		}
		jobs <- job{at}
	}
	close(jobs)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return slices.Concat(outcomes...), ctx.Err()
}

// ask sends the client's request and reads its answer. Status 0 is a connection that broke or an answer that did not come in time.
func (s *stream) ask(c *client, deadline time.Time) (status int, body []byte) {
	var err error
	if c.conn == nil {
		d := net.Dialer{Deadline: deadline}
		if c.conn, err = d.Dial("tcp", c.addr); err != nil {
			c.conn = nil
			return 0, nil
		}
	}
	if err = c.conn.SetDeadline(deadline); err == nil {
		if _, err = c.conn.Write(c.out); err == nil {
			status, body, err = c.answer()
		}
	}
	if err != nil {
		_ = c.conn.Close() // it is broken anyway
		c.conn = nil
		return 0, nil
	}
	return status, body
}

// quantile of durations that pick gives; 0 where there are none.
func quantile(all []outcome, q float64, pick func(outcome) (time.Duration, bool)) time.Duration {
	var v []time.Duration
	for _, o := range all {
		if d, ok := pick(o); ok {
			v = append(v, d)
		}
	}
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[min(len(v)-1, int(q*float64(len(v))))]
}

// good says whether a request was answered in time.
func good(o outcome) bool {
	return (o.status == http.StatusOK || o.status == http.StatusCreated) && o.took <= goodTime
}

// goodput is how many requests a second were answered in time.
func goodput(all []outcome, d time.Duration) float64 {
	n := 0
	for _, o := range all {
		if good(o) {
			n++
		}
	}
	return float64(n) / d.Seconds()
}
