package iamops

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// Options configure [New].
type Options struct {
	API       *API   // of [Clients]
	Account   string // 12 digits
	Partition string // such as aws
	OrgID     string // of Port; part of the proof that an object is ours
	Path      string // of every role and policy, "/port-iam/"
	Boundary  string // ARN of the permissions boundary of every role; "" for none
	Trust     string // one of the Trust constants of package templates
	// TrustAccounts are those whose people may assume the roles, 12 digits each; none
	// stands for Account.
	TrustAccounts []string
	Tags          map[string]string // further tags of roles and policies
	Templates     *templates.Set
	// Console adds what AWS's console needs to show the resource of a grant. Then
	// Templates have to pass [templates.Set.CheckConsole].
	Console bool
	// Rules say what else must not be granted, and what may be granted nevertheless.
	Rules catalogue.Rules
}

// Ops carries out operations in one account. It is safe for concurrent use and
// keeps no state but the text of the boundary, for five minutes.
type Ops struct {
	opts      Options
	api       *API
	catalogue *catalogue.Catalogue
	boundary  boundaryCache
}

// maxPathLen leaves room for a name of 29 characters in the console's Switch
// Role, which takes 64 for path (without the leading slash) and name together.
const maxPathLen = 36

// New checks the options; it calls nothing.
func New(o Options) (*Ops, error) {
	var errs []error
	if o.API == nil {
		errs = append(errs, errors.New("the API is required"))
	}
	if o.Templates == nil {
		errs = append(errs, errors.New("the templates are required"))
	}
	if !templates.IsAccount(o.Account) {
		errs = append(errs, fmt.Errorf("the account %q is not 12 digits", o.Account))
	}
	if !templates.IsPartition(o.Partition) {
		errs = append(errs, fmt.Errorf("%q is not a partition of AWS, such as aws or aws-us-gov", o.Partition))
	}
	if !LegalTagValue(o.OrgID) || o.OrgID == "" {
		errs = append(errs, fmt.Errorf("the organization id %q cannot be the value of a tag", o.OrgID))
	}
	if err := CheckPath(o.Path); err != nil {
		errs = append(errs, err)
	}
	if !slices.Contains([]string{templates.TrustIdentityCenter, templates.TrustIAMUser, templates.TrustAccount}, o.Trust) {
		errs = append(errs, fmt.Errorf("unknown trust %q: use identity-center, iam-user or account", o.Trust))
	}
	errs = append(errs, o.checkTrustAccounts(), CheckTags(o.Tags))
	actions, err := catalogue.Open()
	errs = append(errs, err, catalogue.CheckPatterns(o.Rules.Deny), catalogue.CheckPatterns(o.Rules.Allow))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("iamops: %w", err)
	}
	if len(o.TrustAccounts) == 0 {
		o.TrustAccounts = []string{o.Account}
	}
	return &Ops{opts: o, api: o.API, catalogue: actions}, nil
}

// checkTrustAccounts refuses accounts that no trust policy could name, or not all of them
// at once.
func (o Options) checkTrustAccounts() error {
	const setting = "GRANT_TRUST_ACCOUNTS"
	seen := map[string]bool{}
	for _, id := range o.TrustAccounts {
		switch {
		case !templates.IsAccount(id):
			return fmt.Errorf("%s: %q is not the id of an account: it has 12 digits", setting, id)
		case seen[id]:
			return fmt.Errorf("%s: the account %s is named twice", setting, id)
		}
		seen[id] = true
	}
	switch {
	case len(seen) <= 1 || o.Templates == nil:
		return nil
	case o.Trust == templates.TrustIAMUser:
		return fmt.Errorf("%s: %d accounts are named, and iam-user takes exactly one: two people could be users of the same name", setting, len(seen))
	}
	err := o.Templates.CheckTrust(templates.Data{Account: o.Account, Partition: o.Partition, Trust: o.Trust, TrustAccounts: o.TrustAccounts})
	if err != nil {
		return fmt.Errorf("%s: name fewer accounts: %w", setting, err)
	}
	return nil
}

// CheckTags refuses further tags that AWS would refuse with every role, and those
// that would pass for the proof that an object is ours. AWS compares the keys of a
// role's tags without regard to case.
func CheckTags(tags map[string]string) error {
	var errs []error
	seen := map[string]bool{}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		lower := strings.ToLower(k)
		switch {
		case !LegalTagKey(k) || !LegalTagValue(tags[k]):
			errs = append(errs, fmt.Errorf("AWS does not take the tag %q=%q", k, tags[k]))
		case strings.HasPrefix(lower, tagPrefix):
			errs = append(errs, fmt.Errorf("the tag %q is not free: keys that begin with %s are port-iam's own", k, tagPrefix))
		case seen[lower]:
			errs = append(errs, fmt.Errorf("the tag %q is given twice, in different letter case", k))
		}
		seen[lower] = true
	}
	if len(tags) > maxTags-ownTags {
		errs = append(errs, fmt.Errorf("%d tags are given, and %d are allowed in addition to port-iam's own", len(tags), maxTags-ownTags))
	}
	return errors.Join(errs...)
}

// CheckPath says what is wrong with a path for roles and policies; nil when
// nothing is.
func CheckPath(path string) error {
	if !templates.IsPath(path) {
		return fmt.Errorf("%q is not a path such as /port-iam/ (it begins and ends with a slash)", path)
	}
	if len(path) > maxPathLen {
		return fmt.Errorf("%q has %d characters without its first slash, and %d are allowed: the console could not switch to the role", path, len(path)-1, maxPathLen-1)
	}
	if strings.HasPrefix(path, "/aws-reserved/") || strings.HasPrefix(path, "/aws-service-role/") || strings.HasPrefix(path, "/service-role/") {
		return fmt.Errorf("%q is a path that AWS keeps for itself", path)
	}
	return nil
}
