package iamops

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxAnswer bounds an answer of IAM: a list of 1,000 roles takes about 4 MiB.
const maxAnswer = 32 << 20

// answerTime bounds one request and its whole answer.
const answerTime = 20 * time.Second

// bufferedClient is an HTTP client that hands on an answer once all of it has been read.
//
// The SDK closes the body of a request when the answer begins. A server that
// answers before net/http has finished with the request makes net/http give up
// the connection, and the rest of a long answer is lost; the SDK then takes the
// answer for malformed and does not try again. This way it is a lost answer,
// which is tried again.
type bufferedClient struct {
	client aws.HTTPClient
	time   time.Duration // bounds one request and its whole answer
}

// Do sends a request and reads its answer.
func (w bufferedClient) Do(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), w.time)
	defer cancel()
	resp, err := w.client.Do(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_ = resp.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}
