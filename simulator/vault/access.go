package vault

import (
	"slices"
	"strings"
	"time"

	"keyturn/simulator/directory"
)

// Names of the switches.
const (
	FirewallSwitch = "vault-firewall"
	PolicySwitch   = "vault-policy"
)

// right is what an operation needs, in the words of both permission models.
type right struct {
	kind       string // secrets or certificates
	permission string // access policy: get, list, set ...
	action     string // data action below Microsoft.KeyVault/vaults/
}

var (
	getSecret     = right{"secrets", "get", "secrets/getSecret/action"}
	setSecret     = right{"secrets", "set", "secrets/setSecret/action"}
	listSecrets   = right{"secrets", "list", "secrets/readMetadata/action"}
	updateSecret  = right{"secrets", "set", "secrets/update/action"}
	deleteSecret  = right{"secrets", "delete", "secrets/delete"}
	recoverSecret = right{"secrets", "recover", "secrets/recover/action"}
	purgeSecret   = right{"secrets", "purge", "secrets/purge/action"}
	backupSecret  = right{"secrets", "backup", "secrets/backup/action"}
	restoreSecret = right{"secrets", "restore", "secrets/restore/action"}
	getDeleted    = right{"secrets", "get", "secrets/readMetadata/action"}
	getCert       = right{"certificates", "get", "certificates/read"}
	listCerts     = right{"certificates", "list", "certificates/read"}
)

// permit refuses an identity that may not do it; nil means it may. object is the name of the secret or certificate, "" for the whole vault.
func (s *Service) permit(id directory.Identity, v *Vault, need right, object string) *Failure {
	if v.RBAC {
		return s.permitByRole(id, v, need, object)
	}
	if v.permits(id, need, s.w.Now()) {
		return nil
	}
	return forbidden("ForbiddenByPolicy",
		"The user, group or application '%s' does not have %s %s permission on key vault '%s;location=%s'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
		caller(v, id), need.kind, need.permission, v.Name, strings.ToLower(v.Location))
}

func (s *Service) permitByRole(id directory.Identity, v *Vault, need right, object string) *Failure {
	scope := v.ResourceID
	if object != "" {
		scope += "/" + need.kind + "/" + object
	}
	action := "Microsoft.KeyVault/vaults/" + need.action
	if s.roles.PermitsData(id.ObjectID, action, scope, s.w.Now()) {
		return nil
	}
	return forbidden("ForbiddenByRbac",
		"Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: %s\r\nAction: '%s'\r\nResource: '%s'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: %s;location=%s\r\n",
		caller(v, id), action, strings.ToLower(scope), v.Name, strings.ToLower(v.Location))
}

func (v *Vault) permits(id directory.Identity, need right, now time.Time) bool {
	return slices.ContainsFunc(v.Policies, func(p *AccessPolicy) bool {
		return p.effective(now) && strings.EqualFold(p.ObjectID, id.ObjectID) && p.grants(need)
	})
}

func (p *AccessPolicy) effective(now time.Time) bool {
	return !now.Before(p.From) && (p.Until.IsZero() || now.Before(p.Until))
}

func (p *AccessPolicy) grants(need right) bool {
	granted := p.Secrets
	if need.kind == "certificates" {
		granted = p.Certificates
	}
	return slices.ContainsFunc(granted, func(g string) bool { return strings.EqualFold(g, need.permission) || strings.EqualFold(g, "all") })
}

// caller names an identity as the data plane's refusals do.
func caller(v *Vault, id directory.Identity) string {
	return "appid=" + id.AppID + ";oid=" + id.ObjectID + ";iss=" + v.cloud.Issuer(id.Tenant)
}

// firewalled reports whether callers from outside are turned away.
func (s *Service) firewalled(v *Vault) bool {
	switched := s.w.Switch(FirewallSwitch)
	return v.FirewallOn || strings.EqualFold(switched, "on") || strings.EqualFold(switched, v.Name)
}

// Read is how a consumer inside the cloud reads the newest version of a secret: with the vault's permissions, past the firewall.
func (s *Service) Read(id directory.Identity, vault, name string) (string, *Failure) {
	v := s.Vault(vault)
	if v == nil {
		return "", &Failure{Status: 502, Code: "VaultNotFound", Message: "The remote name could not be resolved: '" + vault + s.hostSuffix() + "'"}
	}
	if !strings.EqualFold(id.Tenant, v.Tenant) {
		return "", wrongIssuer(v, id)
	}
	if refused := s.permit(id, v, getSecret, name); refused != nil {
		return "", refused
	}
	secret := v.Secret(name)
	if secret == nil {
		return "", secretNotFound(name)
	}
	if !secret.Latest().Enabled {
		return "", secretDisabled("get")
	}
	return secret.Latest().Value, nil
}

func secretDisabled(operation string) *Failure {
	return forbidden("SecretDisabled", "Operation %s is not allowed on a disabled secret.", operation)
}
