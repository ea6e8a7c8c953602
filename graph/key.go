package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"keyturn/secret"
)

// KeyEntry is one entry of keyCredentials that can be sent back exactly as it was read, or a new symmetric key.
type KeyEntry struct {
	Key
	read json.RawMessage // as the directory gave it; nil = new
	made secret.Value    // of a new one: the text whose UTF-8 bytes are the key
}

// NewSymmetricKey is a key of the bytes of value, to be added with [Client.ReplaceKeys].
func NewSymmetricKey(key Key, value secret.Value) KeyEntry { return KeyEntry{Key: key, made: value} }

// UnmarshalJSON keeps the entry whole beside what is understood of it.
func (k *KeyEntry) UnmarshalJSON(text []byte) error {
	k.read = append(json.RawMessage(nil), text...)
	return json.Unmarshal(text, &k.Key)
}

// MarshalJSON writes what was read, byte for byte, and a new key with its bytes: this is where they go on the wire.
func (k KeyEntry) MarshalJSON() ([]byte, error) {
	if k.read != nil {
		return k.read, nil
	}
	return json.Marshal(map[string]any{
		"keyId": k.KeyID, "displayName": k.DisplayName, "type": k.Type, "usage": k.Usage,
		"startDateTime": k.Start.UTC().Format(time.RFC3339), "endDateTime": k.End.UTC().Format(time.RFC3339),
		"key": base64.StdEncoding.EncodeToString([]byte(k.made.Reveal())),
	})
}

// String shows the key's id alone.
func (k KeyEntry) String() string { return "key " + k.KeyID }

// keyring is an object's keys. What is read is written back with more: a list that isn't there must not pass for an empty one.
type keyring struct {
	ID   string     `json:"id"`
	Keys []KeyEntry `json:"keyCredentials"`
}

func (k *keyring) whole() bool { return k.ID != "" && k.Keys != nil }

// KeyEntries returns the keys of an object as they are.
// Source: https://learn.microsoft.com/graph/api/resources/keycredential (read 2026-11-25).
func (c *Client) KeyEntries(ctx context.Context, on Holder) ([]KeyEntry, error) {
	var found keyring
	err := c.do(ctx, call{method: http.MethodGet, path: on.path("") + "?$select=id,keyCredentials", subject: on.subject()}, &found)
	return found.Keys, err
}

// ReplaceKeys makes entries the whole of an object's keys: the directory knows no other way to add a symmetric one. Entries
// that were read stay as they are, without their bytes. The request is sent once; one that lacks a key removes it.
// Source: https://learn.microsoft.com/graph/api/serviceprincipal-update (read 2026-11-25).
func (c *Client) ReplaceKeys(ctx context.Context, on Holder, entries []KeyEntry) error {
	if entries == nil {
		entries = []KeyEntry{}
	}
	return c.do(ctx, call{method: http.MethodPatch, path: on.path(""), body: map[string]any{"keyCredentials": entries}, subject: on.subject()}, nil)
}
