package tracing

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// client sends spans to a collector (OTLP 1.x, 4.2: OTLP/HTTP, binary). The SDK's own brings gRPC along, whose status type it uses: five megabytes.
type client struct {
	url     string
	headers map[string]string
	zip     bool
	http    http.Client
	log     *slog.Logger

	mu   sync.Mutex
	told time.Time // guarded by mu: when a failure was last told
}

// stay follows no redirect: a collector's keys go to nobody else.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

const (
	sendTimeout = 10 * time.Second // the specification's default
	sendTries   = 3
	tellAgain   = time.Minute
	tracesPath  = "/v1/traces"
	longestWait = 5 * time.Second
)

// newClient makes what sends, nil when no collector is named. The setting outranks the environment, whose variables are the specification's (OTLP exporter configuration).
func newClient(o Options) (*client, error) {
	env := func(name string) string {
		if v := os.Getenv("OTEL_EXPORTER_OTLP_TRACES_" + name); v != "" {
			return v
		}
		return os.Getenv("OTEL_EXPORTER_OTLP_" + name)
	}
	address := o.Endpoint
	if address == "" {
		address = os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	}
	if address != "" {
		address = strings.TrimRight(address, "/") + tracesPath
	}
	if v := os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); v != "" && o.Endpoint == "" {
		address = v // of traces alone, it is taken as it is
	}
	if address == "" || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil
	}
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the collector's address must be like http://127.0.0.1:4318")
	}
	if p := env("PROTOCOL"); p != "" && p != "http/protobuf" {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is spoken, not %q", p)
	}
	c := &client{url: address, headers: map[string]string{}, zip: env("COMPRESSION") == "gzip", http: http.Client{Timeout: sendTimeout, CheckRedirect: stay}, log: o.Log}
	if ms, err := strconv.Atoi(env("TIMEOUT")); err == nil && ms > 0 {
		c.http.Timeout = time.Duration(ms) * time.Millisecond
	}
	for pair := range strings.SplitSeq(env("HEADERS"), ",") {
		name, value, ok := strings.Cut(pair, "=")
		if value, err := url.PathUnescape(strings.TrimSpace(value)); ok && err == nil {
			c.headers[strings.TrimSpace(name)] = value
		}
	}
	for name, value := range o.Headers {
		c.headers[name] = value
	}
	return c, nil
}

// Start does nothing: connections are made when there is something to send.
func (c *client) Start(context.Context) error { return nil }

// Stop closes what is idle.
func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// UploadTraces sends spans. What fails is told in the log now and then, and lost.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// TracesData is on the wire what a request for export is (both have the spans as field 1), and needs no service's package.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err == nil && c.zip {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // to memory
		_ = z.Close()
		body = b.Bytes()
	}
	for try := 1; err == nil; try++ {
		var again time.Duration
		if again, err = c.post(ctx, body); err == nil {
			return nil
		}
		if again == 0 || try == sendTries {
			break
		}
		select {
		case <-time.After(again):
			err = nil
		case <-ctx.Done():
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.told) > tellAgain {
		c.told = now
		c.log.Warn("spans could not be sent", "error", err)
	}
	return nil
}

// post sends once. again is when to try once more, 0 for never.
func (c *client) post(ctx context.Context, body []byte) (again time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	for name, value := range c.headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	if c.zip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return time.Second, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // its words are for nobody
	_ = resp.Body.Close()                                         // read
	switch resp.StatusCode {
	case http.StatusOK:
		return 0, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = time.Second
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
			again = min(time.Duration(s)*time.Second, longestWait)
		}
	}
	return again, fmt.Errorf("the collector answered %d", resp.StatusCode)
}
