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

// Elsewhere is a scenario of the reference's catalogue that has no file here.
type Elsewhere struct{ Name, Why string }

// NotHere are those, each with what it waits for or where else it is held.
var NotHere = []Elsewhere{
	{"secret-canary", "waits for the live client: there is no key or token yet that a log could show"},
	{"net-hostile-dns", "waits for the live client: nothing here speaks TLS yet"},
	{"key-rotation-window", "waits for the live client: there is no second key yet to change over to"},
	{"incident-drill", "waits for \"breakwater incident\", which comes with the live client"},
	{"restore-drill", "waits for \"breakwater incident\", which comes with the live client"},
	{"journal-rollback", "what is cut off at a journal's end shows \"breakwater journal verify --anchor\", and its tests hold that"},
}
