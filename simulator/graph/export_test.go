package graph

import "time"

// Drain takes all that every caller may still read, and much more. Hold the lock.
func Drain(s *Service) {
	for _, b := range s.reads {
		b.left = -1e6
	}
}

// Left is what the one caller so far may still read. Hold the lock.
func Left(s *Service) (left float64) {
	for _, b := range s.reads {
		left = b.left
	}
	return left
}

// Leave lets every caller read so much with its next request, whenever that comes. Hold the lock.
func Leave(s *Service, left float64) {
	for _, b := range s.reads {
		b.left, b.at = left, s.w.Now().Add(time.Hour)
	}
}
