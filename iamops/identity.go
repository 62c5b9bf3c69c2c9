package iamops

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/document"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"
)

// User is a user of IAM Identity Center.
type User struct {
	ID   string // Identity Center's id of the user, which no other user ever gets
	Name string // the user name, which is the session name of all that the user does in AWS
}

// sessionNameForm is what AWS takes as the name of a session.
var sessionNameForm = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{2,64}$`)

// IsSessionName reports whether AWS takes a text as the name of a session, which is how
// the person behind an Identity Center session is told apart: 2 to 64 letters, digits
// and _+=,.@-.
func IsSessionName(text string) bool { return sessionNameForm.MatchString(text) }

// maxEmail is the longest e-mail of a user of Identity Center, in bytes.
const maxEmail = 1024

// IdentityStore is where IAM Identity Center keeps its users. It is safe for concurrent
// use. It reads only, by the two calls that are kept here for the reason of [API].
type IdentityStore struct {
	id       string
	userID   storeCall[identitystore.GetUserIdInput, identitystore.GetUserIdOutput]
	describe storeCall[identitystore.DescribeUserInput, identitystore.DescribeUserOutput]
	users    userMemory
}

type storeCall[In, Out any] func(context.Context, *In, ...func(*identitystore.Options)) (*Out, error)

// storeOperations are the names of the calls.
var storeOperations = []string{"DescribeUser", "GetUserId"}

// IdentityStore makes the store of this id, such as d-1234567890, in its region. It calls
// nothing. Credentials, metrics, clock and HTTP client are those of c; the limiter is not.
func (c *Clients) IdentityStore(id, region string) *IdentityStore {
	client := identitystore.NewFromConfig(c.cfg, func(o *identitystore.Options) {
		o.Region, o.Retryer = region, newRetryer()
		o.APIOptions = append(append(o.APIOptions, c.more...), limit(&limiter{}))
	})
	return &IdentityStore{id: id, userID: client.GetUserId, describe: client.DescribeUser}
}

// User finds a user by the primary e-mail, letter case apart. It asks for the e-mail as it
// is, and for one with other letters in lower case then: AWS does not say that it finds
// both. What was found counts for five minutes, and that there is no such user for half a
// minute; it is read once for all that ask meanwhile.
//
// A user whose status AWS does not tell counts as enabled: Identity Center did not always
// have one, and lets nobody sign in who is not.
//
// Errors: [KindUser] where there is no such user, or none that a grant can trust, and the
// text, which goes on after "the requester", says what to do; [KindDenied] and [KindInvalid] where the rights or
// the settings of the daemon are wrong; the temporary kinds.
func (s *IdentityStore) User(ctx context.Context, email string) (User, error) {
	if len(email) > maxEmail {
		return User{}, refused(KindUser, lookUp, "has an e-mail of more than %d characters, which no user in IAM Identity Center has: start the action as a user of Port with another one", maxEmail)
	}
	return s.users.get(ctx, email, s.find)
}

// lookUp is what failed, for [Error].
const lookUp = "look the requester up in IAM Identity Center"

// Readable tries both calls, for a user that nobody has. Its errors are those of
// [IdentityStore.User] but [KindUser].
func (s *IdentityStore) Readable(ctx context.Context) error {
	const nobody = "nobody@port-iam.invalid" // RFC 2606 keeps the domain free
	if _, err := s.identify(ctx, nobody); err != nil && !IsKind(err, KindUser) {
		return err
	}
	_, err := s.describe(ctx, &identitystore.DescribeUserInput{IdentityStoreId: &s.id, UserId: aws.String("00000000-0000-0000-0000-000000000000")})
	if err = s.wrap(err, nobody); IsKind(err, KindUser) {
		return nil
	}
	return err
}

// find asks AWS for a user.
func (s *IdentityStore) find(ctx context.Context, email string) (User, error) {
	found, err := s.identify(ctx, email)
	if lower := lowerCase(email); lower != email && IsKind(err, KindUser) {
		found, err = s.identify(ctx, lower)
	}
	if err != nil {
		return User{}, err
	}
	user, err := s.describe(ctx, &identitystore.DescribeUserInput{IdentityStoreId: &s.id, UserId: &found})
	if err = s.wrap(err, email); err != nil {
		return User{}, err
	}
	return s.judge(email, found, user)
}

// identify finds the id of the user with this e-mail, in this spelling.
func (s *IdentityStore) identify(ctx context.Context, email string) (string, error) {
	out, err := s.userID(ctx, &identitystore.GetUserIdInput{
		IdentityStoreId: &s.id,
		AlternateIdentifier: &types.AlternateIdentifierMemberUniqueAttribute{Value: types.UniqueAttribute{
			AttributePath: aws.String("emails.value"), AttributeValue: document.NewLazyDocument(email),
		}},
	})
	if err = s.wrap(err, email); err != nil {
		return "", err
	}
	return aws.ToString(out.UserId), nil
}

// judge tells whether a grant can trust the user.
func (s *IdentityStore) judge(email, id string, user *identitystore.DescribeUserOutput) (User, error) {
	name := aws.ToString(user.UserName)
	primary := slices.ContainsFunc(user.Emails, func(e types.Email) bool {
		return e.Primary && lowerCase(aws.ToString(e.Value)) == lowerCase(email)
	})
	switch {
	case !primary:
		return User{}, refused(KindUser, lookUp, "%q has a user in IAM Identity Center whose primary e-mail is another one: start the action as the user of Port with that one, or ask the platform team to make this one primary", email)
	case user.UserStatus != "" && user.UserStatus != types.UserStatusEnabled:
		return User{}, refused(KindUser, lookUp, "%q has a user in IAM Identity Center that is not enabled, so nobody can sign in to AWS as this user: ask the platform team to enable it", email)
	case !IsSessionName(name):
		return User{}, refused(KindUser, lookUp, "%q has a user in IAM Identity Center called %q, which cannot be the name of a session in AWS: 2 to 64 letters, digits and _+=,.@- are allowed. Ask the platform team for another user name", email, name)
	}
	return User{ID: id, Name: name}, nil
}

// wrap is the error of a call. That there is no such user is one of the requester; that
// there is no such store, or no key to read it with, is not.
func (s *IdentityStore) wrap(err error, email string) error {
	gone, ok := errors.AsType[*types.ResourceNotFoundException](err)
	switch {
	case !ok:
		return wrap(err, "%s (store %s)", lookUp, s.id)
	case gone.ResourceType == types.ResourceTypeIdentityStore, gone.Reason != "":
		return refused(KindInvalid, lookUp, "AWS cannot read the store %s, so the platform team has to correct IDENTITY_STORE_ID, IDENTITY_STORE_REGION or the store: %w", s.id, err)
	}
	return refused(KindUser, lookUp, "%q has no user in IAM Identity Center: ask the platform team to provision one with this e-mail, letter case included, or start the action as the user of Port whose e-mail is known there", email)
}

// lowerCase folds ASCII alone: by the rules of Unicode, two e-mails that are not the same
// could count as one.
func lowerCase(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, email)
}
