// Package mail is the notifier that hands notices to a mail server (SMTP). Each is one message in plain text, with the
// fix in it; a trouble of many applications at once is one message too. It isn't sent through network.proxy, which
// carries HTTP alone.
//
// Start at [New].
package mail
