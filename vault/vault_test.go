package vault

import (
	"net"
	"testing"

	"keyturn/problem"
)

func TestAVaultThatCannotBeResolvedIsNoMissingSecret(t *testing.T) {
	t.Parallel()
	lost := &net.OpError{Op: "dial", Err: &net.DNSError{Name: "kv-nowhere.vault.azure.net", IsNotFound: true}}
	found := problem.Of(classify(lost, "https://kv-nowhere.vault.azure.net", "s"))
	if found.Code != Unknown || found.Class != problem.Person || found.Fix == "" {
		t.Errorf("class %s, code %s, fix %q: %v", found.Class, found.Code, found.Fix, found)
	}
}

func TestListingsAreFollowedWithinTheirVaultOnly(t *testing.T) {
	t.Parallel()
	const address = "https://kv-a.vault.azure.net"
	for link, want := range map[string]bool{
		"":                                       true,
		address + "/secrets?x=y":                 true,
		"https://KV-A.vault.azure.net:443/x":     true,
		"http://kv-a.vault.azure.net/x":          false,
		"https://kv-b.vault.azure.net/x":         false,
		"https://kv-a.vault.azure.net.evil.tld/": false,
		"https://kv-a.vault.azure.net@evil.tld/": false,
		"https://kv-a.vault.azure.net:8443/x":    false,
		"/relative":                              false,
	} {
		walked := walk{address: address}
		if err := walked.on(&link); (err == nil) != want {
			t.Errorf("%q: %v", link, err)
		}
		if err := walked.on(&link); link != "" && err == nil {
			t.Errorf("%q is read again", link)
		}
	}
}

func TestVaultsAreFoundByNameAndByAddressInTheirCloud(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ vault, suffix, want string }{
		"a name":                      {"kv-a", "vault.azure.net", "https://kv-a.vault.azure.net"},
		"a name in another cloud":     {"kv-a", "vault.azure.cn", "https://kv-a.vault.azure.cn"},
		"an address":                  {"https://KV-A.vault.azure.net/", "vault.azure.net", "https://kv-a.vault.azure.net"},
		"an address elsewhere":        {"https://kv-a.vault.azure.cn", "vault.azure.net", ""},
		"an address with a path":      {"https://kv-a.vault.azure.net/secrets/x", "vault.azure.net", ""},
		"an address with a port":      {"https://kv-a.vault.azure.net:444", "vault.azure.net", ""},
		"an address with a user":      {"https://kv-a.vault.azure.net@evil.tld", "vault.azure.net", ""},
		"a name with a slash":         {"kv-a/x", "vault.azure.net", ""},
		"a name that is too short":    {"kv", "vault.azure.net", ""},
		"a name that begins with 1":   {"1kv", "vault.azure.net", ""},
		"a name with doubled hyphens": {"kv--a", "vault.azure.net", ""},
		"nothing":                     {"", "vault.azure.net", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Address(test.vault, test.suffix)
			if got != test.want || (err == nil) != (test.want != "") {
				t.Errorf("%q: %v", got, err)
			}
		})
	}
}
