// Package metrics counts what the server does and serves the counts in the text format of Prometheus.
//
// Main types: Metrics and Request. Parts of the server report through Served, Statement and Read; Handler answers a scrape.
//
// Invariants: labels are taken from closed sets, never from what a client sent (attack case M15); nothing of a request's content is counted by name; a scrape waits for
// nothing that a request holds. It wraps the Prometheus client library, which no other package knows.
package metrics

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the counts of one server. Safe for concurrent use.
type Metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.CounterVec
	bytes      *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	statements *prometheus.HistogramVec
	errors     *prometheus.CounterVec
	running    atomic.Int64
}

// Buckets of times, in seconds: from a one-row read to a statement's time limit.
var buckets = []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// New makes counts that are all zero.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mainstay_http_requests_total", Help: "Requests that were answered."}, []string{"door", "method", "status"}),
		bytes:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mainstay_http_response_bytes_total", Help: "Bytes of answers' bodies."}, []string{"door"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mainstay_http_request_duration_seconds", Help: "Time from a request's headers to the end of its answer.", Buckets: buckets,
		}, []string{"door"}),
		statements: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mainstay_statement_duration_seconds", Help: "Time of a planned statement in the engine, its commit included.", Buckets: buckets,
		}, []string{"kind"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mainstay_statement_errors_total", Help: "Statements that failed, by class of SQLSTATE."}, []string{"class"}),
	}
	m.registry.MustRegister(m.requests, m.bytes, m.durations, m.statements, m.errors)
	m.registry.MustRegister(collectors.NewBuildInfoCollector(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Read("mainstay_http_requests_in_flight", "Requests that are being answered.", false, func() float64 { return float64(m.running.Load()) })
	return m
}

// Request is one that was answered.
type Request struct {
	Door   string // the door's path; "" for none
	Method string
	Status int // 0: the connection was broken off
	Bytes  int64
	Took   time.Duration
}

// Began and Served stand around each request.
func (m *Metrics) Began() { m.running.Add(1) }

// Served counts a request.
func (m *Metrics) Served(r Request) {
	m.running.Add(-1)
	m.requests.WithLabelValues(r.Door, method(r.Method), status(r.Status)).Inc()
	m.bytes.WithLabelValues(r.Door).Add(float64(r.Bytes))
	m.durations.WithLabelValues(r.Door).Observe(r.Took.Seconds())
}

// Statement counts a statement. code is the SQLSTATE of its error, "" for none.
func (m *Metrics) Statement(writes bool, took time.Duration, code string) {
	kind := "read"
	if writes {
		kind = "write"
	}
	m.statements.WithLabelValues(kind).Observe(took.Seconds())
	if code != "" {
		m.errors.WithLabelValues(class(code)).Inc()
	}
}

// Read adds a value that is read at each scrape: a counter that only grows, or a gauge. Labels are pairs of a name and a value. Names with their labels are unique, or it panics.
func (m *Metrics) Read(name, help string, counter bool, read func() float64, labels ...string) {
	fixed := prometheus.Labels{}
	for i := 0; i < len(labels); i += 2 {
		fixed[labels[i]] = labels[i+1]
	}
	if counter {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: fixed}, read))
		return
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: fixed}, read))
}

// Handler answers a scrape to whom allow lets in; its error is answered by refuse.
func (m *Metrics) Handler(allow func(*http.Request) error, refuse func(http.ResponseWriter, error)) http.Handler {
	serve := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := allow(r); err != nil {
			w.Header().Set("WWW-Authenticate", `Basic realm="metrics"`)
			refuse(w, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		serve.ServeHTTP(w, r)
	})
}

// method is one of the methods that are served.
func method(s string) string {
	switch s {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return s
	}
	return "other"
}

// status is one that HTTP knows; SQL may answer with any number.
func status(n int) string {
	if n == 0 {
		return "none"
	}
	if http.StatusText(n) == "" {
		return "other"
	}
	return strconv.Itoa(n)
}

// class is the first two characters of a SQLSTATE, of the classes that PostgreSQL has; "PGRST" and the like are "other", as are codes that functions raise.
func class(code string) string {
	if len(code) != 5 {
		return "other"
	}
	c := code[:2]
	if _, ok := classes[c]; ok {
		return c
	}
	return "other"
}

// classes are those of PostgreSQL's appendix A that statements end with.
var classes = map[string]struct{}{
	"08": {}, "0A": {}, "21": {}, "22": {}, "23": {}, "25": {}, "28": {}, "2F": {}, "34": {}, "38": {}, "3D": {}, "3F": {}, "40": {}, "42": {}, "44": {}, "53": {}, "54": {}, "55": {}, "57": {},
	"58": {}, "P0": {}, "XX": {},
}
