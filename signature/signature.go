// Package signature signs what is posted to others as the Standard Webhooks specification says, so that any of its
// libraries can check it.
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (read 2026-11-25).
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"keyturn/secret"
)

// The length that a signing secret may have, in bytes.
const (
	leastKey = 24
	mostKey  = 64
)

// Key reads a signing secret as it is handed out: whsec_ and base64.
func Key(value secret.Value) (secret.Value, error) {
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

// Put sets the three headers of a body that is posted under id, signed with each of keys: one for each key, so that a receiver which knows either is
// content.
func Put(header http.Header, keys []secret.Value, id string, at time.Time, body []byte) {
	var list []string
	for _, each := range keys {
		mac := hmac.New(sha256.New, []byte(each.Reveal()))
		fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
		list = append(list, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	header["webhook-id"] = []string{id}
	header["webhook-timestamp"] = []string{strconv.FormatInt(at.Unix(), 10)}
	header["webhook-signature"] = []string{strings.Join(list, " ")}
}
