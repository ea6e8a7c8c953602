package config

import (
	"fmt"
	"slices"
	"strings"
)

// isGUID reports whether text has the form 8-4-4-4-12 of hexadecimal digits.
func isGUID(text string) bool {
	parts := strings.Split(text, "-")
	if len(parts) != 5 || fmt.Sprint(len(parts[0]), len(parts[1]), len(parts[2]), len(parts[3]), len(parts[4])) != "8 4 4 4 12" {
		return false
	}
	return strings.Trim(strings.Join(parts, ""), "0123456789abcdefABCDEF") == ""
}

// isResourceID reports whether text reads /subscriptions/{guid}/resourceGroups/{name}/providers/{namespace}/{type}/{name},
// with further type and name pairs allowed. Letter case doesn't count.
func isResourceID(text string) bool {
	parts := strings.Split(text, "/")
	if len(parts) < 9 || len(parts)%2 == 0 || slices.Contains(parts[1:], "") || parts[0] != "" {
		return false
	}
	return strings.EqualFold(parts[1], "subscriptions") && isGUID(parts[2]) &&
		strings.EqualFold(parts[3], "resourceGroups") && strings.EqualFold(parts[5], "providers")
}

// resourceType returns namespace and types of a resource id, in lower case: "microsoft.web/connections".
func resourceType(id string) string {
	parts := strings.Split(strings.ToLower(id), "/")
	if len(parts) < 8 {
		return ""
	}
	name := parts[6]
	for i := 7; i < len(parts); i += 2 {
		name += "/" + parts[i]
	}
	return name
}
