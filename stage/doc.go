// Package stage holds the rooms with effects: one file for each state of a run, in the order in which a renewal passes
// them: plan, room, issue, settle, deliver, verify, overlap, retire. Each does the same four things, visibly and in this
// order: look (read the remote state again), mark (save the intent), act (one remote effect), advance (save what came
// of it). A process may die between any two of them; the comment at a mark says what is true then.
//
// Stages know only contracts: an issuer, targets, a book to save in. They never choose by a clock of their own, and
// never retry by themselves what has an effect: an error goes up with its class, and the engine decides.
//
// Start at [Step].
package stage
