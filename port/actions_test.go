package port_test

import (
	"strings"
	"testing"
)

func TestActionAccounts(t *testing.T) {
	const action = `{"identifier":"a","trigger":{"type":"automation"},"invocationMethod":`
	for _, tt := range []struct{ name, method, want string }{
		{"as setup makes it", `{"type":"KAFKA","payload":{"context":{"account":"123456789012","runId":"{{ .run.id }}"}}}`, "123456789012"},
		{"several accounts", `{"type":"KAFKA","payload":{"context":{"accounts":["210987654321","123456789012",7,"210987654321"]}}}`, "123456789012 210987654321"},
		{"both keys", `{"type":"KAFKA","payload":{"context":{"account":"210987654321","accounts":["123456789012"]}}}`, "123456789012 210987654321"},
		{"a text for a list", `{"type":"KAFKA","payload":{"context":{"accounts":"123456789012"}}}`, ""},
		{"a template made by hand", `{"type":"KAFKA","payload":{"context":{"runId":"{{ .run.id }}"}}}`, ""},
		{"no template", `{"type":"KAFKA"}`, ""},
		{"a list", `{"type":"KAFKA","payload":[{"context":{"account":"123456789012"}}]}`, ""},
		{"a number", `{"type":"KAFKA","payload":{"context":{"account":123456789012}}}`, ""},
		{"another backend", `{"type":"WEBHOOK","url":"https://x.example"}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.AddAction(action + tt.method + `}`)
				got, err := w.client.ActionAccounts(t.Context(), "a")
				if err != nil || strings.Join(got, " ") != tt.want {
					t.Errorf("got %q, want %q: %v", got, tt.want, err)
				}
			})
		})
	}
}
