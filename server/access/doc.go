// Package access says who may come in at the console and what they may do there: roles, the passes that browsers and
// programs show, and how often somebody may try. What is shown is random and kept nowhere; the store keeps its digest.
//
// Start at [Keeper].
package access
