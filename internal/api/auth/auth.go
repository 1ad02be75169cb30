// Package auth is the door of sign-in: /auth/v1. For now it publishes the keys with which others verify the project's tokens.
//
// New makes the handler. Its errors have the shape of the ecosystem's Auth protocol.
package auth

import (
	"net/http"

	"github.com/mainstay-dev/mainstay/internal/identity"
)

// keysMaxAge is how long a verifier may keep the key set, in seconds; a rotated key must be published that long before it signs.
const keysMaxAge = "public, max-age=600"

// New makes the door.
func New(keys *identity.Keys) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", keysMaxAge)
		_, _ = w.Write(keys.JWKS()) // the client is gone: nobody to tell
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"code":404,"error_code":"not_found","msg":"this Auth endpoint does not exist"}`)) // likewise
	})
	return mux
}
