package pages

import (
	"bufio"
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the screenshots into docs/images")

const (
	bucket = "arn:aws:s3:::my-s3-bucket"
	signIn = "https://signin.aws.amazon.com/switchrole?"

	requestBucket = "#resources a[href*=my-s3-bucket]"
	back          = "main > p a"
)

func decode(raw []byte, v any) error { return json.Unmarshal(raw, v) }

// demo is the demo of the real binary, while it stays up.
type demo struct{ page, status string }

var address = regexp.MustCompile(`^ +(request and revoke yourself|status of the daemon): +(http://127\.0\.0\.1:[0-9]+/)$`)

func startDemo(t *testing.T) demo {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "port-iam")
	build := exec.Command("go", "build", "-o", binary, "port-iam/cmd/port-iam")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, "demo")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tooLong := time.AfterFunc(3*patience, func() { _ = cmd.Process.Kill() })
	var d demo
	var told strings.Builder
	lines := bufio.NewScanner(stdout)
	for (d.page == "" || d.status == "") && lines.Scan() {
		told.WriteString(lines.Text() + "\n")
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			*map[string]*string{"request and revoke yourself": &d.page, "status of the daemon": &d.status}[m[1]] = m[2]
		}
	}
	tooLong.Stop()
	rest := make(chan struct{})
	go func() {
		defer close(rest)
		for lines.Scan() {
			continue
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		<-rest
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo does not stop cleanly: %v", err)
		}
	})
	if d.page == "" || d.status == "" {
		t.Fatalf("the demo does not say where its pages are:\n%s", told.String())
	}
	return d
}

// requireChromium skips the test unless everything may be asked for.
func requireChromium(t *testing.T) {
	t.Helper()
	if os.Getenv("PORT_IAM_REQUIRE_DEPLOY") != "1" {
		t.Skip("needs chromium: set PORT_IAM_REQUIRE_DEPLOY=1")
	}
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatal(err)
	}
}

// keep keeps a screenshot if that was asked for.
func keep(t *testing.T, name string, png []byte) {
	t.Helper()
	dir := t.TempDir()
	if *update {
		dir = "../../docs/images"
	}
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestClickThrough is the walk of the guide, with the mouse: request, approval,
// the log with the sign-in link, the provisioned permission, its revocation. The
// status page of the daemon follows.
func TestClickThrough(t *testing.T) {
	requireChromium(t)
	d := startDemo(t)
	b := newBrowser(t)

	b.visit(d.page)
	b.await(bucket, "Nobody holds a permission", "Requests need no approval, unless")
	b.click("#approval button", "Require approval")
	b.await("Requests wait for approval")

	b.click(requestBucket, "Request permissions")
	form := b.await("s3:PutObject", "s3:GetObject", "Another person has to approve this")
	if strings.Contains(form, "ec2:") {
		t.Errorf("a bucket's form offers permissions of EC2:\n%s", form)
	}
	b.write("input[name=duration]", "1h")
	b.write("textarea[name=reason]", "upload the monthly report")
	b.click("form button", "Execute")
	b.await("Choose at least one permission")
	b.awaitScript("document.querySelector('input[name=duration]').value === '1h' && document.querySelector('textarea').value === 'upload the monthly report'")
	b.click("input[value='s3:PutObject']", "")
	b.click("form button", "Execute")

	b.await("WAITING FOR APPROVAL", "s3:PutObject", "upload the monthly report", "Nothing is written yet")
	b.click("#decide button", "Approve as approver@example.com")
	log := b.await("SUCCESS Granted until ", bucket, "Requester: alice@example.com", "Sign-in URL: "+signIn, "Reason: upload the monthly report", "Provisioned permission")
	name := regexp.MustCompile(`Permission-r_\w+`).FindString(log)
	b.awaitScript("document.querySelector('#log a').href.startsWith('" + signIn + "')")
	b.awaitScript("document.querySelector('#link a').href.startsWith('" + signIn + "')")
	keep(t, "demo-run.png", b.screenshot())

	b.click(back, "Back to resources and permissions")
	b.await("Provisioned Permissions", name, " min")
	keep(t, "demo-permissions.png", b.screenshot())
	wantStatus(t, b, d, name)

	b.visit(d.page)
	b.click("#grants button", "Revoke")
	b.await("Revoke permissions", "SUCCESS", "Permission "+name+" has been deleted.")
	b.click(back, "Back to resources and permissions")
	b.await("Nobody holds a permission", "Revoke permissions")
	wantLive(t, b)
	wantOwnApprovalRefused(t, b)
	b.wantQuiet(d.page, d.status)
}

// wantLive checks that the page of a run follows it while nobody touches the page:
// the run is approved in another place.
func wantLive(t *testing.T, b *browser) {
	t.Helper()
	b.click(requestBucket, "Request permissions")
	b.click("input[value='s3:ListBucket']", "")
	b.click("form button", "Execute")
	b.await("WAITING FOR APPROVAL")
	var at string
	b.eval("window.untouched = true, location.href", &at)
	page, id, _ := strings.Cut(at, "runs/")
	resp, err := http.PostForm(page+"decide", url.Values{"run": {id}, "answer": {"approve"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	b.await("SUCCESS", "Sign-in URL: "+signIn)
	b.awaitScript("window.untouched === true")
	b.click("#provisioned button", "Revoke")
	b.await("SUCCESS", "has been deleted.")
}

// wantOwnApprovalRefused: what needs approval is told before and after it is asked for, and
// not granted on the requester's own; what was asked for is in the form again.
func wantOwnApprovalRefused(t *testing.T, b *browser) {
	t.Helper()
	b.click(back, "Back to resources and permissions")
	b.click("#approval button", "Let them pass")
	b.await("Requests need no approval")
	b.click(requestBucket, "Request permissions")
	b.await("s3:DeleteObject needs approval at most 2h", "S3: read objects (encrypted)", "kms:Decrypt")
	b.click("input[value='s3:DeleteObject']", "")
	b.click("form button", "Execute")
	b.await("WAITING FOR APPROVAL")
	b.click("#decide button", "Approve your own request")
	b.await("FAILURE", "approved by alice@example.com", "needs the approval of another person")
	b.click("#again", "Change and request again")
	b.awaitScript("document.querySelector(\"input[value='s3:DeleteObject']\").checked")
}

// wantStatus checks that the status page shows the grant, and not whose it is,
// once the daemon has swept.
func wantStatus(t *testing.T, b *browser, d demo, name string) {
	t.Helper()
	b.visit(d.status)
	text := b.await("Ready", "org_demo.runs", "Last runs of this process", "as the sweep of", name+"\tactive\t5", "Records behind\t0 in ")
	for _, secret := range []string{"alice", "example.com", "my-s3-bucket", "demo-secret", "demo-password"} {
		if strings.Contains(text, secret) {
			t.Errorf("the status page shows %q:\n%s", secret, text)
		}
	}
	// The policy lets the page's own style through.
	b.awaitScript("getComputedStyle(document.querySelector('.state')).borderLeftStyle === 'solid'")
	keep(t, "status.png", b.screenshot())
}

// TestWithoutScript: the same walk works where scripts are off.
func TestWithoutScript(t *testing.T) {
	requireChromium(t)
	d := startDemo(t)
	b := newBrowser(t)
	b.must("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	b.visit(d.page)
	b.click(requestBucket, "Request permissions")
	b.click("input[value='s3:GetObject']", "")
	b.click("form button", "Execute")
	b.await("SUCCESS", "Sign-in URL: "+signIn)
	b.click("#provisioned button", "Revoke")
	b.await("SUCCESS", "has been deleted.")
	b.wantQuiet(d.page, d.status)
}
