package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// run is one measurement.
type run struct {
	Engine      string  `json:"engine"`
	Work        string  `json:"work"`
	Target      string  `json:"target"`
	Connections int     `json:"connections"`
	Round       int     `json:"round"`
	Requests    int     `json:"requests"`
	Rate        float64 `json:"requests_per_second"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	P999        float64 `json:"p999_ms"`
	Max         float64 `json:"max_ms"`
	CPU         float64 `json:"server_cpu_us_per_request"`
	DatabaseCPU float64 `json:"database_cpu_us_per_request,omitempty"`
	LoaderCPU   float64 `json:"loader_cpu_us_per_request"`
	Foreign     float64 `json:"foreign_cores"`
	Batch       float64 `json:"inserts_per_commit,omitempty"`
	Resident    float64 `json:"server_resident_mb,omitempty"` // after the run
	Fresh       bool    `json:"new_connections,omitempty"`    // a connection for each request
}

// sampleEvery is how often a body is compared, in requests.
const sampleEvery = 61

// load asks a target for d, over so many connections that each wait for their answer before they ask again.
func load(ctx context.Context, t *target, w *work, connections int, d time.Duration) (run, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	check := w.check
	if t.bare {
		check = func(_ int, body []byte) error { return same(body, w.answer) }
	}
	clients := make([]*client, connections)
	for i := range clients {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.addr)
		if err != nil {
			return run{}, err
		}
		defer conn.Close()
		clients[i] = &client{conn: conn, addr: t.addr, fresh: w.fresh, work: w, check: check, r: rand.New(rand.NewPCG(1, uint64(i))), in: make([]byte, 0, 64<<10)}
	}
	stop := context.AfterFunc(ctx, func() {
		for _, c := range clients {
			_ = c.conn.Close() // ends its read
		}
	})
	defer stop()

	commits := t.commits()
	before, began := t.usage(), time.Now()
	var wg sync.WaitGroup
	errs := make([]error, connections)
	for i, c := range clients {
		wg.Go(func() {
			if errs[i] = c.ask(began, d); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	took, after := time.Since(began), t.usage()
	for _, err := range errs {
		if err != nil && !errors.Is(err, net.ErrClosed) {
			return run{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return run{}, err
	}

	var all []time.Duration
	for _, c := range clients {
		all = append(all, c.took...)
	}
	slices.Sort(all)
	n := float64(len(all))
	at := func(q float64) float64 { return float64(all[min(len(all)-1, int(q*n))].Microseconds()) / 1000 }
	spent := after.minus(before)
	r := run{
		Work: w.name, Target: t.name, Connections: connections, Requests: len(all), Rate: n / took.Seconds(), P50: at(0.5), P99: at(0.99), P999: at(0.999), Max: at(1), Fresh: w.fresh,
		CPU: spent.server.Seconds() * 1e6 / n, DatabaseCPU: spent.database.Seconds() * 1e6 / n, LoaderCPU: spent.loader.Seconds() * 1e6 / n,
		Foreign: max(0, (spent.machine-spent.server-spent.database-spent.loader).Seconds()/took.Seconds()),
	}
	r.Resident = t.resident()
	if now := t.commits(); w.inserts && now > commits {
		r.Batch = n / float64(now-commits)
	}
	return r, nil
}

// client is one connection. It writes request bytes made by hand and reads just enough of the answer.
type client struct {
	conn  net.Conn
	addr  string
	fresh bool // a new connection for each request
	work  *work
	check func(key int, body []byte) error
	r     *rand.Rand
	out   []byte
	in    []byte // what was read
	took  []time.Duration
}

func (c *client) ask(began time.Time, d time.Duration) error {
	patience := c.work.patience
	if patience == 0 {
		patience = 30 * time.Second
	}
	if err := c.conn.SetDeadline(began.Add(d + patience)); err != nil {
		return err
	}
	for sent := time.Now(); sent.Sub(began) < d; {
		var key int
		if c.fresh && len(c.took) > 0 {
			if err := c.redial(began.Add(d + patience)); err != nil {
				return err
			}
		}
		c.out, key = c.work.next(c.out[:0], c.r)
		if _, err := c.conn.Write(c.out); err != nil {
			return err
		}
		status, body, err := c.answer()
		if err != nil {
			return err
		}
		now := time.Now()
		c.took = append(c.took, now.Sub(sent))
		sent = now
		if status != c.work.status && (status != c.work.other || status == 0) {
			return fmt.Errorf("status %d: %.500s", status, body)
		}
		if len(c.took)%sampleEvery == 1 {
			if err := c.check(key, body); err != nil {
				return err
			}
		}
	}
	return nil
}

// redial exchanges the connection for a new one.
func (c *client) redial(deadline time.Time) error {
	_ = c.conn.Close() // the server has closed it, too
	conn, err := net.Dial("tcp", c.addr)
	if err != nil {
		return err
	}
	c.conn = conn
	return conn.SetDeadline(deadline)
}

var (
	lengthField  = []byte("\r\nContent-Length: ")
	chunkedField = []byte("\r\nTransfer-Encoding: chunked")
)

// answer reads an HTTP/1.1 response that says its length or comes in chunks. The body is good until the next call.
func (c *client) answer() (status int, body []byte, err error) {
	c.in = c.in[:0]
	head := -1
	for head < 0 {
		if err := c.read(); err != nil {
			return 0, nil, err
		}
		head = bytes.Index(c.in, []byte("\r\n\r\n"))
	}
	if !bytes.HasPrefix(c.in, []byte("HTTP/1.1 ")) {
		return 0, nil, fmt.Errorf("not an HTTP/1.1 response: %.100q", c.in)
	}
	status = number(c.in[len("HTTP/1.1 "):])
	at := bytes.Index(c.in[:head], lengthField)
	if at < 0 && status == 204 {
		return status, nil, nil
	}
	if at < 0 && bytes.Contains(c.in[:head+2], chunkedField) {
		body, err := c.chunks(head + 4)
		return status, body, err
	}
	if at < 0 {
		return 0, nil, fmt.Errorf("a response without Content-Length: %.500q", c.in)
	}
	end := head + 4 + number(c.in[at+len(lengthField):])
	for len(c.in) < end {
		if err := c.read(); err != nil {
			return 0, nil, err
		}
	}
	if len(c.in) > end {
		return 0, nil, fmt.Errorf("more bytes than the response said: %.100q", c.in[end:])
	}
	return status, c.in[head+4 : end], nil
}

// chunks reads a body in chunks, which begins at an offset (RFC 9112, 7.1), and gives it without their sizes.
func (c *client) chunks(at int) ([]byte, error) {
	var body []byte
	for {
		line := -1
		for line < 0 {
			if line = bytes.Index(c.in[at:], []byte("\r\n")); line < 0 {
				if err := c.read(); err != nil {
					return nil, err
				}
			}
		}
		size, err := strconv.ParseInt(string(c.in[at:at+line]), 16, 32)
		if err != nil {
			return nil, err
		}
		at += line + 2
		for len(c.in) < at+int(size)+2 {
			if err := c.read(); err != nil {
				return nil, err
			}
		}
		if size == 0 {
			return body, nil
		}
		body = append(body, c.in[at:at+int(size)]...)
		at += int(size) + 2
	}
}

func (c *client) read() error {
	if len(c.in) == cap(c.in) {
		c.in = slices.Grow(c.in, cap(c.in))
	}
	n, err := c.conn.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// told says whether the last answer's head has a field.
func (c *client) told(field string) bool {
	head, _, _ := bytes.Cut(c.in, []byte("\r\n\r\n"))
	return bytes.Contains(head, []byte(field))
}

// number reads the digits that b begins with.
func number(b []byte) int {
	n := 0
	for _, d := range b {
		if d < '0' || d > '9' {
			break
		}
		n = n*10 + int(d-'0')
	}
	return n
}
