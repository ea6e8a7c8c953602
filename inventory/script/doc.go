// Package script turns missing rights into one script that grants each at the smallest scope that suffices, and takes
// every one of them back when it is run with "undo". It is pure: it runs nothing and asks nobody.
//
// Start at [Render]. Three dialects are known; each is one file. Whatever comes from outside is quoted for the dialect,
// because the names of vaults and connections are other people's text.
package script
