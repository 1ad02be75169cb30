package crash

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// The environment of a child process: the folder to serve, and whether to acknowledge writes before they are made.
const (
	childVariable = "MAINSTAY_CRASH_CHILD"
	earlyVariable = "MAINSTAY_CRASH_EARLY"
)

// hello is what a child says when it serves.
type hello struct{ URL, Token, Secret string }

// serveAsChild serves until standard input closes, which happens at the latest when the test is gone.
func serveAsChild(dir string, early bool) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is what counts
		os.Exit(0)
	}()
	s := mainstay.Server{Dir: filepath.Join(dir, "project"), DataDir: filepath.Join(dir, "data"), Addr: "127.0.0.1:0"}
	s.Ready = func(info mainstay.Info) {
		token, err := info.Sign(map[string]any{"sub": "00000000-0000-4000-8000-000000000001", "role": "authenticated", "exp": time.Now().Add(time.Hour).Unix()})
		h := hello{URL: info.URL, Token: token, Secret: info.Secret}
		if early && err == nil {
			h.URL, err = acknowledgeEarly(info.URL)
		}
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(h)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fmt.Fprintln(os.Stderr, s.Run(context.Background()))
	os.Exit(1)
}

// acknowledgeEarly serves a front that answers each write with success before it hands it on.
func acknowledgeEarly(real string) (string, error) {
	to, err := url.Parse(real)
	if err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	queue := make(chan *http.Request, 1<<16)
	go func() {
		for r := range queue {
			if resp, err := http.DefaultClient.Do(r); err == nil {
				_ = resp.Body.Close() // the answer has been given
			}
		}
	}()
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // ends with the process
			if r.Method == http.MethodGet {
				proxy.ServeHTTP(w, r)
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			later, err := http.NewRequest(r.Method, real+r.URL.RequestURI(), strings.NewReader(string(body)))
			if err != nil {
				return
			}
			later.Header = r.Header.Clone()
			queue <- later
			w.WriteHeader(http.StatusCreated)
		}))
	}()
	return "http://" + l.Addr().String(), nil
}

// child is a server's process as the test sees it.
type child struct {
	hello
	cmd    *osexec.Cmd
	out    *bufio.Reader
	errs   *strings.Builder
	once   sync.Once
	client *http.Client
}

// startChild starts one on a folder; with are a program and its arguments that start it.
func startChild(dir string, early bool, with ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := append(with, self)
	c := &child{cmd: osexec.Command(args[0], args[1:]...), errs: &strings.Builder{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
	c.cmd.Env = append(os.Environ(), childVariable+"="+dir)
	if early {
		c.cmd.Env = append(c.cmd.Env, earlyVariable+"=1")
	}
	c.cmd.Stderr = c.errs
	if _, err := c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	return c, c.cmd.Start()
}

// ready waits until it serves.
func (c *child) ready() error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		c.kill()
		return fmt.Errorf("the server did not start: %w\n%s", err, c.errs)
	}
	return json.Unmarshal(line, &c.hello)
}

// kill ends the process at once and waits until it is gone. It may be called by several goroutines and more than once.
func (c *child) kill() {
	c.once.Do(func() {
		_ = c.cmd.Process.Kill() // it may have ended by itself
		_ = c.cmd.Wait()         // "signal: killed"
		c.client.CloseIdleConnections()
	})
}

// refusedError is an answer that is not success: no client here sends what may be refused.
type refusedError struct {
	status int
	body   string
}

func (e *refusedError) Error() string { return fmt.Sprintf("status %d: %s", e.status, e.body) }

// send makes a write as the user; nil is an acknowledgement, *refusedError a refusal, and any other error leaves the outcome open.
func (c *child) send(method, path, body string) error {
	_, err := c.exchange(method, path, body, "")
	return err
}

// returning is send for a write whose rows are wanted.
func (c *child) returning(method, path, body string, into any) error {
	r, err := http.NewRequest(method, c.URL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Prefer", "return=representation")
	resp, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return &refusedError{resp.StatusCode, string(text)}
	}
	return json.Unmarshal(text, into)
}

// sell makes a write that has a key, and tells whether it had been made before.
func (c *child) sell(id int64) (before bool, err error) {
	head, err := c.exchange("POST", "/rest/v1/sales", fmt.Sprintf(`{"name":%d}`, id), fmt.Sprintf(`"sale %d"`, id))
	return head.Get("Idempotency-Replayed") == "true", err
}

func (c *child) exchange(method, path, body, key string) (http.Header, error) {
	r, err := http.NewRequest(method, c.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Prefer", "return=minimal, resolution=merge-duplicates")
	resp, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, &refusedError{resp.StatusCode, string(text)}
	}
	return resp.Header, nil
}

// all reads a table.
func (c *child) all(path string, into any) error {
	r, err := http.NewRequest(http.MethodGet, c.URL+"/rest/v1/"+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("apikey", c.Secret)
	resp, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return &refusedError{resp.StatusCode, string(text)}
	}
	return json.Unmarshal(text, into)
}

var (
	making sync.Mutex
	made   string // guarded by making: a folder with a project and the data of its first start
)

// newProject makes it: the first start is the long one.
func newProject(t *testing.T) string {
	t.Helper()
	making.Lock()
	defer making.Unlock()
	if made != "" {
		return made
	}
	dir, err := os.MkdirTemp("", "mainstay-crash-")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range project {
		path := filepath.Join(dir, "project", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := startChild(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.kill()
	if err := c.ready(); err != nil {
		t.Fatal(err)
	}
	made = dir
	return dir
}

// checkFolder has SQLite look at the database in a folder and gives what it finds. The connection has the engine's functions, which indexes use.
func checkFolder(dir string) (problems []string, err error) {
	s, err := store.Open(dir, store.Options{Register: exec.Register})
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := s.Close(); err == nil {
			err = cerr
		}
	}()
	err = s.Read(context.Background(), func(c *store.Conn) error {
		for _, pragma := range []string{`PRAGMA integrity_check`, `PRAGMA foreign_key_check`} {
			st, err := c.Stmt(pragma)
			if err != nil {
				return err
			}
			for st.Step() {
				if text := st.ColumnText(0); text != "ok" {
					problems = append(problems, pragma+": "+text)
				}
			}
			if err := errors.Join(st.Err(), st.Close()); err != nil {
				return err
			}
		}
		return nil
	})
	return problems, err
}
