package directory

import (
	"bytes"
	"crypto/x509"
	"errors"
	"strings"
	"time"
)

// ErrBadKey refuses a key that is neither known by its key id nor a usable new one.
var ErrBadKey = errors.New("key credential is invalid")

// KeySpec is one entry of a keyCredentials collection as it is written. An entry with the KeyID of an existing one and
// without Key keeps what is there.
type KeySpec struct {
	KeyID, DisplayName, Type, Usage string
	Start, End                      time.Time
	Key                             []byte
}

// NewKeys turns a written collection into certificates, keeping existing ones; new ones take time to be known in every
// region. It returns [ErrBadKey] when an entry cannot be used.
func (d *Directory) NewKeys(existing []*Certificate, specs []KeySpec) ([]*Certificate, error) {
	keys := make([]*Certificate, 0, len(specs))
	for _, spec := range specs {
		if keyWithID(keys, spec.KeyID) != nil {
			return nil, ErrBadKey // twice
		}
		if old := keyWithID(existing, spec.KeyID); old != nil {
			if !old.sameAs(spec) {
				return nil, ErrBadKey
			}
			keys = append(keys, old)
			continue
		}
		c, err := d.newKey(spec)
		if err != nil {
			return nil, err
		}
		keys = append(keys, c)
	}
	return keys, nil
}

func keyWithID(keys []*Certificate, id string) *Certificate {
	for _, k := range keys {
		if id != "" && strings.EqualFold(k.KeyID, id) {
			return k
		}
	}
	return nil
}

// sameAs reports whether an entry repeats an existing key: what it says must be what is there, and it may leave out the
// bytes, which reads don't show.
func (c *Certificate) sameAs(spec KeySpec) bool {
	return (len(spec.Key) == 0 || bytes.Equal(spec.Key, c.DER)) && (spec.Type == "" || spec.Type == c.Type) &&
		(spec.Usage == "" || spec.Usage == c.Usage) && sameInstant(spec.Start, c.Start) && sameInstant(spec.End, c.End)
}

// sameInstant takes no notice of what clients cut off, nor of an instant that wasn't sent.
func sameInstant(sent, is time.Time) bool {
	return sent.IsZero() || sent.Sub(is).Abs() < time.Second
}

func (d *Directory) newKey(spec KeySpec) (*Certificate, error) {
	if len(spec.Key) == 0 || (spec.Type == KeySymmetric && spec.Usage != UsageSign && spec.Usage != UsageVerify) {
		return nil, ErrBadKey
	}
	c := &Certificate{
		KeyID: spec.KeyID, DisplayName: spec.DisplayName, Type: spec.Type, Usage: spec.Usage, Start: spec.Start, End: spec.End,
		DER: spec.Key, usableFrom: map[string]time.Time{}, made: d.w.Now(),
	}
	if c.KeyID == "" {
		c.KeyID = d.w.NewID()
	}
	if c.Type == KeyAsymmetric {
		parsed, err := x509.ParseCertificate(spec.Key)
		if err != nil {
			return nil, ErrBadKey
		}
		c.Start, c.End = orElse(c.Start, parsed.NotBefore), orElse(c.End, parsed.NotAfter)
	}
	c.Start = orElse(c.Start, d.w.Now())
	c.End = orElse(c.End, c.Start.AddDate(1, 0, 0))
	if !c.End.After(c.Start) {
		return nil, ErrBadKey
	}
	c.computeThumbprints()
	for _, region := range d.w.Regions() {
		c.usableFrom[region] = d.w.Now().Add(d.w.PropagationDelay(region))
	}
	return c, nil
}

func orElse(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}
