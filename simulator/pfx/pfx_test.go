package pfx_test

import (
	"crypto/x509"
	"encoding/base64"
	"testing"
	"time"

	"keyturn/simulator/pfx"
)

func TestACertificateComesBackFromItsPKCS12(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	key, err := pfx.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	made, err := pfx.Sign(key, "provisionassist-cert", start, start.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	value, err := made.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := pfx.Decode(value)
	if err != nil {
		t.Fatal(err)
	}
	if !read.Key.Equal(made.Key) || read.Thumbprint() != made.Thumbprint() {
		t.Error("key or certificate changed on the way")
	}
	parsed, err := x509.ParseCertificate(read.DER)
	if err != nil {
		t.Fatal(err)
	}
	if !parsed.NotAfter.Equal(start.AddDate(1, 0, 0)) {
		t.Errorf("ends %s", parsed.NotAfter)
	}
}

func TestWhatIsNoPlainPKCS12IsRefused(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"not base64":     "!",
		"not asn1":       base64.StdEncoding.EncodeToString([]byte("hello")),
		"nothing at all": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := pfx.Decode(value); err == nil {
				t.Error("accepted")
			}
		})
	}
}
