// Package openapi holds the server to its own OpenAPI document: other people's rules pass the document, and no answer to a made-up request is outside it.
package openapi
