package screen

import (
	"golang.org/x/sys/windows"
)

// understandsEscapes turns on the console's handling of escape sequences, which older consoles have off.
// Source: https://learn.microsoft.com/windows/console/setconsolemode (read 2026-11-22).
func understandsEscapes(file screenFile) bool {
	handle := windows.Handle(file.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(handle, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
