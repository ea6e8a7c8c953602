package pfx

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
)

// The object identifiers that a file without a password needs. Source: RFC 7292, https://www.rfc-editor.org/rfc/rfc7292
// (read 2026-11-22).
var (
	oidData            = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidKeyBag          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}
	oidCertificateBag  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}
	oidX509Certificate = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}
)

type file struct {
	Version int
	Content content
	MAC     asn1.RawValue `asn1:"optional"`
}

type content struct {
	Type asn1.ObjectIdentifier
	Data []byte `asn1:"tag:0,explicit"`
}

type bag struct {
	Type       asn1.ObjectIdentifier
	Value      asn1.RawValue `asn1:"tag:0,explicit"`
	Attributes asn1.RawValue `asn1:"set,optional"`
}

type certificateBag struct {
	Type asn1.ObjectIdentifier
	Data []byte `asn1:"tag:0,explicit"`
}

// Encode returns the certificate and its key as PKCS#12 in base64, the value that Key Vault shows for the secret of a
// certificate.
func (c Certificate) Encode() (string, error) {
	bags, err := c.bags()
	if err != nil {
		return "", err
	}
	safe, err := asn1.Marshal([]content{{Type: oidData, Data: bags}})
	if err != nil {
		return "", fmt.Errorf("encode safe: %w", err)
	}
	der, err := asn1.Marshal(struct {
		Version int
		Content content
	}{3, content{Type: oidData, Data: safe}})
	if err != nil {
		return "", fmt.Errorf("encode pkcs12: %w", err)
	}
	return base64.StdEncoding.EncodeToString(der), nil
}

func (c Certificate) bags() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	certificate, err := asn1.Marshal(certificateBag{Type: oidX509Certificate, Data: c.DER})
	if err != nil {
		return nil, fmt.Errorf("encode certificate: %w", err)
	}
	type plain struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	bags, err := asn1.Marshal([]plain{{oidKeyBag, explicit(key)}, {oidCertificateBag, explicit(certificate)}})
	if err != nil {
		return nil, fmt.Errorf("encode bags: %w", err)
	}
	return bags, nil
}

// explicit wraps encoded content into the tag [0] of its own.
func explicit(der []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: der}
}

// Decode reads what [Certificate.Encode] wrote. A file that is encrypted, or that lacks an RSA key or a certificate, is
// an error.
func Decode(value string) (Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return Certificate{}, fmt.Errorf("decode base64: %w", err)
	}
	var outer file
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return Certificate{}, fmt.Errorf("read pkcs12: %w", err)
	}
	var safe []content
	if _, err := asn1.Unmarshal(outer.Content.Data, &safe); err != nil {
		return Certificate{}, fmt.Errorf("read safe: %w", err)
	}
	var found Certificate
	for _, part := range safe {
		if err := found.read(part); err != nil {
			return Certificate{}, err
		}
	}
	if found.Key == nil || found.DER == nil {
		return Certificate{}, errors.New("pkcs12 without a plain key and a certificate")
	}
	return found, nil
}

func (c *Certificate) read(part content) error {
	var bags []bag
	if _, err := asn1.Unmarshal(part.Data, &bags); err != nil {
		return fmt.Errorf("read bags: %w", err)
	}
	for _, b := range bags {
		if err := c.readBag(b); err != nil {
			return err
		}
	}
	return nil
}

func (c *Certificate) readBag(b bag) error {
	switch {
	case b.Type.Equal(oidKeyBag):
		key, err := x509.ParsePKCS8PrivateKey(b.Value.Bytes)
		if err != nil {
			return fmt.Errorf("read key: %w", err)
		}
		c.Key, _ = key.(*rsa.PrivateKey)
	case b.Type.Equal(oidCertificateBag) && c.DER == nil:
		var inner certificateBag
		if _, err := asn1.Unmarshal(b.Value.Bytes, &inner); err != nil {
			return fmt.Errorf("read certificate: %w", err)
		}
		c.DER = inner.Data
	}
	return nil
}
