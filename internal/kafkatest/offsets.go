package kafkatest

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
)

// CommittedOffsets returns what a group has committed, by topic and partition.
// It is empty for a group that does not exist.
func (b *Broker) CommittedOffsets(group string) kadm.Offsets {
	b.t.Helper()
	var offsets kadm.Offsets
	b.ask("fetch the offsets of "+group, func(ctx context.Context, adm *kadm.Client) error {
		responses, err := adm.FetchOffsets(ctx, group)
		if err != nil {
			return err
		}
		offsets = responses.Offsets()
		return responses.Error()
	})
	return offsets
}
