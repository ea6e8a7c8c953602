package web

import "keyturn/server/board"

// texts is every sentence that pages say by themselves, in one place. What the program says of an application or a
// renewal comes with it.
var texts = struct {
	Product, Skip, Menu                        string
	SignOut, SignedInAs, Until                 string
	Overview, Applications, Runs, Audit, About string
	AllIsWell, NothingConfigured               string
	NeedsAttention, UnderWay, EndsWhen         string
	App, Standing, Ends, Next, Why, Month      string
	Secrets, Renewed                           string
	SignIn, SignInProvider, SignInLocal        string
	SignInLink, Refused, NotFound, NotFoundFix string
	Failed, FailedFix, Back, CodeIs, WhatNext  string
	Standings                                  map[board.Standing]string
}{
	Product: "Keyturn", Skip: "Skip to the content", Menu: "Pages",
	SignOut: "Sign out", SignedInAs: "Signed in as", Until: "until",
	Overview: "Overview", Applications: "Applications", Runs: "Renewals", Audit: "Audit", About: "Settings and about",
	AllIsWell:         "Nothing needs you. Keyturn looks after every application by itself.",
	NothingConfigured: "There is no application to look after yet. keyturn init adds one.",
	NeedsAttention:    "Needs a person", UnderWay: "Under way", EndsWhen: "What ends when",
	App: "Application", Standing: "Standing", Ends: "Secret ends", Next: "Next", Why: "Why", Month: "Month",
	Secrets: "Secrets that end", Renewed: "renewed by Keyturn before",
	SignIn: "Sign in", SignInProvider: "Sign in with your organisation's account",
	SignInLocal: "This console is open to this computer alone. At a terminal here, keyturn console link prints a link that lets you in, once.",
	SignInLink:  "keyturn console link",
	Refused:     "You may not do this", NotFound: "There is no such page", NotFoundFix: "Use the pages above.",
	Failed: "This didn't work", FailedFix: "Try again in a moment. If it stays, the log of keyturn serve says more.",
	Back: "Back to the overview", CodeIs: "Code", WhatNext: "What to do",
	Standings: map[board.Standing]string{
		board.Expired: "expired", board.Person: "needs a person", board.Due: "due", board.Renewing: "being renewed",
		board.Unknown: "not looked at yet", board.Fine: "fine", board.Excluded: "left alone",
	},
}
