package pfx

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// keyBits is the size of the keys that Key Vault makes by default.
const keyBits = 2048

// Certificate is a certificate with its private key.
type Certificate struct {
	Key *rsa.PrivateKey
	DER []byte
}

// NewKey makes a fresh RSA key of 2048 bits.
func NewKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

// Sign makes a self-signed certificate for a key at hand, valid from start to end.
func Sign(key *rsa.PrivateKey, commonName string, start, end time.Time) (Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(start.UnixNano()),
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    start.UTC(),
		NotAfter:     end.UTC(),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return Certificate{}, fmt.Errorf("sign certificate: %w", err)
	}
	return Certificate{Key: key, DER: der}, nil
}

// Thumbprint is the SHA-1 of the certificate in upper-case hexadecimal, as the portal shows it: Microsoft names certificates so, it is no protection.
func (c Certificate) Thumbprint() string {
	sum := sha1.Sum(c.DER)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}
