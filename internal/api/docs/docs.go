// Package docs is the door of documentation: the OpenAPI 3.1 document for whoever asks, and an interactive reference of it that needs nothing from
// elsewhere.
//
// Document and Reference make the handlers.
//
// Invariants: the document shows a caller only what the caller may do; the page loads nothing from another origin and runs no script but its own, which
// its Content-Security-Policy holds; no key is in it but the publishable one.
package docs

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/api/gateway"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/openapi"
)

//go:embed scalar/reference.js.gz
var reference []byte

// Options are what the documents are made from.
type Options struct {
	Title    string
	Schemas  []string // those served; the first is described unless Accept-Profile or the parameter schema names another
	MaxRows  int64
	MaxBatch int // requests of a batch
	CallerOf func(*http.Request) (query.Caller, error)
	Catalog  func() *catalog.Catalog
	Serves   func(t *catalog.Table, role string) bool
	// Key is the publishable key, which the reference fills in.
	Key string
}

// Document makes the handler of the OpenAPI document.
func Document(o Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := o.document(r)
		if err != nil {
			f := fault.As(err)
			if f == nil {
				f = fault.New(fault.Internal, "internal error").WithStatus(http.StatusInternalServerError)
			}
			gateway.WriteError(w, f)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Vary", "Authorization, apikey, Accept-Profile")
		w.Header().Set("Cache-Control", "private, no-cache") // it follows the schema and the caller
		_, _ = w.Write(text)                                 // the client is gone: nobody to tell
	})
}

func (o Options) document(r *http.Request) ([]byte, error) {
	if err := reads(r); err != nil {
		return nil, err
	}
	caller, err := o.CallerOf(r)
	if err != nil {
		return nil, err
	}
	schema := r.URL.Query().Get("schema")
	if schema == "" {
		schema = r.Header.Get("Accept-Profile")
	}
	if schema == "" {
		schema = o.Schemas[0]
	}
	if !slices.Contains(o.Schemas, schema) {
		return nil, fault.New("PGRST106", "Invalid schema: %s", schema).WithHint("Only the following schemas are exposed: %s", strings.Join(o.Schemas, ", ")).WithStatus(http.StatusNotAcceptable)
	}
	return openapi.Document(o.Catalog(), openapi.Options{Title: o.Title, Schema: schema, Schemas: o.Schemas, Role: caller.Role, Serves: o.Serves, MaxRows: o.MaxRows, MaxBatch: o.MaxBatch})
}

func reads(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	return fault.New("PGRST117", "Unsupported HTTP method: %s", r.Method).WithStatus(http.StatusMethodNotAllowed)
}

// policy lets the page run its own scripts and call its own server, and nothing else. Styles are set by the reference's script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page is given the title and the settings.
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
</head>
<body>
<div id="app" data-settings="%s"></div>
<noscript>The reference needs JavaScript; the document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/reference.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

const start = `'use strict'
const app = document.getElementById('app')
Scalar.createApiReference(app, JSON.parse(app.dataset.settings))
`

// settings are those of the reference: nothing is fetched from elsewhere or told to others, and calls carry the publishable key.
func (o Options) settings() object {
	return object{
		"url": "/openapi.json", "withDefaultFonts": false, "telemetry": false, "hideClientButton": true, "showDeveloperTools": "never",
		"agent": object{"disabled": true}, "mcp": object{"disabled": true}, "persistAuth": false,
		"authentication": object{"preferredSecurityScheme": "apikey", "securitySchemes": object{"apikey": object{"name": "apikey", "in": "header", "value": o.Key}}},
	}
}

type object = map[string]any

// Reference makes the handler of the interactive reference, which is served at /docs.
func Reference(o Options) http.Handler {
	settings, err := json.Marshal(o.settings())
	if err != nil {
		panic("docs: marshal of settings: " + err.Error())
	}
	body := fmt.Sprintf(page, html.EscapeString(o.Title), html.EscapeString(string(settings)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := reads(r); err != nil {
			gateway.WriteError(w, fault.As(err))
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache")
		switch r.URL.Path {
		case "", "/":
			h.Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, body) // the client is gone: nobody to tell
		case "/start.js":
			h.Set("Content-Type", "text/javascript; charset=utf-8")
			_, _ = io.WriteString(w, start) // likewise
		case "/reference.js":
			h.Set("Content-Type", "text/javascript; charset=utf-8")
			h.Set("Cache-Control", "public, max-age=86400")
			h.Set("Vary", "Accept-Encoding")
			sendReference(w, r)
		default:
			gateway.WriteError(w, fault.New("not_found", "no such page").WithStatus(http.StatusNotFound))
		}
	})
}

// sendReference sends the script as it is kept, or unpacked for a client that does not unpack.
func sendReference(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(reference) // the client is gone: nobody to tell
		return
	}
	z, err := gzip.NewReader(bytes.NewReader(reference))
	if err != nil {
		panic("docs: the embedded script: " + err.Error())
	}
	_, _ = io.Copy(w, z) // likewise
}
