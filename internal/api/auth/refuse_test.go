package auth

import (
	"net/http/httptest"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
)

// TestRefuse: a request that is not let in is answered in the protocol's shape, old and new.
func TestRefuse(t *testing.T) {
	d := New(Options{})
	for version, want := range map[string]string{
		"":         `{"code":429,"error_code":"over_request_rate_limit","msg":"too many requests at a time"}`,
		apiVersion: `{"code":"over_request_rate_limit","message":"too many requests at a time"}`,
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/token", nil)
		if version != "" {
			r.Header.Set(versionHeader, version)
		}
		w.Header().Set("Retry-After", "2")
		d.Refuse(w, r, fault.New("over_request_rate_limit", "too many requests at a time").WithStatus(429))
		if w.Code != 429 || w.Body.String() != want || w.Header().Get(codeHeader) != "over_request_rate_limit" || w.Header().Get("Retry-After") != "2" || w.Header().Get("Cache-Control") != noStore {
			t.Errorf("version %q: %d %s %v", version, w.Code, w.Body, w.Header())
		}
	}
}
