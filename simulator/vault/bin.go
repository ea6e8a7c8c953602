package vault

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// Deleting and recovering take a moment during which the secret is in neither place.
const (
	settleMin = 2 * time.Second
	settleMax = 8 * time.Second
)

// binned is the secret of that name in the bin; one past its date is purged on the way.
func (c *call) binned(name string) *Secret {
	k := strings.ToLower(name)
	s := c.v.deleted[k]
	if s != nil && !c.s.w.Now().Before(s.PurgeOn) {
		delete(c.v.deleted, k)
		return nil
	}
	return s
}

// deleteSecret puts the secret with all its versions into the bin.
func (c *call) deleteSecret() (reply, *Failure) {
	s, refused := c.find()
	if refused != nil {
		return reply{}, refused
	}
	if c.v.Certificate(s.Name) != nil {
		return reply{}, forbidden("", "Secret %s is managed by the certificate of the same name and cannot be deleted on its own.", s.Name)
	}
	now := c.s.w.Now()
	s.Deleted, s.PurgeOn = now, now.AddDate(0, 0, c.v.RetentionDays)
	s.settles = now.Add(c.s.w.Between(settleMin, settleMax))
	delete(c.v.secrets, strings.ToLower(s.Name))
	c.v.deleted[strings.ToLower(s.Name)] = s
	return reply{status: http.StatusOK, body: c.v.deletedBody(s, true)}, nil
}

// settledInBin is the deleted secret in the path once deleting has come to its end.
func (c *call) settledInBin() (*Secret, *Failure) {
	s := c.binned(c.name())
	if s == nil || c.s.w.Now().Before(s.settles) {
		return nil, secretNotFound(c.name())
	}
	return s, nil
}

func (c *call) getDeleted() (reply, *Failure) {
	s, refused := c.settledInBin()
	if refused != nil {
		return reply{}, refused
	}
	return reply{status: http.StatusOK, body: c.v.deletedBody(s, true)}, nil
}

func (c *call) recoverSecret() (reply, *Failure) {
	s, refused := c.settledInBin()
	if refused != nil {
		return reply{}, refused
	}
	s.Deleted, s.PurgeOn = time.Time{}, time.Time{}
	s.settles = c.s.w.Now().Add(c.s.w.Between(settleMin, settleMax))
	delete(c.v.deleted, strings.ToLower(s.Name))
	c.v.secrets[strings.ToLower(s.Name)] = s
	return reply{status: http.StatusOK, body: c.v.item(s, s.Latest(), true)}, nil
}

// purgeSecret takes a deleted secret away for good.
func (c *call) purgeSecret() (reply, *Failure) {
	s, refused := c.settledInBin()
	if refused != nil {
		return reply{}, refused
	}
	if c.v.PurgeProtect {
		return reply{}, forbidden("", "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.")
	}
	delete(c.v.deleted, strings.ToLower(s.Name))
	return reply{status: http.StatusNoContent}, nil
}

// backupSecret answers a blob that only this vault can read: a reference to a copy kept aside.
func (c *call) backupSecret() (reply, *Failure) {
	s, refused := c.find()
	if refused != nil {
		return reply{}, refused
	}
	copied := &Secret{Name: s.Name}
	for _, one := range s.Versions {
		version := *one
		copied.Versions = append(copied.Versions, &version)
	}
	blob := base64.RawURLEncoding.EncodeToString([]byte("KUF2" + c.s.w.NewID() + c.s.w.NewID()))
	if c.v.backups == nil {
		c.v.backups = map[string]*Secret{}
	}
	c.v.backups[blob] = copied
	return reply{status: http.StatusOK, body: map[string]string{"value": blob}}, nil
}

// restoreSecret puts a backed up secret back when its name is free.
func (c *call) restoreSecret() (reply, *Failure) {
	var in secretWrite
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	if in.Value == nil || c.v.backups[strings.TrimRight(*in.Value, "=")] == nil {
		return reply{}, bad("Backup blob contains an invalid or corrupt version.")
	}
	kept := c.v.backups[strings.TrimRight(*in.Value, "=")]
	if c.v.Secret(kept.Name) != nil || c.binned(kept.Name) != nil {
		return reply{}, conflict("", "The secret %s already exists.", kept.Name)
	}
	restored := &Secret{Name: kept.Name}
	for _, one := range kept.Versions {
		version := *one
		restored.Versions = append(restored.Versions, &version)
	}
	c.v.secrets[strings.ToLower(kept.Name)] = restored
	return reply{status: http.StatusOK, body: c.v.item(restored, restored.Latest(), true)}, nil
}
