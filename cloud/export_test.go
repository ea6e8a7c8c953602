package cloud

import "time"

// Waiting is how many requests to Graph wait for a share.
func Waiting(s *Session) int {
	s.purse.all.mu.Lock()
	defer s.purse.all.mu.Unlock()
	return len(s.purse.all.line)
}

// AskAgain makes the next request ask whether others were told to wait.
func AskAgain(s *Session) {
	s.purse.mu.Lock()
	defer s.purse.mu.Unlock()
	s.purse.asked = time.Time{}
}

// WaitingPersonal is how many writes for personal accounts wait for a share.
func WaitingPersonal(s *Session) int {
	s.purse.personal.mu.Lock()
	defer s.purse.personal.mu.Unlock()
	return len(s.purse.personal.line)
}
