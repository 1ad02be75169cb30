// Command load measures Mainstay against bare net/http that answers with the same bytes, on both engines.
//
//	go run ./test/load                     # some three minutes: a table, on standard output
//	go run ./test/load -out load.json      # the same, with every round
//	go run ./test/load -engines sqlite -works one -profile cpu.out
//	go run ./test/load -peers -works 'delete with cascade' -profile cpu.out   # this server alone
//	go run ./test/load -overload           # five times as much as can be done, and then half (overload.go)
//	go run ./test/load -soak -duration 4h   # half of what can be done, for long: nothing may grow (soak.go)
//	go run ./test/load -builds old,new     # binaries of two states of the tree, in turns (builds.go)
//	go run ./test/load -peers              # beside PocketBase, built from its Go module: the same data and rules (peers.go)
//
// It builds the real program, serves a table of 100,000 rows with a policy, and asks for one row by key, for a list of 30, and for a durable insert,
// each with a user's token. In rounds, right after each such run, the same request bytes go to a child process that answers the same body from memory: the ratio
// of the two is what can be compared between machines and hours; requests per second cannot. Every status is checked, and a sample of the bodies byte for byte.
//
// Main types in order of meeting them: work (what is asked), target (a server to ask), loader (connections that ask), run (one measurement).
//
// What to distrust: the loader runs on the same cores as the server, so that a fast server looks slower than it is and ratios are closer to one
// than alone; the CPU time a request, taken from the server's process, does not have this fault. Column "foreign" is how many cores other programs used meanwhile.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// settings are the command line.
type settings struct {
	engines     []string
	connections []int
	works       []string
	duration    time.Duration
	rounds      int
	out         string
	profile     string
	log         string
	dir         string
	project     map[string]string // the folder that is served: names and contents of its files
	fresh       bool              // peers are asked over new connections as well
	pin         bool              // the server has the first processor for itself
	pocketBase  string            // its version
}

func main() {
	if bare := os.Getenv(bareVariable); bare != "" {
		serveBare(bare)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := start(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

const defaultWorks = "one,list,insert"

func start(ctx context.Context) (err error) {
	var s settings
	var engines, connections, works string
	flag.StringVar(&engines, "engines", "sqlite,postgres", "engines to measure; postgres is a private cluster from installed binaries, with fsync")
	flag.StringVar(&connections, "connections", "1,64", "numbers of keep-alive connections")
	flag.StringVar(&works, "works", defaultWorks, "what to ask for")
	flag.DurationVar(&s.duration, "duration", 2*time.Second, "length of one run")
	flag.IntVar(&s.rounds, "rounds", 3, "runs of each kind")
	flag.StringVar(&s.out, "out", "", "write every run to this file, as JSON")
	flag.StringVar(&s.profile, "profile", "", "run the server in this process, without bare runs or peers, and write a CPU profile here, and beside it, with the ending .heap, what memory holds")
	flag.StringVar(&s.log, "log", "info", "the server's log level; it logs every request at info, its default")
	flag.StringVar(&s.dir, "dir", "", "make data folders in this one, to choose the disk (default the folder for temporary files)")
	peers := flag.Bool("peers", false, "compare with other servers of the kind, which are built or started here, in place of bare net/http")
	flag.BoolVar(&s.fresh, "fresh", false, "with -peers: each kind of request over a new connection for each, as well")
	flag.BoolVar(&s.pin, "pin", false, "give the server the first processor (with taskset); start the loader on another one")
	soaked := flag.Bool("soak", false, "ask for half of what can be done, for -duration, and check that nothing grows")
	overloaded := flag.Bool("overload", false, "ask for five times as much as can be done, for -duration, and check what becomes of it")
	builds := flag.String("builds", "", "compare these binaries, separated by commas, with each other and with bare net/http")
	flag.StringVar(&s.pocketBase, "pocketbase", "v0.39.8", "the version of PocketBase to compare with")
	flag.Parse()
	s.project = project
	s.engines, s.works = strings.Split(engines, ","), strings.Split(works, ",")
	for _, c := range strings.Split(connections, ",") {
		n, err := strconv.Atoi(c)
		if err != nil || n < 1 {
			return fmt.Errorf("-connections: %q is not a number of connections", c)
		}
		s.connections = append(s.connections, n)
	}
	if s.rounds < 1 || s.duration < 100*time.Millisecond {
		return fmt.Errorf("-rounds must be at least 1, -duration at least 100ms")
	}

	folder, err := os.MkdirTemp(s.dir, "mainstay-load-")
	if err != nil {
		return err
	}
	defer func() {
		if rerr := os.RemoveAll(folder); err == nil {
			err = rerr
		}
	}()
	// A cluster's server runs as a user of its own when this program runs as root, and has to get in.
	if err := os.Chmod(folder, 0o755); err != nil {
		return err
	}
	if *builds != "" {
		return compareBuilds(ctx, s, *builds, folder)
	}
	if *soaked {
		return soak(ctx, s, folder)
	}
	if *overloaded {
		return overload(ctx, s, folder)
	}
	if *peers {
		if works == defaultWorks {
			s.works = nil // all of the peers'
		}
		return comparePeers(ctx, s, folder)
	}
	return measure(ctx, s, folder)
}

// measure runs everything and reports it.
func measure(ctx context.Context, s settings, folder string) error {
	r := report{Machine: thisMachine(), Syncs: syncRate(folder), Duration: s.duration.Seconds(), Log: s.log}
	fmt.Printf("%s\nfsync of one page: %.0f/s (%.0f µs); the server logs at level %s\n\n", r.Machine, r.Syncs, 1e6/r.Syncs, s.log)
	binary := ""
	if s.profile == "" {
		var err error
		if binary, err = build(ctx, folder); err != nil {
			return err
		}
	}
	// However the servers behave, this ends.
	limit := time.Duration(len(s.engines)) * (2*time.Minute + time.Duration(len(s.connections)*len(s.works)*2)*(time.Second+time.Duration(s.rounds)*(s.duration+time.Second)))
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, engine := range s.engines {
		runs, err := measureEngine(ctx, s, engine, binary, filepath.Join(folder, engine))
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
		r.Runs = append(r.Runs, runs...)
	}
	r.print(os.Stdout)
	if s.out != "" {
		return r.write(s.out)
	}
	return nil
}

// measureEngine starts the server on an engine and asks it for everything.
func measureEngine(ctx context.Context, s settings, engine, binary, folder string) (_ []run, err error) {
	server, err := startServer(ctx, s, engine, binary, folder)
	if err != nil {
		return nil, err
	}
	defer func() {
		if serr := server.stop(); err == nil {
			err = serr
		}
	}()
	works, err := worksOf(server, s.works)
	if err != nil {
		return nil, err
	}
	before, err := server.rows(ctx)
	if err != nil {
		return nil, err
	}
	var bare *target
	if s.profile == "" {
		if bare, err = startBare(ctx, works); err != nil {
			return nil, err
		}
		defer func() { _ = bare.stop() }() // it holds nothing
	}
	var runs []run
	inserted := 0
	one := func(t *target, w *work, connections, round int, d time.Duration) error {
		got, err := load(ctx, t, w, connections, d)
		if err != nil {
			return fmt.Errorf("%s from %s: %w", w.name, t.name, err)
		}
		if w.inserts && t == server {
			inserted += got.Requests
		}
		if round > 0 {
			got.Engine, got.Round = engine, round
			runs = append(runs, got)
		}
		return nil
	}
	// Round 0 fills caches and is not reported.
	for round := range s.rounds + 1 {
		for _, n := range s.connections {
			for _, w := range works {
				d := s.duration
				if round == 0 {
					d = 200 * time.Millisecond
				}
				order := []*target{server, bare}
				if bare == nil {
					order = order[:1]
				} else if round%2 == 0 {
					slices.Reverse(order)
				}
				for _, t := range order {
					if err := one(t, w, n, round, d); err != nil {
						return nil, err
					}
				}
			}
		}
		if round == 0 && s.profile != "" {
			end, err := startProfile(s.profile)
			if err != nil {
				return nil, err
			}
			defer end()
		}
	}
	after, err := server.rows(ctx)
	if err == nil && after-before != inserted {
		err = fmt.Errorf("%d inserts were acknowledged, but the table grew by %d rows", inserted, after-before)
	}
	return runs, err
}

// build compiles the real program.
func build(ctx context.Context, folder string) (string, error) {
	out := filepath.Join(folder, "mainstay")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, "github.com/mainstay-dev/mainstay/cmd/mainstay")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build the server: %w", err)
	}
	return out, nil
}

// freeAddr is an address of loopback that nobody listens on now.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
