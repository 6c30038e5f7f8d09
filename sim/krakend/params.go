package krakend

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// Bounds of a request's body: nothing that a client has reason to send comes near.
const (
	mostBodyBytes = 64 << 10
	mostFields    = 2000
	mostDepth     = 4
)

// params are the fields of a request. Nested ones have the names that forms give them:
// close[price], orders[3][volume].
type params map[string]string

// get is a field's text, "" when it is not there.
func (p params) get(name string) string { return p[name] }

// has reports whether a field is there and not empty.
func (p params) has(name string) bool { return p[name] != "" }

// flag is a boolean: the words true and false, 1 and 0.
func (p params) flag(name string, otherwise bool) (bool, error) {
	switch strings.ToLower(p[name]) {
	case "":
		return otherwise, nil
	case "true", "1", "yes":
		return true, nil
	case "false", "0", "no":
		return false, nil
	}
	return false, invalid(name)
}

// integer is a whole number within bounds.
func (p params) integer(name string, otherwise, least, most int64) (int64, error) {
	if !p.has(name) {
		return otherwise, nil
	}
	v, err := strconv.ParseInt(p[name], 10, 64)
	if err != nil || v < least || v > most {
		return 0, invalid(name)
	}
	return v, nil
}

// sub is what is nested in a field.
func (p params) sub(name string) params {
	out := params{}
	for k, v := range p {
		rest, ok := strings.CutPrefix(k, name+"[")
		if !ok {
			continue
		}
		if inner, tail, ok := strings.Cut(rest, "]"); ok {
			out[inner+tail] = v
		}
	}
	return out
}

// list is the texts of an array field, or of one written with commas.
func (p params) list(name string) []string {
	if p.has(name) {
		return splitList(p[name])
	}
	var out []string
	for i := 0; ; i++ {
		v, ok := p[name+"["+strconv.Itoa(i)+"]"]
		if !ok {
			return out
		}
		out = append(out, v)
	}
}

// items is the objects of an array field.
func (p params) items(name string) []params {
	var out []params
	for i := 0; i < mostFields; i++ {
		item := p.sub(name + "[" + strconv.Itoa(i) + "]")
		if len(item) == 0 {
			break
		}
		out = append(out, item)
	}
	return out
}

func splitList(text string) []string {
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// readForm reads a form or a query. Of a field that comes twice the first counts.
func readForm(body string) (params, error) {
	values, err := url.ParseQuery(body)
	if err != nil || len(values) > mostFields {
		return nil, errInvalidArguments
	}
	p := make(params, len(values))
	for k, v := range values {
		if len(v) > 1 && strings.HasSuffix(k, "[]") {
			for i := range v {
				p[strings.TrimSuffix(k, "[]")+"["+strconv.Itoa(i)+"]"] = v[i]
			}
			continue
		}
		if strings.Count(k, "[") > mostDepth {
			return nil, errInvalidArguments
		}
		p[strings.TrimSuffix(k, "[]")] = v[0]
	}
	return p, nil
}

// readJSON reads an object. Numbers keep their digits; null is as good as absent.
func readJSON(body []byte) (params, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, errInvalidArguments
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errInvalidArguments
	}
	top, ok := tree.(map[string]any)
	if !ok {
		return nil, errInvalidArguments
	}
	p := params{}
	for k, v := range top {
		if err := p.flatten(k, v, 0); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p params) flatten(name string, v any, depth int) error {
	if depth > mostDepth || len(p) > mostFields {
		return errInvalidArguments
	}
	switch v := v.(type) {
	case nil:
	case string:
		p[name] = v
	case json.Number:
		p[name] = v.String()
	case bool:
		p[name] = strconv.FormatBool(v)
	case []any:
		for i, inner := range v {
			if err := p.flatten(name+"["+strconv.Itoa(i)+"]", inner, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for k, inner := range v {
			if err := p.flatten(name+"["+k+"]", inner, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
