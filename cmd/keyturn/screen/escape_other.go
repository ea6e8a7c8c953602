//go:build !windows

package screen

// understandsEscapes is true of every terminal but Windows's older ones.
func understandsEscapes(screenFile) bool { return true }
