package port

import (
	"regexp"
	"strings"
)

// redactor holds what must not be repeated from an answer of Port.
type redactor []string

// redact replaces what is private, and every e-mail address: Port may repeat the
// query or the body of a request in its messages.
func (r redactor) redact(s string) string {
	for _, secret := range r {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "[redacted]")
		}
	}
	return emailForm.ReplaceAllString(s, "[e-mail]")
}

// emailForm is an e-mail address, also as part of a URL. Of a name that quotes
// or slashes interrupt it may leave a part.
var emailForm = regexp.MustCompile(`[^\s"<>()\[\]=&?/:,;]+(?:@|%(?:25)*40)[^\s"<>()\[\]=&?/:,;]+`)
