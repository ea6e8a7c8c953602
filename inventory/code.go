package inventory

// Codes of the checks that this package gives. They are stable; scripts may rely on them.
const (
	CertExpired      = "cert.expired"
	CertExpiring     = "cert.expiring"
	CertUnregistered = "cert.unregistered"
	CertAutoRenew    = "cert.autorenew"

	DriftGone       = "drift.gone"
	DriftNewKey     = "drift.newkey"
	DriftUntagged   = "drift.untagged"
	DriftForeignTag = "drift.foreigntag"
	DriftReceipt    = "drift.receipt"
	DriftMissing    = "drift.missing"

	SecretExpiring = "credential.expiring"
	ClockSkew      = "clock.skew"
	PolicyCut      = "policy.cut"
	NoPlace        = "place.none"
	NoCustodian    = "place.nocustodian"
	Unconfirmed    = "place.unconfirmed"
)

// Meaning is one code with what it means, for the documentation.
type Meaning struct {
	Code string
	Text string // one sentence
	Fix  string // what a person does next
}

// Codes returns every code of this package with its sentence.
func Codes() []Meaning {
	return []Meaning{
		{CertExpired, "Every certificate of the application has expired.", "Make a new certificate and add it to the app."},
		{CertExpiring, "A certificate of the application ends within renewBefore.", "Make a new certificate, add it to the app before that day, and put it where the old one is used."},
		{CertUnregistered, "The newest version of the certificate in the vault isn't registered on the application, so that sign-ins with it fail.", "Upload the vault's current certificate to the app registration."},
		{CertAutoRenew, "The vault is about to renew the certificate by itself, and will hold one that the application doesn't know.", "Upload the new certificate to the app registration on the day that the vault makes it."},

		{DriftGone, "The secret that Keyturn delivered isn't in the directory any more; an installer that resets secrets does this.", "keyturn plan shows which places hold what; then renew."},
		{DriftNewKey, "The application has a secret that was made after Keyturn's last renewal and not by this store.", "Find out who made it and where it is used; Keyturn leaves it alone."},
		{DriftUntagged, "Somebody wrote a newer version of the Key Vault secret, without Keyturn's tags.", "If that wasn't meant, keyturn renew APP --reuse writes the vault's value everywhere."},
		{DriftForeignTag, "A place holds a value written by a Keyturn whose store isn't this one.", "Let one Keyturn alone renew the app; if this store was lost, keyturn adopt APP."},
		{DriftReceipt, "A place was changed after Keyturn wrote it.", "If that wasn't meant, keyturn renew APP --reuse writes the vault's value everywhere."},
		{DriftMissing, "A place that Keyturn wrote isn't there any more.", "Take it out of keyturn.yaml, or make it again."},

		{SecretExpiring, "Another secret of the application ends within renewBefore; Keyturn leaves it alone.", "Remove it if nothing uses it, or renew it by hand."},
		{ClockSkew, "This computer's clock differs from Microsoft's by more than two minutes; Microsoft's is used.", "Set the computer's clock."},
		{PolicyCut, "A policy of the tenant allows a shorter life than the configuration wants.", "Nothing, or set policy.lifetime to what is allowed."},
		{NoPlace, "The configuration names no place that holds the application's secret.", "keyturn discover APP finds them; add them below targets."},
		{NoCustodian, "No configured place can give the value back, so that an interrupted renewal has to issue a new one.", "Add a Key Vault secret to the targets."},
		{Unconfirmed, "A place may hold the application's secret; nobody has confirmed or excluded it yet.", "Add it below targets, or below exclude."},
	}
}
