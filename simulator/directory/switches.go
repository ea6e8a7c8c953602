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
	// SwitchPasswordPolicy sets the default app management policy of every tenant: "blocked", or the longest life.
	SwitchPasswordPolicy = "password-policy"
)

func (d *Directory) declareSwitches() {
	w := d.w
	w.Declare(SwitchConditionalAccess, "sign-ins of this app id (or all, when \"on\") are blocked by Conditional Access", nil)
	w.Declare(SwitchDeviceCodeBlocked, "Conditional Access blocks sign-ins with a device code", nil)
	w.Declare(SwitchSecurityDefaults, "security defaults are on: no password grants, administrators need a second factor", nil)
	w.Declare(SwitchRoleActive, "roles that people are eligible for are active", nil)
	w.Declare(SwitchReportAbsent, "the sign-in reports are not available in this tenant", nil)
	w.Declare(SwitchPasswordPolicy, "the tenant's app management policy: \"blocked\" refuses new passwords, a life such as 90d caps them", d.setPolicy)
}

// setPolicy makes the switch's value the default policy of every tenant; a life that cannot be read blocks passwords, so
// that a slip is noticed.
func (d *Directory) setPolicy(value string) {
	restriction := PasswordRestriction{Kind: "passwordAddition"}
	days, isDays := strings.CutSuffix(value, "d")
	if isDays {
		value = days + "h"
	}
	if life, err := time.ParseDuration(value); err == nil {
		if isDays {
			life *= 24
		}
		restriction = PasswordRestriction{Kind: "passwordLifetime", MaxLifetime: life}
	}
	for _, t := range d.tenants {
		t.DefaultPolicy.Enabled, t.DefaultPolicy.Passwords = value != "", nil
		if value != "" {
			t.DefaultPolicy.Passwords = []PasswordRestriction{restriction}
		}
	}
}
