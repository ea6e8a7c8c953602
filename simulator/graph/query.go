package graph

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"keyturn/simulator/odata"
)

// Page sizes of directory objects. Source: https://learn.microsoft.com/graph/api/application-list, read 2026-11-22.
const (
	defaultPage = 100
	largestPage = 999
)

// options are the query options of a list, read and checked.
type options struct {
	filter   *odata.Filter
	selected []string
	search   search
	order    string
	down     bool
	top      int
	skip     int // from the skip token
	count    bool
	expand   *expansion // nil for none
}

func (c *call) context(path string) string { return c.base() + c.version + "/$metadata#" + path }

// collection is the envelope of a list.
func (c *call) collection(path string, value []any) map[string]any {
	return map[string]any{"@odata.context": c.context(path), "value": value}
}

func (c *call) eventual() bool {
	return strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual")
}

// readOptions checks the query options against the properties of a type. largest is the biggest page allowed.
func (c *call) readOptions(typeName string, known map[string]any, largest int) (options, *reply) {
	o := options{top: min(defaultPage, largest), count: c.query.Get("$count") == "true"}
	if r := c.readFilter(typeName, known, &o); r != nil {
		return o, r
	}
	selected, r := c.readSelect(typeName, known)
	if r != nil {
		return o, r
	}
	o.selected = selected
	if r := c.readPaging(&o, largest); r != nil {
		return o, r
	}
	return o, c.readOrder(typeName, known, &o)
}

func hasProperty(known map[string]any, name string) bool {
	if _, found := known[name]; found {
		return true
	}
	for key := range known {
		if strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

// readSelect answers the selected properties, nil for all.
func (c *call) readSelect(typeName string, known map[string]any) ([]string, *reply) {
	text := c.query.Get("$select")
	if text == "" {
		return nil, nil
	}
	var selected []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if name == "*" {
			return nil, nil
		}
		first, _, _ := strings.Cut(name, "/")
		if !hasProperty(known, first) {
			r := failure(http.StatusBadRequest, "BadRequest",
				"Parsing OData Select and Expand failed: Could not find a property named '%s' on type '%s'.", first, typeName)
			return nil, &r
		}
		selected = append(selected, first)
	}
	return selected, nil
}

func (c *call) readPaging(o *options, largest int) *reply {
	if text := c.query.Get("$top"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			r := failure(http.StatusBadRequest, "BadRequest", "Invalid value '%s' for $top query option found. The $top query option requires a "+
				"non-negative integer value.", text)
			return &r
		}
		if n < 1 || n > largest {
			r := malformed("Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", n, largest)
			return &r
		}
		o.top = n
	}
	if c.query.Get("$skip") != "" {
		r := malformed("'$skip' is not supported by the service.")
		return &r
	}
	if token := c.query.Get("$skiptoken"); token != "" {
		n, ok := readSkip(token)
		if !ok {
			r := failure(http.StatusBadRequest, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be "+
				"included in your request.")
			return &r
		}
		o.skip = n
	}
	return nil
}

const skipMark = "RFNwdAIAAQ"

func writeSkip(n int) string {
	return skipMark + base64.RawURLEncoding.EncodeToString([]byte("p"+strconv.Itoa(n)))
}

func readSkip(token string) (int, bool) {
	rest, ok := strings.CutPrefix(token, skipMark)
	raw, err := base64.RawURLEncoding.DecodeString(rest)
	if !ok || err != nil || len(raw) < 2 {
		return 0, false
	}
	n, err := strconv.Atoi(string(raw[1:]))
	return n, err == nil && n >= 0
}

func (c *call) readOrder(typeName string, known map[string]any, o *options) (refused *reply) {
	if o.search, refused = c.readSearch(typeName, known); refused != nil {
		return refused
	}
	text := strings.TrimSpace(c.query.Get("$orderby"))
	if text == "" {
		return nil
	}
	name, direction, _ := strings.Cut(text, " ")
	first, _, _ := strings.Cut(name, "/")
	if !hasProperty(known, first) {
		r := failure(http.StatusBadRequest, "BadRequest", "Could not find a property named '%s' on type '%s'.", first, typeName)
		return &r
	}
	if c.unsortable(typeName, first, o) {
		r := failure(http.StatusBadRequest, "Request_UnsupportedQuery", "Sorting not supported for current query.")
		return &r
	}
	o.order, o.down = name, strings.EqualFold(strings.TrimSpace(direction), "desc")
	return nil
}

// unsortable reports whether Graph doesn't sort objects of the directory so: by a credential never, and together with a $filter only
// as an advanced query. Source: https://learn.microsoft.com/graph/aad-advanced-queries, read 2026-11-26.
func (c *call) unsortable(typeName, property string, o *options) bool {
	if !slices.Contains(directoryTypes, typeName) {
		return false
	}
	return strings.HasSuffix(property, "Credentials") || o.filter != nil && !(c.eventual() && o.count)
}

// page filters, orders and cuts a list of documents and answers the envelope.
func (c *call) page(path string, docs []map[string]any, o options) reply {
	docs = o.apply(docs)
	total := len(docs)
	docs = docs[min(o.skip, total):]
	more := len(docs) > o.top
	docs = docs[:min(o.top, len(docs))]
	value := make([]any, 0, len(docs))
	for _, doc := range docs {
		value = append(value, o.shown(doc))
	}
	if len(o.selected) > 0 {
		path += "(" + strings.Join(o.selected, ",") + ")"
	}
	body := c.collection(path, value)
	if o.count && c.eventual() {
		body["@odata.count"] = total
	}
	if more {
		body["@odata.nextLink"] = c.nextLink(writeSkip(o.skip + o.top))
	}
	return ok(body)
}

// shown is a document as the answer has it: cut to what is selected, with what is related only where it is expanded.
func (o options) shown(doc map[string]any) map[string]any {
	if o.expand == nil {
		delete(doc, relation)
		return pick(doc, o.selected)
	}
	related, _ := doc[o.expand.relation].([]map[string]any)
	delete(doc, o.expand.relation)
	delete(doc, relation)
	cut := pick(doc, o.selected)
	o.expand.show(cut, related)
	return cut
}

// nextLink repeats the request with a skip token.
func (c *call) nextLink(token string) string {
	var kept []string
	for pair := range strings.SplitSeq(c.rawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil && pair != "" && !strings.EqualFold(strings.TrimPrefix(plain, "$"), "skiptoken") {
			kept = append(kept, pair)
		}
	}
	kept = append(kept, "$skiptoken="+token)
	return c.base() + c.version + "/" + strings.Join(c.segments, "/") + "?" + strings.Join(kept, "&")
}

func (o options) apply(docs []map[string]any) []map[string]any {
	kept := slices.DeleteFunc(docs, func(doc map[string]any) bool {
		return (o.filter != nil && !o.filter.Match(doc)) || !o.search.finds(doc)
	})
	if o.order != "" {
		slices.SortStableFunc(kept, func(a, b map[string]any) int {
			order := strings.Compare(textAt(a, o.order), textAt(b, o.order))
			if o.down {
				return -order
			}
			return order
		})
	}
	return kept
}

// textAt is what a path leads to, as text that sorts like it.
func textAt(doc map[string]any, path string) string {
	var value any = doc
	for name := range strings.SplitSeq(path, "/") {
		m, isMap := value.(map[string]any)
		if !isMap {
			return ""
		}
		value = m[name]
	}
	return strings.ToLower(fmt.Sprint(value))
}

// pick cuts a document to the selected properties.
func pick(doc map[string]any, selected []string) map[string]any {
	if len(selected) == 0 {
		return doc
	}
	cut := make(map[string]any, len(selected)+1)
	for _, name := range selected {
		if value, exact := doc[name]; exact {
			cut[name] = value
			continue
		}
		for key, value := range doc {
			if strings.EqualFold(key, name) {
				cut[key] = value
			}
		}
	}
	return cut
}
