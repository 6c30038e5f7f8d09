// Command breakwater is the program without any strategies but the built-in ones.
package main

import (
	"os"

	"breakwater/cmd"
)

func main() { os.Exit(cmd.Main(os.Args[1:], os.Stdout, os.Stderr)) }
