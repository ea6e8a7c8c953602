package directory

import (
	"strings"
	"time"
)

// The directory's switches.
const (
	// SwitchConditionalAccess refuses the sign-ins of an app id, or of everyone when "on".
	SwitchConditionalAccess = "conditional-access"
	// SwitchReportAbsent makes the two sign-in reports unavailable, as without a licence or in a national cloud.
	SwitchReportAbsent = "report-absent"
	// SwitchDeviceCodeBlocked adds the policy that blocks sign-ins with a device code, as Microsoft adds it to many tenants.
	SwitchDeviceCodeBlocked = "device-code-blocked"
	// SwitchSecurityDefaults refuses password grants and asks administrators for a second factor.
	SwitchSecurityDefaults = "security-defaults"
	// SwitchRoleActive activates the roles that people are eligible for.
	SwitchRoleActive = "role-active"
	// SwitchPasswordReset gives the user that it names a new password.
	SwitchPasswordReset = "password-reset"
	// SwitchPasswordPolicy sets the default app management policy of every tenant: "blocked", or the longest life.
	SwitchPasswordPolicy = "password-policy"
	// SwitchEndedKeys lets ACS sign context tokens with keys after their end, as if it hadn't looked yet.
	SwitchEndedKeys = "acs-ended-keys"
	// SwitchSymmetricKeyPolicy is the same for symmetric keys.
	SwitchSymmetricKeyPolicy = "symmetric-key-policy"
)

func (d *Directory) declareSwitches() {
	w := d.w
	w.Declare(SwitchConditionalAccess, "sign-ins of this app id (or all, when \"on\") are blocked by Conditional Access", nil)
	w.Declare(SwitchDeviceCodeBlocked, "Conditional Access blocks sign-ins with a device code", nil)
	w.Declare(SwitchSecurityDefaults, "security defaults are on: no password grants, administrators need a second factor", nil)
	w.Declare(SwitchRoleActive, "roles that people are eligible for are active", nil)
	w.Declare(SwitchPasswordReset, "an administrator has given this user a new password, which ends their sign-ins", d.resetPassword)
	w.Declare(SwitchReportAbsent, "the sign-in reports are not available in this tenant", nil)
	w.Declare(SwitchEndedKeys, "ACS goes on signing context tokens with the oldest key, although that has ended", nil)
	w.Declare(SwitchPasswordPolicy, "the tenant's app management policy: \"blocked\" refuses new passwords, a life such as 90d caps them", d.setPolicies)
	w.Declare(SwitchSymmetricKeyPolicy, "the same for symmetric keys, of which SharePoint add-ins have two", d.setPolicies)
}

// setPolicies makes the switches' values the default policy of every tenant.
func (d *Directory) setPolicies(string) {
	var restrictions []PasswordRestriction
	if value := d.w.Switch(SwitchPasswordPolicy); value != "" {
		restrictions = append(restrictions, restrictionOf(value, "passwordAddition", "passwordLifetime"))
	}
	if value := d.w.Switch(SwitchSymmetricKeyPolicy); value != "" {
		restrictions = append(restrictions, restrictionOf(value, "symmetricKeyAddition", "symmetricKeyLifetime"))
	}
	for _, t := range d.tenants {
		t.DefaultPolicy.Enabled, t.DefaultPolicy.Passwords = len(restrictions) > 0, restrictions
	}
}

// restrictionOf reads a life; one that cannot be read blocks, so that a slip is noticed.
func restrictionOf(value, addition, lifetime string) PasswordRestriction {
	days, isDays := strings.CutSuffix(value, "d")
	if isDays {
		value = days + "h"
	}
	life, err := time.ParseDuration(value)
	if err != nil {
		return PasswordRestriction{Kind: addition}
	}
	if isDays {
		life *= 24
	}
	return PasswordRestriction{Kind: lifetime, MaxLifetime: life}
}
