package iamops_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// newStore is an account with an identity store, and alice in it.
func newStore(t *testing.T, opts iamtest.Options) (*world, *iamops.IdentityStore) {
	t.Helper()
	w := newFake(t, opts)
	w.provision(t, iamtest.StoreUser{UserName: "alice", Email: "alice@example.com"})
	w.fake.ResetCalls()
	return w, w.clients(t, w.config).IdentityStore(storeID, storeRegion)
}

// wantCalls checks how often users were looked for and read since the last time.
func (w *world) wantCalls(t *testing.T, when string, looked, read int) {
	t.Helper()
	if l, r := w.fake.CallCount("GetUserId"), w.fake.CallCount("DescribeUser"); l != looked || r != read {
		t.Errorf("%s: %d calls of GetUserId and %d of DescribeUser, want %d and %d", when, l, r, looked, read)
	}
	w.fake.ResetCalls()
}

// contains checks what an error tells the requester.
func contains(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%v is to say %q", err, text)
	}
}

// TestUserIsReadSeldom: at most every five minutes, once for all that ask; that there is
// none counts for half a minute.
func TestUserIsReadSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, store := newStore(t, iamtest.Options{Delay: 50 * time.Millisecond})
		ask := func(email, want string) {
			t.Helper()
			var asking sync.WaitGroup
			for range 20 {
				asking.Go(func() {
					if u, err := store.User(context.Background(), email); u.Name != want || (err == nil) != (want != "") {
						t.Errorf("%+v, %v, want %q", u, err, want)
					}
				})
			}
			asking.Wait()
		}
		ask("alice@example.com", "alice")
		w.wantCalls(t, "at first", 1, 1)
		w.provision(t, iamtest.StoreUser{UserName: "alice2", Email: "alice@example.com"})
		<-time.After(5*time.Minute - 200*time.Millisecond)
		ask("alice@example.com", "alice")
		w.wantCalls(t, "within five minutes", 0, 0)
		<-time.After(200 * time.Millisecond)
		ask("alice@example.com", "alice2")
		w.wantCalls(t, "after five minutes", 1, 1)

		ask("Bob@example.com", "")
		w.wantCalls(t, "nobody, in two spellings", 2, 0)
		w.provision(t, iamtest.StoreUser{UserName: "bob", Email: "bob@example.com"})
		<-time.After(30*time.Second - 200*time.Millisecond)
		ask("Bob@example.com", "")
		w.wantCalls(t, "nobody, within half a minute", 0, 0)
		<-time.After(200 * time.Millisecond)
		ask("Bob@example.com", "bob")
		w.wantCalls(t, "after half a minute", 2, 1)
	})
}

// TestUserMemoryIsBounded: however many e-mails are asked for, the oldest answers make room.
func TestUserMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, store := newStore(t, iamtest.Options{})
		ask := func(email string) { _, _ = store.User(context.Background(), email) }
		ask("alice@example.com")
		<-time.After(time.Second)
		for i := range 999 {
			ask(fmt.Sprintf("nobody-%d@example.com", i))
		}
		w.fake.ResetCalls()
		ask("alice@example.com")
		w.wantCalls(t, "a thousand", 0, 0)
		ask("one-more@example.com")
		w.fake.ResetCalls()
		ask("alice@example.com")
		w.wantCalls(t, "one more", 1, 1)
		_, err := store.User(context.Background(), strings.Repeat("x", 2000)+"@example.com")
		wantKind(t, "a long e-mail", iamops.KindUser, err)
		w.wantCalls(t, "a long e-mail", 0, 0)
	})
}

// TestUserRefused: what is refused although there is such a user.
func TestUserRefused(t *testing.T) {
	t.Parallel()
	for text, u := range map[string]iamtest.StoreUser{
		"is not enabled":                {UserName: "bob", Email: "bob@example.com", Disabled: true},
		"primary e-mail is another one": {UserName: "bob", Email: "bob@example.com", Secondary: true},
		`called "b*b"`:                  {UserName: "b*b", Email: "bob@example.com"},
		`called ""`:                     {Email: "bob@example.com"},
		"has no user":                   {UserName: "bob", Email: "BOB@example.com"}, // in another spelling than we try
	} {
		w, store := newStore(t, iamtest.Options{})
		w.provision(t, u)
		_, err := store.User(t.Context(), "bob@example.com")
		wantKind(t, text, iamops.KindUser, err)
		contains(t, err, text)
	}
	// A letter of Unicode that folds to one of ASCII makes no other person's e-mail.
	w, store := newStore(t, iamtest.Options{})
	w.provision(t, iamtest.StoreUser{UserName: "kate", Email: "kate@example.com"})
	_, err := store.User(t.Context(), "\u212aate@example.com")
	wantKind(t, "a Kelvin sign", iamops.KindUser, err)
}

// TestUserTrouble: what AWS says instead of a user, and that it is not remembered.
func TestUserTrouble(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault iamtest.Fault
		kind  iamops.Kind
	}{
		{"away", iamtest.Fault{Op: "GetUserId"}, iamops.KindUnavailable},
		{"throttled", iamtest.Fault{Op: "DescribeUser", Code: "Throttling"}, iamops.KindUnavailable},
		{"lost", iamtest.Fault{Op: "DescribeUser", Kind: iamtest.LostAnswer}, iamops.KindUnavailable},
		{"denied", iamtest.Fault{Op: "GetUserId", Code: "AccessDenied", Status: http.StatusBadRequest}, iamops.KindDenied},
		{"expired", iamtest.Fault{Op: "GetUserId", Code: "ExpiredToken", Status: http.StatusForbidden}, iamops.KindUnavailable},
		{"not an e-mail for AWS", iamtest.Fault{Op: "GetUserId", Code: "ValidationException"}, iamops.KindInvalid},
		{"gone meanwhile", iamtest.Fault{Op: "DescribeUser", Code: "ResourceNotFoundException"}, iamops.KindUser},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, store := newStore(t, iamtest.Options{})
				tt.fault.Count = -1
				remove := w.fake.Fault(tt.fault)
				_, err := store.User(context.Background(), "alice@example.com")
				wantKind(t, "User", tt.kind, err)
				remove()
				if tt.kind == iamops.KindUser {
					<-time.After(30 * time.Second)
				}
				_, err = store.User(context.Background(), "alice@example.com")
				noError(t, err)
			})
		})
	}
}

// TestNoIdentityStore: the settings are wrong then, and no requester is told to go elsewhere.
func TestNoIdentityStore(t *testing.T) {
	t.Parallel()
	w, _ := newStore(t, iamtest.Options{})
	_, err := w.clients(t, w.config).IdentityStore("d-0000000000", storeRegion).User(t.Context(), "alice@example.com")
	wantKind(t, "User", iamops.KindInvalid, err)
	contains(t, err, "IDENTITY_STORE_ID")
}

// TestUserReaderLeaves: a run that needs no answer any more does not take it from those who
// wait for it.
func TestUserReaderLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, store := newStore(t, iamtest.Options{Delay: time.Second})
		short, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
		defer cancel()
		var asking sync.WaitGroup
		asking.Go(func() {
			_, err := store.User(short, "alice@example.com")
			wantKind(t, "User", iamops.KindUnavailable, err)
		})
		synctest.Wait()
		for range 5 {
			asking.Go(func() {
				u, err := store.User(context.Background(), "alice@example.com")
				if err != nil || u.Name != "alice" {
					t.Errorf("%+v, %v", u, err)
				}
			})
		}
		asking.Wait()
		w.wantCalls(t, "once more for all of them", 2, 2)
	})
}

// TestIdentityStoreEntered: the store of another account is read as its role, whose policy
// limits that, and which is assumed again where its session is not accepted.
func TestIdentityStoreEntered(t *testing.T) {
	t.Parallel()
	m := newMembers(t, iamtest.Options{})
	m.there.AddStoreUser(storeID, iamtest.StoreUser{UserName: "alice", Email: "alice@example.com"})
	m.there.AddStoreUser("d-0000000000", iamtest.StoreUser{UserName: "alice", Email: "alice@example.com"})
	role := m.there.AddRole("/", "Reader", hubTrust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Action":["identitystore:GetUserId","identitystore:DescribeUser"],
		"Resource":["arn:aws:identitystore::`+member+`:identitystore/`+storeID+`","arn:aws:identitystore:::user/*"]}]}`)
	in := m.hub.Enter(role, externalID)
	u, err := in.IdentityStore(storeID, storeRegion).User(t.Context(), "alice@example.com")
	noError(t, err)
	if u.Name != "alice" {
		t.Errorf("%+v", u)
	}
	_, err = in.IdentityStore("d-0000000000", storeRegion).User(t.Context(), "alice@example.com")
	wantKind(t, "another store", iamops.KindDenied, err)
	m.there.RemoveRole("Reader")
	_, err = m.hub.Enter(role, externalID).IdentityStore(storeID, storeRegion).User(t.Context(), "alice@example.com")
	wantKind(t, "without the role", iamops.KindUnavailable, err)
	if got := requests(t, m.reg); got["GetUserId ok"] != 1 || got["DescribeUser ok"] != 1 || got["GetUserId AccessDeniedException"] != 1 {
		t.Errorf("requests: %v", got)
	}
}

// TestThrottledIAM: AWS counts calls to Identity Store apart from those to IAM, so who
// asks is found while the account of the daemon throttles.
func TestThrottledIAM(t *testing.T) {
	w, store := newStore(t, iamtest.Options{})
	w.fake.Throttle(0, 0, 1)
	if _, err := w.iam.ListRoles(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "Throttling") {
		t.Errorf("IAM answers %v", err)
	}
	if user, err := store.User(t.Context(), "alice@example.com"); err != nil || user.Name != "alice" {
		t.Errorf("%+v, %v", user, err)
	}
}
