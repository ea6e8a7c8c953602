// Package web renders the console's pages: one page a pair of files, page_<name>.go with what it shows and <name>.templ
// with how. Pages work without script; texts are in texts.go, styles and scripts in static/. What templ makes of the
// templates is committed: go generate ./server/web writes it anew.
//
// Start at [Pages.Routes].
package web

//go:generate go tool templ generate -path .
