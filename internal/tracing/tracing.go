// Package tracing tells a collector what becomes of each request: OpenTelemetry's traces, over OTLP by HTTP.
//
// Main types in order of meeting them: Options, Tracer, Request, Statement. A Tracer begins a Request and puts it into the request's context; whoever does a part of the work takes it From
// there and says what was done and when. Nil Tracers and Requests are valid and do nothing, so that nothing is paid where tracing is off.
//
// Invariants: no value of a request, no name of a user, no address and no path below a door leaves in a span; names of spans come from closed sets; a collector that is slow or away
// costs spans, never requests. It wraps the SDK, which no other package knows.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// stateBytes bounds what is kept of a header tracestate.
const stateBytes = 512

// Options say where spans go.
type Options struct {
	Endpoint string            // the collector's base address; /v1/traces is added. "" is the environment's (OTEL_EXPORTER_OTLP_…), or none
	Headers  map[string]string // of requests to it
	Ratio    float64           // of traces that are recorded, 0 to 1
	Service  string            // the service's name, where the environment names none
	Log      *slog.Logger
}

// Tracer records requests. Safe for concurrent use. nil records nothing.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	context  propagation.TraceContext
}

// New makes a tracer; nil when no collector is named. It reaches for nothing yet.
func New(ctx context.Context, o Options) (*Tracer, error) {
	client, err := newClient(o)
	if client == nil || err != nil {
		return nil, err
	}
	exporter, err := otlptrace.New(ctx, client)
	if err != nil {
		return nil, err
	}
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", o.Service), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv()) // the environment outranks what comes before it
	if err != nil {
		return nil, err
	}
	// Whoever calls may ask not to be recorded, but not to be.
	mine := chance(o.Ratio)
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about), sdk.WithSampler(sdk.ParentBased(mine, sdk.WithRemoteParentSampled(mine))))
	return &Tracer{provider: provider, tracer: provider.Tracer("github.com/mainstay-dev/mainstay", trace.WithInstrumentationVersion(version))}, nil
}

// chance records this part of all requests, by a random number of its own: whoever calls chooses the trace's id, and would choose one that is recorded.
type chance float64

// ShouldSample decides.
func (c chance) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	r := sdk.SamplingResult{Decision: sdk.Drop, Tracestate: trace.SpanContextFromContext(p.ParentContext).TraceState()}
	if rand.Float64() < float64(c) {
		r.Decision = sdk.RecordAndSample
	}
	return r
}

// Description names the sampler.
func (c chance) Description() string { return fmt.Sprintf("chance %g", float64(c)) }

// Close sends what is left, within the context's time.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Request is a request that is recorded. nil is none.
type Request struct {
	tracer trace.Tracer
	ctx    context.Context // with the request's span
	span   trace.Span
}

type key struct{}

// From is the request that a context belongs to; nil when it is not recorded.
func From(ctx context.Context) *Request {
	q, _ := ctx.Value(key{}).(*Request)
	return q
}

// Begin begins to record a request, as part of the trace that its header traceparent names (W3C Trace Context). What it gives in the place of r carries the record.
func (t *Tracer) Begin(r *http.Request, began time.Time) (*http.Request, *Request) {
	if t == nil {
		return r, nil
	}
	ctx := t.context.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	// Others' notes about the trace go with each span until it is sent: what is longer than has to be passed on (W3C Trace Context, 3.3.1.5) is dropped.
	if from := trace.SpanContextFromContext(ctx); len(from.TraceState().String()) > stateBytes {
		ctx = trace.ContextWithRemoteSpanContext(ctx, from.WithTraceState(trace.TraceState{}))
	}
	ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began))
	if !span.IsRecording() {
		return r, nil
	}
	q := &Request{tracer: t.tracer, span: span}
	q.ctx = context.WithValue(ctx, key{}, q)
	return r.WithContext(q.ctx), q
}

// ID is the trace's, "" for none.
func (q *Request) ID() string {
	if q == nil {
		return ""
	}
	return q.span.SpanContext().TraceID().String()
}

// Part tells of a part of the work, by a name from the code.
func (q *Request) Part(name string, from, to time.Time) {
	if q == nil {
		return
	}
	_, s := q.tracer.Start(q.ctx, name, trace.WithTimestamp(from))
	s.End(trace.WithTimestamp(to))
}

// Kept tells that the answer is one that was kept.
func (q *Request) Kept() {
	if q != nil {
		q.span.SetAttributes(attribute.Bool("mainstay.kept", true))
	}
}

// As tells the role that a request acts as.
func (q *Request) As(role string) {
	if q != nil {
		q.span.SetAttributes(attribute.String("mainstay.role", role))
	}
}

// Statement is one that has run.
type Statement struct {
	Text     string // PostgreSQL's SQL without values
	Writes   bool
	Rows     int64
	Code     string // SQLSTATE of its error; "" for none
	From, To time.Time
	Commit   time.Time // when its rows had been read and the commit began; zero for none
}

// Statement tells of a statement.
func (q *Request) Statement(s Statement) {
	if q == nil {
		return
	}
	name := "read"
	if s.Writes {
		name = "write"
	}
	ctx, span := q.tracer.Start(q.ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(s.From),
		trace.WithAttributes(attribute.String("db.query.text", s.Text), attribute.Int64("db.response.returned_rows", s.Rows)))
	if s.Code != "" {
		span.SetAttributes(attribute.String("db.response.status_code", s.Code), attribute.String("error.type", s.Code))
		span.SetStatus(codes.Error, "")
	}
	if !s.Commit.IsZero() {
		_, c := q.tracer.Start(ctx, "commit", trace.WithTimestamp(s.Commit))
		c.End(trace.WithTimestamp(s.To))
	}
	span.End(trace.WithTimestamp(s.To))
}

// End ends the record. door is the door's path, method one that HTTP knows.
func (q *Request) End(door, method string, status int, bytes int64, at time.Time) {
	if q == nil {
		return
	}
	if !known[method] {
		method = "_OTHER"
	}
	name := method
	q.span.SetAttributes(attribute.String("http.request.method", method), attribute.Int64("http.response.body.size", bytes))
	if door != "" {
		name += " " + door
		q.span.SetAttributes(attribute.String("http.route", door))
	}
	if status != 0 {
		q.span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if status == 0 || status >= 500 {
		q.span.SetStatus(codes.Error, "")
	}
	q.span.SetName(name)
	q.span.End(trace.WithTimestamp(at))
}

// known are the methods that semantic conventions know (http.request.method).
var known = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true, http.MethodOptions: true,
}
