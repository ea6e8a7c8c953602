package web

import (
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server/access"
	"keyturn/server/board"
	"keyturn/server/command"
	"keyturn/standing"
	"keyturn/store"
)

// texts is every sentence that pages say by themselves, in one place. What the program says of an application or a
// renewal comes with it.
var texts = struct {
	Product, Skip, Menu                                  string
	SignOut, SignedInAs, Until                           string
	Overview, Applications, Runs, Audit, About           string
	AllIsWell, NothingConfigured                         string
	NeedsAttention, UnderWay, EndsWhen                   string
	EndsWhenNote, All, Of, Shown                         string
	App, Standing, Ends, Next, Why                       string
	RenewedShare, NotRenewed                             string
	Search, SearchHint, Sort, Show, Clear                string
	NothingFits, NextPage, FirstPage, List               string
	ClientID, NextRenewal                                string
	Places, PlacesNote, NoPlaces, Custodian              string
	Proof, ProvenAt, NotWritten, Portal                  string
	Credentials, CredentialsNote, NoSecrets              string
	SecretID, BothWork, Now, State                       string
	Evidence, NoEvidence, Policy, Lifetime               string
	RenewBefore, Overlap, Wants, History                 string
	NoRuns, Run, Begun, Outcome, LastChange              string
	Log, NoEvents, WaitsFor, Again                       string
	When, Who, What, Object, Detail, Requests            string
	NoEntries, Chain, ChainOK, ChainBad                  string
	Renew, RenewNow, RenewNote, ShownFirst               string
	ToRun, WhatWillHappen, InTheWay, NewEnds             string
	Remarks, MayBegin, Foreign, OtherWays                string
	Passed                                               string
	Usual, Leaked, Spread, Live, Offline                 string
	Secret, Replaces, OldEnds                            string
	ThisKeyturn, Release, Tenant, Cloud                  string
	LooksEvery, Store, IdentityInUse, Name               string
	ObjectID, SignsInBy, Rights, RightsNote              string
	You, Role, SignedInBy, PeopleComeInBy                string
	Notices, NoNotices, Waiting, GivenUp                 string
	NoticesNote, NoneTold, NotOver, AllNotices           string
	NotReached, NotReachedFix, Reports                   string
	Licences, LicencesNote, MadeOf                       string
	Tokens, TokensNote, NoTokens, TokensMake             string
	Revoke, Revoked, Ended, Good                         string
	Postings                                             map[store.PostingState]string
	AddIns, AddInsNote, AddInsOpened, Issues, IssuesNote string
	OwnRights, OwnRightsNote, AtMicrosoft                string
	GoToMicrosoft, TypeCode, ComesBack                   string
	LookAgain, GiveUp, OwnHere, NoMFA                    string
	Login, Password, AsMyself, WithOwnRights             string
	SignIn, SignInProvider, SignInLocal                  string
	SignInLink, Refused, NotFound                        string
	Failed, Back, CodeIs, WhatNext                       string
	API, APIToken, TakesRole, Takes                      string
	Gives, ListOf, Required, APILink, Busy               string
	Standings                                            map[standing.Word]string
	Proofs                                               map[renewal.Rung]string
	Orders                                               map[board.Order]string
	Steps                                                map[renewal.State]string
	Outcomes                                             map[renewal.Outcome]string
	Doors                                                map[renewal.Door]string
	Words, WordNotes                                     map[command.Word]string
	Methods                                              map[string]string
	Ways, WayNotes                                       map[problem.Way]string
}{
	Product: "Keyturn", Skip: "Skip to the content", Menu: "Pages",
	SignOut: "Sign out", SignedInAs: "Signed in as", Until: "Until",
	Overview: "Overview", Applications: "Applications", Runs: "Renewals", Audit: "Audit", About: "Settings and about",
	AllIsWell:         "Nothing needs you. Keyturn looks after every application by itself.",
	NothingConfigured: "There is no application to look after yet. keyturn init adds one.",
	NeedsAttention:    "Needs attention", UnderWay: "Under way", EndsWhen: "What ends when",
	EndsWhenNote: "Secrets in use, by the month in which they end. Keyturn renews them before.",
	All:          "all", Of: "of", Shown: "shown",
	App: "Application", Standing: "Standing", Ends: "Secret ends", Next: "Next", Why: "Why",
	RenewedShare: "will be renewed before", NotRenewed: "not by Keyturn, or not without you",
	Search: "Search", SearchHint: "Name or client ID", Sort: "Sort by", Show: "Show", Clear: "Clear",
	NothingFits: "Nothing fits. Search for less, or show all.", NextPage: "Next page", FirstPage: "First page", List: "List of applications",
	ClientID: "Application (client) ID", NextRenewal: "What happens next",
	Places: "Places that hold the secret", PlacesNote: "and how far each was shown to work with it", NoPlaces: "No place is configured.",
	Custodian: "the value is read back from here", Proof: "Proof", ProvenAt: "shown", NotWritten: "not written yet", Portal: "open in the portal",
	Credentials: "Secrets", CredentialsNote: "of the app registration; their values are nowhere", NoSecrets: "Nobody has looked at this application yet, and no secret of it was renewed.",
	SecretID: "Secret ID", BothWork: "both secrets work", Now: "now", State: "State",
	Evidence: "Evidence of use", NoEvidence: "Nothing is known yet of who uses which secret.", Policy: "How it is renewed", Lifetime: "Life of a new secret",
	RenewBefore: "Renewed before its end", Overlap: "Both secrets are kept at least", Wants: "Evidence before the old one goes", History: "Earlier renewals",
	NoRuns: "There is no renewal yet.", Run: "Renewal", Begun: "Begun", Outcome: "Outcome", LastChange: "Last change",
	Log: "What happened", NoEvents: "Nothing has happened yet.", WaitsFor: "Waits for a person", Again: "goes on by itself",
	When: "When", Who: "Who", What: "What", Object: "To what", Detail: "Detail", Requests: "Microsoft's request",
	NoEntries: "The audit log is empty: nothing was done yet.", Chain: "Integrity", ChainOK: "every entry follows from the one before",
	ChainBad: "the log was changed: the first entry that doesn't follow is number",
	Renew:    "Renew", RenewNow: "Renew now", ShownFirst: "What will happen is shown first.",
	RenewNote: "It may be stopped at any moment: both secrets work until the old one is used by nobody.",
	ToRun:     "See the renewal under way", WhatWillHappen: "What will happen", InTheWay: "In the way", NewEnds: "New secret ends",
	Remarks: "Remarks", Passed: "things were looked at, and are as they must be", MayBegin: "May begin", Foreign: "Other secrets of the app, which stay untouched:", OtherWays: "Another way",
	Usual: "As usual: a new secret everywhere, and the old one kept until nobody uses it.", Leaked: "The secret has leaked: keep both for the shortest safe time only.",
	Spread: "Make no new secret: write the Key Vault's to the places that lag behind.", Live: "live", Offline: "not connected; the page is as it was",
	Secret: "Secret", Replaces: "Replaces", OldEnds: "ends by itself on",
	ThisKeyturn: "This Keyturn", Release: "Release", Tenant: "Tenant", Cloud: "Cloud", LooksEvery: "Looks at the tenant every", Store: "Remembers in",
	IdentityInUse: "Identity in use", Name: "Name", ObjectID: "Object ID", SignsInBy: "Signs in by", Rights: "Permissions of Microsoft Graph",
	RightsNote: "Rights in Azure and in vaults are told by keyturn doctor, for each place.",
	You:        "You", Role: "Role", SignedInBy: "Signed in by", PeopleComeInBy: "People come in by",
	Notices: "Notices", NoNotices: "None waits to be sent.", Waiting: "Waiting", GivenUp: "Given up",
	NoticesNote: "What people were told in the last month by mail or webhook, and what is still to be sent.", NoneTold: "Nobody was told anything.",
	Tokens: "API tokens", TokensNote: "What programs show to be let in. Each acts in the name of who had it made, in the role it was made for.", NoTokens: "There is none.",
	TokensMake: "A token is made at the machine, or with the API, and shown once:", Revoke: "Revoke", Revoked: "revoked", Ended: "ended", Good: "good",
	Licences: "Licences", LicencesNote: "Keyturn itself: Apache-2.0", MadeOf: "modules of others are in this program", Reports: "Reports of use",
	NotOver: "not over yet", AllNotices: "All notices", NotReached: "Notices don't reach people",
	NotReachedFix: "keyturn notify test shows what is wrong; when it gets through, keyturn notify resend",
	Postings: map[store.PostingState]string{
		store.PostingPending: "to be sent", store.PostingSent: "sent", store.PostingGivenUp: "given up", store.PostingOver: "over",
	},
	AddIns: "SharePoint add-ins", AddInsNote: "renewed as on their own page, Settings, About",
	AddInsOpened: "Whether people can open one is proven at the command line, with the token that SharePoint posts to it (see SharePoint add-ins in the documentation):",
	Issues:       "Known issues", IssuesNote: "when an administrator's sign-in fails",
	OwnRights:     "Sign in at Microsoft with your own rights",
	OwnRightsNote: "Some renewals need an administrator's rights, such as those of a SharePoint add-in. What you sign in with is kept in memory alone, and ends when this process does.",
	AtMicrosoft:   "Now sign in at Microsoft", GoToMicrosoft: "Go to Microsoft", TypeCode: "Type this code there:", ComesBack: "This page notices when you are done.",
	LookAgain: "Look now", GiveUp: "Give up", OwnHere: "You are signed in at Microsoft", NoMFA: "without a second factor, Azure refuses what you would change there; a renewal says so before it begins.",
	Login: "Login, such as admin@contoso.onmicrosoft.com", Password: "Password", AsMyself: "With your own rights", WithOwnRights: "With my own rights",
	SignIn: "Sign in", SignInProvider: "Sign in with your organisation's account",
	SignInLocal: "This console is open to this computer alone. At a terminal here, keyturn console link prints a link that lets you in, once.",
	SignInLink:  "keyturn console link",
	Refused:     "You may not do this", NotFound: "There is no such page",
	Failed: "This didn't work",
	Back:   "Back to the overview", CodeIs: "Code", WhatNext: "What to do",
	API: "API", APIToken: "A program sends a token (keyturn token create NAME):", TakesRole: "Takes the role", Takes: "Takes", Gives: "Answers", ListOf: "list of", Required: "required", APILink: "The API, for programs", Busy: "One moment.",
	Standings: map[standing.Word]string{
		standing.Expired: "expired", standing.Person: "needs a person", standing.Due: "due", standing.Renewing: "being renewed",
		standing.Unknown: "not looked at yet", standing.Fine: "fine", standing.Excluded: "left alone",
	},
	Proofs: map[renewal.Rung]string{
		renewal.Unproven: "not proven yet", renewal.Acknowledged: "acknowledged", renewal.ReadBack: "read back",
		renewal.PlatformCheck: "platform check", renewal.LiveProbe: "live probe",
	},
	Orders: map[board.Order]string{
		board.ByUrgency: "what needs you first", board.ByName: "name", board.ByExpiry: "end of the secret", board.ByNext: "what happens next",
	},
	Steps: map[renewal.State]string{
		renewal.Planned: "Plan", renewal.MakingRoom: "Make room", renewal.Issuing: "Issue", renewal.Settling: "Settle", renewal.Delivering: "Deliver",
		renewal.Verifying: "Verify", renewal.Overlapping: "Overlap", renewal.Retiring: "Retire", renewal.Done: "Done", renewal.Aborted: "Given up",
	},
	Outcomes: map[renewal.Outcome]string{
		renewal.Renewed: "renewed; the old secret was removed", renewal.Expiring: "renewed; the old secret ends by itself",
		renewal.Added: "a new secret was added", renewal.Refused: "refused before anything was made", renewal.Stopped: "given up by a person",
	},
	Doors: map[renewal.Door]string{
		renewal.Open: "at work", renewal.Retry: "tried again later", renewal.Wait: "waiting", renewal.Person: "needs a person",
	},
	Words: map[command.Word]string{
		command.Resume: "Go on now", command.Overwrite: "Write again what somebody changed", command.Approve: "Approve", command.Abort: "Give this renewal up",
	},
	WordNotes: map[command.Word]string{
		command.Resume:    "Tries the step in hand again, at once.",
		command.Overwrite: "Find out first who wrote what: their value is lost at that place.",
		command.Approve:   "Lets it go on without what it waits for. Your name is kept in the audit log.",
		command.Abort:     "Ends it for good. Nothing is broken by that: every secret that works goes on working.",
	},
	Methods: map[string]string{
		access.ByLink: "a one-time link at the machine", access.ByProvider: "the organisation's account", access.ByTerminal: "the command line", access.ByToken: "an API token",
	},
	Ways: map[problem.Way]string{
		problem.ByBrowser: "In this browser", problem.ByDevice: "With a code, on any device", problem.ByPassword: "With the password",
	},
	WayNotes: map[problem.Way]string{
		problem.ByBrowser:  "At Microsoft's own page, with a second factor where you have one.",
		problem.ByDevice:   "A code is shown here, to be typed at Microsoft. Some organisations block this way.",
		problem.ByPassword: "Only for accounts without a second factor. The password is sent to Microsoft once, and forgotten.",
	},
}
