package main

import (
	"os"

	"breakwater/cmd"
	"breakwater/strategy"
)

func main() {
	strategy.Register("dip", "buys after falling closes, with a bracket", func() strategy.Strategy { return new(Dip) })
	os.Exit(cmd.Main(os.Args[1:], os.Stdout, os.Stderr))
}
