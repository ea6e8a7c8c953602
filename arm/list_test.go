package arm

import "testing"

func TestListingsAreFollowedWithinTheCloudOnly(t *testing.T) {
	t.Parallel()
	c := &Client{base: "https://management.azure.com"}
	for link, want := range map[string]string{
		"":                                       "",
		"https://management.azure.com/x?a=b":     "https://management.azure.com/x?a=b",
		"https://management.azure.com:443/x?a=b": "https://management.azure.com/x?a=b",
		"http://management.azure.com/x":          "refused",
		"https://management.azure.com.evil.tld/": "refused",
		"https://management.azure.com@evil.tld/": "refused",
		"https://management.azure.com:8443/x":    "refused",
		"//evil.tld/x":                           "refused",
	} {
		got, err := c.next(link, "test")
		if (want == "refused") != (err != nil) || (err == nil && got != want) {
			t.Errorf("%q gave %q: %v", link, got, err)
		}
	}
}
