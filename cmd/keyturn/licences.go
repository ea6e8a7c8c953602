package main

import (
	_ "embed" // the list
	"runtime/debug"
	"strings"

	"keyturn/server/web"
)

// licences has a line for each module that the program is made of, with its licence. It is written by
// go test ./cmd/keyturn -run TestDocs -update, from what the modules themselves say.
//
//go:embed licences.txt
var licences string

// partsShown are the modules of others in this build, with version and licence.
func partsShown() []web.Part {
	versions := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			versions[module.Path] = module.Version
		}
	}
	var parts []web.Part
	for line := range strings.Lines(licences) {
		module, licence, _ := strings.Cut(strings.TrimSpace(line), " ")
		parts = append(parts, web.Part{Module: module, Licence: licence, Version: versions[module]})
	}
	return parts
}
