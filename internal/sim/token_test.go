package sim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// portToken signs in to Port.
func (w *world) portToken() string {
	resp, err := w.portHTTP.Post("http://port.invalid/v1/auth/access_token", "application/json",
		strings.NewReader(`{"clientId":"client","clientSecret":"secret"}`))
	must(err)
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		AccessToken string `json:"accessToken"`
	}
	if resp.StatusCode != http.StatusOK {
		panic("no token: " + resp.Status)
	}
	must(json.NewDecoder(resp.Body).Decode(&answer))
	return answer.AccessToken
}
