package vault

// Tags that Keyturn puts on a version it writes. They are public to everybody who may list the vault's secrets.
const (
	TagRun      = "keyturn-run"      // the attempt, "<run>.<n>": by it a version is found again after a lost reply
	TagKeyID    = "keyturn-key-id"   // the portal's "Secret ID" of the value held
	TagApp      = "keyturn-app-id"   // client id of the app whose secret it is
	TagReplaces = "keyturn-replaces" // key id that this one took over from; absent when nothing was replaced
)

// MaxTags is how many tags one version can hold.
// Source: https://learn.microsoft.com/azure/key-vault/secrets/about-secrets (read 2026-11-22).
const MaxTags = 15

// Foreign returns the tags that aren't ours.
func Foreign(tags map[string]string) map[string]string {
	foreign := map[string]string{}
	for name, value := range tags {
		switch name {
		case TagRun, TagKeyID, TagApp, TagReplaces:
		default:
			foreign[name] = value
		}
	}
	return foreign
}
