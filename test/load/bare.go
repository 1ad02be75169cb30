package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// bareVariable in the environment makes this program the bare server, on the address that it holds; the answers come on standard input.
const bareVariable = "MAINSTAY_LOAD_BARE"

// startBare starts the server to compare with: the standard library's, answering the works' bodies from memory.
func startBare(ctx context.Context, works []*work) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	t := &target{name: "bare", bare: true}
	if t.addr, err = freeAddr(); err != nil {
		return nil, err
	}
	answers := map[string][]byte{}
	for _, w := range works {
		answers[w.sample] = w.answer
	}
	text, err := json.Marshal(answers)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), bareVariable+"="+t.addr)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	ended, err := t.run(cmd)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(stdin, "%s\n", text); err != nil {
		return nil, err
	}
	return t, t.await(ctx, ended)
}

// serveBare answers until standard input closes, which happens at the latest when the load program is gone.
func serveBare(addr string) {
	d := json.NewDecoder(os.Stdin)
	var answers map[string][]byte
	if err := d.Decode(&answers); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is what counts
		os.Exit(0)
	}()
	one, list := answers["one"], answers["list"]
	err := http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = io.Copy(io.Discard, r.Body) // a client that went away is nobody to answer
			w.WriteHeader(http.StatusCreated)
			return
		}
		body := one
		if strings.Contains(r.URL.RawQuery, "category=") {
			body = list
		}
		h := w.Header()
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body) // likewise
	}))
	fmt.Fprintln(os.Stderr, "bare:", err)
	os.Exit(1)
}
