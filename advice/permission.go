package advice

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"keyturn/problem"
)

// Request is one permission that an add-in was granted: an AppPermissionRequest of its manifest, or of what was pasted into
// appinv.aspx.
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/add-in-permissions-in-sharepoint (read 2026-11-25).
type Request struct {
	Scope string `json:"scope"` // such as http://sharepoint/content/sitecollection/web
	Right string `json:"right"` // Read, Write, Manage, FullControl, QueryAsUserIgnoreAppPrincipal
}

// Translation is what an Entra app asks for in its place.
type Translation struct {
	Request
	Permission string `json:"permission"`     // application permission of SharePoint or Microsoft Graph; "" = there is none
	Role       string `json:"role,omitempty"` // of Sites.Selected, on the add-in's own site
	Note       string `json:"note,omitempty"`
}

// ReadRequests reads the permissions out of an add-in's manifest, or of the XML that appinv.aspx takes. A text without any is
// a Person problem with code "permissions.unreadable".
func ReadRequests(text []byte) ([]Request, error) {
	var found []Request
	decoder := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, unreadable("it isn't XML: " + err.Error())
		}
		if start, ok := token.(xml.StartElement); ok && strings.EqualFold(start.Name.Local, "AppPermissionRequest") {
			found = append(found, requestOf(start))
		}
	}
	if len(found) == 0 {
		return nil, unreadable("it has no AppPermissionRequest")
	}
	return found, nil
}

func requestOf(start xml.StartElement) Request {
	var r Request
	for _, attr := range start.Attr {
		switch strings.ToLower(attr.Name.Local) {
		case "scope":
			r.Scope = attr.Value
		case "right":
			r.Right = attr.Value
		}
	}
	return r
}

func unreadable(message string) error {
	return problem.NeedsPerson("permissions.unreadable", "the add-in's permissions", message,
		"give the add-in's AppManifest.xml, or the XML that was pasted into appinv.aspx: <AppPermissionRequests>...</AppPermissionRequests>")
}

// scopes are the scopes of add-ins, below http://sharepoint/, with what takes their place by right. Roles of Sites.Selected
// have the names of the rights.
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins-modernize/from-acs-to-aad-apps (read 2026-11-25).
var scopes = map[string]map[string]Translation{
	"content/sitecollection":          onSite(""),
	"content/sitecollection/web":      onSite("Sites.Selected reaches the whole site collection, not one web of it"),
	"content/sitecollection/web/list": onSite("for one list alone there is Lists.SelectedOperations.Selected of Microsoft Graph"),
	"content/tenant": byRight("Sites.Read.All", "Sites.ReadWrite.All", "Sites.Manage.All", "Sites.FullControl.All",
		"for every site of the tenant; Sites.Selected on the sites that it really uses is far less"),
	"taxonomy": byRight("TermStore.Read.All", "TermStore.ReadWrite.All", "", "", ""),
	"search": {"queryasuserignoreappprincipal": {
		Permission: "Sites.Read.All", Note: "search runs as the signed-in user with the delegated permission; as the app alone it sees every site",
	}},
	"social/tenant":    byRight("User.Read.All", "User.ReadWrite.All", "User.ReadWrite.All", "User.ReadWrite.All", "of SharePoint"),
	"bcs/connection":   {"read": {Note: "Business Connectivity Services are gone from SharePoint Online; nothing takes their place"}},
	"projectserver":    byRight("", "", "", "", "Project Online has delegated permissions only: people sign in"),
	"content/workflow": byRight("", "", "", "", "SharePoint workflows are gone from SharePoint Online: use Power Automate"),
}

func onSite(note string) map[string]Translation {
	found := map[string]Translation{}
	for _, right := range []string{"read", "write", "manage", "fullcontrol"} {
		found[right] = Translation{Permission: "Sites.Selected", Role: right, Note: note}
	}
	return found
}

func byRight(read, write, manage, full, note string) map[string]Translation {
	found := map[string]Translation{}
	for right, permission := range map[string]string{"read": read, "write": write, "manage": manage, "fullcontrol": full} {
		found[right] = Translation{Permission: permission, Note: note}
	}
	return found
}

// Translate says what takes a request's place. What isn't known is told as such.
func Translate(r Request) Translation {
	name := strings.Trim(strings.ToLower(r.Scope), "/ ")
	for _, scheme := range []string{"http://sharepoint/", "https://sharepoint/"} {
		name = strings.TrimPrefix(name, scheme)
	}
	right := strings.ToLower(strings.ReplaceAll(r.Right, " ", ""))
	found, known := scopes[name][right]
	if !known && strings.HasPrefix(name, "social/") {
		found, known = scopes["social/tenant"][right]
	}
	if !known {
		found = Translation{Note: fmt.Sprintf("neither the scope %q nor its right %q is known here; look it up before you go on", r.Scope, r.Right)}
	}
	found.Request = r
	return found
}
