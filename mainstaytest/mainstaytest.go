// Package mainstaytest runs a Mainstay server inside a test.
//
//	s := mainstaytest.Run(t, mainstay.Server{Dir: "testdata/project"})
//	resp, err := http.Get(s.URL + "/rest/v1/todos")
//
// Main type: Server. The server listens on a free port of loopback, keeps its data in a folder of the test, and ends with the test.
package mainstaytest

import (
	"context"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
)

// Server is a running server.
type Server struct {
	mainstay.Info
	t testing.TB
}

// startTimeout bounds how long a server may take to be ready; the first start of a new project has to load PostgreSQL's grammar.
const startTimeout = time.Minute

// Run starts s, waits until it serves, and stops it when the test ends. Dev is set, Addr and DataDir get values for the test where they are empty.
// It fails the test if the server does not start.
func Run(t testing.TB, s mainstay.Server) *Server {
	t.Helper()
	s.Dev = true
	if s.Addr == "" {
		s.Addr = "127.0.0.1:0"
	}
	if s.DataDir == "" {
		s.DataDir = t.TempDir()
	}
	ready := make(chan mainstay.Info, 1)
	s.Ready = func(info mainstay.Info) { ready <- info }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	deadline := time.NewTimer(startTimeout)
	defer deadline.Stop()
	select {
	case info := <-ready:
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("mainstaytest: the server ended with: %v", err)
			}
		})
		return &Server{Info: info, t: t}
	case err := <-done:
		cancel()
		t.Fatalf("mainstaytest: start: %v", err)
	case <-deadline.C:
		cancel()
		t.Fatalf("mainstaytest: not ready after %v", startTimeout)
	}
	panic("unreachable")
}

// Token signs a user's token with the project's key, valid for an hour.
func (s *Server) Token(subject string) string {
	s.t.Helper()
	now := time.Now()
	token, err := s.Sign(map[string]any{"sub": subject, "role": "authenticated", "aud": "authenticated", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
	if err != nil {
		s.t.Fatalf("mainstaytest: sign: %v", err)
	}
	return token
}
