package consumer

import (
	"bytes"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port"
)

func TestFilter(t *testing.T) {
	f := newFilter(map[string]Handler{"grant_it": nil, "revoke-it": nil})
	tests := []struct {
		value string
		want  bool
	}{
		{"", false},
		{`{"action":"other"}`, false},
		{`{"action":"grant_i"}`, false},
		{`{"action":"grant_it"}`, true},
		{`{"note":"revoke-it"}`, true},
		{`{"action":"gr\u0061nt_it"}`, true},
		{`{"text":"line\nbreak \/ and \"quotes\""}`, false},
		{"\xff\x00 no JSON", false},
	}
	for _, tt := range tests {
		if got := f.mayConcern([]byte(tt.value)); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.value, got, tt.want)
		}
	}
}

func foreignRecord(size int) []byte {
	part := `{"action":"create_vm","resourceType":"run","context":{"blueprint":"vm","runId":"r_0123456789abcdef"},"properties":{"region":"eu-west-1"}},`
	return bytes.Repeat([]byte(part), size/len(part)+1)[:size]
}

func BenchmarkFilter(b *testing.B) {
	f := newFilter(map[string]Handler{"request_permissions": nil, "revoke_permissions": nil, "revoke_expired_permissions": nil})
	for name, size := range map[string]int{"1KB": 1 << 10, "100KB": 100 << 10} {
		b.Run(name, func(b *testing.B) {
			value := foreignRecord(size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if f.mayConcern(value) {
					b.Fatal("passed")
				}
			}
		})
	}
}

// BenchmarkRegister is the way of a record of another backend from the client's
// hands to its tracker, 500 at a time.
func BenchmarkRegister(b *testing.B) {
	c, err := New(Options{
		Access: access(port.KafkaAccess{}), Mechanism: "none",
		Topic: testTopic, Group: testGroup, Concurrency: 1,
		Actions: map[string]Handler{"request_permissions": newLedger().handler, "revoke_permissions": newLedger().handler, "revoke_expired_permissions": newLedger().handler},
	})
	if err != nil {
		b.Fatal(err)
	}
	s := newSession(c)
	s.parts[0] = newPartition(0, 0, 2000, func() {}, func() {})
	records := make([]*kgo.Record, maxPoll)
	for i := range records {
		records[i] = &kgo.Record{Topic: testTopic, Value: foreignRecord(1 << 10)}
		s.OnFetchRecordBuffered(records[i])
	}
	fetches := kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: testTopic, Partitions: []kgo.FetchPartition{{Records: records}}}}}}
	next := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range records {
			r.Offset = next
			next++
		}
		s.register(fetches)
	}
	b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "records/s")
}
