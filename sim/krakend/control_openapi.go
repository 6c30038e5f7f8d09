package krakend

import _ "embed"

// openAPI describes the control interface. It is made from the routes and their types by
// go test ./sim/krakend -run OpenAPI -update, and a test holds it to them.
//
//go:embed openapi.json
var openAPI []byte
