package chaos

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Field is a key of a rule and its value, as a file has them.
type Field struct {
	Key, Text string
	Line      int
}

// ParseRule makes a rule of its fields; line is where it begins. The error is an *Error.
func ParseRule(line int, fields []Field) (Rule, error) {
	r := Rule{Line: line}
	for i, f := range fields {
		at := Rule{Line: f.Line}
		for _, before := range fields[:i] {
			if before.Key == f.Key {
				return r, at.fail("%s stands twice; leave one", f.Key)
			}
		}
		p := findParam(f.Key)
		switch {
		case p == nil:
			return r, at.fail("unknown key %q%s", f.Key, nearest(f.Key, keys()))
		case !utf8.ValidString(f.Text):
			return r, at.fail("%s is no text in UTF-8", f.Key)
		}
		if wrong := p.read(&r, f.Text); wrong != "" {
			return r, at.fail("%s %q %s", f.Key, f.Text, wrong)
		}
	}
	return r, r.check()
}

func findParam(key string) *param {
	for i := range params {
		if params[i].key == key {
			return &params[i]
		}
	}
	return nil
}

// String is the rule as a line of YAML: {at: 10m, on: AddOrder, do: drop, times: 1}.
func (r Rule) String() string {
	var b strings.Builder
	sep := "{"
	for i := range params {
		if text := params[i].write(&r); text != "" {
			b.WriteString(sep + params[i].key + ": " + scalarText(text))
			sep = ", "
		}
	}
	return b.String() + "}"
}

// String is the plan, a rule a line, as the faults of a scenario file. Parse reads it.
func (p Plan) String() string {
	var b strings.Builder
	for i := range p.Rules {
		b.WriteString("- " + p.Rules[i].String() + "\n")
	}
	return b.String()
}

// scalarText quotes what YAML would read as anything but the plain text.
func scalarText(text string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	if strings.Trim(text, plain+"-./%|_+:") == "" && strings.ContainsRune(plain, rune(text[len(text)-1])) || strings.HasSuffix(text, "%") && strings.Trim(text, plain+"-.%") == "" {
		if c := text[0]; strings.IndexByte(plain, c) >= 0 || c == '-' && len(text) > 1 && text[1] != '-' {
			return text
		}
	}
	if first, number, ok := strings.Cut(text, " "); ok && strings.Trim(first, plain+"-") == "" && strings.Trim(number, "0123456789") == "" && first != "" && number != "" && first[0] != '-' {
		return text // a point with its count
	}
	return strconv.Quote(text)
}

// Parse reads what a plan prints: a rule a line, empty lines and lines of comment between.
// The error is an *Error.
func Parse(text string) (Plan, error) {
	var p Plan
	for i, line := range strings.Split(text, "\n") {
		at := Rule{Line: i + 1}
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		inner, ok := strings.CutPrefix(line, "-")
		inner = strings.TrimSpace(inner)
		if !ok || len(inner) < 2 || inner[0] != '{' || inner[len(inner)-1] != '}' {
			return p, at.fail("is no rule; write it like - {at: 10m, on: AddOrder, do: drop}")
		}
		fields, wrong := splitFields(inner[1:len(inner)-1], i+1)
		if wrong != "" {
			return p, at.fail("%s", wrong)
		}
		r, err := ParseRule(i+1, fields)
		if err != nil {
			return p, err
		}
		p.Rules = append(p.Rules, r)
	}
	return p, p.Check()
}

// splitFields reads KEY: VALUE, KEY: VALUE.
func splitFields(text string, line int) (fields []Field, wrong string) {
	for rest := strings.TrimSpace(text); rest != ""; {
		key, value, ok := strings.Cut(rest, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || key == "" {
			return nil, "has no key: " + strconv.Quote(rest) + "; write KEY: VALUE"
		}
		f := Field{Key: key, Line: line}
		if strings.HasPrefix(value, `"`) {
			quoted, err := strconv.QuotedPrefix(value)
			if err != nil {
				return nil, key + " has a quote that does not end"
			}
			f.Text, _ = strconv.Unquote(quoted)
			rest = strings.TrimSpace(value[len(quoted):])
			if rest != "" && rest[0] != ',' {
				return nil, key + " goes on behind its quote; put a comma there"
			}
		} else {
			end := strings.IndexByte(value, ',')
			if end < 0 {
				end = len(value)
			}
			f.Text, rest = strings.TrimSpace(value[:end]), value[end:]
		}
		fields = append(fields, f)
		if rest = strings.TrimSpace(rest); rest != "" {
			if rest = strings.TrimSpace(rest[1:]); rest == "" {
				return nil, "ends in a comma"
			}
		}
	}
	if len(fields) == 0 {
		return nil, "is an empty rule; write it like - {at: 10m, on: AddOrder, do: drop}"
	}
	return fields, ""
}
