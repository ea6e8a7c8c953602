// Command typecheck checks that packages are right for other systems, with everything that they are made of and with
// their tests: each file that such a system's build takes is there, parsed and type-checked from its source. It compiles
// and links nothing, which would take ten times as long; `make dist` builds what is released.
//
//	go run ./house/typecheck -platforms 'linux/arm64 windows/amd64' ./...
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	platforms := flag.String("platforms", "", "systems and architectures, as in 'linux/arm64 windows/amd64'")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for platform := range strings.FieldsSeq(*platforms) {
		count, err := check(ctx, platform, flag.Args())
		if err != nil {
			fmt.Fprintf(os.Stderr, "typecheck %s: %v\n", platform, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %d packages\n", platform, count)
	}
}

// needs is what makes the loader read every dependency from its source.
const needs = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps |
	packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo

// check returns how many packages are right on platform; errors of packages are printed as they are found.
func check(ctx context.Context, platform string, patterns []string) (count int, err error) {
	system, architecture, ok := strings.Cut(platform, "/")
	if !ok {
		return 0, errors.New("want SYSTEM/ARCHITECTURE")
	}
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Mode: needs, Tests: true,
		Env: append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture),
	}, patterns...)
	if err != nil {
		return 0, err
	}
	if wrong := packages.PrintErrors(loaded); wrong > 0 {
		return 0, fmt.Errorf("%d errors", wrong)
	}
	packages.Visit(loaded, nil, func(*packages.Package) { count++ })
	return count, nil
}
