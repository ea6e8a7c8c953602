package webconfig

import (
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

// Code is the target's key in keyturn.yaml.
const Code = "webConfig"

// Descriptor tells all about the target.
func Descriptor() target.Descriptor {
	return target.Descriptor{
		Code:    Code,
		Title:   "web.config of an add-in",
		Summary: "ClientSecret and SecondaryClientSecret in the web.config of a provider-hosted SharePoint add-in; the value can be read back from it.",
		Fields: []target.Field{
			{Name: "path", Kind: target.Text, Required: true, Help: "The file, on this machine or a share, relative to keyturn.yaml.", Example: `C:\inetpub\helpdesk\web.config`},
			{Name: "backup", Kind: target.Flag, Help: "Keep the file as it was as web.before-keyturn.config beside it. Without it nothing is copied, since the copy holds the old secret.", Example: "true"},
		},
		Rights: []target.Right{
			{Action: "read and change the file", Why: "to write the new secret and keep the rest as it is"},
			{Action: "make files in its folder", Why: "so that the new file takes the old one's place in one step"},
		},
		Limits: []string{
			"Encrypted appSettings, and those of another file (configSource, file), are refused.",
			"A file that could mean something else than it seems to is refused: a key twice, a DOCTYPE, an encoding in doubt.",
			"Saving the file makes IIS restart the site: requests under way are finished, sessions kept in memory are lost.",
			"Keyturn must run where the file is; other servers of a farm need a target each.",
		},
		Codes: []problem.Meaning{
			{Code: "webconfig.encrypted", Text: "The appSettings of a web.config are encrypted.", Fix: "aspnet_regiis -pdf appSettings FOLDER on its server, and -pef afterwards."},
			{Code: "webconfig.elsewhere", Text: "The appSettings of a web.config come from another file, or from a configuration builder.", Fix: "Move the add-in's settings into the web.config itself."},
			{Code: "webconfig.settings", Text: "A web.config lacks ClientId or ClientSecret in its appSettings, or has them as HostedAppName and HostedAppSigningKey.", Fix: "Name the web.config of the add-in's own site; rename the two."},
			{Code: "webconfig.unclear", Text: "A web.config can't be understood without a doubt, so it is left alone.", Fix: "Mend what is named."},
			{Code: "webconfig.foreign", Text: "A web.config has another ClientId.", Fix: "Correct path or clientId."},
			{Code: "webconfig.kept", Text: "A new file couldn't take the old one's place, or couldn't have its names, owner or permissions.", Fix: "Take off what keeps the file, such as chattr +i or a mount of the file alone; run Keyturn as its owner or an administrator."},
			{Code: "webconfig.full", Text: "The disk of a web.config is full; the file is as it was.", Fix: "Free some space; then keyturn resume APP."},
			{Code: "webconfig.busy", Text: "Another process uses or changes a web.config.", Fix: ""},
			{Code: "webconfig.disk", Text: "The disk of a web.config failed; the file is as it was.", Fix: "See the reason beside it."},
			{Code: "config.path", Text: "A text can't be the path of a file.", Fix: "Write the path of the file itself."},
		},
		Checks: []check.Look{
			{ID: "webconfig.file", Text: "whether the file is there and understood"},
			{ID: "webconfig.client", Text: "whether it belongs to this add-in"},
			{ID: "webconfig.writable", Text: "whether it may be written, and another file take its place"},
		},
		Sources: []string{
			"https://learn.microsoft.com/sharepoint/dev/sp-add-ins/replace-an-expiring-client-secret-in-a-sharepoint-add-in",
			"https://github.com/pnp/pnpframework/blob/dev/src/lib/PnP.Framework/Utilities/TokenHelper.cs",
			"https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-replacefilew",
		},
	}
}
