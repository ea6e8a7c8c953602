package sharepoint

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"keyturn/credential"
	"keyturn/graph"
	"keyturn/renewal"
	"keyturn/secret"
)

const (
	symmetric = "Symmetric"
	sign      = "Sign"
	verify    = "Verify"
)

// usages are what the two keys of a secret are for.
var usages = []string{sign, verify}

// holderOf is the object that an add-in's secrets sit on: its app registration or, for one registered before December 2024,
// its service principal.
func holderOf(app credential.App) graph.Holder {
	if app.ObjectID == "" {
		return graph.Holder{Kind: credential.OnServicePrincipal, ID: app.ServicePrincipalID}
	}
	return graph.Holder{Kind: credential.OnApplication, ID: app.ObjectID}
}

// holding is the object that holds a password.
func holding(app credential.App, held credential.Credential) graph.Holder {
	if held.Holder == credential.OnServicePrincipal {
		return graph.Holder{Kind: credential.OnServicePrincipal, ID: app.ServicePrincipalID}
	}
	return holderOf(app)
}

// keyID is the id of a password's key: it follows from the password's, so that nobody has to remember it. It is written as
// a name-based GUID (version 8: https://www.rfc-editor.org/rfc/rfc9562#section-5.8, read 2026-11-25).
func keyID(password, usage string) string {
	sum := sha256.Sum256([]byte("keyturn add-in key\x00" + strings.ToLower(password) + "\x00" + usage))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	id := hex.EncodeToString(sum[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", id[:8], id[8:12], id[12:16], id[16:20], id[20:])
}

// keysOf are the keys that belong to a password: by their ids or its mark where Keyturn made them, else by dates that are
// exactly the password's, as scripts make the three.
func keysOf(all []graph.KeyEntry, password credential.Credential) []graph.KeyEntry {
	var ours, dated []graph.KeyEntry
	for _, k := range all {
		if !strings.EqualFold(k.Type, symmetric) {
			continue
		}
		switch {
		case isOurs(k, password):
			ours = append(ours, k)
		case k.Start.Equal(password.Start) && k.End.Equal(password.End):
			dated = append(dated, k)
		}
	}
	if len(ours) > 0 {
		return ours
	}
	return dated
}

// lacksPassword is what is missing of a secret whose keys alone are there.
const lacksPassword = "its password"

// orphans are keys of Keyturn's whose password is gone, as a secret that lacks it: a replica that was behind didn't show
// them when it was removed. ACS would sign with them all the same.
func orphans(all []graph.KeyEntry, app credential.App, on credential.Holder) []credential.Credential {
	var found []credential.Credential
	for _, k := range all {
		_, marked := renewal.Marked(k.DisplayName)
		if _, there := app.ByDescription(k.DisplayName); !marked || there || !strings.EqualFold(k.Type, symmetric) {
			continue
		}
		if !slices.ContainsFunc(found, func(c credential.Credential) bool { return c.DisplayName == k.DisplayName }) {
			found = append(found, credential.Credential{
				KeyID: k.KeyID, DisplayName: k.DisplayName, Kind: credential.Password, Holder: on, Start: k.Start.UTC(), End: k.End.UTC(), Lacks: lacksPassword,
			})
		}
	}
	return found
}

func isOurs(k graph.KeyEntry, password credential.Credential) bool {
	if _, marked := renewal.Marked(k.DisplayName); marked && k.DisplayName == password.DisplayName {
		return true
	}
	return slices.ContainsFunc(usages, func(usage string) bool {
		return strings.EqualFold(k.KeyID, keyID(password.KeyID, usage)) && strings.EqualFold(k.Usage, usage)
	})
}

// lacking says what a password lacks to be an add-in's secret; "" = nothing.
func lacking(all []graph.KeyEntry, password credential.Credential) string {
	held := keysOf(all, password)
	var missing []string
	for _, usage := range usages {
		if !slices.ContainsFunc(held, func(k graph.KeyEntry) bool { return strings.EqualFold(k.Usage, usage) }) {
			missing = append(missing, usage)
		}
	}
	switch len(missing) {
	case 0:
		return ""
	case 1:
		return "its key to " + strings.ToLower(missing[0])
	}
	return "its two keys"
}

// made are the two keys of a password just made.
func made(password credential.Credential, value secret.Value) []graph.KeyEntry {
	var keys []graph.KeyEntry
	for _, usage := range usages {
		keys = append(keys, graph.NewSymmetricKey(graph.Key{
			KeyID: keyID(password.KeyID, usage), DisplayName: password.DisplayName, Type: symmetric, Usage: usage,
			Start: password.Start, End: password.End,
		}, value))
	}
	return keys
}

func has(all []graph.KeyEntry, id string) bool {
	return slices.ContainsFunc(all, func(k graph.KeyEntry) bool { return strings.EqualFold(k.KeyID, id) })
}

// isDrawn reports whether a value is base64 of 32 bytes: what scripts drew before Graph drew secrets, as the password
// itself.
func isDrawn(value secret.Value) bool {
	drawn, err := base64.StdEncoding.DecodeString(value.Reveal())
	return err == nil && len(drawn) == 32
}
