// Package arm is a thin client of Azure Resource Manager: read, write and list resources by id, ask for permissions and
// locks, start workflows and follow their runs. It knows the wire and nothing of renewals; resources travel as their
// callers' own structs.
//
// Reads may be repeated by the pipeline; writes are sent once. A list is followed only within its own host.
//
// Start at [Client]. The protocol: https://learn.microsoft.com/rest/api/resources/ (read 2026-11-22).
package arm
