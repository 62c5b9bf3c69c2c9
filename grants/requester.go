package grants

import (
	"fmt"
	"strings"

	"port-iam/iamops"
	"port-iam/port"
)

// UserName makes the function that turns a requester's e-mail into the name of the user
// in AWS: the e-mail or, where localPart is set, what is before its @. With a domain,
// e-mails of others are refused. Errors say to the requester what is wrong.
func UserName(localPart bool, domain string) func(string) (string, error) {
	person := Person(domain)
	return func(email string) (string, error) {
		name, err := person(email)
		if err != nil {
			return "", err
		}
		if localPart {
			name, _, _ = strings.Cut(email, "@")
		}
		if !iamops.IsSessionName(name) {
			return "", fmt.Errorf("%q cannot be a user name in AWS: 2 to 64 letters, digits and _+=,.@- are allowed. Ask the platform team for a user in Port with such a name", name)
		}
		return name, nil
	}
}

// Person makes the function that returns the e-mail of a person, of the domain if one is
// given, and refuses others: it is for requesters whose name in AWS [Users] says.
func Person(domain string) func(string) (string, error) {
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
		return email, nil
	}
}
