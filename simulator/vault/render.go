package vault

import "time"

// secretBody is a secret on the wire: a bundle with its value, or an item of a listing without.
type secretBody struct {
	Value           *string           `json:"value,omitempty"`
	ContentType     string            `json:"contentType,omitempty"`
	ID              string            `json:"id"`
	Managed         bool              `json:"managed,omitempty"`
	Kid             string            `json:"kid,omitempty"`
	Attributes      attributes        `json:"attributes"`
	Tags            map[string]string `json:"tags,omitempty"`
	PreviousVersion string            `json:"previousVersion,omitempty"`
	RecoveryID      string            `json:"recoveryId,omitempty"`
	DeletedDate     int64             `json:"deletedDate,omitempty"`
	PurgeDate       int64             `json:"scheduledPurgeDate,omitempty"`
}

type attributes struct {
	Enabled         bool   `json:"enabled"`
	NotBefore       int64  `json:"nbf,omitempty"`
	Expires         int64  `json:"exp,omitempty"`
	Created         int64  `json:"created"`
	Updated         int64  `json:"updated"`
	RecoveryLevel   string `json:"recoveryLevel"`
	RecoverableDays int    `json:"recoverableDays"`
}

// pageBody is a page of a listing; the last one has no nextLink.
type pageBody struct {
	Value    []any  `json:"value"`
	NextLink string `json:"nextLink,omitempty"`
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// recoveryLevel says what deleting means in this vault.
func (v *Vault) recoveryLevel() string {
	level := "Recoverable"
	if v.RetentionDays < defaultRetention {
		level = "CustomizedRecoverable"
	}
	if v.PurgeProtect {
		return level
	}
	return level + "+Purgeable"
}

func (v *Vault) attributesOf(one *Version) attributes {
	return attributes{
		Enabled: one.Enabled, NotBefore: unix(one.NotBefore), Expires: unix(one.Expires), Created: unix(one.Created), Updated: unix(one.Updated),
		RecoveryLevel: v.recoveryLevel(), RecoverableDays: v.RetentionDays,
	}
}

// item is a version without its value; id stops at the name unless versioned.
func (v *Vault) item(s *Secret, one *Version, versioned bool) secretBody {
	id := v.URI() + "secrets/" + s.Name
	if versioned {
		id += "/" + one.ID
	}
	return secretBody{ContentType: one.ContentType, ID: id, Managed: one.Managed, Attributes: v.attributesOf(one), Tags: one.Tags}
}

// bundle is a version with its value.
func (c *call) bundle(s *Secret, one *Version) secretBody {
	body := c.v.item(s, one, true)
	body.Value = &one.Value
	if one.Managed {
		body.Kid = c.v.URI() + "keys/" + s.Name + "/" + one.ID
	}
	if len(c.version) >= len("2025-07-01") && c.version >= "2025-07-01" { // the older ones are named 7.x
		body.PreviousVersion = s.before(one)
	}
	return body
}

// before is the id of the version made before the given one, "" for the first.
func (s *Secret) before(one *Version) string {
	for i, v := range s.Versions {
		if v == one && i > 0 {
			return s.Versions[i-1].ID
		}
	}
	return ""
}

// deletedBody is a secret in the bin.
func (v *Vault) deletedBody(s *Secret, versioned bool) secretBody {
	body := v.item(s, s.Latest(), versioned)
	body.RecoveryID = v.URI() + "deletedsecrets/" + s.Name
	body.DeletedDate, body.PurgeDate = unix(s.Deleted), unix(s.PurgeOn)
	return body
}
