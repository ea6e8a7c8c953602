package screen

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"keyturn/renewal"
)

// redraw is how often the work in hand is redrawn on a terminal: often enough to look alive.
const redraw = 120 * time.Millisecond

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// Progress shows a run's events as they come. It is safe for use by several goroutines.
type Progress struct {
	out   io.Writer
	style Style
	now   func() time.Time

	mu    sync.Mutex
	began time.Time
	work  []task // in hand, in the order begun
	drawn int    // lines of work on the screen
	beat  int
	quit  chan struct{}
	done  sync.WaitGroup
}

// task is something that has begun and not ended.
type task struct {
	key, text string
	since     time.Time
}

// NewProgress begins a display on out. now is the machine's clock, by which elapsed times are shown. Close ends it.
func NewProgress(out io.Writer, style Style, now func() time.Time) *Progress {
	p := &Progress{out: out, style: style, now: now, began: now(), quit: make(chan struct{})}
	if style.Live {
		p.done.Add(1)
		go p.animate()
	}
	return p
}

// Tell shows one event.
func (p *Progress) Tell(event renewal.Event) {
	said := describe(event)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	for _, key := range said.ends {
		p.end(key)
	}
	if said.line != "" && (p.style.Live || !said.fleeting) {
		p.print(said)
	}
	if said.begins != "" {
		p.begin(said)
	}
	p.draw()
}

// Note shows a line that is no event, such as that a clock was moved.
func (p *Progress) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.write("\n" + p.style.Text(Bold, text) + "\n")
	p.draw()
}

// Write shows lines of somebody else, such as the log's, above the work in hand.
func (p *Progress) Write(lines []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	defer p.draw()
	return p.out.Write(lines)
}

// Close takes the work in hand off the screen. Safe to repeat.
func (p *Progress) Close() {
	p.mu.Lock()
	select {
	case <-p.quit:
	default:
		close(p.quit)
	}
	p.erase()
	p.work = nil
	p.mu.Unlock()
	p.done.Wait()
}

func (p *Progress) animate() {
	defer p.done.Done()
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-tick.C:
			p.mu.Lock()
			p.beat++
			p.erase()
			p.draw()
			p.mu.Unlock()
		}
	}
}

func (p *Progress) begin(said sentence) {
	for i := range p.work {
		if p.work[i].key == said.begins {
			p.work[i].text = said.doing
			return
		}
	}
	p.work = append(p.work, task{key: said.begins, text: said.doing, since: p.now()})
}

func (p *Progress) end(key string) {
	kept := p.work[:0]
	for _, t := range p.work {
		if t.key != key && key != everything {
			kept = append(kept, t)
		}
	}
	p.work = kept
}

// print writes a line that stays: elapsed time, mark, what, details.
func (p *Progress) print(said sentence) {
	elapsed := fmt.Sprintf("%7.1fs", p.now().Sub(p.began).Seconds())
	if !p.style.Live {
		p.write(strings.TrimRight(fmt.Sprintf("%s  %-13s  %s", elapsed, said.word, Clean(said.line)), " ") + "\n")
		return
	}
	mark := p.style.Text(said.paint, said.mark)
	word := p.style.Text(Bold, said.word) + strings.Repeat(" ", max(0, 13-utf8.RuneCountInString(said.word)))
	p.write(p.style.Fold(fmt.Sprintf("%s  %s %s  %s\n", p.style.Text(Faint, elapsed), mark, word, Clean(said.line))))
}

// draw writes the work in hand below what stays; erase takes it off again.
func (p *Progress) draw() {
	select {
	case <-p.quit:
		return
	default:
	}
	if !p.style.Live {
		return
	}
	for _, t := range p.work {
		text := fmt.Sprintf("%7.1fs  %s %s", p.now().Sub(t.since).Seconds(), spinner[p.beat%len(spinner)], Clean(t.text))
		p.write(cut(text, p.style.Width-1) + "\n")
	}
	p.drawn = len(p.work)
}

func (p *Progress) erase() {
	if p.drawn > 0 {
		p.write(fmt.Sprintf("\x1b[%dA\x1b[J", p.drawn))
	}
	p.drawn = 0
}

// write shows text. A screen that has gone away is no reason to stop a renewal, so its error ends here.
func (p *Progress) write(text string) { _, _ = io.WriteString(p.out, text) }

func cut(text string, width int) string {
	if runes := []rune(text); width > 0 && len(runes) > width {
		return string(runes[:width])
	}
	return text
}
