package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
)

// diary is where a process without a screen writes, sorted by how grave it is. The event log of Windows is one.
type diary interface {
	Info(id uint32, text string) error
	Warning(id uint32, text string) error
	Error(id uint32, text string) error
}

// The ids of what is written, by which the event viewer filters.
const (
	diaryInfo uint32 = iota + 1
	diaryWarning
	diaryError
)

// newDiary is a log that is written into a diary, from a level upwards.
func newDiary(to diary, level slog.Level) *slog.Logger {
	kept := &page{to: to}
	plain := &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
			return slog.Attr{} // the diary has the first two itself, and the third stands before the rest
		}
		return a
	}}
	return slog.New(diaryHandler{slog.NewTextHandler(&kept.text, plain), kept})
}

// page is the one entry that is being written.
type page struct {
	to   diary
	mu   sync.Mutex
	text bytes.Buffer
}

// diaryHandler writes each record as one entry: the message, and below it what else it says.
type diaryHandler struct {
	slog.Handler
	page *page
}

// Handle implements [slog.Handler].
func (h diaryHandler) Handle(ctx context.Context, record slog.Record) error {
	h.page.mu.Lock()
	defer h.page.mu.Unlock()
	h.page.text.Reset()
	if err := h.Handler.Handle(ctx, record); err != nil {
		return err
	}
	entry := strings.TrimSpace(record.Message + "\n" + h.page.text.String())
	switch {
	case record.Level >= slog.LevelError:
		return h.page.to.Error(diaryError, entry)
	case record.Level >= slog.LevelWarn:
		return h.page.to.Warning(diaryWarning, entry)
	}
	return h.page.to.Info(diaryInfo, entry)
}

// WithAttrs implements [slog.Handler].
func (h diaryHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return diaryHandler{h.Handler.WithAttrs(attrs), h.page}
}

// WithGroup implements [slog.Handler].
func (h diaryHandler) WithGroup(name string) slog.Handler {
	return diaryHandler{h.Handler.WithGroup(name), h.page}
}
