package main

import "time"

// attendance is how a service stands, as its manager is told.
type attendance int

const (
	atWork  attendance = iota
	leaving            // it finishes the step in hand; told again and again, so that the manager's patience doesn't end
)

// attend runs work until it ends by itself or its manager asks it to, and then until stop has ended it. The exit code is
// work's own in the first case; in the second it is 0, because what was asked for has happened.
func attend(work func() int, stop func(), asked <-chan struct{}, every time.Duration, tell func(attendance)) int {
	ended := make(chan int, 1)
	tell(atWork)
	go func() { ended <- work() }()
	select {
	case code := <-ended:
		return code
	case <-asked:
	}
	tell(leaving)
	stop()
	again := time.NewTicker(every)
	defer again.Stop()
	for {
		select {
		case <-ended:
			return exitDone
		case <-again.C:
			tell(leaving)
		}
	}
}
