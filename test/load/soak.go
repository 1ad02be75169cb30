package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of the soak (campaign R16).
const (
	soakWindows   = 48
	mostGrowth    = 1.0  // percent of memory an hour, of a run of an hour or more
	mostShort     = 10.0 // percent in all, of a shorter one
	mostDrift     = 1.2  // of the 99th percentile
	mostLog       = 64.0 // MB of write-ahead log: twice its limit, as a checkpoint that readers prevent is tried again (store.Options.WALLimit)
	mostThreads   = 1.2  // of goroutines and files
	slopeFrom     = time.Hour
	soakAllowance = 5 * time.Millisecond // of drift, where times are so short that it means nothing
)

// window is a part of a soak.
type window struct {
	at                time.Duration
	good, p50, p99    float64
	resident, log     float64 // MB
	goroutines, files float64
	bad               int
}

// soak keeps the server at half of what it can do for a long time, and checks that nothing grows.
func soak(ctx context.Context, s settings, folder string) error {
	fmt.Println(thisMachine())
	binary, err := build(ctx, folder)
	if err != nil {
		return err
	}
	t, err := startServer(ctx, s, "sqlite", binary, filepath.Join(folder, "soak"))
	if err != nil {
		return err
	}
	defer func() { _ = t.stop() }() // what it holds is thrown away
	ctx, cancel := context.WithTimeout(ctx, s.duration+s.duration/4+5*time.Minute)
	defer cancel()

	st := t.everyday()
	w := &work{name: "everyday", status: 200, other: 201, next: st.next, check: func(int, []byte) error { return nil }}
	var peaks []float64
	for range 3 {
		r, err := load(ctx, t, w, 32, 3*time.Second)
		if err != nil {
			return err
		}
		peaks = append(peaks, r.Rate)
	}
	slices.Sort(peaks)
	st.rate, st.connections, st.tries, st.patience = peaks[1]/2, 64, 1, 30*time.Second
	each := s.duration / soakWindows
	fmt.Printf("peak %.0f/s; %v at %.0f/s, in %d windows of %v\n%8s %8s %8s %8s %6s %9s %8s %10s %6s\n", peaks[1], s.duration, st.rate, soakWindows, each, "at", "good/s", "p50 ms", "p99 ms", "bad", "MB", "log MB", "goroutines", "files")
	var all []window
	began := time.Now()
	for range soakWindows {
		got, err := st.send(ctx, t, each)
		if err != nil {
			return err
		}
		x := window{at: time.Since(began), good: goodput(got, each), p50: ms(quantile(got, 0.5, admitted)), p99: ms(quantile(got, 0.99, admitted)), resident: t.resident()}
		for _, o := range got {
			if o.status != 200 && o.status != 201 {
				x.bad++
			}
		}
		if info, err := os.Stat(filepath.Join(t.data, "data.sqlite-wal")); err == nil {
			x.log = float64(info.Size()) / 1e6
		}
		if x.goroutines, x.files, err = t.counts(ctx); err != nil {
			return err
		}
		fmt.Printf("%8s %8.0f %8.2f %8.2f %6d %9.1f %8.1f %10.0f %6.0f\n", x.at.Round(time.Second), x.good, x.p50, x.p99, x.bad, x.resident, x.log, x.goroutines, x.files)
		all = append(all, x)
	}

	var c checks
	warm := all[len(all)/4:] // caches fill first
	early, late := warm[:len(warm)/3], warm[len(warm)-len(warm)/3:]
	middle := func(ws []window, of func(window) float64) float64 {
		var v []float64
		for _, x := range ws {
			v = append(v, of(x))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	most := func(of func(window) float64) (m float64) {
		for _, x := range all {
			m = max(m, of(x))
		}
		return m
	}
	slope := growth(warm)
	if s.duration >= slopeFrom {
		c.check("memory's growth", slope, "<=", mostGrowth, "% an hour")
	} else {
		fmt.Printf("memory's slope is %.2f %% an hour, which so short a run cannot tell from noise\n", slope)
		resident := func(x window) float64 { return x.resident }
		c.check("memory's growth", 100*(middle(late, resident)/middle(early, resident)-1), "<=", mostShort, "% from the second quarter to the last")
	}
	p99 := func(x window) float64 { return x.p99 }
	c.check("p99, late beside early", middle(late, p99), "<=", mostDrift*middle(early, p99)+ms(soakAllowance), "ms")
	c.check("write-ahead log", most(func(x window) float64 { return x.log }), "<=", mostLog, "MB")
	c.check("goroutines", middle(late, func(x window) float64 { return x.goroutines }), "<=", mostThreads*middle(early, func(x window) float64 { return x.goroutines }), "")
	c.check("files", middle(late, func(x window) float64 { return x.files }), "<=", mostThreads*middle(early, func(x window) float64 { return x.files }), "")
	bad := 0
	for _, x := range all {
		bad += x.bad
	}
	c.check("requests without their answer", float64(bad), "<=", 0, "")
	fmt.Printf("\n%d passed, %d failed\n", c.passed, c.failed)
	if c.failed > 0 {
		return fmt.Errorf("%d bounds do not hold", c.failed)
	}
	return nil
}

// growth is the slope of memory by least squares, in percent of its mean an hour.
func growth(all []window) float64 {
	var n, t, m float64
	for _, x := range all {
		n, t, m = n+1, t+x.at.Hours(), m+x.resident
	}
	t, m = t/n, m/n
	var above, below float64
	for _, x := range all {
		above += (x.at.Hours() - t) * (x.resident - m)
		below += (x.at.Hours() - t) * (x.at.Hours() - t)
	}
	return 100 * above / below / m
}

// everyday is what a product asks for: mostly single rows and lists, some of them again, some writes.
func (t *target) everyday() *stream {
	head := func(method, path string, o int, more string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: " + t.addr + "\r\nAuthorization: Bearer " + t.tokens[o] + "\r\napikey: " + t.key + "\r\nAccept: application/json\r\n" + more + "\r\n"
	}
	body := `{"category":1000,"title":"New item","body":"` + strings.Repeat(sentence, 5) + `","price":12.34,"stock":7}`
	var one, list, insert [owners][2]string
	for o := range owners {
		one[o][0], one[o][1], _ = strings.Cut(head("GET", "/rest/v1/items?id=eq.KEY", o, ""), "KEY")
		list[o][0], list[o][1], _ = strings.Cut(head("GET", "/rest/v1/items?category=eq.KEY&order=created.desc&limit=30", o, ""), "KEY")
		insert[o][0] = head("POST", "/rest/v1/items", o, "Prefer: return=minimal\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n") + body
	}
	return &stream{
		next: func(b []byte, r *rand.Rand) ([]byte, int) {
			switch r.IntN(10) {
			case 0:
				return append(b, insert[r.IntN(owners)][0]...), 0
			case 1, 2, 3:
				n := r.IntN(categories)
				q := &list[n%owners]
				return append(strconv.AppendInt(append(b, q[0]...), int64(n), 10), q[1]...), -n
			}
			n := 1 + r.IntN(rowCount)
			q := &one[n%owners]
			return append(strconv.AppendInt(append(b, q[0]...), int64(n), 10), q[1]...), n
		},
		check: func(n int, body []byte) error {
			if n > 0 {
				return same(body, expectOne(n))
			}
			return same(body, expectList(-n))
		},
	}
}

// counts are the server's goroutines and open files.
func (t *target) counts(ctx context.Context) (goroutines, files float64, err error) {
	text, err := t.metrics(ctx)
	if err != nil {
		return 0, 0, err
	}
	read := func(name string) float64 {
		_, rest, _ := strings.Cut(text, "\n"+name+" ")
		number, _, _ := strings.Cut(rest, "\n")
		v, _ := strconv.ParseFloat(number, 64) // 0 where there is none
		return v
	}
	return read("go_goroutines"), read("process_open_fds"), nil
}
