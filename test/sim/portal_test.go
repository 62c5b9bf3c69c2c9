package sim

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// portToken signs in to Port.
func (w *world) portToken() (string, error) {
	resp, err := w.portHTTP.Post("http://port.invalid/v1/auth/access_token", "application/json",
		strings.NewReader(`{"clientId":"client","clientSecret":"secret"}`))
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return "", errors.New(resp.Status)
	}
	var answer struct {
		AccessToken string `json:"accessToken"`
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return answer.AccessToken, err
}

// deleteEntity deletes an entity as a person does in Port.
func (w *world) deleteEntity(id string) error {
	token, err := w.portToken()
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodDelete,
		"http://port.invalid/v1/blueprints/"+grantEntity+"/entities/"+id+"?delete_dependents=false", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := w.portHTTP.Do(r)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}
