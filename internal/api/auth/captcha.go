package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/captcha"
	"github.com/mainstay-dev/mainstay/internal/identity"
)

// human makes an endpoint of one that only people may call, where the project has a captcha. Administrators need none.
func (d *door) human(f endpoint) endpoint {
	if d.Captcha == nil {
		return f
	}
	return func(q *request) (any, error) {
		if q.token != nil && (q.token.Role == identity.ServiceRole || q.token.Role == serviceAdmin) {
			return f(q)
		}
		answer, err := q.captchaToken()
		if err != nil {
			return nil, err
		}
		err = d.Captcha.Verify(q.Context(), answer, q.client.IP)
		var refused *captcha.Refused
		switch {
		case errors.As(err, &refused):
			return nil, fault.New("captcha_failed", "captcha protection: request disallowed (%s)", refused.Reason).WithStatus(http.StatusBadRequest)
		case err != nil:
			d.Log.Error("captcha", "error", err)
			return nil, fault.New("unexpected_failure", "captcha verification process failed").WithStatus(http.StatusInternalServerError)
		}
		return f(q)
	}
}

// captchaToken finds the answer in a body of JSON, and leaves the body to be read again. A form has none.
func (q *request) captchaToken() (string, error) {
	if kind, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type")); kind == formType {
		return "", nil
	}
	b, err := io.ReadAll(q.Body)
	if err != nil {
		return "", bodyError(err)
	}
	q.Body = io.NopCloser(bytes.NewReader(b))
	var body struct {
		Security struct {
			Token string `json:"captcha_token"`
		} `json:"gotrue_meta_security"`
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &body); err != nil {
			return "", bodyError(err)
		}
	}
	return strings.TrimSpace(body.Security.Token), nil
}
