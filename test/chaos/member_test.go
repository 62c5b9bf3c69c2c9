package chaos

import (
	"context"
	"encoding/xml"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"port-iam/test/kit/daemontest"
)

// memberTrouble is what the calls to the member account meet. It knows which those are:
// their session is one of a role there.
type memberTrouble struct {
	sessions   sync.Map // access key of each session there
	away, slow atomic.Pointer[func()]
	meanwhile  atomic.Pointer[func()] // for each run in the other account that succeeds while it is away
}

// signer finds the access key with which a call is signed.
var signer = regexp.MustCompile(`Credential=([^/]+)/`)

// accountOf is the account to which a call goes.
func (m *memberTrouble) accountOf(c awsCall, r *http.Request) string {
	if strings.HasPrefix(c.form.Get("RoleArn"), "arn:aws:iam::"+daemontest.Member+":") {
		return daemontest.Member
	}
	if key := signer.FindStringSubmatch(r.Header.Get("Authorization")); key != nil {
		if _, there := m.sessions.Load(key[1]); there {
			return daemontest.Member
		}
	}
	return daemontest.Account
}

// noteSession notes a session that has begun.
func (m *memberTrouble) noteSession(c awsCall, got response) {
	if c.op != "AssumeRole" || got.status != http.StatusOK {
		return
	}
	var answer struct {
		Key string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	}
	if xml.Unmarshal(got.body, &answer) == nil && answer.Key != "" {
		m.sessions.Store(answer.Key, true)
	}
}

// meets is the answer to a call where the account gives none of its own. While it is
// away, its role cannot be assumed and no session counts; while it is slow, a call takes
// seconds, or longer than anybody waits.
func (m *memberTrouble) meets(ctx context.Context, c awsCall, chance *rand.Rand) *response {
	if c.account != daemontest.Member {
		return nil
	}
	if met := m.away.Load(); met != nil {
		(*met)()
		code := "InvalidClientTokenId"
		if c.op == "AssumeRole" {
			code = "AccessDenied"
		}
		r := refusal(http.StatusForbidden, code, "injected")
		return &r
	}
	if met := m.slow.Load(); met != nil {
		(*met)()
		select {
		case <-time.After(time.Second + time.Duration(chance.Int64N(int64(25*time.Second)))):
		case <-ctx.Done():
		}
	}
	return nil
}

// noteEnd counts the runs that succeed in the other account while this one is away.
func (p *proxy) noteEnd(account string, succeeded bool) {
	if met := p.member.meanwhile.Load(); met != nil && succeeded && account == daemontest.Account {
		(*met)()
	}
}

// memberAway has the member refuse everything for a while, and until a run has come to its
// end in the other account meanwhile.
func (w *world) memberAway(length time.Duration) {
	m := &w.proxy.member
	w.rec.note("trouble: the member cannot be entered")
	away, gone := counted(w.tally.plan("the member is away"))
	meanwhile, others := counted(w.tally.plan("a run succeeds while the member is away"))
	m.away.Store(&away)
	m.meanwhile.Store(&meanwhile)
	end := time.Now().Add(length)
	w.when("the member has been away, and a run has succeeded elsewhere", func() bool {
		return time.Now().After(end) && gone() > 0 && others() > 0
	}, func() {
		m.away.Store(nil)
		m.meanwhile.Store(nil)
		w.rec.note("trouble over: the member can be entered")
	})
}

// memberSlow has the member take its time for a while, and until it was asked a few times.
func (w *world) memberSlow(length time.Duration) {
	m := &w.proxy.member
	w.rec.note("trouble: the member is slow")
	slow, was := counted(w.tally.plan("the member is slow"))
	m.slow.Store(&slow)
	end := time.Now().Add(length)
	w.when("the member has been slow", func() bool { return time.Now().After(end) && was() >= 5 }, func() {
		m.slow.Store(nil)
		w.rec.note("trouble over: the member is fast again")
	})
}

// counted also remembers how often it was called.
func counted(f func()) (call func(), times func() int64) {
	var n atomic.Int64
	return func() { n.Add(1); f() }, n.Load
}
