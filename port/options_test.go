package port_test

import (
	"net/http"
	"strings"
	"testing"

	"port-iam/port"
)

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		url, id, secret string
		err             string // what the error contains
	}{
		"https":            {"https://api.port.io", "id", secret, ""},
		"http and a port":  {"http://127.0.0.1:8080", "id", secret, ""},
		"a path":           {"https://proxy.example/port/", "id", secret, ""},
		"no URL":           {"", "id", secret, "base URL must look like"},
		"no scheme":        {"api.port.io", "id", secret, "base URL must look like"},
		"another scheme":   {"ftp://api.port.io", "id", secret, "base URL must look like"},
		"no host":          {"https:///v1", "id", secret, "base URL must look like"},
		"not a URL":        {"https://" + secret + "\x7f", "id", secret, "base URL must look like"},
		"credentials":      {"https://user:" + secret + "@api.port.io", "id", secret, "credentials"},
		"a query":          {"https://api.port.io?key=" + secret, "id", secret, "query"},
		"an empty query":   {"https://api.port.io?", "id", secret, "query"},
		"a fragment":       {"https://api.port.io#" + secret, "id", secret, "fragment"},
		"no client id":     {"https://api.port.io", "", secret, "client id and client secret"},
		"no client secret": {"https://api.port.io", "id", "", "client id and client secret"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := port.New(port.Options{BaseURL: c.url, ClientID: c.id, ClientSecret: c.secret})
			if c.err == "" {
				if err != nil || client == nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Fatalf("got %v, want %q", err, c.err)
			}
			checkNothingPrivate(t, "error", err.Error())
		})
	}
}

// What each request says of itself.
func TestRequests(t *testing.T) {
	for given, want := range map[string]string{"": "port-iam", "port-iam/1.2.3": "port-iam/1.2.3"} {
		eachMethod(t, func(t *testing.T, w *world, m method) {
			client, err := port.New(port.Options{
				BaseURL: "http://port.example/base/", ClientID: "client", ClientSecret: secret, UserAgent: given,
				HTTPClient: &http.Client{Transport: w},
			})
			if err != nil {
				t.Fatal(err)
			}
			w.front = func(r *http.Request) *http.Response {
				h := r.Header
				if h.Get("User-Agent") != want || h.Get("Accept") != "application/json" {
					t.Errorf("headers %v", h)
				}
				if hasBody := r.Body != nil; hasBody != (h.Get("Content-Type") == "application/json") {
					t.Errorf("body: %v, headers %v", hasBody, h)
				}
				if isToken(r) == (h.Get("Authorization") != "") {
					t.Errorf("%s with %q", r.URL.Path, h.Get("Authorization"))
				}
				if !strings.HasPrefix(r.URL.Path, "/base/v1/") {
					t.Errorf("path %s", r.URL.Path)
				}
				r.URL.Path, r.URL.RawPath = strings.TrimPrefix(r.URL.Path, "/base"), strings.TrimPrefix(r.URL.RawPath, "/base")
				return nil
			}
			if err := m.call(t.Context(), client); err != nil {
				t.Error(err)
			}
		})
	}
}
