package grants

import (
	"fmt"
	"regexp"
	"strings"

	"port-iam/port"
)

// sessionName is what AWS takes as the name of a session, which is how the
// person behind an Identity Center session is told apart.
var sessionName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{2,64}$`)

// UserName makes the function that turns a requester's e-mail into the name of the user
// in AWS: the e-mail or, where localPart is set, what is before its @. With a domain,
// e-mails of others are refused. Errors say to the requester what is wrong.
func UserName(localPart bool, domain string) func(string) (string, error) {
	return func(email string) (string, error) {
		local, at, ok := strings.Cut(email, "@")
		if !ok || local == "" || at == "" {
			return "", fmt.Errorf("%q is not an e-mail: start the action as a user of Port who has one", email)
		}
		if port.IsServiceAccount(email) {
			return "", fmt.Errorf("%q is a service account of Port, and only a person can sign in to AWS: start the action as the person who needs the access", email)
		}
		if domain != "" && !strings.EqualFold(at, domain) {
			return "", fmt.Errorf("%q is not of the domain %s, which is the only one allowed here: start the action as a user of that domain", email, domain)
		}
		name := email
		if localPart {
			name = local
		}
		if !sessionName.MatchString(name) {
			return "", fmt.Errorf("%q cannot be a user name in AWS: 2 to 64 letters, digits and _+=,.@- are allowed. Ask the platform team for a user in Port with such a name", name)
		}
		return name, nil
	}
}
