package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"port-iam/test/kit/daemontest"
)

// useSession assumes the role of a grant through STS and uses it on S3. moto
// decides by actions and resources, and not by conditions or trust: those are
// tested where policies are really evaluated.
func (w *world) useSession(t *testing.T, runID string) {
	t.Helper()
	root := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if status := w.s3(t, root, http.MethodPut, "/my-s3-bucket"); status != http.StatusOK {
		t.Fatalf("create the bucket: status %d", status)
	}
	client := sts.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &w.AWSURL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	out, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + daemontest.Account + ":role/port-iam/" + daemontest.NamePrefix + runID), RoleSessionName: aws.String(requester),
	})
	if err != nil {
		t.Fatalf("assume the role of the grant: %v", err)
	}
	session := aws.Credentials{
		AccessKeyID:     aws.ToString(out.Credentials.AccessKeyId),
		SecretAccessKey: aws.ToString(out.Credentials.SecretAccessKey),
		SessionToken:    aws.ToString(out.Credentials.SessionToken),
	}
	w.enforce(t, true)
	defer w.enforce(t, false)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodPut, "/my-s3-bucket/report.csv", http.StatusOK},
		{http.MethodGet, "/my-s3-bucket/report.csv", http.StatusForbidden},
		{http.MethodDelete, "/my-s3-bucket/report.csv", http.StatusForbidden},
		{http.MethodPut, "/another-bucket/report.csv", http.StatusForbidden},
	} {
		if got := w.s3(t, session, c.method, c.path); got != c.want {
			t.Errorf("with the grant, %s %s: status %d, want %d", c.method, c.path, got, c.want)
		}
	}
}

// enforce makes moto check what a session may do, or not.
func (w *world) enforce(t *testing.T, on bool) {
	t.Helper()
	body := map[bool]string{true: "0", false: "inf"}[on]
	// The context of the test may have ended when this is undone.
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, w.AWSURL+"/moto-api/reset-auth", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("switch enforcement: %s", resp.Status)
	}
}

// s3 makes one signed request and returns the status.
func (w *world) s3(t *testing.T, who aws.Credentials, method, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.AWSURL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	empty := hex.EncodeToString(sum[:])
	req.Header.Set("X-Amz-Content-Sha256", empty)
	if err := v4.NewSigner().SignHTTP(t.Context(), who, req, empty, "s3", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
