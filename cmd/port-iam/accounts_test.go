package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port"
	"port-iam/port/porttest"
)

// TestRunTwoAccounts: the daemon grants and revokes in the account of the resource.
func TestRunTwoAccounts(t *testing.T) {
	w := newTwoAccounts(t)
	d := w.run()
	awaitReady(t, d.url)
	for account, server := range map[string]*iamtest.Server{member: w.there, demo.Account: w.AWS} {
		id := w.request(account)
		w.awaitRun(id, "SUCCESS")
		name := "Permission-" + id
		made := func() bool {
			return slices.ContainsFunc(server.Snapshot().Roles, func(r iamtest.Role) bool {
				return r.Name == name && r.Boundary == "arn:aws:iam::"+account+":policy/PortIamBoundary"
			})
		}
		if !made() {
			t.Errorf("account %s has no role %s: %+v", account, name, server.Snapshot().Roles)
		}
		w.awaitRun(w.Port.StartRun(porttest.RunSpec{Action: "revoke_permissions", Entity: name, Requester: alice}), "SUCCESS")
		if made() {
			t.Errorf("account %s still has %s", account, name)
		}
		if got, want := d.metric(t, `port_iam_account_up{account="`+account+`"}`), `port_iam_account_up{account="`+account+`"} 1`; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if log := d.end(t); !strings.Contains(log, `"account":"`+member+`"`) {
		t.Errorf("the log does not say that the account is up:\n%s", log)
	}
}

// TestRunWithoutAnAccount: one that cannot be entered, or does not answer, holds up
// neither the start nor the others.
func TestRunWithoutAnAccount(t *testing.T) {
	for name, fault := range map[string]iamtest.Fault{
		"refused": {Op: "AssumeRole", Code: "AccessDenied", Status: 403, Count: -1},
		"silent":  {Op: "AssumeRole", Kind: iamtest.Delayed, Delay: time.Hour, Count: -1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTwoAccounts(t)
			w.there.Fault(fault)
			d := w.run()
			awaitReady(t, d.url)
			w.awaitRun(w.request(demo.Account), "SUCCESS")
			if got := d.metric(t, `port_iam_account_up{account="`+member+`"}`); !strings.HasSuffix(got, " 0") {
				t.Errorf("%q", got)
			}
			d.end(t)
		})
	}
}

// TestRunWithoutAnyAccount: the daemon waits, is not ready and says why.
func TestRunWithoutAnyAccount(t *testing.T) {
	w := newTwoAccounts(t)
	w.env["ACCOUNTS"] = member
	w.away()
	d := w.run()
	awaitAnswer(t, d.url, http.StatusServiceUnavailable, "no served account is up, of 1; the first, "+member+": ask whether IAM answers")
	if log := d.end(t); !strings.Contains(log, "account is away") || !strings.Contains(log, memberRole) {
		t.Errorf("the log does not say what is away:\n%s", log)
	}
}

// TestRunRejected: credentials that AWS does not accept end the daemon, whatever is
// served with them.
func TestRunRejected(t *testing.T) {
	w := newTwoAccounts(t)
	w.env["AWS_ACCESS_KEY_ID"], w.env["LISTEN_ADDRESS"] = "AKIAWRONG", "127.0.0.1:0"
	_, _ = readWith(t, w.env)
	wantCommand(t, exitFailed, "check the AWS credentials", "run")
}

// TestRunDoesNotFit: what only turns out to be wrong when AWS has said who we are is
// wrong settings nevertheless.
func TestRunDoesNotFit(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		env        map[string]string
	}{
		{"reach", "GRANT_ACTION: request_permissions is to reach account " + member, map[string]string{"ACCOUNTS": "", "GRANT_ACTION": "request_permissions=" + member}},
		{"boundary", "IAM_PERMISSIONS_BOUNDARY: " + memberBounds, map[string]string{"ACCOUNTS": "", "IAM_PERMISSIONS_BOUNDARY": memberBounds}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newTwoAccounts(t)
			w.env["LISTEN_ADDRESS"] = "127.0.0.1:0"
			for k, v := range tc.env {
				w.env[k] = v
			}
			_, _ = readWith(t, w.env)
			wantCommand(t, exitConfig, tc.want, "run")
		})
	}
}

// TestActionsOfOtherAccounts: an action for others only ends the daemon, one that is for
// others, too, is warned about; check fails on both.
func TestActionsOfOtherAccounts(t *testing.T) {
	const other = "333333333333"
	for _, tc := range []struct {
		name, accounts, ends, warns string
		checks                      bool
	}{
		{"served", `"` + demo.Account + `","` + member + `"`, "", "", true},
		{"one more", `"` + demo.Account + `","` + member + `","` + other + `"`, "", "is also for AWS accounts that this daemon does not serve", false},
		{"others", `"` + other + `","444444444444"`, "action revoke_permissions in Port is for AWS accounts " + other + ", 444444444444, and this daemon serves accounts " + demo.Account + ", " + member, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newTwoAccounts(t)
			w.change(toRevoke, message(`{"context":{"account":null,"accounts":[`+tc.accounts+`]}}`))
			_, steps, _ := w.check()
			s := steps[toRevoke]
			if ok := s.Result == resultOK; ok != tc.checks || !ok && !strings.Contains(s.Why, other) {
				t.Errorf("check: %+v", s)
			}
			d := w.run()
			if tc.ends != "" {
				if err := <-d.ends; err == nil || !strings.Contains(err.Error(), tc.ends) {
					t.Errorf("ended with %v\nwant %s", err, tc.ends)
				}
				return
			}
			awaitReady(t, d.url)
			if log := d.end(t); strings.Contains(log, "does not serve") != (tc.warns != "") || !strings.Contains(log, tc.warns) {
				t.Errorf("the log is to warn %q:\n%s", tc.warns, log)
			}
		})
	}
}

// TestAccountWatch: which are up, by whether their roles can be assumed and IAM answers;
// throttled is up.
func TestAccountWatch(t *testing.T) {
	w := newTwoAccounts(t)
	c := w.operate().conn
	reg := prometheus.NewRegistry()
	watch := newAccountWatch(reg, c.cfg.accounts.ids)
	want := func(when string, hub, there int, ready bool) {
		t.Helper()
		text := fmt.Sprintf("# HELP port_iam_account_up Whether the account can be entered and IAM answers there, by account.\n"+
			"# TYPE port_iam_account_up gauge\nport_iam_account_up{account=%q} %d\nport_iam_account_up{account=%q} %d\n", demo.Account, hub, member, there)
		if err := testutil.GatherAndCompare(reg, strings.NewReader(text)); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if err := watch.problem(); (err == nil) != ready {
			t.Errorf("%s: %v", when, err)
		}
	}
	var log lockedBuffer
	probe := func() { watch.probe(t.Context(), c.served, slog.New(slog.NewTextHandler(&log, nil))) }
	want("at first", 0, 0, false)
	watch.noteOwn(nil)
	want("before the first answer", 0, 0, false)
	probe()
	want("both answer", 1, 1, true)
	denied := w.there.Fault(iamtest.Fault{Op: "ListRoles", Code: "AccessDenied", Status: 403, Count: -1})
	probe()
	want("a right is missing there", 1, 0, true)
	if said := log.text(); !strings.Contains(said, `msg="account denies the daemon a right, its runs fail" account=`+member) || strings.Contains(said, "away") {
		t.Errorf("a right is missing there, and the log says\n%s", said)
	}
	fails := w.AWS.Fault(iamtest.Fault{Op: "ListRoles", Code: "AccessDenied", Status: 403, Count: -1})
	probe()
	want("neither lets it in", 0, 0, false)
	fails()
	denied()
	throttled := w.there.Fault(iamtest.Fault{Op: "ListRoles", Code: "Throttling", Status: 400, Count: -1})
	probe()
	want("throttled", 1, 1, true)
	throttled()
	watch.noteOwn(errors.New("ExpiredToken"))
	want("own credentials rejected", 1, 1, false)
}

// TestCheckTwoAccounts: each has its steps, and what is wrong in one is told of that one.
func TestCheckTwoAccounts(t *testing.T) {
	steps := func(id string) []string {
		var names []string
		for _, s := range []string{"role", "identity", "boundary", "permissions in the boundary", "Identity Center", "path", "rights of the daemon"} {
			names = append(names, "account "+id+": "+s)
		}
		return names
	}
	for _, tc := range []struct {
		name   string
		change func(w *twoAccounts)
		failed []string // of the second account
		why    string
		skips  int // of its steps
	}{
		{"all is well", func(*twoAccounts) {}, nil, "", 0},
		{"no role", func(w *twoAccounts) { w.away() }, steps(member)[:1], memberRole, 6},
		{"no boundary", func(w *twoAccounts) {
			w.there.Fault(iamtest.Fault{Op: "GetPolicy", Code: "NoSuchEntity", Status: 404, Count: -1})
		}, []string{steps(member)[2]}, memberBounds + " does not exist", 1},
		{"may not list", func(w *twoAccounts) {
			w.there.Fault(iamtest.Fault{Op: "ListRoles", Code: "AccessDenied", Status: 403, Count: -1})
		}, []string{steps(member)[5]}, "AccessDenied", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newTwoAccounts(t)
			tc.change(w)
			code, all, order := w.check()
			if first := slices.Index(order, steps(demo.Account)[0]); first < 0 ||
				!cmp.Equal(order[first:first+14], slices.Concat(steps(demo.Account), steps(member))) {
				t.Fatalf("steps %q", order)
			}
			var failed []string
			skips := 0
			for _, name := range steps(member) {
				switch all[name].Result {
				case resultFailed:
					failed = append(failed, name)
				case resultSkipped:
					skips++
				}
			}
			if diff := cmp.Diff(tc.failed, failed); diff != "" || skips != tc.skips || (code != 0) != (failed != nil) {
				t.Fatalf("exit code %d, %d skipped, failed (-want +got):\n%s\n%+v", code, skips, diff, all[steps(member)[0]])
			}
			if failed != nil && !strings.Contains(all[failed[0]].Why, tc.why) {
				t.Errorf("%+v", all[failed[0]])
			}
			if own := all[steps(demo.Account)[0]]; own.Result != resultOK || !strings.Contains(own.Why, "own account") {
				t.Errorf("%+v", own)
			}
		})
	}
}

// TestGrantsInTwoAccounts: the list says where each is, a name is shown and revoked in
// every account that has it, and one that is away is told.
func TestGrantsInTwoAccounts(t *testing.T) {
	w := newTwoAccounts(t)
	o := w.operate()
	own := o.make("r_own", time.Now().Add(2*time.Hour), port.StatusSuccess)
	there := o.grantOn("r_there", w.instance(member))
	w.there.AddRoleSession("/port-iam/", own, "stranger") // of the same name, and not ours

	var all []grantJSON
	o.must(json.Unmarshal([]byte(wantCommand(t, 0, "", "grants list --json")), &all))
	var got [][3]string
	for _, g := range all {
		got = append(got, [3]string{g.Account, g.Name, g.State})
	}
	want := [][3]string{{demo.Account, own, "active"}, {member, own, "foreign"}, {member, there, "active"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out := wantCommand(t, 0, "", "grants show "+own)
	for _, part := range []string{"Account", demo.Account, member, "active", "foreign", "arn:aws:iam::" + member + ":role/port-iam/" + own} {
		if !strings.Contains(out, part) {
			t.Errorf("%q is not in\n%s", part, out)
		}
	}
	shown := json.NewDecoder(strings.NewReader(wantCommand(t, 0, "", "grants show --json "+own)))
	for _, account := range []string{demo.Account, member} {
		var g grantJSON
		if o.must(shown.Decode(&g)); g.Account != account {
			t.Errorf("shown is %s, want %s", g.Account, account)
		}
	}

	back := w.away()
	if out := wantCommand(t, 1, "the list is not complete: account "+member, "grants list"); !strings.Contains(out, own) {
		t.Errorf("with an account away: %s", out)
	}
	wantCommand(t, 1, "1 account could not be looked at to the end: "+member, "grants sweep --dry-run")
	back()
	wantCommand(t, 0, "", "grants revoke --yes "+there)
	if roles := w.there.Snapshot().Roles; slices.ContainsFunc(roles, func(r iamtest.Role) bool { return r.Name == there }) {
		t.Errorf("%s is left: %+v", there, roles)
	}
}

// TestGrantsOfAnAccountThatLeft: they are told at the start, and only where ACCOUNTS says
// which accounts are served.
func TestGrantsOfAnAccountThatLeft(t *testing.T) {
	w := newTwoAccounts(t)
	w.operate().grantOn("r_left", w.instance(member))
	const told = `"account":"` + member + `","grants":1`
	for accounts, want := range map[string]bool{demo.Account: true, demo.Account + "," + member: false, "": false} {
		w.env["ACCOUNTS"] = accounts
		cfg, err := readWith(t, w.env)
		if err != nil {
			t.Fatal(err)
		}
		var log lockedBuffer
		d := newDaemon(cfg, prometheus.NewRegistry(), &log)
		if err := d.build(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d.warnElsewhere(t.Context()); strings.Contains(log.text(), told) != want {
			t.Errorf("ACCOUNTS=%s: told %v, want %v:\n%s", accounts, !want, want, log.text())
		}
	}
	w.env["ACCOUNTS"] = demo.Account
	d := w.run()
	d.awaitLog(t, told)
	d.end(t)
}
