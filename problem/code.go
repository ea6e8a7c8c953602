package problem

// Meaning is one code with what it means and what to do, for the documentation.
type Meaning struct {
	Code string
	Text string // one sentence
	Fix  string // what a person does next; "" = nothing, it passes by itself or is told elsewhere
}

// Codes returns the codes that the wire, the store and the commands give, sorted by subject. Rules, findings and targets
// list their own.
func Codes() []Meaning {
	all := shared()
	for _, some := range [][]Meaning{signIns(), people(), wires(), settings(), stores(), runs(), consoles(), services()} {
		all = append(all, some...)
	}
	return all
}

// people are the codes of the known issues.
func people() []Meaning {
	all := []Meaning{{"password.missing", "A login or its password is missing.", "Name the login with --username; type the password, or give it through --password-fd."}}
	for _, known := range KnownIssues() {
		all = append(all, known.Meaning)
	}
	return all
}

func shared() []Meaning {
	return []Meaning{
		{NotFound, "The object isn't there, or not yet: a replica of the directory may lag.", "Check the name and the tenant."},
		{Denied, "The identity that Keyturn runs as lacks a right.", "keyturn doctor names it; keyturn doctor --script az prints the grant. A grant takes some minutes to count."},
		{Unreachable, "No answer came: the name, the network, the proxy or the certificate authority.", "Check the network; set network.proxy or network.caFile."},
		{Between, "A proxy refuses the connection, or somebody in between answers in Microsoft's place, with a certificate or a page of their own.", "Have the host allowed at the proxy; set network.caFile where it inspects TLS. Renewals then go on by themselves."},
		{Throttled, "Microsoft takes no more requests for a moment.", ""},
		{SignIn, "The credential that was tried isn't accepted.", "For a person, sign in again. For an app's secret that was just made, it takes its time."},
		{Locked, "A lock forbids writing.", "Remove the ReadOnly lock while the renewal runs; a CanNotDelete lock may stay."},
		{Firewall, "The place doesn't answer to this network address.", "Run Keyturn where it is let in, or add the address under the vault's Networking."},
		{Blocked, "A policy of the tenant, or an Azure Policy, forbids it.", "Have an exception made for this app or resource."},
		{Conflict, "Somebody else is changing the same object.", ""},
		{Full, "The app holds as many secrets as it may.", "Name one that nobody uses: keyturn renew APP --make-room SECRET-ID."},
		{Drift, "Somebody else changed what Keyturn had written.", "Find out who wrote what. If Keyturn's secret is still on the app, keyturn resume APP --overwrite writes it again; else keyturn abort APP, then keyturn renew APP --reuse."},
		{"internal", "An error that Keyturn has no name for.", "Run it again with --log-level debug, and report it."},
		{"interrupted", "The request was stopped.", "Run the command again."},
	}
}

func signIns() []Meaning {
	return []Meaning{
		{"identity.none", "No identity is there, or none works.", "Sign in with az login, set the environment's variables, or choose identity: browser."},
		{"identity.unknown", "identity names no way to sign in.", "Write one of those that docs/sign-in.md lists."},
		{"identity.failed", "The sign-in failed for a reason that Microsoft gave no number to.", "Read the message; check the identity."},
		{"identity.secret", "The secret of Keyturn's own identity is missing or not accepted.", "Put the value, not the Secret ID, into AZURE_CLIENT_SECRET."},
		{"identity.expired", "The secret of Keyturn's own identity has expired.", "Make a new one, or better use a managed or workload identity."},
		{"identity.certificate", "The certificate of Keyturn's own identity can't be read, isn't registered, or has ended.", "Register it on the app; point AZURE_CLIENT_CERTIFICATE_PATH to certificate and key."},
		{"identity.federation", "No federated credential of the app fits this workload's token.", "Check its issuer, subject and audience."},
		{"identity.public", "The app is a public client and takes no secret.", "Use another app for AZURE_CLIENT_ID."},
		{"identity.disabled", "The app of Keyturn's own identity is disabled.", "Enable it under Enterprise applications."},
		{"identity.missing", "The tenant doesn't know Keyturn's own identity.", "Check AZURE_CLIENT_ID and tenant; make its service principal."},
		{"identity.self", "The app to renew is the one that Keyturn signs in with.", "Run Keyturn as another identity; best one without a secret."},
		{"self", "The app to renew is the one that Keyturn signs in with.", "Run Keyturn as another identity; best one without a secret."},
		{"service.missing", "The tenant doesn't know the service that the token is for.", "Check cloud and tenant."},
		{"tenant.unknown", "There is no such tenant.", "Check tenant and cloud."},
		{"tenant.mismatch", "The subscription belongs to another tenant than the sign-in.", "Set tenant to the one that it belongs to."},
		{"cloud.unknown", "cloud names no cloud.", "Write public, usgov, usgov-dod or china."},
		{"cloud.mismatch", "The tenant belongs to another national cloud.", "Set cloud."},
		{"app.disabled", "The app to renew is disabled in this tenant.", "Enable it, or take it out of keyturn.yaml."},
		{"principal.missing", "The app to renew has no service principal in this tenant, so nobody can sign in with it.", "az ad sp create --id with the app's client ID."},
		{"ownership.missing", "Keyturn's identity doesn't own the app registration.", "Add it to the owners; keyturn doctor --script az prints it."},
	}
}

func wires() []Meaning {
	return []Meaning{
		{"answer.unreadable", "An answer can't be understood.", "See whether a proxy answers in Microsoft's place."},
		{"request.refused", "The service refused the request, for the reason quoted.", "Read the reason."},
		{"service.failing", "The service failed for a moment.", ""},
		{"token.refused", "The service doesn't accept the token; the next try signs in anew.", "If it stays, check tenant and cloud."},
		{"paging.host", "A list goes on at another host, which Keyturn doesn't follow.", "Report it."},
		{"paging", "A list doesn't end.", "Report it."},
		{"license.missing", "A report needs Entra ID P1 or P2.", "Go on without it."},
		{"report.missing", "Nothing tells who uses which credential, so the old secret is left to end by itself.", "Grant AuditLog.Read.All where the tenant has the report."},
		{"subscription.disabled", "The subscription can only be read.", "Enable it again."},
		{"secret.disabled", "The latest version of the vault's secret is disabled.", "Enable it, or write a new version."},
		{"secret.deleted", "The vault's secret was deleted and lies in the recycle bin, which keeps its name.", "Recover or purge it."},
		{"vault.unknown", "No vault of that name answers.", "Check the name and cloud."},
		{"replica.lag", "An older state is shown than the one that Keyturn wrote.", ""},
		{"receipt.unmoved", "Azure took a write and doesn't show it yet.", ""},
		{"remove.lag", "A secret was removed and is still shown by some replicas.", ""},
		{"credential.kind", "The credential isn't a secret.", "Keyturn renews secrets alone."},
	}
}

func settings() []Meaning {
	return []Meaning{
		{"network.proxy", "The proxy's address can't be read.", "Write it as http://name:port."},
		{"network.caFile", "The file with certificate authorities can't be read, or holds none.", "Name a PEM file."},
		{"config.unreadable", "The configuration file can't be read.", "Correct --config or KEYTURN_CONFIG, or grant reading it."},
		{"config.resourceid", "A text isn't the id of a resource.", "Copy it from the portal: Properties, Resource ID."},
		{"config.site", "A text isn't the address of a SharePoint site in this cloud.", "Write the site on which the add-in is installed."},
		{"config.vault", "A text is neither the name nor the address of a vault.", "Write the vault's name."},
		{"config.secret", "A text can't be the name of a secret.", "Letters, digits and hyphens, at most 127."},
		{"app.unknown", "The configuration has no such application.", "Use a name that stands below applications."},
		{"app.missing", "The command needs an application.", "Give its client ID, or a pack."},
		{"app.ambiguous", "Several app registrations are called so.", "Give the client ID of one."},
		{"permissions.unreadable", "The file with an add-in's permissions can't be understood.", "Give AppManifest.xml, or the XML that was pasted into appinv.aspx."},
		{"file.exists", "The file to write is there already.", "Choose another with --out, or overwrite it with --force."},
		{"file.unwritable", "The file to write can't be made there.", "Choose another with --out, or grant yourself its folder."},
		{"refused", "You didn't agree, so nothing was done.", "With --yes the command doesn't ask."},
	}
}

func stores() []Meaning {
	return []Meaning{
		{"store.missing", "There is no store yet.", "The first renewal makes it."},
		{"store.folder", "The store's folder can't be used.", "Make it, or name another."},
		{"store.network", "The store would lie on a network file system, which can't keep it safe.", "Put it on a disk of this computer."},
		{"store.foreign", "The file, or the tables, belong to another program.", "Name another store."},
		{"store.behind", "An older release made the store.", "Start a renewal or keyturn serve once with this release, which brings it up to date."},
		{"store.newer", "A newer release made the store.", "Use that release."},
		{"store.busy", "Other processes kept the store for too long.", "Run the command again."},
		{"store.full", "The disk is full.", "Free some space."},
		{"store.damaged", "The store's file is damaged, or its disk fails.", "Put back a copy, or move it away and run keyturn adopt APP: no secret is lost."},
		{"store.moved", "The store's file was removed or replaced while Keyturn used it.", "Put it back, or run keyturn adopt APP: no secret is lost."},
		{"store.rights", "The store may not be read or written.", "Give this user access."},
		{"store.address", "The store's address can't be understood.", "Check store in keyturn.yaml."},
		{"store.server", "The database server can't be reached, or broke off.", "See whether it runs."},
		{"store.signin", "The database server refuses the user or the password.", "Check both."},
		{"store.encoding", "The database can't keep every text.", "Make one with UTF-8."},
		{"store.standby", "The database server only reads.", "Name the one that writes."},
		{"store.doubtful", "It isn't known whether a step was saved.", "keyturn resume looks."},
		{"store.filled", "The store to copy into holds renewals already.", "Name one that is empty."},
		{"store.inuse", "Somebody works on the store that is to be copied.", "Stop every Keyturn on it, then copy again."},
		{"store.lost", "The copy counts something else than the original, so nothing was kept of it.", "Copy again; if it stays, report it."},
		{"store.unreachable", "The store isn't reached.", "See the reason beside it."},
	}
}

func runs() []Meaning {
	return []Meaning{
		{"settle.slow", "A new secret is still refused somewhere after a long time.", "Look at the sign-in log; then keyturn resume APP, or keyturn abort APP."},
		{"renewal.early", "The old secret ends after a new one would: the tenant allows only a short life, or the service goes on with the old one until then.", "Renew later, or raise policy.lifetime or what the tenant allows."},
		{"pair.lost", "A place doesn't hold the old secret any more, which the service still goes by, so its consumers fail.", "Put it back beside the new one; where nobody has its value: keyturn renew APP --emergency."},
		{"renewal.older", "The service goes by another secret than the one to be replaced, or will when that has ended, and consumers would not hold it beside a new one.", "Renew when the other one has ended, or remove it by hand."},
		{"manual.nothing", "No place waits for a person's word that the new secret is in it.", "See what the renewal waits for: keyturn show RUN."},
		{"site.unknown", "No SharePoint site answers at the address of sharePoint.site.", "Correct it: the site on which the add-in is installed."},
		{"context.invalid", "What was handed over with --context-token-fd is no context token of the add-in, or has ended.", "Open the add-in once more and take the SPAppToken that SharePoint posts to it then."},
		{"context.old", "ACS still signs with the old secret of an add-in although that has ended, so the places keep it.", ""},
		{"addin.keys", "A secret of a SharePoint add-in lacks one of its two keys, so ACS doesn't use it.", "Nothing, if it is meant for Entra; else renew the add-in."},
		{"addin.ambiguous", "Two secrets of an add-in have the same dates, so it isn't known whose keys are whose.", "Remove the expired one and its two keys by hand."},
		{"addin.foreign", "A key that isn't an add-in's would be lost by a write, so nothing was written.", "See what it is for: keyturn scan."},
		{"reuse.unproven", "The custodian's value can't be spread, since it doesn't sign in.", "Renew without --reuse."},
		{"mark.late", "A secret that Keyturn asked for is there, although it was taken for never made or for gone; nobody has its value.", "Remove it in the portal."},
		{"mark.unknown", "A secret was made by a Keyturn whose store isn't this one.", "Leave it to that one; if this store was lost, keyturn adopt APP."},
		{"attempts.many", "Secrets are made for a renewal again and again, and their values are lost each time.", "See keyturn show RUN, mend what ends the program or keeps it from delivering; then keyturn resume APP."},
		{"attempt.doubtful", "A request for a new secret got no answer and may still turn up; the renewal ends when it surely doesn't.", ""},
		{"stopped", "The process that drove the renewal was stopped.", "keyturn resume APP."},
		{"stopping", "The process finishes the step in hand and ends.", ""},
		{"run.ended", "The renewal has ended already.", "keyturn renew APP begins another one."},
		{"run.elsewhere", "A renewal of the same app registration is open under another name of the configuration.", "Finish or abort that one first."},
		{"run.changed", "The renewal has changed since whoever decides saw it.", "Look at it again, then decide."},
		{"run.held", "The renewal is being driven at the moment, and can't be told anything before it stands still.", "Try again in a minute."},
		{"told", "The renewal goes on as a person told.", ""},
		{"run.aborted", "The secret is due, and its last renewal was aborted by a person.", "keyturn renew APP."},
		{"audit.broken", "The audit log was changed or cut, or can't be read.", "keyturn audit verify APP names the entry; keep the store's file as it is."},
		{"serve.nothing", "There is no application to look after.", "keyturn init adds one."},
		{"serve.attended", "The identity asks a person to sign in, and nobody is there.", "Use environment, workloadIdentity or managedIdentity."},
		{"listen", "The address can't be listened at.", "Choose another with --listen."},
		{"look.none", "The tenant wasn't looked at with success yet.", "See the reason beside it."},
		{"look.stale", "The tenant wasn't looked at with success lately.", "See the reason beside it."},
		{"expiry.near", "A secret ends within a week, and nothing is on the way.", "Mend what keeps it from being renewed; keyturn status names it."},
		{"expiry.passed", "A secret has ended, and nothing is on the way.", "Mend what keeps it from being renewed; keyturn status names it."},
		{"self.ending", "What Keyturn itself signs in with ends within a month; nothing renews that.", "Make a new one; better still, use a managed identity."},
	}
}

func consoles() []Meaning {
	return []Meaning{
		{"signin.required", "You haven't signed in at the console, or have been signed out.", "Sign in; a program sends an API token."},
		{"signin.often", "Somebody tried to sign in too often from one address.", "Wait a minute."},
		{"signin.person", "A renewal with a person's rights needs their sign-in at Microsoft, and there is none.", "Sign in under Settings, or with POST /api/v1/sign-in."},
		{"signin.foreign", "A sign-in came back from the provider that this browser hasn't begun, or that took too long.", "Sign in again."},
		{"signin.denied", "The provider didn't let somebody in.", "Sign in again, with an account of the organisation."},
		{"signin.token", "The provider's answer can't be believed.", "Sign in again; if it stays, check issuer, clientId and the machine's clock."},
		{"provider.unreachable", "The provider that people sign in with doesn't answer.", "Check serve.signIn.issuer and the network."},
		{"role.none", "Whoever signed in has no role at the console.", "Give them an app role or a group that serve.signIn.roles names."},
		{"link.refused", "There are no links into a console where people sign in with a provider.", "Sign in there."},
		{"serve.plain", "The console would be shown to the network without TLS.", "Set serve.tls, or serve.address to the https address of a proxy before it."},
		{"serve.address", "People can't be sent back to the console after signing in.", "Set serve.address to what they type."},
		{"role.insufficient", "Your role at the console doesn't allow it.", "Ask somebody who has the role that the message names."},
		{"link.used", "The link into the console has been used, or has ended.", "keyturn console link prints a new one."},
		{"token.invalid", "An API token can't be made so.", "Read the message."},
		{"token.unknown", "There is no such API token, or it was revoked before.", "keyturn token list shows them."},
		{"query.invalid", "A list was asked for in a way that can't be understood.", "Read the message."},
		{"request.invalid", "A request doesn't fit the operation that it is for.", "Read which field is wrong; /docs says what the operation takes."},
		{"ask.invalid", "What was asked for can't be meant.", "Read the message."},
		{"plan.changed", "The renewal would do something else now than what was shown, so nothing was made.", "Look at the plan again, then decide."},
		{"approve.own", "Whoever asked for a renewal can't approve it too.", "Ask another approver."},
		{"version.missing", "A command must name the renewal as it was seen.", "Send If-Match with the ETag of the run."},
		{"origin.foreign", "A page of another site sent the request.", "Do it in the console itself."},
		{"host.foreign", "The request names another site than the console's own.", "Open the console at its address, or set serve.address to the one that people use."},
		{"method.unknown", "What the request wants done isn't there for that address.", "See /docs for the API; the header Allow says what is."},
		{"server.busy", "The console answers as many requests as it may at once.", ""},
		{"serve.certificate", "The console's certificate or its key can't be used.", "Name PEM files that belong together in serve.tls."},
	}
}

// services are the codes of Keyturn as a Windows service.
func services() []Meaning {
	return []Meaning{
		{"winservice.unsupported", "There are no Windows services on this system.", "Use deploy/keyturn.service with systemd."},
		{"winservice.denied", "Only an administrator may install and remove services.", "Run the command in a PowerShell that was started as administrator."},
		{"winservice.exists", "The service is installed already.", "keyturn service remove takes the old one away."},
		{"winservice.absent", "The service isn't installed.", "keyturn service install installs it."},
		{"winservice.busy", "The service hasn't stopped yet, or an earlier one is still being removed.", "Wait, close services.msc, and run the command again."},
		{"winservice.account", "Windows doesn't know the account that the service is to run as.", "Leave --account out, or name a group managed service account."},
	}
}
