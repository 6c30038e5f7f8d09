package fusecheck_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/internal/fusecheck"
)

func TestEveryProductThatMayBeFusedIsFound(t *testing.T) {
	const head = "package p\n\nimport \"math\"\n\nvar _ = math.Pi\n\ntype bar struct{ open float64 }\n\nfunc f(a, b, c float64, i, j int, p *float64, q bar, d complex128) float64 {\n"
	for _, c := range []struct {
		body string
		want int
	}{
		{"return a*b + c", 1},
		{"return c - (a * b)", 1},
		{"return a*b + b*c", 2},
		{"c += a * b; return c", 1},
		{"t := a * b; return t + c", 1},
		{"*p = a * b; return *p + c", 1},
		{"c *= a; return c + b", 1},
		{"return a * b", 1}, // the caller it is inlined in may add
		{"return max(a*b, 1) + c", 1},
		{"return a*b*c + 1", 1}, // the outer one only
		{"return q.open*3 + 1", 1},
		{"return -(a * b) + c", 1},
		{"return math.FMA(a, b, c)", 1},
		{"d = d*d + 1; return a", 1},
		{"return float64(a*b) + c", 0},
		{"return float64((a * b)) - c", 0},
		{"return a*b/c + 1", 0},
		{"return 2*a + c*0.25", 0},
		{"if a*b > c { return 0 }; return 1", 0},
		{"return float64(i*j + 1)", 0},
		{"return 3*1.5 + a", 0}, // a constant
		{"c /= a; c += b; return c", 0},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"go.mod": "module p\n\ngo 1.26\n", "p.go": head + c.body + "\n}\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		found, err := fusecheck.Dir(dir)
		if err != nil {
			t.Errorf("%s: %v", c.body, err)
		}
		if len(found) != c.want {
			t.Errorf("%s: found %v; want %d", c.body, found, c.want)
		}
		for _, f := range found {
			if f.Position.Line != 10 || !strings.Contains(f.String(), "write float64(") {
				t.Errorf("%s: finding %q does not help", c.body, f)
			}
		}
	}
}

func TestADirectoryThatDoesNotCompileIsAnError(t *testing.T) {
	dir := t.TempDir()
	if _, err := fusecheck.Dir(dir); err == nil {
		t.Error("an empty directory passed")
	}
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte("package p\nvar x = y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := fusecheck.Dir(dir); err == nil {
		t.Error("a package that does not compile passed")
	}
}
