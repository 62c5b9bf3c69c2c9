package memnet

import (
	"bytes"
	"io"
	"net/http"
)

// WholeAnswers is a transport that hands on an answer once all of it has been
// read.
//
// The SDK closes the body of a request when the answer begins. A server as near
// as this one may answer before net/http has finished with the request; net/http
// then gives up the connection, and with it the rest of a long answer.
type WholeAnswers struct{ http.RoundTripper }

// RoundTrip is part of http.RoundTripper.
func (w WholeAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}
