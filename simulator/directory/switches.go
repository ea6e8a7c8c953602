package directory

import "keyturn/simulator/world"

// The directory's switches.
const (
	// SwitchConditionalAccess refuses the sign-ins of an app id, or of everyone when "on".
	SwitchConditionalAccess = "conditional-access"
	// SwitchReportAbsent makes the two sign-in reports unavailable, as without a licence or in a national cloud.
	SwitchReportAbsent = "report-absent"
)

func declareSwitches(w *world.World) {
	w.Declare(SwitchConditionalAccess, "sign-ins of this app id (or all, when \"on\") are blocked by Conditional Access", nil)
	w.Declare(SwitchReportAbsent, "the sign-in reports are not available in this tenant", nil)
}
