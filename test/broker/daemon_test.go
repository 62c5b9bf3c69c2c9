package broker

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

const requester = "alice@example.com"

// env is what the binary is told to read the topic of this test.
func (w *world) env(more map[string]string) map[string]string {
	w.t.Helper()
	w.Kafka.AllowTopic(daemontest.Org, w.topic)
	env := map[string]string{"KAFKA_TOPIC": w.topic, "KAFKA_GROUP_ID": w.group}
	maps.Copy(env, more)
	return w.Env(env)
}

// message starts a run in Port and returns its record.
func (w *world) message(permission string) (id string, message []byte) {
	id = w.Port.StartRun(porttest.RunSpec{
		Action: daemontest.GrantAction, Entity: porttest.SampleBucket, Requester: requester,
		Properties: map[string]any{"permissions": []string{permission}},
	})
	return id, w.Port.Message(id, porttest.FormTemplated)
}

// awaitEnd waits until a run has ended.
func (w *world) awaitEnd(id string) porttest.RunState {
	w.t.Helper()
	var r porttest.RunState
	w.within(limit, is("run "+id+" ends"), func() bool { r, _ = w.Port.Run(id); return r.Ended() })
	return r
}

// afterCrash is how long after the start of the next process a run ends that was
// written while none ran.
func (w *world) afterCrash(env map[string]string) time.Duration {
	w.t.Helper()
	w.createTopic(1)
	env = w.env(env)
	cl := w.client()
	write := func() string {
		id, message := w.message("s3:PutObject")
		if err := cl.ProduceSync(w.t.Context(), &kgo.Record{Value: message}).FirstErr(); err != nil {
			w.t.Fatal(err)
		}
		return id
	}
	d := daemontest.Start(w.t, env)
	d.AwaitReady(w.t)
	w.awaitEnd(write())
	d.Kill()
	id := write()
	began := time.Now()
	daemontest.Start(w.t, env)
	r := w.awaitEnd(id)
	took := time.Since(began)
	if r.Status != "SUCCESS" || r.Ends != 1 {
		w.t.Errorf("the run ended %s, %d times: %+v", r.Status, r.Ends, r.Logs)
	}
	w.t.Logf("the next run has ended %v after the start", took.Round(time.Millisecond))
	return took
}

func crashWithInstance(w *world) {
	if took := w.afterCrash(map[string]string{"KAFKA_INSTANCE_ID": "host-1"}); took > 3*time.Second {
		w.t.Errorf("%v after the start, want 3 s at most", took)
	}
}

// crashWithoutInstance: the group waits for the session timeout of the process that
// is gone.
func crashWithoutInstance(w *world) {
	if took := w.afterCrash(nil); took > 30*time.Second {
		w.t.Errorf("%v after the start, want 20 s and what a start takes", took)
	}
}

// memory: however large the records are that wait for Port, the process stays small.
func memory(w *world) {
	w.waitingRecords(w.client(kgo.ProducerBatchCompression(kgo.NoCompression())), filler)
}

// memoryCompressed: the same where little that is fetched becomes much in memory.
func memoryCompressed(w *world) {
	w.waitingRecords(w.client(kgo.ProducerBatchCompression(kgo.ZstdCompression())), func(n int) []byte { return bytes.Repeat(filler(n/100), 100) })
}

const (
	waiting     = 400       // records
	waitingSize = 900_000   // bytes of each of them
	memoryLimit = 128 << 20 // bytes of the process
)

func (w *world) waitingRecords(cl *kgo.Client, filler func(int) []byte) {
	w.t.Helper()
	w.createTopic(1)
	door, away := w.portDoor()
	d := daemontest.Start(w.t, w.env(map[string]string{"PORT_BASE_URL": door}))
	d.AwaitReady(w.t)
	idle := resident(w.t, d, "VmRSS")
	away.Store(true)
	ids := w.writeLarge(cl, filler(waitingSize))

	var highest int64
	read := func() string {
		highest = max(highest, resident(w.t, d, "VmRSS"))
		_, body := d.Get(w.t, "/metrics")
		return fetched.FindString(body)
	}
	// It has read what it wants when that no longer grows.
	last, since := read(), time.Now()
	w.within(limit, is("the process stops reading"), func() bool {
		if now := read(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 3*time.Second
	})
	w.t.Logf("resident: idle %d MiB, while Port is away %d MiB; %s", idle>>20, highest>>20, last)

	away.Store(false)
	began := time.Now()
	for _, id := range ids {
		if r := w.awaitEnd(id); r.Ends != 1 {
			w.t.Errorf("run %s ended %d times", id, r.Ends)
		}
		highest = max(highest, resident(w.t, d, "VmRSS"))
	}
	w.t.Logf("all have ended %v after Port is back; the peak of the whole time is %d MiB",
		time.Since(began).Round(time.Millisecond), resident(w.t, d, "VmHWM")>>20)
	if highest > memoryLimit {
		w.t.Errorf("resident: %d MiB, want %d at most", highest>>20, memoryLimit>>20)
	}
	w.awaitCommitted(waiting)
	if code := d.Stop(w.t); code != 0 {
		w.t.Errorf("exit code %d after SIGTERM", code)
	}
}

// writeLarge writes records that are large for one of three reasons: an input that
// is not read, the input with the permissions, and a field that is unknown.
func (w *world) writeLarge(cl *kgo.Client, filler []byte) (ids []string) {
	w.t.Helper()
	for i := range waiting {
		id, message := w.message("s3:NoSuchPermission")
		ids = append(ids, id)
		place, text := `"properties":{`, `"reason":"%s",`
		switch i % 3 {
		case 1:
			place, text = `"permissions":[`, `"%s",`
		case 2:
			place, text = `{`, `"more":"%s",`
		}
		before, after, found := bytes.Cut(message, []byte(place))
		if !found {
			w.t.Fatalf("no %s in %s", place, message)
		}
		value := slices.Concat(before, []byte(place), fmt.Appendf(nil, text, filler), after)
		cl.Produce(w.t.Context(), &kgo.Record{Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				w.t.Errorf("produce: %v", err)
			}
		})
		if i%50 == 49 || i == waiting-1 {
			if err := cl.Flush(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return ids
}

// portDoor is a way to Port for one process, which answers 503 while Port is away.
func (w *world) portDoor() (address string, away *atomic.Bool) {
	w.t.Helper()
	to, err := url.Parse(w.PortURL)
	if err != nil {
		w.t.Fatal(err)
	}
	away = new(atomic.Bool)
	proxy := httputil.NewSingleHostReverseProxy(to)
	door := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if away.Load() {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(door.Close)
	return door.URL, away
}

var fetched = regexp.MustCompile(`(?m)^port_iam_kafka_fetch_bytes_total.*$`)

// resident reads the memory of a process in bytes: at present, VmRSS, or the most so
// far, VmHWM.
func resident(t *testing.T, d *daemontest.Daemon, name string) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name+":" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("no %s in\n%s", name, status)
	return 0
}

// filler is text that does not compress well.
func filler(n int) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	text := make([]byte, n)
	for i := range text {
		text[i] = letters[rand.IntN(len(letters))]
	}
	return text
}
