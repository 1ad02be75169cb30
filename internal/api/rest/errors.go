package rest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
)

// Refuse answers a request that was not let in.
func (h *Handler) Refuse(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	a := newAnswer(w.Header())
	defer a.release()
	after := a.head["Retry-After"]
	h.failed(r, a, f, false)
	a.head["Retry-After"] = after
	a.send(w, r.Method == http.MethodHead)
}

// failed turns a failure into the answer.
func (h *Handler) failed(r *http.Request, a *answer, err error, authenticated bool) {
	contentRange := a.head.Get("Content-Range")
	maps.DeleteFunc(a.head, func(name string, _ []string) bool {
		return name != "X-Request-Id" && !strings.HasPrefix(name, "Access-Control-")
	}) // those are the gateway's
	a.head["Vary"] = a.vary
	f := fault.As(err)
	switch {
	case f != nil:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f = fault.New(fault.QueryCanceled, "canceling statement due to user request")
	default:
		h.o.Log.Error("request failed", "error", err, "method", r.Method, "path", r.URL.Path)
		f = fault.New("PGRSTX00", "The request could not be answered because of an internal error").WithStatus(500)
	}
	if f.Code == "PGRST" {
		f = raised(f, a.head)
	}
	a.status = statusOf(f, authenticated)
	if a.status == http.StatusRequestedRangeNotSatisfiable && contentRange != "" {
		a.head.Set("Content-Range", contentRange)
	}
	if a.status == http.StatusUnauthorized && a.head.Get("WWW-Authenticate") == "" {
		v := "Bearer"
		if f.Code == "PGRST301" || f.Code == "PGRST303" {
			v = `Bearer error="invalid_token", error_description="` + strings.ReplaceAll(f.Message, `"`, "'") + `"`
		}
		a.head.Set("WWW-Authenticate", v)
	}
	a.head.Set("Content-Type", jsonType)
	a.head.Set("Proxy-Status", "PostgREST; error="+f.Code)
	if s := h.latest.Load(); s != nil && s.Brief || s == nil && h.o.Brief {
		a.buf = append(appendTold(append(a.buf[:0], `{"code":`...), f.Code), `,"message":`...)
		a.buf = append(appendTold(a.buf, f.Message), '}')
	} else {
		a.buf = appendFault(a.buf[:0], f)
	}
	if a.which != nil {
		a.buf = append(append(a.buf[:len(a.buf)-1], a.which...), '}')
	}
}

// appendFault writes the four keys.
func appendFault(b []byte, f *fault.Error) []byte {
	b = append(b, `{"code":`...)
	b = appendTold(b, f.Code)
	b = append(b, `,"details":`...)
	if f.Code == "PGRST201" {
		b = append(b, f.Detail...) // an array of choices
	} else {
		b = appendOptional(b, f.Detail)
	}
	b = append(b, `,"hint":`...)
	b = appendOptional(b, f.Hint)
	b = append(b, `,"message":`...)
	b = appendTold(b, f.Message)
	return append(b, '}')
}

// appendTold appends a text that may hold what a client sent: bytes of a header that are no UTF-8 would make the answer no JSON.
func appendTold(b []byte, s string) []byte { return appendString(b, strings.ToValidUTF8(s, "\uFFFD")) }

func appendOptional(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendTold(b, s)
}

// raised is what SQL asks for by RAISE SQLSTATE 'PGRST': the error in the message, status and headers in the detail, both JSON.
func raised(f *fault.Error, head http.Header) *fault.Error {
	var m struct {
		Code, Message *string
		Details, Hint string
	}
	var d struct {
		Status  *int
		Headers map[string]string
	}
	const detailForm = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
	bad := func(detail, want string) *fault.Error {
		return fault.New("PGRST121", `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`).WithDetail("%s", detail).WithHint("%s", want).WithStatus(500)
	}
	if json.Unmarshal([]byte(f.Message), &m) != nil || m.Code == nil || m.Message == nil {
		return bad("Invalid JSON value for MESSAGE: '"+f.Message+"'", "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.")
	}
	if f.Detail == "" {
		return bad("DETAIL is missing in the RAISE statement", detailForm)
	}
	if json.Unmarshal([]byte(f.Detail), &d) != nil || d.Status == nil || d.Headers == nil || *d.Status < 200 || *d.Status > 999 {
		return bad("Invalid JSON value for DETAIL: '"+f.Detail+"'", detailForm)
	}
	for k, v := range d.Headers {
		head.Set(k, v)
	}
	r := fault.New(*m.Code, "%s", *m.Message).WithStatus(*d.Status)
	r.Detail, r.Hint = m.Details, m.Hint
	return r
}

// statusOf is the HTTP status of a fault: its own, or by its code (protocol document 1.11).
func statusOf(f *fault.Error, authenticated bool) int {
	if f.Status != 0 {
		return f.Status
	}
	c := f.Code
	switch c {
	case "23503", "23505":
		return 409
	case "25006":
		return 405
	case "21000":
		if strings.HasSuffix(f.Message, "requires a WHERE clause") {
			return 400
		}
		return 500
	case "22023":
		if strings.HasPrefix(f.Message, "role") && strings.HasSuffix(f.Message, "does not exist") {
			return 401
		}
		return 400
	case "53400":
		return 500
	case "57P01":
		return 503
	case "P0001":
		return 400
	case "42883":
		if strings.HasPrefix(f.Message, "function xmlagg(") {
			return 406
		}
		return 404
	case "42P01", "PGRST202", "PGRST205":
		return 404
	case "42P17":
		return 500
	case "XX000":
		if f.Message == "tsquery stack too small" { // PostgreSQL's bound on what a search may say
			return 400
		}
		return 500
	case "42501":
		if authenticated {
			return 403
		}
		return 401
	case "PGRST201", "PGRST203":
		return 300
	}
	if n, ok := strings.CutPrefix(c, "PT"); ok && len(c) == 5 {
		if status, err := strconv.Atoi(n); err == nil && status >= 200 {
			return status
		}
		return 500
	}
	if strings.HasPrefix(c, "PGRST") || len(c) < 2 {
		return 400
	}
	switch c[:2] {
	case "08", "53":
		return 503
	case "28", "0L", "0P":
		return 403
	case "09", "25", "2D", "38", "39", "3B", "40", "54", "55", "57", "58", "F0", "HV", "P0", "XX":
		return 500
	}
	return 400
}
