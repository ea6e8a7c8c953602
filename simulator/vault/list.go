package vault

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// mostOnPage is how many items a page holds at most, and unless maxresults says less.
const mostOnPage = 25

// page cuts a listing by maxresults and $skiptoken and links to what follows.
func (c *call) page(items []any) (reply, *Failure) {
	size := mostOnPage
	if asked, given := c.query["maxresults"]; given {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 || n > mostOnPage {
			return reply{}, bad("maxresults must be between 1 and %d", mostOnPage)
		}
		size = n
	}
	from := 0
	if token, given := c.query["$skiptoken"]; given {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		n, bads := strconv.Atoi(string(raw))
		if err != nil || bads != nil || n < 0 {
			return reply{}, bad("The $skiptoken is invalid.")
		}
		from = min(n, len(items))
	}
	to := min(from+size, len(items))
	body := pageBody{Value: items[from:to]}
	if to < len(items) {
		body.NextLink = c.nextLink(to, size)
	}
	return reply{status: http.StatusOK, body: body}, nil
}

func (c *call) nextLink(from, size int) string {
	query := url.Values{
		"api-version": {c.version}, "maxresults": {strconv.Itoa(size)},
		"$skiptoken": {base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(from)))},
	}
	return strings.TrimSuffix(c.v.URI(), "/") + ":443/" + strings.Join(c.segments, "/") + "?" + query.Encode()
}

func (c *call) listSecrets() (reply, *Failure) {
	items := []any{}
	for _, s := range c.v.Secrets() {
		if !c.s.w.Now().Before(s.settles) {
			items = append(items, c.v.item(s, s.Latest(), false))
		}
	}
	return c.page(items)
}

// listVersions lists the versions in no order that a client could rely on: that of their random ids.
func (c *call) listVersions() (reply, *Failure) {
	s, refused := c.find()
	if refused != nil {
		return reply{}, refused
	}
	versions := slices.Clone(s.Versions)
	slices.SortFunc(versions, func(a, b *Version) int { return cmp.Compare(a.ID, b.ID) })
	items := []any{}
	for _, one := range versions {
		items = append(items, c.v.item(s, one, true))
	}
	return c.page(items)
}

func (c *call) listDeleted() (reply, *Failure) {
	items := []any{}
	for _, s := range c.v.DeletedSecrets() {
		if c.binned(s.Name) != nil && !c.s.w.Now().Before(s.settles) {
			items = append(items, c.v.deletedBody(s, false))
		}
	}
	return c.page(items)
}
