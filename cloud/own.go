package cloud

import (
	"crypto/sha1" //nolint:gosec // a thumbprint is a name, not a proof
	"crypto/x509"
	"encoding/hex"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"keyturn/secret"
)

// OwnCredential is what Keyturn itself signs in with, where that ends some day. It never holds the value.
type OwnCredential struct {
	Hint       string    // of a secret: its first three characters, which Entra shows openly; "" = it isn't one
	Thumbprint string    // of a certificate: SHA-1, hex, upper case; "" = it isn't one
	End        time.Time // of a certificate; a secret doesn't tell
}

// OwnCredential says what the session signs in with; the zero value means something that doesn't end, such as a managed
// identity, or that nobody signed in yet.
func (s *Session) OwnCredential() OwnCredential {
	if !s.tokens.choice.is(IdentityEnvironment) {
		return OwnCredential{}
	}
	if value := os.Getenv(environmentSecret); value != "" {
		return OwnCredential{Hint: secret.New(value).Hint()}
	}
	text, err := os.ReadFile(os.Getenv(environmentCertificate))
	if err != nil {
		return OwnCredential{}
	}
	chain, _, err := azidentity.ParseCertificates(text, []byte(os.Getenv("AZURE_CLIENT_CERTIFICATE_PASSWORD")))
	if err != nil || len(chain) == 0 {
		return OwnCredential{}
	}
	return OwnCredential{Thumbprint: thumbprint(chain[0]), End: chain[0].NotAfter.UTC()}
}

func thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw) //nolint:gosec // a thumbprint is a name, not a proof
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// is reports whether the identity of that name was chosen.
func (c *choice) is(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made != nil && c.made.name == name
}
