package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// compareBuilds asks several builds of the program and bare net/http for the same, in turns, so that what a change costs can be told apart from the hour: named are binaries, separated by commas. It prints medians.
func compareBuilds(ctx context.Context, s settings, named, folder string) error {
	fmt.Println(thisMachine())
	var targets []*target
	var works [][]*work // of each target
	defer func() {
		for _, t := range targets {
			_ = t.stop() // what it holds is thrown away
		}
	}()
	for _, binary := range strings.Split(named, ",") {
		t, err := startServer(ctx, s, s.engines[0], binary, filepath.Join(folder, filepath.Base(binary)))
		if err != nil {
			return fmt.Errorf("%s: %w", binary, err)
		}
		t.name = filepath.Base(binary)
		targets = append(targets, t)
		w, err := worksOf(t, s.works)
		if err != nil {
			return err
		}
		works = append(works, w)
	}
	bare, err := startBare(ctx, works[0])
	if err != nil {
		return err
	}
	targets, works = append(targets, bare), append(works, works[0])
	got := map[string][]run{}
	key := func(t *target, w *work, n int) string { return fmt.Sprint(t.name, " ", w.name, " ", n) }
	for round := range s.rounds + 1 { // round 0 fills caches
		for _, n := range s.connections {
			for i := range works[0] {
				for j := range targets {
					at := (j + round) % len(targets)
					t, w := targets[at], works[at][i]
					r, err := load(ctx, t, w, n, s.duration)
					if err != nil {
						return fmt.Errorf("%s from %s: %w", w.name, t.name, err)
					}
					if round > 0 {
						got[key(t, w, n)] = append(got[key(t, w, n)], r)
					}
				}
			}
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "work\tconnections\tbuild\treq/s\tof bare\t[min-max]\tCPU µs/req\t[min-max]\tp99 ms\tforeign\t")
	for i := range works[0] {
		for _, n := range s.connections {
			base := got[key(bare, works[0][i], n)]
			for _, t := range targets {
				var rates, ratios, cpus, p99s, others []float64
				for k, r := range got[key(t, works[0][i], n)] {
					rates, ratios, cpus, p99s, others = append(rates, r.Rate), append(ratios, r.Rate/base[k].Rate), append(cpus, r.CPU), append(p99s, r.P99), append(others, r.Foreign)
				}
				fmt.Fprintf(out, "%s\t%d\t%s\t%s\t%s\t[%.2f-%.2f]\t%s\t[%.1f-%.1f]\t%s\t%s\t\n", works[0][i].name, n, t.name, median("%.0f", rates), median("%.2f", ratios), slices.Min(ratios), slices.Max(ratios),
					median("%.1f", cpus), slices.Min(cpus), slices.Max(cpus), median("%.2f", p99s), median("%.1f", others))
			}
		}
	}
	return out.Flush()
}
