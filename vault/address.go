package vault

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"keyturn/problem"
)

// Names that Key Vault takes. Source: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
// (read 2026-11-22).
var (
	vaultName  = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$`)
	secretName = regexp.MustCompile(`^[0-9a-zA-Z-]+$`)
)

// longestName is that of a secret, in characters.
const longestName = 127

// Address returns the address of a vault, such as "https://kv-provassist.vault.azure.net", from its name or its whole
// address. A host outside suffix is refused, so that no token goes to somebody else's host.
func Address(vault, suffix string) (string, error) {
	name := strings.TrimSpace(vault)
	if strings.Contains(name, "://") {
		parsed, err := url.Parse(name)
		if err != nil || parsed.Scheme != "https" || parsed.Port() != "" || strings.Trim(parsed.Path, "/") != "" {
			return "", badVault(vault, suffix)
		}
		host, inCloud := strings.CutSuffix(strings.ToLower(parsed.Host), "."+suffix)
		if !inCloud {
			return "", badVault(vault, suffix)
		}
		name = host
	}
	if !vaultName.MatchString(name) || strings.Contains(name, "--") {
		return "", badVault(vault, suffix)
	}
	return "https://" + strings.ToLower(name) + "." + suffix, nil
}

func badVault(vault, suffix string) error {
	return problem.NeedsPerson("config.vault", "vault "+vault, "this is neither the name nor the address of a key vault",
		fmt.Sprintf("in keyturn.yaml give the vault's name, such as kv-provassist, or its address, https://NAME.%s", suffix))
}

// Name returns the bare name of the vault at address.
func Name(address string) string {
	host := strings.TrimPrefix(address, "https://")
	name, _, _ := strings.Cut(host, ".")
	return name
}

// CheckName refuses a text that can't be a secret's name.
func CheckName(name string) error {
	if len(name) <= longestName && secretName.MatchString(name) {
		return nil
	}
	return problem.NeedsPerson("config.secret", "secret "+name, "a secret's name has 1 to 127 letters, digits and hyphens",
		"correct the name in keyturn.yaml")
}
