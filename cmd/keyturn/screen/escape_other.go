//go:build !windows

package screen

import "os"

// understandsEscapes is true of every terminal but Windows's older ones.
func understandsEscapes(*os.File) bool { return true }
