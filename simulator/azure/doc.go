// Package azure is the simulated Azure Resource Manager: subscriptions, resource groups, any resource, and the providers that hold Provision
// Assist's secret or use it: API connections, Automation, Key Vault's control plane, Logic Apps, authorization and Resource Graph.
//
// Every call is judged from its token and the role assignments; secrets that the real cloud never gives back are kept aside and never shown.
// It does not run workflows or runbooks itself: package consumer hangs that in as [Service.RunWorkflow] and [Service.RunJob].
//
// All state is guarded by the world's lock: every exported method but [Service.ServeHTTP] wants it to be held. Start at [Service] for the state,
// at serve.go for the way of a request. Sources: the official descriptions of each provider and learn.microsoft.com/rest/api, read 2026-11-22.
package azure
