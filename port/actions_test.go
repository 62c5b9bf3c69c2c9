package port_test

import "testing"

func TestActionAccount(t *testing.T) {
	const action = `{"identifier":"a","trigger":{"type":"automation"},"invocationMethod":`
	for _, tt := range []struct{ name, method, want string }{
		{"as setup makes it", `{"type":"KAFKA","payload":{"context":{"account":"123456789012","runId":"{{ .run.id }}"}}}`, "123456789012"},
		{"a template made by hand", `{"type":"KAFKA","payload":{"context":{"runId":"{{ .run.id }}"}}}`, ""},
		{"no template", `{"type":"KAFKA"}`, ""},
		{"a list", `{"type":"KAFKA","payload":[{"context":{"account":"123456789012"}}]}`, ""},
		{"a number", `{"type":"KAFKA","payload":{"context":{"account":123456789012}}}`, ""},
		{"another backend", `{"type":"WEBHOOK","url":"https://x.example"}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.AddAction(action + tt.method + `}`)
				got, err := w.client.ActionAccount(t.Context(), "a")
				if err != nil || got != tt.want {
					t.Errorf("got %q, want %q: %v", got, tt.want, err)
				}
			})
		})
	}
}
