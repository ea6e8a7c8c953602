package config

import (
	"slices"
	"strings"
)

// later names keys that a reader of the documentation may write and that this release doesn't act upon, with what each
// would do. A key that is silently ignored would promise something that doesn't happen.
var later = map[string]string{
	"audit":   "audit exports",
	"tenants": "several tenants in one file",
}

// nearest returns the word of known that written was probably meant to be, or "". Letter case, dashes and underscores
// don't count; otherwise about a third of the letters may differ, or one be the beginning of the other.
func nearest(written string, known []string) string {
	best, least := "", len(written)/3+1
	for _, word := range slices.Sorted(slices.Values(known)) {
		far := distance(plain(written), plain(word))
		if far == 0 {
			return word
		}
		if begins := strings.HasPrefix(plain(word), plain(written)) || strings.HasPrefix(plain(written), plain(word)); begins && len(written) >= 4 {
			far = min(far, len(written)/3+1)
		}
		if far < least || (far == least && best == "") {
			best, least = word, far
		}
	}
	return best
}

func plain(word string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(word))
}

// distance counts the letters to insert, drop, change or swap with their neighbour to get from a to b.
func distance(a, b string) int {
	before, row := []int(nil), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// meant is the hint for a word that isn't known: the nearest one, and the whole list where it is short.
func meant(written string, known []string) string {
	list := slices.Sorted(slices.Values(known))
	if word := nearest(written, known); word != "" {
		return `did you mean "` + word + `"?`
	}
	return "known here: " + strings.Join(list, ", ")
}
