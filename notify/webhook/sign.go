package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"keyturn/secret"
)

// The length that a signing secret may have, in bytes.
const (
	leastKey = 24
	mostKey  = 64
)

// key reads a signing secret as it is handed out: whsec_ and base64.
func key(value secret.Value) (secret.Value, error) {
	text, marked := strings.CutPrefix(value.Reveal(), "whsec_")
	if !marked {
		return secret.Value{}, fmt.Errorf("it doesn't begin with whsec_")
	}
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return secret.Value{}, fmt.Errorf("what follows whsec_ isn't base64")
	}
	if len(bytes) < leastKey || len(bytes) > mostKey {
		return secret.Value{}, fmt.Errorf("it has %d bytes, and may have %d to %d", len(bytes), leastKey, mostKey)
	}
	return secret.New(string(bytes)), nil
}

// signatures is the header webhook-signature: one for each key, so that a receiver which knows either is content.
func signatures(keys []secret.Value, id string, at time.Time, body []byte) string {
	var list []string
	for _, each := range keys {
		mac := hmac.New(sha256.New, []byte(each.Reveal()))
		fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
		list = append(list, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(list, " ")
}
