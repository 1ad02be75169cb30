// Package top reads what a running server tells of itself and shows it: /metrics and /metrics/statements, asked for twice, are a View of the time between.
//
// Main types in order of meeting them: Source, Sample, View. Source.Sample asks the server, Between makes a View, Text writes it for a terminal; as JSON it is for scripts.
//
// Invariants: it asks what anybody with the secret key may ask, over HTTP; nothing of the server's text is written to a terminal but printable characters.
package top

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source is a server to look at.
type Source struct {
	URL    string // http://127.0.0.1:54321
	Key    string // the secret key
	Client *http.Client
}

// Sample is what a server told at a moment.
type Sample struct {
	at         time.Time
	values     []value
	statements []statement
}

type value struct {
	name   string
	labels map[string]string
	v      float64
}

// statement is one of /metrics/statements.
type statement struct {
	Role    string        `json:"role"`
	SQL     string        `json:"sql"`
	Count   uint64        `json:"count"`
	Errors  uint64        `json:"errors"`
	Total   time.Duration `json:"total_ns"`
	Longest time.Duration `json:"longest_ns"`
}

const mostBytes = 32 << 20 // of an answer

// Sample asks.
func (s *Source) Sample(ctx context.Context) (*Sample, error) {
	got := &Sample{at: time.Now()}
	err := s.ask(ctx, "/metrics", func(r io.Reader) (err error) {
		got.values, err = parse(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return got, s.ask(ctx, "/metrics/statements", func(r io.Reader) error { return json.NewDecoder(r).Decode(&got.statements) })
}

func (s *Source) ask(ctx context.Context, path string, read func(io.Reader) error) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(s.URL, "/")+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("apikey", s.Key)
	resp, err := s.Client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read as far as it is wanted
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s%s answers %d: is the key the secret one, and api.metrics on?", s.URL, path, resp.StatusCode)
	}
	if err := read(io.LimitReader(resp.Body, mostBytes)); err != nil {
		return fmt.Errorf("%s%s: %w", s.URL, path, err)
	}
	return nil
}

// parse reads Prometheus' text format, as far as our own server uses it: labels hold neither commas nor quotes.
func parse(r io.Reader) ([]value, error) {
	var all []value
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		name, number, ok := strings.Cut(line, " ")
		if at := strings.LastIndexByte(line, '}'); at >= 0 {
			name, number = line[:at+1], line[at+1:]
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if !ok || err != nil {
			return nil, fmt.Errorf("not a metric: %.80q", line)
		}
		x := value{name: name, v: v}
		if base, labels, ok := strings.Cut(name, "{"); ok {
			x.name, x.labels = base, map[string]string{}
			for pair := range strings.SplitSeq(strings.TrimSuffix(labels, "}"), ",") {
				k, v, _ := strings.Cut(pair, "=")
				x.labels[k] = strings.Trim(v, `"`)
			}
		}
		all = append(all, x)
	}
	return all, lines.Err()
}

// sum adds the values of a name whose labels are as said: pairs of a name and a value.
func (s *Sample) sum(name string, labels ...string) (sum float64, found bool) {
next:
	for _, x := range s.values {
		if x.name != name {
			continue
		}
		for i := 0; i < len(labels); i += 2 {
			if x.labels[labels[i]] != labels[i+1] {
				continue next
			}
		}
		sum, found = sum+x.v, true
	}
	return sum, found
}

// kinds are the values of a label, in order.
func (s *Sample) kinds(name, label string) (all []string) {
	for _, x := range s.values {
		if k := x.labels[label]; x.name == name && !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return all
}

// View is what a server did between two samples, and how it is at the second.
type View struct {
	At       time.Time `json:"at"`
	Seconds  float64   `json:"seconds"`
	Requests float64   `json:"requests_per_second"`
	Failed   float64   `json:"failed_per_second"` // status 5xx, or broken off
	InFlight float64   `json:"in_flight"`
	Bytes    float64   `json:"response_bytes_per_second"`
	Routes   []Route   `json:"routes"`
	Queues   []Queue   `json:"queues"`

	Statements []Statement `json:"statements"` // those that took the most time, first

	Commits       float64            `json:"commits_per_second"`
	WritesACommit float64            `json:"writes_per_commit"`
	WritesWaiting float64            `json:"writes_waiting"`
	Connections   float64            `json:"connections"` // to the database
	Busy          float64            `json:"connections_busy"`
	PlanHits      float64            `json:"plan_cache_hit_ratio"`
	KeptHits      float64            `json:"kept_answer_ratio"`
	FileBytes     float64            `json:"file_bytes"`
	LogBytes      float64            `json:"wal_bytes"`
	ResidentBytes float64            `json:"resident_bytes"`
	HeapBytes     float64            `json:"heap_bytes"`
	Goroutines    float64            `json:"goroutines"`
	Cores         float64            `json:"cpu_cores"` // processors in use
	OpenFiles     float64            `json:"open_files"`
	FailedByClass map[string]float64 `json:"statement_errors_per_second"`
}

// Route is what was done at a door.
type Route struct {
	Door     string  `json:"door"`
	Requests float64 `json:"requests_per_second"`
	P50      float64 `json:"p50_ms"` // within the histogram's buckets
	P99      float64 `json:"p99_ms"`
	Failed   float64 `json:"failed_per_second"`
}

// Queue is where requests of a kind are let in.
type Queue struct {
	Kind    string  `json:"kind"`
	Running float64 `json:"running"`
	Waiting float64 `json:"waiting"`
	Slots   float64 `json:"slots"`
	Refused float64 `json:"refused_per_second"`
}

// Statement is a shape of SQL and what it cost.
type Statement struct {
	Role    string  `json:"role"`
	SQL     string  `json:"sql"`
	Calls   float64 `json:"per_second"`
	Mean    float64 `json:"mean_ms"`
	Longest float64 `json:"longest_ms"` // since the server counts
	Share   float64 `json:"share"`      // of the time of all statements
	Errors  float64 `json:"errors_per_second"`
}

const mostStatements = 20

// Between makes a view of the time between two samples of one server. One that was started in between has its counts from zero on.
func Between(a, b *Sample) *View {
	seconds := max(b.at.Sub(a.at).Seconds(), 1e-3)
	grown := func(name string, labels ...string) float64 {
		was, _ := a.sum(name, labels...)
		is, _ := b.sum(name, labels...)
		if is < was {
			was = 0
		}
		return is - was
	}
	per := func(name string, labels ...string) float64 { return grown(name, labels...) / seconds }
	now := func(names ...string) float64 {
		for _, n := range names {
			if v, ok := b.sum(n); ok {
				return v
			}
		}
		return 0
	}
	ratio := func(of, more float64) float64 {
		if of+more == 0 {
			return 0
		}
		return of / (of + more)
	}
	v := &View{
		At: b.at, Seconds: seconds, Requests: per("mainstay_http_requests_total"), InFlight: max(0, now("mainstay_http_requests_in_flight")-1), // this one's own
		Bytes: per("mainstay_http_response_bytes_total"), Routes: []Route{}, Queues: []Queue{}, Statements: []Statement{},
		Commits: per("mainstay_sqlite_commits_total"), WritesACommit: grown("mainstay_sqlite_committed_writes_total") / max(1, grown("mainstay_sqlite_commits_total")),
		WritesWaiting: now("mainstay_sqlite_writes_waiting"), Connections: now("mainstay_sqlite_readers", "mainstay_postgres_connections"),
		Busy:      now("mainstay_sqlite_readers_busy", "mainstay_postgres_connections_busy"),
		PlanHits:  ratio(grown("mainstay_plan_cache_hits_total"), grown("mainstay_plan_cache_misses_total")),
		KeptHits:  ratio(grown("mainstay_kept_answers_hits_total"), grown("mainstay_kept_answers_misses_total")),
		FileBytes: now("mainstay_sqlite_file_bytes"), LogBytes: now("mainstay_sqlite_log_bytes"), ResidentBytes: now("process_resident_memory_bytes"),
		HeapBytes: now("go_memstats_heap_inuse_bytes"), Goroutines: now("go_goroutines"), Cores: per("process_cpu_seconds_total"), OpenFiles: now("process_open_fds"),
		FailedByClass: map[string]float64{},
	}
	for _, door := range b.kinds("mainstay_http_requests_total", "door") {
		r := Route{Door: door, Requests: per("mainstay_http_requests_total", "door", door)}
		for _, status := range b.kinds("mainstay_http_requests_total", "status") {
			if status == "none" || strings.HasPrefix(status, "5") {
				r.Failed += per("mainstay_http_requests_total", "door", door, "status", status)
			}
		}
		r.P50, r.P99 = quantiles(a, b, "mainstay_http_request_duration_seconds_bucket", "door", door)
		v.Failed += r.Failed
		v.Routes = append(v.Routes, r)
	}
	slices.SortStableFunc(v.Routes, func(x, y Route) int { return int(math.Copysign(1, y.Requests-x.Requests)) })
	for _, kind := range b.kinds("mainstay_admission_slots", "kind") {
		at := func(name string) float64 { x, _ := b.sum("mainstay_admission_"+name, "kind", kind); return x }
		v.Queues = append(v.Queues, Queue{Kind: kind, Running: at("running"), Waiting: at("waiting"), Slots: at("slots"), Refused: per("mainstay_admission_refused_total", "kind", kind)})
	}
	for _, class := range b.kinds("mainstay_statement_errors_total", "class") {
		v.FailedByClass[class] = per("mainstay_statement_errors_total", "class", class)
	}
	v.Statements = append(v.Statements, statements(a, b, seconds)...)
	return v
}

// statements are those that took the most time between two samples.
func statements(a, b *Sample, seconds float64) []Statement {
	was := map[[2]string]statement{}
	for _, s := range a.statements {
		was[[2]string{s.Role, s.SQL}] = s
	}
	var all []Statement
	var total float64
	for _, s := range b.statements {
		before := was[[2]string{s.Role, s.SQL}]
		if before.Count > s.Count {
			before = statement{}
		}
		n, took := float64(s.Count-before.Count), (s.Total - before.Total).Seconds()
		if n == 0 {
			continue
		}
		total += took
		all = append(all, Statement{Role: s.Role, SQL: s.SQL, Calls: n / seconds, Mean: took / n * 1000, Longest: s.Longest.Seconds() * 1000, Share: took, Errors: float64(s.Errors-before.Errors) / seconds})
	}
	for i := range all {
		all[i].Share /= max(total, 1e-9)
	}
	slices.SortFunc(all, func(x, y Statement) int { return int(math.Copysign(1, y.Share-x.Share)) })
	return all[:min(len(all), mostStatements)]
}

// quantiles are the median and the 99th percentile, in milliseconds, of what a histogram counted between two samples; evenly spread within a bucket.
func quantiles(a, b *Sample, name, label, of string) (p50, p99 float64) {
	type bucket struct{ most, n float64 }
	var all []bucket
	for _, x := range b.values {
		if x.name != name || x.labels[label] != of {
			continue
		}
		most, err := strconv.ParseFloat(x.labels["le"], 64) // "+Inf" is read, too
		if err != nil {
			continue
		}
		was, _ := a.sum(name, label, of, "le", x.labels["le"])
		if was > x.v {
			was = 0
		}
		all = append(all, bucket{most, x.v - was})
	}
	slices.SortFunc(all, func(x, y bucket) int { return int(math.Copysign(1, x.most-y.most)) })
	at := func(q float64) float64 {
		if len(all) == 0 || all[len(all)-1].n == 0 {
			return 0
		}
		rank, before, least := q*all[len(all)-1].n, 0.0, 0.0
		for _, k := range all {
			if k.n >= rank {
				if math.IsInf(k.most, 1) {
					return least * 1000
				}
				return (least + (k.most-least)*(rank-before)/(k.n-before)) * 1000
			}
			before, least = k.n, k.most
		}
		return least * 1000
	}
	return at(0.5), at(0.99)
}
