// Package screen draws what a person sees: tables, and a renewal's progress. On a terminal the work in hand is redrawn in
// place; into a file or a pipe every event is one plain line. It decides nothing, asks nobody and holds no secret.
//
// Start at [NewProgress].
package screen
