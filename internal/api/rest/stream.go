package rest

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

const (
	streamChunk = 32 << 10         // bytes that are held before they are sent
	streamWrite = 10 * time.Second // that a client may be behind
	streamRate  = 16 << 10         // bytes a second that a client takes at least, beyond what it may be behind
	exportWait  = 5 * time.Second  // for a place among those that stream
)

// A stream is an answer of lines of JSON that leaves before its transaction has ended: it is never whole in memory, and so it is not bounded by it. What fails
// after the first byte breaks the connection off, so that its client cannot take the part for the whole.
type stream struct {
	w     http.ResponseWriter
	begun bool // a part has been sent, and with it status 200
	// left is for how long the client may still keep the stream waiting. What it takes earns it more: one that reads a little now and then would otherwise hold
	// its place among the exports for as long as one may last.
	left time.Duration
	now  func() time.Time
}

func newStream(w http.ResponseWriter, now func() time.Time) *stream {
	s := &stream{w: w, left: streamWrite, now: now}
	s.allow(0) // the export's own time bounds what is computed
	return s
}

// write sends a part. The time that it takes is the client's.
func (s *stream) write(b []byte) error {
	s.allow(max(s.left, time.Millisecond))
	began := s.now()
	_, err := s.w.Write(b)
	s.left = min(streamWrite, s.left-s.now().Sub(began)+time.Duration(len(b))*time.Second/streamRate)
	if err == nil && s.left <= 0 {
		return errSlow
	}
	return err
}

var errSlow = errors.New("the client takes less than it must")

// allow gives the client a time for what is written next, in place of the server's for the whole answer; 0 is without end.
func (s *stream) allow(d time.Duration) {
	var until time.Time
	if d > 0 {
		until = s.now().Add(d)
	}
	_ = http.NewResponseController(s.w).SetWriteDeadline(until) // a ResponseWriter without deadlines is one of a test
}

// streams says whether a job's answer is to be streamed: lines of JSON from what only reads. Whoever has a condition wants an entity tag, which comes
// before the body.
func (h *Handler) streams(in scope, a *answer, j *job) bool {
	q := j.q
	if q.media.kind != asLines || in.tx != nil || a.w == nil || q.paged != nil || q.method == http.MethodHead || q.ifMatch != nil || q.ifNoneMatch != nil {
		return false
	}
	return q.statement.Write == nil && (q.statement.ReadOnly || !j.p.Writes() && j.p.Before() == nil)
}

// export takes a place among the answers that are streamed at a time: each holds a connection to the database for as long as its client takes to read.
func (h *Handler) export(ctx context.Context) (leave func(), err error) {
	leave = func() { <-h.exports }
	select {
	case h.exports <- struct{}{}:
		return leave, nil
	default:
	}
	wait := time.NewTimer(exportWait)
	defer wait.Stop()
	select {
	case h.exports <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
		return nil, fault.New("MS503", "%d answers are being streamed already", cap(h.exports)).
			WithHint("Try again later, or ask for application/json in parts.").WithStatus(http.StatusServiceUnavailable)
	}
}

// line adds a row as a line. Between the tokens of a JSON value there may be line breaks, and only there.
func (a *answer) line(r engine.Row) error {
	start := len(a.buf)
	if s := a.p.Shape(); s == plan.Scalar || s == plan.ScalarSet {
		a.buf = r.AppendJSON(a.buf, 0)
	} else {
		a.object(r)
	}
	for _, c := range []byte("\n\r") {
		for rest := a.buf[start:]; ; {
			i := bytes.IndexByte(rest, c)
			if i < 0 {
				break
			}
			rest[i] = ' '
			rest = rest[i+1:]
		}
	}
	a.buf = append(a.buf, '\n')
	if a.stream == nil || len(a.buf) < streamChunk {
		return nil
	}
	return a.flush()
}

// flush sends what there is, and before the first part the header: what is not known yet follows as a trailer.
func (a *answer) flush() error {
	s := a.stream
	if !s.begun {
		q := a.q
		a.describeStream()
		if q.maxRows >= 0 && (q.limit < 0 || q.limit > q.maxRows) {
			a.warn("The answer ends after %d rows at the latest, the most that this server gives; ask for the rest with limit and offset", q.maxRows)
		}
		a.head["Trailer"] = []string{"Row-Count, Total-Count, Warning"}
		s.begun = true
		s.w.WriteHeader(http.StatusOK)
	}
	err := s.write(a.buf)
	a.buf = a.buf[:0]
	return err
}

// describeStream sets the headers that are known before the end.
func (a *answer) describeStream() {
	q := a.q
	if q.profile != "" {
		a.head.Set("Content-Profile", q.profile)
	}
	if v := q.applied(false); v != "" {
		a.head.Set("Preference-Applied", v)
	}
	a.locate()
	a.head.Set("Content-Type", q.media.contentType())
}

// endStream sends the rest.
func (a *answer) endStream(o *engine.Outcome) error {
	if o.Settings["response.status"] != "" {
		return errors.New("response.status was set after the first part of the answer had been sent")
	}
	if err := a.flush(); err != nil {
		return err
	}
	a.stream.allow(streamWrite) // for the trailer
	delete(a.head, "Warning")
	a.warnings(o)
	a.head.Set("Row-Count", strconv.FormatInt(a.rows, 10))
	if o.Total >= 0 && a.q.statement.Count != query.NoCount {
		a.head.Set("Total-Count", strconv.FormatInt(o.Total, 10))
	}
	return nil
}
