package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/dependencies.md lists exactly the modules that the code and its tests import.
func TestEveryDependencyIsWrittenDown(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+/[^`]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		listed = append(listed, m[1])
	}
	cmd := exec.Command("go", "list", "-e", "-f", `{{range .Imports}}{{.}} {{end}}{{range .TestImports}}{{.}} {{end}}{{range .XTestImports}}{{.}} {{end}}`, "breakwater/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join("..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	modules := regexp.MustCompile(`(?m)^\t(\S+) v`).FindAllStringSubmatch(string(mod), -1)
	var imported []string
	for _, path := range strings.Fields(string(out)) {
		for _, m := range modules {
			if path == m[1] || strings.HasPrefix(path, m[1]+"/") {
				imported = append(imported, m[1])
			}
		}
	}
	slices.Sort(listed)
	slices.Sort(imported)
	if imported = slices.Compact(imported); !slices.Equal(listed, imported) {
		t.Errorf("docs/dependencies.md lists\n%s\nthe code imports\n%s", strings.Join(listed, "\n"), strings.Join(imported, "\n"))
	}
}
