package simulator

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"keyturn/simulator/world"
)

// longestBody is the most that any host reads of a request; the hosts' own limits are lower.
const longestBody = 8 << 20

// answer serves one request inside a tunnel: delay, faults, the host, the log.
func (s *Simulator) answer(w http.ResponseWriter, r *http.Request) {
	c := s.cloud.Load()
	host := bareHost(r.Host)
	entry := &world.Entry{Time: c.w.Now(), Host: host, Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery}
	body, err := io.ReadAll(io.LimitReader(r.Body, longestBody+1))
	if err != nil {
		http.Error(w, "The request's body cannot be read.", http.StatusBadRequest) // or its sender is gone
		return
	}
	entry.RequestBody = cut(body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	fault, hit := c.w.TakeFault(host, r.Method, r.URL.RequestURI())
	entry.Fault = fault.Kind
	s.wait(c.w.Latency())
	if hit && fault.Kind != world.FaultThrottle {
		s.wait(time.Duration(fault.Delay))
	}
	out := s.produce(c, r.WithContext(world.WithEntry(r.Context(), entry)), len(body) > longestBody, fault)
	lost := fault.Kind == world.FaultReplyLost
	if !lost {
		entry.Status, entry.ResponseBody = out.status, cut(out.body.Bytes())
	}
	c.w.Log().Add(entry)
	if lost {
		panic(http.ErrAbortHandler) // net/http's way to cut the connection without an answer
	}
	out.header.Set("Date", c.w.Now().Format(http.TimeFormat))
	if fault.Kind == world.FaultAnswerCut {
		out.sendHalf(w)
	}
	out.send(w)
}

// produce makes the answer, with the effect that the fault allows.
func (s *Simulator) produce(c *cloud, r *http.Request, tooLong bool, fault world.Fault) *held {
	out := &held{header: http.Header{}}
	host := bareHost(r.Host)
	handler := c.host(host)
	switch {
	case handler == nil:
		world.NoteUnknown(r.Context())
		out.fail(host, c.w.Now(), http.StatusBadRequest, "InvalidHostname", "The request hostname is invalid.")
	case tooLong:
		out.fail(host, c.w.Now(), http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is too large.")
	case fault.Kind == world.FaultThrottle:
		out.header.Set("Retry-After", strconv.Itoa(retryAfter(fault)))
		out.fail(host, c.w.Now(), orStatus(fault.Status, http.StatusTooManyRequests), "TooManyRequests", "Too many requests.")
	case fault.Kind == world.FaultPage:
		out.page(orStatus(fault.Status, http.StatusOK))
	case fault.Kind == world.FaultErrorBefore:
		out.fault(host, c.w.Now(), fault)
	default:
		out.serve(handler, r, c.w.Now())
		if fault.Kind == world.FaultErrorAfter {
			*out = held{header: http.Header{}}
			out.fault(host, c.w.Now(), fault)
		}
	}
	return out
}

// serve runs a host. A panic in it is a fault of the simulator; it is answered and logged like one of the cloud.
func (h *held) serve(handler http.Handler, r *http.Request, now time.Time) {
	defer func() {
		if trouble := recover(); trouble != nil {
			world.NoteUnknown(r.Context())
			*h = held{header: http.Header{}}
			h.fail(bareHost(r.Host), now, http.StatusInternalServerError, "InternalServerError", fmt.Sprintf("The simulator failed: %v", trouble))
		}
	}()
	handler.ServeHTTP(h, r)
}

func retryAfter(f world.Fault) int {
	if f.Delay <= 0 {
		return 5
	}
	return int((time.Duration(f.Delay) + time.Second - 1) / time.Second)
}

func orStatus(status, other int) int {
	if status == 0 {
		return other
	}
	return status
}

// wait sleeps, or ends with the simulator. A client that goes away meanwhile does not undo its request.
func (s *Simulator) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closing:
	}
}

func cut(body []byte) string { return string(body[:min(len(body), world.LogBodyLimit)]) }

// held is an answer that is kept until it is known whether the client gets it.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's header.
func (h *held) Header() http.Header { return h.header }

// WriteHeader keeps the first status.
func (h *held) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

// Write keeps a piece of the body.
func (h *held) Write(p []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(p)
}

// send passes the answer on.
func (h *held) send(w http.ResponseWriter) {
	h.begin(w)
	_, _ = w.Write(h.body.Bytes()) // the client may be gone; nothing to do about it
}

// sendHalf passes half of the answer on and cuts the connection.
func (h *held) sendHalf(w http.ResponseWriter) {
	h.begin(w)
	_, _ = w.Write(h.body.Bytes()[:h.body.Len()/2])
	_ = http.NewResponseController(w).Flush() // the client may be gone; nothing to do about it
	panic(http.ErrAbortHandler)
}

func (h *held) begin(w http.ResponseWriter) {
	h.WriteHeader(http.StatusOK)
	for name, values := range h.header {
		w.Header()[name] = values
	}
	if h.status != http.StatusNoContent && h.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(h.body.Len()))
	}
	w.WriteHeader(h.status)
}
