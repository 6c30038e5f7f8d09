package scenarios

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Catalogue is the scenarios that ship with the program, by name. A wrong one is a bug.
func Catalogue() []*Scenario {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("BUG: the catalogue cannot be read: " + err.Error())
	}
	var all []*Scenario
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			panic("BUG: the catalogue cannot be read: " + err.Error())
		}
		s, err := Read(e.Name(), text)
		if err != nil {
			panic("BUG: the catalogue: " + err.Error())
		}
		all = append(all, s)
	}
	return all
}

// Find reads one scenario of the catalogue. The error for an unknown name suggests the
// nearest.
func Find(name string) (*Scenario, error) {
	text, err := files.ReadFile(path.Base(name) + ".yaml")
	if err != nil || path.Base(name) != name {
		return nil, fmt.Errorf("no scenario %q%s", name, nearest(name, Names()))
	}
	return Read(name+".yaml", text)
}

// Names are those of the catalogue.
func Names() (names []string) {
	entries, _ := files.ReadDir(".")
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}
