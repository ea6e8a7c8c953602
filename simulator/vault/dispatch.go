package vault

import (
	"net/http"
	"regexp"
	"strings"

	"keyturn/simulator/world"
)

var nameForm = regexp.MustCompile(`^[0-9a-zA-Z-]+$`) // of at most longestName characters

const longestName = 127

// operation serves one method on one form of path.
type operation struct {
	need   right
	handle func(*call) (reply, *Failure)
}

// operations lists what each form of path takes: {n} stands for a name, {v} for a version.
func operations() map[string]map[string]operation {
	return map[string]map[string]operation{
		"secrets":                    {"GET": {listSecrets, (*call).listSecrets}},
		"secrets/{n}":                {"GET": {getSecret, (*call).getSecret}, "PUT": {setSecret, (*call).setSecret}, "PATCH": {updateSecret, (*call).updateSecret}, "DELETE": {deleteSecret, (*call).deleteSecret}},
		"secrets/{n}/{v}":            {"GET": {getSecret, (*call).getSecret}, "PATCH": {updateSecret, (*call).updateSecret}},
		"secrets/{n}/versions":       {"GET": {listSecrets, (*call).listVersions}},
		"secrets/{n}/backup":         {"POST": {backupSecret, (*call).backupSecret}},
		"secrets/restore":            {"POST": {restoreSecret, (*call).restoreSecret}},
		"deletedsecrets":             {"GET": {listSecrets, (*call).listDeleted}},
		"deletedsecrets/{n}":         {"GET": {getDeleted, (*call).getDeleted}, "DELETE": {purgeSecret, (*call).purgeSecret}},
		"deletedsecrets/{n}/recover": {"POST": {recoverSecret, (*call).recoverSecret}},
		"certificates":               {"GET": {listCerts, (*call).listCertificates}},
		"certificates/{n}":           {"GET": {getCert, (*call).getCertificate}},
		"certificates/{n}/{v}":       {"GET": {getCert, (*call).getCertificate}},
		"certificates/{n}/versions":  {"GET": {listCerts, (*call).listCertificateVersions}},
		"certificates/{n}/policy":    {"GET": {getCert, (*call).getCertificatePolicy}},
	}
}

// form brings a path into the form in which operations are listed.
func (c *call) form() string {
	words := make([]string, 0, len(c.segments))
	for i, segment := range c.segments {
		lower := strings.ToLower(segment)
		switch {
		case i == 0:
			words = append(words, lower)
		case i == 1 && (lower != "restore" || c.r.Method != http.MethodPost):
			words = append(words, "{n}")
		case i == 2 && lower != "versions" && lower != "backup" && lower != "recover" && lower != "policy":
			words = append(words, "{v}")
		default:
			words = append(words, lower)
		}
	}
	return strings.Join(words, "/")
}

// name is the secret or certificate in the path, "" when there is none.
func (c *call) name() string {
	if len(c.segments) > 1 {
		return c.segments[1]
	}
	return ""
}

func (c *call) dispatch() (reply, *Failure) {
	methods, known := operations()[c.form()]
	if !known {
		world.NoteUnknown(c.r.Context())
		return reply{}, unknownOperation(c.r.Method, c.r.URL.Path)
	}
	op, known := methods[c.r.Method]
	if !known {
		return reply{}, methodNotAllowed(c.r.Method)
	}
	object := c.name()
	if c.form() == "secrets/restore" {
		object = ""
	} else if object != "" && (len(object) > longestName || !nameForm.MatchString(object)) {
		return reply{}, bad("The request URI contains an invalid name: %s", object)
	}
	if refused := c.s.permit(c.id, c.v, op.need, object); refused != nil {
		return reply{}, refused
	}
	return op.handle(c)
}
