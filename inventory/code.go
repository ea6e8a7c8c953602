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
}

// Codes returns every code of this package with its sentence.
func Codes() []Meaning {
	return []Meaning{
		{CertExpired, "Every certificate of the application has expired."},
		{CertExpiring, "A certificate of the application ends within renewBefore."},
		{CertUnregistered, "The newest version of the certificate in the vault isn't registered on the application, so that sign-ins with it fail."},
		{CertAutoRenew, "The vault is about to renew the certificate by itself, and will hold one that the application doesn't know."},

		{DriftGone, "The secret that Keyturn delivered isn't in the directory any more; an installer that resets secrets does this."},
		{DriftNewKey, "The application has a secret that was made after Keyturn's last renewal and not by this store."},
		{DriftUntagged, "Somebody wrote a newer version of the Key Vault secret, without Keyturn's tags."},
		{DriftForeignTag, "A place holds a value written by a Keyturn whose store isn't this one."},
		{DriftReceipt, "A place was changed after Keyturn wrote it."},
		{DriftMissing, "A place that Keyturn wrote isn't there any more."},

		{SecretExpiring, "Another secret of the application ends within renewBefore; Keyturn leaves it alone."},
		{ClockSkew, "This computer's clock differs from Microsoft's by more than two minutes; Microsoft's is used."},
		{PolicyCut, "A policy of the tenant allows a shorter life than the configuration wants."},
		{NoPlace, "The configuration names no place that holds the application's secret."},
		{NoCustodian, "No configured place can give the value back, so that an interrupted renewal has to issue a new one."},
		{Unconfirmed, "A place may hold the application's secret; nobody has confirmed or excluded it yet."},
	}
}
