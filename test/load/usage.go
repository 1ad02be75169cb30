package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// usage is CPU time spent so far. All is 0 where the system has no /proc.
type usage struct{ server, database, loader, machine time.Duration }

func (a usage) minus(b usage) usage {
	return usage{a.server - b.server, a.database - b.database, a.loader - b.loader, a.machine - b.machine}
}

// usage reads it. When the server runs in this process, the loader's time is counted as the server's.
func (t *target) usage() usage {
	u := usage{machine: machineTime()}
	if t.pid == 0 {
		u.server = processTime("self")
	} else {
		u.server, u.loader = processTime(strconv.Itoa(t.pid)), processTime("self")
	}
	if t.root != 0 {
		u.database = familyTime(t.root)
	}
	return u
}

const tick = 10 * time.Millisecond // USER_HZ is 100 on all of Linux's architectures that Go knows

// stat gives the fields of /proc/pid/stat that follow the command's name; the first one is the state (field 3 in proc(5)).
func stat(pid string) []string {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

func ticks(fields []string, from, to int) (sum time.Duration) {
	for i := from; i < to && i < len(fields); i++ {
		n, _ := strconv.ParseInt(fields[i], 10, 64) // the kernel writes numbers
		sum += time.Duration(n) * tick
	}
	return sum
}

// processTime is utime and stime.
func processTime(pid string) time.Duration { return ticks(stat(pid), 11, 13) }

// resident is the memory of the server's process that is in use, in MB (proc(5): statm); 0 when it is this one.
func (t *target) resident() float64 {
	if t.pid == 0 {
		return 0
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(t.pid) + "/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.ParseFloat(f[1], 64) // the kernel writes numbers
	return pages * float64(os.Getpagesize()) / 1e6
}

// familyTime is that of a process and its children, of those that have ended too.
func familyTime(root int) time.Duration {
	sum := ticks(stat(strconv.Itoa(root)), 11, 15)
	all, _ := filepath.Glob("/proc/[0-9]*") // the pattern is right
	for _, p := range all {
		if f := stat(filepath.Base(p)); len(f) > 1 && f[1] == strconv.Itoa(root) {
			sum += ticks(f, 11, 13)
		}
	}
	return sum
}

// machineTime is what all processes used: user, nice, system, irq and softirq of /proc/stat.
func machineTime() time.Duration {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	f := strings.Fields(line)
	return ticks(f, 1, 4) + ticks(f, 6, 8)
}

// firstPID reads the first line of a file of PostgreSQL's.
func firstPID(path string) (int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strconv.Atoi(line)
}

// thisMachine describes where the figures come from.
func thisMachine() string {
	cpu := runtime.GOARCH
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(b), "model name\t: "); ok {
			cpu, _, _ = strings.Cut(rest, "\n")
		}
	}
	load := ""
	if b, err := os.ReadFile("/proc/loadavg"); err == nil && len(strings.Fields(string(b))) > 0 {
		load = ", load average " + strings.Fields(string(b))[0]
	}
	return fmt.Sprintf("%s, %d × %s, %s%s", runtime.GOOS, runtime.NumCPU(), cpu, runtime.Version(), load)
}

// syncRate is how many times a second one page can be written and synced in the folder, one after the other: what a commit for each insert could reach.
func syncRate(folder string) float64 {
	f, err := os.CreateTemp(folder, "sync")
	if err != nil {
		return 0
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, 4096)
	n := 0
	began := time.Now()
	for time.Since(began) < 500*time.Millisecond {
		if _, err := f.WriteAt(page, int64(n%1000)*4096); err != nil {
			return 0
		}
		if err := f.Sync(); err != nil {
			return 0
		}
		n++
	}
	return float64(n) / time.Since(began).Seconds()
}
