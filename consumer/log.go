package consumer

import (
	"context"
	"log/slog"
)

// Keys of log attributes.
const (
	keyRunID     = "run_id"
	keyAction    = "action"
	keyPartition = "partition"
	keyOffset    = "offset"
	keyError     = "error"
)

// warnings returns a logger for the Kafka client, which is chatty below WARN.
func warnings(log *slog.Logger) *slog.Logger { return slog.New(warnHandler{log.Handler()}) }

type warnHandler struct{ slog.Handler }

func (h warnHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

func (h warnHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnHandler{h.Handler.WithAttrs(attrs)}
}

func (h warnHandler) WithGroup(name string) slog.Handler {
	return warnHandler{h.Handler.WithGroup(name)}
}
