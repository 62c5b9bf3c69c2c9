package iamops

// User is a user of IAM Identity Center.
type User struct {
	ID   string // Identity Center's id of the user, which no other user ever gets
	Name string // the user name, which is the session name of all that the user does in AWS
}
