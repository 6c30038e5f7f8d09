package krakend

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// described is the control interface as OpenAPI 3.1, made from the routes and their types.
func described() object {
	paths := object{}
	schemas := map[string]object{}
	for i := range routes {
		r := &routes[i]
		about := object{{"summary", r.about}, {"operationId", operationID(r)}}
		parameters := []object{}
		for _, name := range r.parts() {
			parameters = append(parameters, object{{"name", name}, {"in", "path"}, {"required", true}, {"schema", object{{"type", "string"}}}})
		}
		for _, f := range r.query {
			parameters = append(parameters, object{{"name", f.name}, {"in", "query"}, {"description", f.about}, {"schema", object{{"type", "string"}}}})
		}
		if len(parameters) > 0 {
			about = append(about, member{"parameters", parameters})
		}
		if r.in != nil {
			s := schemaOf(reflect.TypeOf(r.in), r.parts(), schemas)
			if len(r.parts()) == 0 || len(s[1].value.(object)) > 0 { // else all of it stands in the path
				about = append(about, member{"requestBody", object{{"content", object{{"application/json", object{{"schema", s}}}}}}})
			}
		}
		about = append(about, member{"responses", object{
			{"200", object{{"description", "done"}, {"content", object{{"application/json", object{{"schema", schemaOf(reflect.TypeOf(r.out), nil, schemas)}}}}}}},
			{"default", object{{"description", "refused, and why"}, {"content", object{{"application/json", object{{"schema", object{{"$ref", "#/components/schemas/refusal"}}}}}}}}},
		}})
		verb := member{strings.ToLower(r.method), about}
		if at := slices.IndexFunc(paths, func(m member) bool { return m.key == r.path }); at >= 0 {
			paths[at].value = append(paths[at].value.(object), verb)
		} else {
			paths = append(paths, member{r.path, object{verb}})
		}
	}
	schemas["refusal"] = object{{"type", "object"}, {"properties", object{{"error", object{{"type", "string"}}}}}, {"required", []string{"error"}}, {"additionalProperties", false}}
	listed := object{}
	for _, name := range sortedKeys(schemas) {
		listed = append(listed, member{name, schemas[name]})
	}
	return object{
		{"openapi", "3.1.0"},
		{"info", object{{"title", "Breakwater venue: control"}, {"version", "1"}, {"description", "Drives the simulated Kraken itself. Every request but the one for this file needs the control token. See docs/venue.md."}}},
		{"security", []object{{{"token", []string{}}}}},
		{"paths", paths},
		{"components", object{{"securitySchemes", object{{"token", object{{"type", "http"}, {"scheme", "bearer"}}}}}, {"schemas", listed}}},
	}
}

func sortedKeys[T any](m map[string]T) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func operationID(r *route) string {
	return strings.ToLower(r.method) + strings.NewReplacer("/sim/", "-", "/", "-", "{", "", "}", "").Replace(r.path)
}

// schemaOf is the JSON schema of a type. Structs are named, but for those with parts of
// their path left out.
func schemaOf(t reflect.Type, without []string, named map[string]object) object {
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), without, named)
	case reflect.String:
		return object{{"type", "string"}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int64, reflect.Uint8, reflect.Uint64:
		return object{{"type", "integer"}}
	case reflect.Float64:
		return object{{"type", "number"}}
	case reflect.Slice:
		return object{{"type", "array"}, {"items", schemaOf(t.Elem(), nil, named)}}
	case reflect.Map:
		return object{{"type", "object"}, {"additionalProperties", schemaOf(t.Elem(), nil, named)}}
	case reflect.Struct:
	default:
		panic("no schema for " + t.String())
	}
	if without == nil {
		if _, known := named[t.Name()]; !known {
			named[t.Name()] = nil
			named[t.Name()] = schemaOf(t, []string{}, named)
		}
		return object{{"$ref", "#/components/schemas/" + t.Name()}}
	}
	properties, required := object{}, []string{}
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous {
				add(f.Type)
				continue
			}
			name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			if slices.Contains(without, name) {
				continue
			}
			s := schemaOf(f.Type, nil, named)
			if doc := f.Tag.Get("doc"); doc != "" {
				s = append(s, member{"description", doc})
			}
			properties = append(properties, member{name, s})
			if option != "omitempty" {
				required = append(required, name)
			}
		}
	}
	add(t)
	return object{{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}}
}

func TestOpenAPIFileIsWhatTheRoutesAre(t *testing.T) {
	compact, err := marshal(described())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	if *update {
		if err := os.WriteFile("openapi.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(openAPI, b.Bytes()) {
		t.Error("openapi.json is not what the routes are; run: go test ./sim/krakend -run OpenAPI -update")
	}
	for i := range routes {
		r := &routes[i]
		if r.about == "" || r.out == nil || r.change == nil && r.look == nil && r.edge == nil || (r.change != nil) != (r.in != nil) && r.edge == nil {
			t.Errorf("%s is not whole", r.name())
		}
	}
}

// conforms reports how a JSON value differs from a schema of the file; "": it does not.
func conforms(file, schema map[string]any, v any, at string) string {
	if ref, ok := schema["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		return conforms(file, file["components"].(map[string]any)["schemas"].(map[string]any)[name].(map[string]any), v, at)
	}
	kind := "null"
	switch v := v.(type) {
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64:
		if kind = "number"; v == float64(int64(v)) && schema["type"] == "integer" {
			kind = "integer"
		}
	case []any:
		kind = "array"
		for _, x := range v {
			if fault := conforms(file, schema["items"].(map[string]any), x, at+"[]"); fault != "" {
				return fault
			}
		}
	case map[string]any:
		kind = "object"
		properties, _ := schema["properties"].(map[string]any)
		for _, k := range sortedKeys(v) {
			of, known := properties[k].(map[string]any)
			if !known {
				if of, known = schema["additionalProperties"].(map[string]any); !known {
					return at + " has " + k + ", which is not described"
				}
			}
			if fault := conforms(file, of, v[k], at+"."+k); fault != "" {
				return fault
			}
		}
		required, _ := schema["required"].([]any)
		for _, k := range required {
			if _, ok := v[k.(string)]; !ok {
				return at + " lacks " + k.(string)
			}
		}
	}
	if kind != schema["type"] {
		return at + " is " + kind + ", described as " + schema["type"].(string)
	}
	return ""
}

// asDescribed checks an answer of the control interface against the file.
func asDescribed(t *testing.T, r *route, status int, body []byte) {
	t.Helper()
	var file map[string]any
	if err := json.Unmarshal(openAPI, &file); err != nil {
		t.Fatal(err)
	}
	answers := file["paths"].(map[string]any)[r.path].(map[string]any)[strings.ToLower(r.method)].(map[string]any)["responses"].(map[string]any)
	answer := answers["default"]
	if status == http.StatusOK {
		answer = answers["200"]
	}
	schema := answer.(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)["schema"].(map[string]any)
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s answers %q: %v", r.name(), body, err)
	}
	if fault := conforms(file, schema, v, "answer"); fault != "" {
		t.Errorf("%s: %s: %s", r.name(), fault, body)
	}
}
