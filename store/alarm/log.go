package alarm

import (
	"context"
	"log/slog"
)

// quiet passes on what River says of warnings and errors, under keys of its own; its life is of no interest otherwise.
func quiet(log *slog.Logger) slog.Handler {
	if log == nil {
		return slog.DiscardHandler
	}
	return warnings{log.Handler().WithGroup("river")}
}

// warnings is a handler for records from Warn upwards.
type warnings struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }
