package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

// report is all that was measured.
type report struct {
	Machine  string  `json:"machine"`
	Syncs    float64 `json:"fsyncs_per_second"`
	Duration float64 `json:"seconds_per_run"`
	Log      string  `json:"server_log_level"`
	Runs     []run   `json:"runs"`
}

func (r *report) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// print writes a line for each engine, kind of request and number of connections: medians over the rounds, and the ratio's spread.
func (r *report) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "engine\twork\tconnections\treq/s\tbare req/s\tratio\t[min-max]\tp50 ms\tp99 ms\tbare p99\tCPU µs/req\tbare CPU\tdatabase CPU\tinserts/commit\tforeign\t")
	type line struct {
		engine, work string
		connections  int
	}
	var lines []line
	for _, x := range r.Runs {
		if l := (line{x.Engine, x.Work, x.Connections}); !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
	}
	for _, l := range lines {
		pick := func(target string, of func(run) float64) []float64 {
			var v []float64
			for _, x := range r.Runs {
				if x.Engine == l.engine && x.Work == l.work && x.Connections == l.connections && x.Target == target {
					v = append(v, of(x))
				}
			}
			return v
		}
		rate := func(x run) float64 { return x.Rate }
		p99 := func(x run) float64 { return x.P99 }
		cpu := func(x run) float64 { return x.CPU }
		own, bare := pick("mainstay", rate), pick("bare", rate)
		ratios := make([]float64, len(bare))
		for i := range bare {
			ratios[i] = own[i] / bare[i]
		}
		spread := "-"
		if len(ratios) > 0 {
			spread = fmt.Sprintf("[%.2f-%.2f]", slices.Min(ratios), slices.Max(ratios))
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", l.engine, l.work, l.connections,
			median("%.0f", own), median("%.0f", bare), median("%.2f", ratios), spread,
			median("%.2f", pick("mainstay", func(x run) float64 { return x.P50 })), median("%.2f", pick("mainstay", p99)), median("%.2f", pick("bare", p99)),
			median("%.1f", pick("mainstay", cpu)), median("%.1f", pick("bare", cpu)), median("%.1f", pick("mainstay", func(x run) float64 { return x.DatabaseCPU })),
			median("%.1f", pick("mainstay", func(x run) float64 { return x.Batch })), median("%.1f", append(pick("mainstay", foreign), pick("bare", foreign)...)))
	}
	_ = w.Flush() // standard output: nobody to tell
}

func foreign(x run) float64 { return x.Foreign }

// median formats the middle one; nothing is "-".
func median(format string, v []float64) string {
	if len(v) == 0 || slices.Max(v) == 0 {
		return "-"
	}
	slices.Sort(v)
	return fmt.Sprintf(format, v[len(v)/2])
}
