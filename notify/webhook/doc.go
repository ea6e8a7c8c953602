// Package webhook is the notifier that posts notices to an address as JSON, signed as the Standard Webhooks specification
// says, so that any of its libraries can check them. The address itself is a secret, since it often holds one; it stands
// in no log and no error.
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (read 2026-11-25).
//
// Start at [New].
package webhook
