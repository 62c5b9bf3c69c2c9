package main

import (
	"context"

	systemd "github.com/coreos/go-systemd/v22/daemon"
)

// supervise tells systemd how the daemon is, where systemd started it with
// Type=notify; elsewhere it does nothing. systemd is told that the daemon has
// started as soon as it serves. It may not be ready in the sense of /readyz yet:
// while Port, Kafka or AWS cannot be reached, it runs and waits.
func (d *daemon) supervise(ctx context.Context) (stop func()) {
	d.tell(systemd.SdNotifyReady)
	forget := context.AfterFunc(ctx, func() { d.tell(systemd.SdNotifyStopping) })
	// Not tied to the end of ctx: a clean stop takes its time.
	stopFeeding := inBackground(context.WithoutCancel(ctx), func(ctx context.Context) {
		interval, err := systemd.SdWatchdogEnabled(false)
		for err == nil && interval > 0 && pause(ctx, interval/3) {
			if len(d.life.stuck()) == 0 {
				d.tell(systemd.SdNotifyWatchdog)
			}
		}
	})
	return func() {
		forget()
		stopFeeding()
	}
}

func (d *daemon) tell(state string) {
	if _, err := systemd.SdNotify(false, state); err != nil {
		d.log.Warn("systemd was not told", "state", state, "error", err)
	}
}
