package cloud

import "time"

// Waiting is how many requests to Graph wait for a share.
func Waiting(s *Session) int {
	s.purse.mu.Lock()
	defer s.purse.mu.Unlock()
	return len(s.purse.line)
}

// AskAgain makes the next request ask whether others were told to wait.
func AskAgain(s *Session) {
	s.purse.mu.Lock()
	defer s.purse.mu.Unlock()
	s.purse.asked = time.Time{}
}
