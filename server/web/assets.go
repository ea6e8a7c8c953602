package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"keyturn/server/access"
)

//go:embed static
var static embed.FS

// asset is one file of static/, under a name that changes with its content, so that browsers may keep it for ever.
type asset struct {
	name, address string
	content       []byte
}

var assets = sync.OnceValue(func() map[string]asset {
	all := map[string]asset{}
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		panic(fmt.Sprintf("web: the embedded files can't be read: %v", err))
	}
	for _, entry := range entries {
		content, err := static.ReadFile("static/" + entry.Name())
		if err != nil {
			panic(fmt.Sprintf("web: the embedded files can't be read: %v", err))
		}
		sum := sha256.Sum256(content)
		base, kind := strings.TrimSuffix(entry.Name(), path.Ext(entry.Name())), path.Ext(entry.Name())
		all[entry.Name()] = asset{entry.Name(), "/static/" + base + "." + hex.EncodeToString(sum[:6]) + kind, content}
	}
	return all
})

// assetAt returns the address of a file of static/.
func assetAt(name string) string {
	found, ok := assets()[name]
	if !ok {
		panic("web: static/" + name + " isn't there") // a page names it, so its test fails
	}
	return found.address
}

// assetRoutes answer for every file of static/, to everybody: there is nothing of the tenant in them.
func assetRoutes() []access.Route {
	var routes []access.Route
	for _, a := range assets() {
		routes = append(routes, access.Route{Pattern: "GET " + a.address, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(a.content))
		})})
	}
	return routes
}
