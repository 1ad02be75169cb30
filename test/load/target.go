package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mainstay-dev/mainstay"
	"github.com/mainstay-dev/mainstay/internal/engine/postgres/cluster"
	"github.com/mainstay-dev/mainstay/internal/identity"
)

// target is a server to ask.
type target struct {
	name   string
	bare   bool // answers the same body always
	addr   string
	key    string         // the publishable key
	secret string         // reads everything
	tokens [owners]string // of the owners of rows
	pid    int            // 0: this process
	data   string         // data folder of the embedded engine
	root   int            // pid of PostgreSQL's first process
	stop   func() error
	// removed is the number of the last folder that was deleted.
	removed atomic.Int64
}

// startServer serves the project in folder, in a child process or, for a profile, in this one.
func startServer(ctx context.Context, s settings, engine, binary, folder string) (_ *target, err error) {
	for name, text := range s.project {
		path := filepath.Join(folder, "project", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	t := &target{name: "mainstay", data: filepath.Join(folder, "data")}
	url, endDatabase := "", func() {}
	switch engine {
	case "sqlite":
	case "postgres":
		c, err := cluster.Start(ctx, cluster.Options{Dir: filepath.Join(folder, "cluster")})
		if err != nil {
			return nil, err
		}
		endDatabase, url = c.Stop, c.URL("postgres")
		if t.root, err = firstPID(filepath.Join(folder, "cluster", "data", "postmaster.pid")); err != nil {
			c.Stop()
			return nil, err
		}
	default:
		return nil, fmt.Errorf("-engines: %q is neither sqlite nor postgres", engine)
	}
	defer func() {
		if err != nil {
			endDatabase()
		}
	}()
	if t.addr, err = freeAddr(); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(folder, "server.log"))
	if err != nil {
		return nil, err
	}
	var ended <-chan error
	var end func()
	if s.profile == "" {
		command := []string{binary}
		if s.pin {
			command = []string{"taskset", "-c", "0", binary} // the loader has the other processors (make overload)
		}
		cmd := exec.CommandContext(ctx, command[0], append(command[1:], "serve", "--addr", t.addr, "--data", t.data, "--database", url, "--log", s.log, filepath.Join(folder, "project"))...)
		cmd.Stdout, cmd.Stderr = log, log
		ended, end, err = startChild(cmd)
		if err == nil {
			t.pid = cmd.Process.Pid
		}
	} else {
		ended, end, err = serveHere(ctx, s, t, url, filepath.Join(folder, "project"), log)
	}
	if err != nil {
		return nil, err
	}
	t.stop = func() error {
		end()
		err := <-ended
		endDatabase()
		return errors.Join(err, log.Close())
	}
	if err := t.await(ctx, ended); err != nil {
		end()
		<-ended
		text, _ := os.ReadFile(log.Name()) // the error itself is told in any case
		return nil, fmt.Errorf("%w\n%s", err, text)
	}
	return t, t.takeKeys()
}

// serveHere runs the server in this process.
func serveHere(ctx context.Context, s settings, t *target, url, dir string, log *os.File) (<-chan error, func(), error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.log)); err != nil {
		return nil, nil, err
	}
	server := mainstay.Server{Dir: dir, DataDir: t.data, Addr: t.addr, Database: url, Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: level}))}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- server.Run(ctx)
		close(ended)
	}()
	return ended, cancel, nil
}

// startChild starts a process that ends gracefully when end is called or its context ends; ended gives how.
func startChild(cmd *exec.Cmd) (ended <-chan error, end func(), err error) {
	asked := false
	end = func() {
		asked = true
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second // then it is killed
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	done := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if asked && cmd.ProcessState.ExitCode() <= 0 {
			err = nil
		}
		done <- err
		close(done) // who asks again hears nil
	}()
	return done, end, nil
}

// run makes a child process the target, which stop ends.
func (t *target) run(cmd *exec.Cmd) (ended <-chan error, err error) {
	ended, end, err := startChild(cmd)
	if err != nil {
		return nil, err
	}
	t.pid = cmd.Process.Pid
	t.stop = func() error {
		end()
		return <-ended
	}
	return ended, nil
}

// await returns when the server answers.
func (t *target) await(ctx context.Context, ended <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.addr+"/health/ready", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(r); err == nil {
			_ = resp.Body.Close() // only that it answered counts
			return nil
		}
		select {
		case <-tick.C:
		case err := <-ended:
			return fmt.Errorf("the server ended before it served: %v", err)
		case <-ctx.Done():
			return fmt.Errorf("the server did not start: %w", ctx.Err())
		}
	}
}

// takeKeys reads the keys that the server made and signs a token for each owner.
func (t *target) takeKeys() error {
	keys, err := identity.Load(t.data, "", identity.Options{})
	if err != nil {
		return err
	}
	t.key, t.secret = keys.Publishable, keys.Secret
	for o := range t.tokens {
		t.tokens[o], err = keys.Sign(map[string]any{
			"sub": ownerPrefix + strconv.Itoa(o), "role": identity.Authenticated, "aud": identity.Authenticated, "exp": time.Now().Add(24 * time.Hour).Unix(),
			"email": "owner@example.com", "session_id": ownerPrefix + strconv.Itoa(o),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rows counts the table.
func (t *target) rows(ctx context.Context) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+t.addr+"/rest/v1/items?limit=1", nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("apikey", t.secret)
	r.Header.Set("Prefer", "count=exact")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	_ = resp.Body.Close() // HEAD has none
	_, total, _ := strings.Cut(resp.Header.Get("Content-Range"), "/")
	n, err := strconv.Atoi(total)
	if err != nil {
		return 0, fmt.Errorf("count the rows: status %d, Content-Range %q", resp.StatusCode, resp.Header.Get("Content-Range"))
	}
	return n, nil
}

// commits counts the transactions that SQLite has committed: field iChange of the log's shared index (SQLite documentation, walformat, §2.1).
// It is 0 where there is none.
func (t *target) commits() uint32 {
	f, err := os.Open(filepath.Join(t.data, "data.sqlite-shm"))
	if err != nil {
		return 0
	}
	defer f.Close()
	var b [12]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return 0
	}
	return binary.NativeEndian.Uint32(b[8:])
}

// startProfile begins a CPU profile and gives its end, which also writes what memory holds then.
func startProfile(path string) (func(), error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		err := f.Close()
		if heap, herr := os.Create(path + ".heap"); herr == nil {
			runtime.GC()
			err = errors.Join(err, pprof.WriteHeapProfile(heap), heap.Close())
		} else {
			err = errors.Join(err, herr)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "load: write the profile:", err)
		}
	}, nil
}

// metrics is what the server tells of itself.
func (t *target) metrics(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.addr+"/metrics", nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("apikey", t.secret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // read to its end
	return string(text), err
}
