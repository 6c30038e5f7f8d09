// Command venue puts load on the simulated Kraken, as a process of its own on loopback,
// and prints what it carries beside references that are measured in the same run.
//
//	go run ./bench/venue              as `make load`: about a minute
//	go run ./bench/venue -seconds 2   quicker, less steady
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// The numbers to reach.
const (
	restShare     = 0.5 // of a bare signed handler's requests a second
	restSlowMost  = 5 * time.Millisecond
	ackRate       = 5000 // add_order a second
	ackSlowMost   = time.Millisecond
	subscribers   = 200
	fanoutShare   = 0.5 // of a bare fan-out's messages a second
	behindMost    = 250 * time.Millisecond
	restingOrders = 100_000
	connections   = 1000
	memoryMostMB  = 500
)

func main() {
	span := flag.Float64("seconds", 5, "of each measurement")
	only := flag.String("only", "", "one measurement: rest, acks, fanout or memory")
	serve := flag.String("serve", "", "be a reference: rest, fanout or echo")
	flag.Parse()
	var err error
	if *serve != "" {
		err = serveReference(*serve)
	} else {
		err = bench(os.Stdout, *only, time.Duration(*span*float64(time.Second)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/venue:", err)
		os.Exit(1)
	}
}

// line is one row of the table.
type line struct {
	what, bar, here, reference string
	holds                      bool
}

func bench(out io.Writer, only string, span time.Duration) error {
	dir, err := os.MkdirTemp("", "breakwater-load")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "breakwater")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "./cmd/breakwater")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	var lines []line
	for _, m := range []struct {
		name    string
		measure func(string, time.Duration) ([]line, error)
	}{{"rest", measureREST}, {"acks", measureAcks}, {"fanout", measureFanout}, {"memory", measureMemory}} {
		if only != "" && only != m.name {
			continue
		}
		more, err := m.measure(program, span)
		if err != nil {
			return err
		}
		lines = append(lines, more...)
	}
	fmt.Fprintf(out, "%s, %d CPUs, %s/%s, load %s; client and server share the machine; %v each, of the acks the best of %d\n\n", runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, load(), span, ackTries)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tbar\there\treference\t")
	for _, l := range lines {
		verdict := "holds"
		if !l.holds {
			verdict = "NOT REACHED"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", l.what, l.bar, l.here, l.reference, verdict)
	}
	return t.Flush()
}

// load is how many processes wanted a CPU in the last minutes.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:2], " ")
}
