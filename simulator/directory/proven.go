package directory

import (
	"encoding/base64"
	"sync"
)

// genuine reads the claims of a token and checks its signature, once: the same token comes with many requests.
func (d *Directory) genuine(bearer string) (claims, error) {
	if c, known := d.proven.get(bearer); known {
		return c, nil
	}
	text, signature, ok := cutLast(bearer, ".")
	if !ok {
		return claims{}, ErrTokenMalformed
	}
	c, err := decodeClaims(text)
	if err != nil {
		return c, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return c, ErrTokenMalformed
	}
	if !d.signer.verifies([]byte(text), raw) {
		return c, ErrTokenSignature
	}
	d.proven.put(bearer, c)
	return c, nil
}

// proven are the claims of tokens whose signature was checked.
type proven struct {
	mu     sync.RWMutex
	claims map[string]claims // by token
}

// mostProven is how many are kept; then all are forgotten.
const mostProven = 1000

func (p *proven) get(token string) (claims, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	c, known := p.claims[token]
	return c, known
}

func (p *proven) put(token string, c claims) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.claims == nil || len(p.claims) >= mostProven {
		p.claims = map[string]claims{}
	}
	p.claims[token] = c
}
