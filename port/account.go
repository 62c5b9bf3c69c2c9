package port

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// OrganizationID returns the identifier of the organisation that the
// credentials belong to. The names of its Kafka topics begin with it.
func (c *Client) OrganizationID(ctx context.Context) (string, error) {
	var answer struct {
		Organization struct {
			ID string `json:"id"`
		} `json:"organization"`
	}
	k := call{op: "read the organization", route: routeOrganization, path: []string{"organization"}, into: &answer}
	if err := c.do(ctx, k); err != nil {
		return "", err
	}
	if answer.Organization.ID == "" {
		return "", incomplete(k.op, "organization.id")
	}
	return answer.Organization.ID, nil
}

// KafkaAccess is how to reach the organisation's topics. However it is printed,
// the user name and the password are left out.
type KafkaAccess struct {
	Brokers            []string // host:port; may be empty
	Username, Password string   `json:"-"`
}

// Format names the brokers, for every verb.
func (a KafkaAccess) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "{Brokers:%q Username:*** Password:***}", a.Brokers)
}

// KafkaCredentials returns the current credentials for the organisation's
// topics. Port may rotate them, so ask again when a broker rejects them.
func (c *Client) KafkaCredentials(ctx context.Context) (KafkaAccess, error) {
	var answer struct {
		Credentials struct {
			Brokers  brokers `json:"brokers"`
			Username string  `json:"username"`
			Password string  `json:"password"`
		} `json:"credentials"`
	}
	k := call{
		op: "get the Kafka credentials", route: routeKafkaCredentials,
		path: []string{"kafka-credentials"}, into: &answer,
	}
	if err := c.do(ctx, k); err != nil {
		return KafkaAccess{}, err
	}
	a := KafkaAccess{Brokers: answer.Credentials.Brokers, Username: answer.Credentials.Username, Password: answer.Credentials.Password}
	if a.Username == "" || a.Password == "" {
		return KafkaAccess{}, incomplete(k.op, "credentials.username or credentials.password")
	}
	return a, nil
}

// brokers are given as a list, or as one text with commas. Anything else has none.
type brokers []string

// UnmarshalJSON never fails; what is no text in a list is left out.
func (b *brokers) UnmarshalJSON(raw []byte) error {
	var all []lenient[string]
	var one lenient[string]
	_ = json.Unmarshal(raw, &all)
	_ = json.Unmarshal(raw, &one)
	*b = nil
	for _, item := range append(all, one) {
		for broker := range strings.SplitSeq(item.value, ",") {
			if broker = strings.TrimSpace(broker); broker != "" {
				*b = append(*b, broker)
			}
		}
	}
	return nil
}

// incomplete is the failure of a 2xx that lacks what was asked for.
func incomplete(op, field string) *Error {
	return &Error{
		Op: oneLine(op, maxOp), Kind: KindUnavailable, Status: http.StatusOK,
		Err: errors.New("the answer lacks " + field),
	}
}
