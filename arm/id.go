package arm

import (
	"fmt"
	"strings"
	"time"

	"keyturn/problem"
)

// ID is a resource's id taken apart, with the letter case of the text it was read from.
type ID struct {
	Subscription string
	Group        string
	Provider     string // such as "Microsoft.Web"
	Type         string // such as "connections", or "automationAccounts/variables"
	Name         string // of the resource itself, without its parents
	text         string
}

// ParseID reads the id of a resource in a resource group.
func ParseID(text string) (ID, error) {
	parts := strings.Split(strings.Trim(strings.TrimSpace(text), "/"), "/")
	ok := len(parts) >= 8 && len(parts)%2 == 0 && strings.EqualFold(parts[0], "subscriptions") &&
		strings.EqualFold(parts[2], "resourceGroups") && strings.EqualFold(parts[4], "providers")
	for _, part := range parts {
		ok = ok && part != "" && !strings.ContainsAny(part, "?#%\\ ")
	}
	if !ok {
		return ID{}, problem.NeedsPerson("config.resourceid", "resource id "+text, "this isn't the id of a resource",
			"copy it from the resource's page in the portal under Properties: /subscriptions/.../resourceGroups/.../providers/...")
	}
	id := ID{Subscription: parts[1], Group: parts[3], Provider: parts[5], Name: parts[len(parts)-1], text: "/" + strings.Join(parts, "/")}
	var types []string
	for i := 6; i < len(parts); i += 2 {
		types = append(types, parts[i])
	}
	id.Type = strings.Join(types, "/")
	return id, nil
}

// Require parses text and refuses an id of another kind than kind, such as "Microsoft.Web/connections".
func Require(text, kind string) (ID, error) {
	id, err := ParseID(text)
	if err != nil {
		return ID{}, err
	}
	if !strings.EqualFold(id.Kind(), kind) {
		return ID{}, problem.NeedsPerson("config.resourceid", "resource id "+text,
			fmt.Sprintf("this is a %s, not a %s", id.Kind(), kind), "give the id of the "+kind+" in keyturn.yaml")
	}
	return id, nil
}

// Kind is provider and type, such as "Microsoft.Web/connections".
func (id ID) Kind() string { return id.Provider + "/" + id.Type }

// String returns the id with one slash in front and none behind.
func (id ID) String() string { return id.text }

// GroupID returns the id of the resource group it is in.
func (id ID) GroupID() string {
	return "/subscriptions/" + id.Subscription + "/resourceGroups/" + id.Group
}

// SameID compares two ids as ARM does: without letter case and outer slashes. Templates write some ids without the
// slash in front.
func SameID(a, b string) bool { return strings.EqualFold(strings.Trim(a, "/"), strings.Trim(b, "/")) }

// Instant brings a time as services write it (any number of digits, any zone) to one form, so that two readings of the
// same instant compare equal. A text that is no time is returned as it is.
func Instant(text string) string {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// Later reports whether instant a is after b, both as [Instant] writes them. Texts that are no times are never later.
func Later(a, b string) bool {
	x, errX := time.Parse(time.RFC3339Nano, a)
	y, errY := time.Parse(time.RFC3339Nano, b)
	return errX == nil && errY == nil && x.After(y)
}
