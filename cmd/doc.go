// Package cmd is Breakwater's command line, as a library: a program with strategies of
// its own registers them and calls Main, and has every command.
//
//	func main() {
//		strategy.Register("mine", "what it does", func() strategy.Strategy { return new(Mine) })
//		os.Exit(cmd.Main(os.Args[1:], os.Stdout, os.Stderr))
//	}
//
// It is where the parts are put together (wiring.go), the only place that opens files,
// looks at the clock and asks whether there is a terminal. It promises that a wrong word
// of the user's is answered by one sentence with the remedy, never by a stack trace, and
// that an interrupted run leaves nothing half-written.
package cmd
