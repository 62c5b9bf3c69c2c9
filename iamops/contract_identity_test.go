package iamops_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

const (
	storeID     = "d-1234567890"
	storeRegion = "eu-central-1"
)

// provision puts a user into the identity store of the account, and returns its id.
func (w *world) provision(t *testing.T, u iamtest.StoreUser) string {
	t.Helper()
	if w.fake != nil {
		return w.fake.AddStoreUser(storeID, u)
	}
	out, err := identitystore.NewFromConfig(w.person(t), func(o *identitystore.Options) { o.Region = storeRegion }).CreateUser(t.Context(), &identitystore.CreateUserInput{
		IdentityStoreId: aws.String(storeID), UserName: &u.UserName, DisplayName: &u.UserName,
		Name:   &types.Name{GivenName: aws.String("A"), FamilyName: aws.String("B")},
		Emails: []types.Email{{Value: &u.Email, Primary: !u.Secondary}},
	})
	noError(t, err)
	return *out.UserId
}

// testIdentity checks what an identity store answers, by what is made of it. The
// users of moto have no status.
func testIdentity(t *testing.T, newWorld func(t *testing.T) *world) {
	w := newWorld(t)
	alice := w.provision(t, iamtest.StoreUser{UserName: "alice", Email: "alice@example.com", NoStatus: true})
	bob := w.provision(t, iamtest.StoreUser{UserName: "Bob.B", Email: "bob@example.com", NoStatus: true})
	w.provision(t, iamtest.StoreUser{UserName: "carol", Email: "carol@example.com", Secondary: true, NoStatus: true})
	w.provision(t, iamtest.StoreUser{UserName: "CORP\\dave", Email: "dave@example.com", NoStatus: true})
	store := w.clients(t, w.config).IdentityStore(storeID, storeRegion)
	for _, tt := range []struct {
		email string
		want  iamops.User
	}{
		{"alice@example.com", iamops.User{ID: alice, Name: "alice"}},
		{"Bob@Example.com", iamops.User{ID: bob, Name: "Bob.B"}},
	} {
		got, err := store.User(t.Context(), tt.email)
		noError(t, err)
		if got != tt.want {
			t.Errorf("%s is %+v, want %+v", tt.email, got, tt.want)
		}
	}
	for email, text := range map[string]string{
		"nobody@example.com": "has no user",
		"carol@example.com":  "primary e-mail is another one",
		"dave@example.com":   "cannot be the name of a session",
	} {
		_, err := store.User(t.Context(), email)
		wantKind(t, email, iamops.KindUser, err)
		contains(t, err, text)
	}
}
