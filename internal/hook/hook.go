// Package hook asks a project's own programs over HTTP what they think of something that sign-in is about to do.
//
// Main types in order of meeting them: Hook (what the project's settings name: an address with secrets, or a function of the database, which the caller runs itself)
// and Error (what a hook says against it). Parse reads the settings.
//
// Invariants: what is sent carries a signature of the Standard Webhooks under every secret of the hook, so that secrets can be changed without a gap; a hook has one
// time limit for all its attempts; an answer is JSON of at most MaxBytes; no redirect is followed.
package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// MaxBytes bounds what a hook is sent and what it answers.
const MaxBytes = 200 << 10

// The times of a hook that the settings do not name.
const (
	HTTPTimeout     = 5 * time.Second
	FunctionTimeout = 2 * time.Second
)

const (
	attempts = 3
	pause    = 2 * time.Second // before another attempt, unless the hook itself says how long
)

// Hook is where a question goes: exactly one of URL and Function is set.
type Hook struct {
	URL     string
	secrets [][]byte

	Schema, Function string // of the project's database

	Timeout time.Duration
	client  *http.Client
}

// Error is a hook's refusal, or why it could not be asked.
type Error struct {
	Status  int    // of the answer to the client
	Code    string // the protocol's
	Message string
}

func (e *Error) Error() string { return e.Message }

var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]{0,62}$`)

// Parse reads the address of a hook, https://… or pg-functions://postgres/schema/function, and its secrets: v1,whsec_ and base64, several parted by |.
func Parse(uri, secrets string, timeout time.Duration) (*Hook, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return nil, fmt.Errorf("uri: %w", err)
	}
	h := &Hook{Timeout: timeout}
	switch u.Scheme {
	case "pg-functions":
		parts := strings.Split(strings.Trim(u.Path, "/"), "/")
		if len(parts) != 2 || !nameForm.MatchString(parts[0]) || !nameForm.MatchString(parts[1]) {
			return nil, fmt.Errorf("uri %q should be pg-functions://postgres/schema/function", uri)
		}
		h.Schema, h.Function = parts[0], parts[1]
		if h.Timeout == 0 {
			h.Timeout = FunctionTimeout
		}
		return h, nil
	case "https":
	case "http":
		if host := u.Hostname(); host != "localhost" && host != "host.docker.internal" && !net.ParseIP(host).IsLoopback() {
			return nil, fmt.Errorf("uri %q: what is sent is secret, so it needs https unless it stays on this machine", uri)
		}
	default:
		return nil, fmt.Errorf("uri %q is neither https://… nor pg-functions://postgres/schema/function", uri)
	}
	for text := range strings.SplitSeq(secrets, "|") {
		encoded, ok := strings.CutPrefix(strings.TrimSpace(text), "v1,whsec_")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(key) < 16 {
			return nil, errors.New(`secrets should be "v1,whsec_" and at least 16 bytes in base64, several parted by |`)
		}
		h.secrets = append(h.secrets, key)
	}
	if h.Timeout == 0 {
		h.Timeout = HTTPTimeout
	}
	h.URL = uri
	h.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return h, nil
}

// Post asks an HTTP hook and gives its answer, nil for none. id names the question: it stays the same when the same is asked again. Errors are *Error.
func (h *Hook) Post(ctx context.Context, id string, event []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	late := &Error{http.StatusUnprocessableEntity, "hook_timeout", fmt.Sprintf("Failed to reach hook within maximum time of %f seconds", h.Timeout.Seconds())}
	for attempt := range attempts {
		answer, again, err := h.once(ctx, id, event)
		if err == nil || again < 0 {
			return answer, err
		}
		if ctx.Err() != nil {
			return nil, late
		}
		if attempt == attempts-1 {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, late
		case <-time.After(again):
		}
	}
	panic("hook: the last attempt returns")
}

// once asks once. again is how long to wait before another attempt, negative for none.
func (h *Hook) once(ctx context.Context, id string, event []byte) (answer []byte, again time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(event))
	if err != nil {
		return nil, -1, refused("Hook failed to make request object")
	}
	at := time.Now()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Encoding", "identity")
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("webhook-signature", h.sign(id, at, event))
	resp, err := h.client.Do(r)
	if err != nil {
		return nil, pause, &Error{http.StatusUnprocessableEntity, "hook_timeout_after_retry", "Failed to reach hook after maximum retries"}
	}
	defer func() { _ = resp.Body.Close() }() // it was read as far as it is wanted
	switch resp.StatusCode {
	case http.StatusNoContent:
		return nil, -1, nil
	case http.StatusOK, http.StatusAccepted:
		answer, err = read(resp)
		return answer, -1, err
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		busy := refused("Service currently unavailable due to hook")
		after := resp.Header.Get("Retry-After")
		if after == "" {
			return nil, -1, busy
		}
		seconds, err := strconv.Atoi(after)
		if err != nil || seconds < 0 || seconds > 60 {
			return nil, pause, busy
		}
		return nil, time.Duration(seconds) * time.Second, busy
	case http.StatusBadRequest:
		return nil, -1, refused("Invalid payload sent to hook")
	case http.StatusUnauthorized:
		return nil, -1, refused("Hook requires authorization token")
	}
	return nil, -1, refused(fmt.Sprintf("Unexpected status code returned from hook: %d", resp.StatusCode))
}

func refused(message string) *Error {
	return &Error{http.StatusInternalServerError, "unexpected_failure", message}
}

func read(resp *http.Response) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, &Error{http.StatusBadRequest, "hook_payload_invalid_content_type", fmt.Sprintf("Invalid JSON response. Received content-type: %.100s", resp.Header.Get("Content-Type"))}
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, MaxBytes+1))
	if err != nil {
		return nil, refused("The answer of the hook could not be read")
	}
	return b, Check(b)
}

// Check finds what an answer says against the question: {"error":{"http_code":…,"message":…}}. Functions of the database answer so as well.
func Check(answer []byte) error {
	if len(answer) > MaxBytes {
		return &Error{http.StatusUnprocessableEntity, "hook_payload_over_size_limit", fmt.Sprintf("Payload size exceeded size limit of %d bytes", MaxBytes)}
	}
	var said struct {
		Error *struct {
			Status  int    `json:"http_code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return refused("Error unmarshaling JSON output.")
	}
	if said.Error == nil || said.Error.Message == "" {
		return nil
	}
	e := &Error{Status: said.Error.Status, Code: "unknown", Message: said.Error.Message}
	if e.Status < 400 || e.Status > 599 {
		e.Status = http.StatusInternalServerError
	}
	if e.Status == http.StatusInternalServerError {
		e.Code = "unexpected_failure"
	}
	return e
}

// sign makes the signatures of a message, one for each secret (Standard Webhooks, "v1").
func (h *Hook) sign(id string, at time.Time, event []byte) string {
	var all []string
	for _, key := range h.secrets {
		m := hmac.New(sha256.New, key)
		fmt.Fprintf(m, "%s.%d.", id, at.Unix())
		m.Write(event)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
	}
	return strings.Join(all, " ")
}
