package main

import (
	"context"
	"sync"

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
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var feeding sync.WaitGroup
	if interval, err := systemd.SdWatchdogEnabled(false); err == nil && interval > 0 {
		feeding.Go(func() {
			for pause(ctx, interval/3) {
				if d.life.alive() {
					d.tell(systemd.SdNotifyWatchdog)
				}
			}
		})
	}
	return func() {
		forget()
		cancel()
		feeding.Wait()
	}
}

func (d *daemon) tell(state string) {
	if _, err := systemd.SdNotify(false, state); err != nil {
		d.log.Warn("systemd was not told", "state", state, "error", err)
	}
}
