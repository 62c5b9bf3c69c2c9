package consumer

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port"
)

// hintInterval is the time between two hints about the same action: a workflow may run
// every minute for years.
const hintInterval = 10 * time.Minute

// hintWorkflow tells who made a workflow with a node that names one of our actions that
// nothing performs it.
func (c *Consumer) hintWorkflow(r *kgo.Record) {
	action, named := port.FindText(r.Value, func(s string) bool { return c.opts.Actions[s] != nil })
	if !named {
		return
	}
	if last, hinted := c.hints[action]; hinted && time.Since(last) < hintInterval {
		return
	}
	c.hints[action] = time.Now()
	c.log.Info("record skipped: a workflow in Port names this action, and port-iam performs no nodes of workflows: "+
		"if the node is meant for port-iam, take it out of the workflow, and let people start the action itself", keyAction, action, keyPartition, r.Partition, keyOffset, r.Offset)
}
