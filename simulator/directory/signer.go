package directory

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // thumbprints are SHA-1 by Microsoft's definition
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// signer holds the one key that all tokens are signed with.
type signer struct {
	once sync.Once
	key  *rsa.PrivateKey
	der  []byte
	kid  string
}

// ready returns once the key is there.
func (s *signer) ready() { s.once.Do(s.make) }

func (s *signer) make() {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprintf("directory: make signing key: %v", err))
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "accounts.accesscontrol.windows.net"},
		NotBefore:    time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(5, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(fmt.Sprintf("directory: make signing certificate: %v", err))
	}
	thumb := sha1.Sum(der)
	s.key, s.der, s.kid = key, der, base64.RawURLEncoding.EncodeToString(thumb[:])
}

// sign answers the RS256 signature of the text, in base64url.
func (s *signer) sign(text []byte) string {
	s.ready()
	sum := sha256.Sum256(text)
	sig, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(fmt.Sprintf("directory: sign token: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(sig)
}

// verifies reports whether sig signs the text.
func (s *signer) verifies(text, sig []byte) bool {
	s.ready()
	sum := sha256.Sum256(text)
	return rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, sum[:], sig) == nil
}

// SigningKey is the public half of the key that tokens are signed with, as the keys document shows it.
type SigningKey struct {
	// ID is kid and x5t; Modulus and Exponent are base64url; Certificate is standard base64 of the DER.
	ID, Modulus, Exponent, Certificate string
}

// SigningKey answers the key that tokens are signed with. Needs no lock.
func (d *Directory) SigningKey() SigningKey {
	d.signer.ready()
	return SigningKey{
		ID:          d.signer.kid,
		Modulus:     base64.RawURLEncoding.EncodeToString(d.signer.key.N.Bytes()),
		Exponent:    base64.RawURLEncoding.EncodeToString(big.NewInt(int64(d.signer.key.E)).Bytes()),
		Certificate: base64.StdEncoding.EncodeToString(d.signer.der),
	}
}
