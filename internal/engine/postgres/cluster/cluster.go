// Package cluster runs a private PostgreSQL server from binaries that the machine has already.
//
// Main types in order of meeting them: Installation, Options, Cluster. A cluster listens on a unix socket in a folder that only its own user may enter and on
// nothing else; whoever may enter is the superuser postgres, without a password.
//
// Invariants: the server never outlives the process that started it, however that ends; it never runs as root; a data folder is initialised completely or not at all.
package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotInstalled says that the machine has no PostgreSQL server binaries.
var ErrNotInstalled = errors.New("no PostgreSQL server found in PATH or /usr/lib/postgresql: install one (Debian, Ubuntu: apt-get install postgresql; " +
	"macOS: brew install postgresql; Fedora: dnf install postgresql-server), or give the address of a running one")

// Options say what kind of cluster to run.
type Options struct {
	Dir string // holds the data and the server's log; made when it is missing
	// Volatile trades durability for speed (no fsync) and removes Dir when the server has ended. For tests.
	Volatile bool
	// MaxConnections is the server's limit; 0 is 100.
	MaxConnections int
}

// Cluster is a running server.
type Cluster struct {
	dir    string
	socket string
	stdin  io.Closer     // the server ends when it closes
	done   chan struct{} // closed when the server has ended
	err    error         // why it ended; valid after done
}

// Bin finds the folder of the newest installed server, ErrNotInstalled when there is none.
func Bin() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is right
	more, _ := filepath.Glob("/usr/pgsql-*/bin")
	dirs = append(dirs, more...)
	version := func(dir string) int {
		n, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(filepath.Dir(dir)), "pgsql-")) // not a number: the oldest
		return n
	}
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			dirs = append([]string{filepath.Dir(p)}, dirs...)
		}
	}
	for _, d := range dirs {
		if isFile(filepath.Join(d, "postgres")) && isFile(filepath.Join(d, "initdb")) {
			return d, nil
		}
	}
	return "", ErrNotInstalled
}

func isFile(path string) bool {
	i, err := os.Stat(path)
	return err == nil && i.Mode().IsRegular()
}

// Start initialises the data folder when it is new, starts the server and returns when it takes connections.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if !supported {
		return nil, errors.New("a private PostgreSQL server is not supported on this system: start one and give its address")
	}
	bin, err := Bin()
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	who, err := serverUser()
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, socket: filepath.Join(dir, "run"), done: make(chan struct{})}
	if err := who.mkdir(dir); err != nil {
		return nil, err
	}
	if len(c.socket)+len("/.s.PGSQL.5432") > maxSocketPath {
		if c.socket, err = os.MkdirTemp("", "ms"); err != nil {
			return nil, err
		}
	}
	if err := who.mkdir(c.socket); err != nil {
		return nil, err
	}
	if err := who.letIn(dir); err != nil {
		return nil, err
	}
	if err := who.reaches(dir); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if err := initialise(ctx, bin, data, who, o); err != nil {
		return nil, err
	}
	if err := c.launch(bin, data, who, o); err != nil {
		return nil, err
	}
	if err := c.await(ctx); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// initialise makes the data folder beside its place and moves it there, so that a folder of that name is whole.
func initialise(ctx context.Context, bin, data string, who account, o Options) error {
	if isFile(filepath.Join(data, "PG_VERSION")) {
		return sameVersion(bin, data)
	}
	fresh := data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", "postgres", "-E", "UTF8", "--locale=C", "--text-search-config=english", "--auth-local=trust", "--auth-host=scram-sha-256"}
	if o.Volatile {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...)
	cmd.Dir = filepath.Dir(data)
	who.applyTo(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initialise a PostgreSQL cluster in %s: %w\n%s", data, err, bytes.TrimSpace(out))
	}
	return os.Rename(fresh, data)
}

// sameVersion refuses data of another major version in words that say what to do.
func sameVersion(bin, data string) error {
	have, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil {
		return err
	}
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return fmt.Errorf("ask %s for its version: %w", bin, err)
	}
	v := strings.TrimSpace(string(have))
	if f := strings.Fields(string(out)); len(f) >= 3 && strings.Split(f[2], ".")[0] != v {
		return fmt.Errorf("the data in %s are of PostgreSQL %s, but the server found in %s is %s: install PostgreSQL %s, or move the folder away to start anew", data, v, bin, f[2], v)
	}
	return nil
}

// watched runs a server until it ends or standard input closes, which happens when this process is gone.
const watched = `exec 3<&0
dir=$1; shift
"$@" </dev/null 3<&- &
server=$!
{ cat <&3 >/dev/null; kill -INT $server 2>/dev/null; } &
wait $server; status=$?
wait $server 2>/dev/null
if [ -n "$dir" ]; then rm -rf "$dir"; fi
exit $status`

func (c *Cluster) launch(bin, data string, who account, o Options) error {
	limit := o.MaxConnections
	if limit == 0 {
		limit = 100
	}
	settings := []string{"listen_addresses=", "max_connections=" + strconv.Itoa(limit), "logging_collector=off", "timezone=UTC", "log_timezone=UTC"}
	remove := ""
	if o.Volatile {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")
		remove = c.dir
	}
	args := []string{"-c", watched, "cluster", remove, filepath.Join(bin, "postgres"), "-D", data, "-k", c.socket}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	log, err := os.OpenFile(filepath.Join(c.dir, "server.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir = c.dir
	cmd.Stdout, cmd.Stderr = log, log
	who.applyTo(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	c.stdin = stdin
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	return nil
}

// await tries to connect until the server answers; it offers no better sign.
func (c *Cluster) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgconn.Connect(ctx, c.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-c.done:
			return fmt.Errorf("PostgreSQL did not start: %w\n%s", c.err, c.logTail())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not start in time: %w\n%s", err, c.logTail())
		}
	}
}

func (c *Cluster) logTail() string {
	text, err := os.ReadFile(filepath.Join(c.dir, "server.log"))
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// URL is the address of a database of the cluster, for its superuser.
func (c *Cluster) URL(database string) string {
	q := url.Values{"host": {c.socket}, "port": {"5432"}, "user": {"postgres"}}
	return "postgres:///" + url.PathEscape(database) + "?" + q.Encode()
}

// Stop ends the server; sessions are ended, transactions under way rolled back. It returns when the server is gone.
func (c *Cluster) Stop() {
	_ = c.stdin.Close() // the server may have ended by itself
	<-c.done
}

// Done is closed when the server has ended, by Stop or by itself.
func (c *Cluster) Done() <-chan struct{} { return c.done }
