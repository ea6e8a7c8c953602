// Package acs is the simulated Azure Access Control Service as SharePoint add-ins use it: context tokens, the token
// endpoint and its metadata. Microsoft retired it for SharePoint Online on 2 April 2026; the switch acs-retired shows a
// tenant after that day.
//
// Who may sign in is judged by simulator/directory. Start with [New].
package acs
