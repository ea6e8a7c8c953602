package world

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Settings say how kind the simulated cloud is.
type Settings struct {
	// Gentle turns every delay, flip and refusal off that the real cloud shows on an ordinary day. Default: unkind.
	Gentle bool
	// Latency is added to every request, outside the lock. Default: none.
	Latency time.Duration
	// Propagation, when set, is the delay of each new or removed credential in every region; nil draws one per region.
	Propagation *time.Duration
	// Seed makes ids and draws repeatable; 0 draws a seed.
	Seed uint64
	// Cloud names the cloud that is simulated; an unknown name, and none, is the public one.
	Cloud string
}

// World holds what all parts of the cloud share. The zero value is not usable; see [New].
type World struct {
	settings Settings
	cloud    Cloud
	clock    clock

	mu       sync.Mutex
	random   *rand.Rand
	events   schedule
	sequence uint64
	switches map[string]*toggle

	faults faults
	log    Log

	closing []func()

	wake chan struct{}
	done chan struct{}
	once sync.Once
}

// New returns a running world whose clock shows the machine's time. Its background goroutine ends with [World.Close].
func New(settings Settings) *World {
	seed := settings.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	w := &World{
		settings: settings,
		cloud:    cloudOrPublic(settings.Cloud),
		random:   rand.New(rand.NewPCG(seed, 0x6b657974)),
		switches: map[string]*toggle{},
		wake:     make(chan struct{}, 1),
		done:     make(chan struct{}),
	}
	w.clock.begin(time.Now())
	w.Declare(PropagationSwitch, "delay of new and removed credentials, as 20s or eu-west=2s,us-east=10m,acs=3h", nil)
	go w.tick()
	return w
}

// Close stops the background goroutine, and then runs what [World.OnClose] was given; events not yet due are never run.
// Safe to repeat.
func (w *World) Close() {
	w.once.Do(func() {
		close(w.done)
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, f := range w.closing {
			f()
		}
	})
}

// OnClose has f run when the world ends, with the lock held. Hold the lock.
func (w *World) OnClose(f func()) { w.closing = append(w.closing, f) }

// Lock takes the one lock of the cloud, after running what has become due. Hold it while reading or changing state,
// never while sleeping or writing to the network.
func (w *World) Lock() {
	w.mu.Lock()
	w.runDue()
}

// Unlock gives the lock back.
func (w *World) Unlock() { w.mu.Unlock() }

// Gentle reports whether the unkind defaults are off.
func (w *World) Gentle() bool { return w.settings.Gentle }

// Latency is what every request is delayed by.
func (w *World) Latency() time.Duration { return w.settings.Latency }

// Rand is the seeded source of chance. Hold the lock.
func (w *World) Rand() *rand.Rand { return w.random }

// Chance is true with probability p, and never in a gentle world. Hold the lock.
func (w *World) Chance(p float64) bool { return !w.settings.Gentle && w.random.Float64() < p }

// Between draws a duration from low to high; a gentle world answers 0. Hold the lock.
func (w *World) Between(low, high time.Duration) time.Duration {
	if w.settings.Gentle {
		return 0
	}
	return w.Draw(low, high)
}

// Draw draws a duration from low to high, in a gentle world too. Hold the lock.
func (w *World) Draw(low, high time.Duration) time.Duration {
	return low + time.Duration(w.random.Int64N(int64(high-low)+1))
}

// NewID returns a random GUID (version 4), lower case. Hold the lock.
func (w *World) NewID() string {
	high, low := w.random.Uint64(), w.random.Uint64()
	high = high&^0xf000 | 0x4000
	low = low&^(0xc<<60) | 0x8<<60
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&0xffffffffffff)
}
