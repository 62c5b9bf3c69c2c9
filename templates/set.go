package templates

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
	"unicode/utf16"
)

// File names of the two documents, built in and in a directory that replaces
// them.
const (
	PermissionPolicyFile = "permission-policy.json"
	TrustPolicyFile      = "trust-policy.json"
)

// Who may assume the role of a grant: the values of [Data.Trust].
const (
	// TrustIdentityCenter: the requester's session of AWS IAM Identity Center.
	TrustIdentityCenter = "identity-center"
	// TrustIAMUser: the IAM user named like the requester.
	TrustIAMUser = "iam-user"
	// TrustAccount: all in the account who may call sts:AssumeRole on the role.
	TrustAccount = "account"
)

//go:embed *.json
var builtin embed.FS

// Data is what a template may use.
type Data struct {
	Statements []Statement
	Account    string // 12 digits
	Partition  string // such as aws
	OrgID      string // of Port
	RunID      string
	Requester  string // e-mail
	UserName   string // of the requester in AWS, made from the e-mail
	Trust      string // one of the Trust constants
	// TrustAccounts are the accounts whose sessions or users may enter, 12 digits each;
	// none: Account. A template gets them sorted, and at least one.
	TrustAccounts []string
	Start         string // RFC 3339, UTC
	End           string // RFC 3339, UTC; "" when the grant lasts until revoked
}

// OfTrustAccounts is, for each account whose sessions or users may enter, the ARN of
// something in it: root, or what follows the account in a pattern of ARNs of IAM. It is
// one text, or a list where the accounts are several.
func (d Data) OfTrustAccounts(what string) any {
	var all []string
	for _, account := range d.TrustAccounts {
		all = append(all, "arn:"+d.Partition+":iam::"+account+":"+what)
	}
	return oneOrAll(all)
}

// Statement is one Allow of the permission policy: every action on every
// resource of it.
type Statement struct {
	Sid       string
	Actions   []string
	Resources []string
	// ResourceAccount is the account that has to own the resources, where their ARNs
	// do not name it: the value for the condition key aws:ResourceAccount. "" where
	// nothing is to be compared.
	ResourceAccount string
	// Region is the Region whose endpoints have to be called: the value for the condition
	// key aws:RequestedRegion, of a statement on "*". "" where any may be.
	Region string
}

// Set is a pair of parsed templates that fit all samples. It is safe for concurrent use.
type Set struct {
	permission, trust *template.Template
	ownTrust          bool
}

// BuiltInTrust reports whether the trust policy is that of the built-in template.
func (s *Set) BuiltInTrust() bool { return !s.ownTrust }

// Load parses the templates found in dir and the built-in ones for those that
// are missing there; dir may be nil. Those of dir are tried with samples: for the
// partitions of AWS and each kind of trust. The error names the file and what is wrong:
// text that does not render to a JSON object, an unknown field, another version of the
// policy language than 2012-10-17 (the older one has no variables, so "${*}" would not be
// a star), an Allow on resources of a statement with a ResourceAccount that any account
// may own, or an Allow without the end of a grant that has one.
func Load(dir fs.FS) (*Set, error) {
	permission, _, err1 := parse(dir, PermissionPolicyFile)
	trust, own, err2 := parse(dir, TrustPolicyFile)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	s := &Set{permission: permission, trust: trust, ownTrust: own}
	if dir == nil {
		return s, nil
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

// parse parses a template; own: the one in dir.
func parse(dir fs.FS, name string) (t *template.Template, own bool, err error) {
	text, err := builtin.ReadFile(name)
	if dir != nil {
		if found, findErr := fs.ReadFile(dir, name); !errors.Is(findErr, fs.ErrNotExist) {
			text, err, own = found, findErr, true
		}
	}
	if err != nil {
		return nil, own, fmt.Errorf("read template %s: %w", name, err)
	}
	t, err = template.New(name).
		Option("missingkey=error").
		Funcs(template.FuncMap{"json": asJSON, "likeEscape": likeEscape}).
		Parse(string(text))
	if err != nil {
		return nil, own, fmt.Errorf("parse template %s: %w", name, err)
	}
	return t, own, nil
}

// PermissionPolicy renders the policy document: compact JSON, the same text for
// the same data.
func (s *Set) PermissionPolicy(d Data) (string, error) { return policy(s.permission, d) }

// TrustPolicy renders the trust document of the role, like [Set.PermissionPolicy].
// It refuses a Trust that it does not know: what a template has no case for
// would come out as trust in the whole account. It refuses [TrustIAMUser] with several
// accounts too: two people could have the user of one name.
func (s *Set) TrustPolicy(d Data) (string, error) {
	switch d.Trust {
	case TrustIdentityCenter, TrustIAMUser, TrustAccount:
	default:
		return "", fmt.Errorf("render template %s: nothing is known of the trust %q", TrustPolicyFile, d.Trust)
	}
	for _, account := range d.TrustAccounts {
		if !IsAccount(account) {
			return "", fmt.Errorf("render template %s: the trusted account %q is not 12 digits", TrustPolicyFile, account)
		}
	}
	if n := len(d.TrustAccounts); d.Trust == TrustIAMUser && n > 1 {
		return "", fmt.Errorf("render template %s: the user of a name is trusted in one account, and %d are named", TrustPolicyFile, n)
	}
	return policy(s.trust, d)
}

// CheckTrust reports that the trust policies of grants would be longer than AWS takes.
// Of d it needs what the settings say: Account, Partition, Trust, TrustAccounts.
func (s *Set) CheckTrust(d Data) error {
	d.UserName = strings.Repeat("x", maxUserName)
	d.Requester, d.RunID, d.OrgID, d.Start, d.End = d.UserName, "r_0123456789abcdef", "org_0123456789abcdef", sampleStart, sampleEnd
	text, err := s.TrustPolicy(d)
	if n := Length(text); err == nil && n > MaxTrust {
		err = fmt.Errorf("the trust policy of a grant would have %d characters with %s, and AWS takes %d", n, plural(len(d.TrustAccounts), "trusted account"), MaxTrust)
	}
	return err
}

// CheckConsole reports that the permission policies of grants would not limit what AWS's
// console needs to the Region of the resource.
func (s *Set) CheckConsole() error {
	for _, d := range samples() {
		d.Statements = append(d.Statements,
			Statement{Sid: "Console6", Actions: []string{"ec2:DescribeTags"}, Resources: []string{"*"}, Region: cmp.Or(sampleRegions[d.Partition], sampleRegion)},
			Statement{Sid: "Console7", Actions: []string{"s3:ListAllMyBuckets"}, Resources: []string{"*"}},
		)
		if err := tryOut(PermissionPolicyFile, s.PermissionPolicy, d); err != nil {
			return err
		}
	}
	return nil
}

func plural(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

func policy(t *template.Template, d Data) (string, error) {
	if len(d.TrustAccounts) == 0 {
		d.TrustAccounts = []string{d.Account}
	}
	d.TrustAccounts = eachOnce(d.TrustAccounts)
	text, err := render(t, d)
	if err == nil && text[0] != '{' {
		err = fmt.Errorf("render template %s: the result is not a JSON object", t.Name())
	}
	if err != nil {
		return "", err
	}
	return string(text), nil
}

// render returns what a template makes of data, as compact JSON.
func render(t *template.Template, data any) (json.RawMessage, error) {
	var text, compact bytes.Buffer
	if err := t.Execute(&text, data); err != nil {
		return nil, fmt.Errorf("render template %s: %w", t.Name(), err)
	}
	if err := json.Compact(&compact, text.Bytes()); err != nil {
		return nil, fmt.Errorf("render template %s: the result is not JSON: %w", t.Name(), err)
	}
	return compact.Bytes(), nil
}

// asJSON renders a value as ASCII JSON: IAM takes nothing above U+00FF.
func asJSON(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	var out strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		switch {
		case r < 0x7f:
			out.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String(), nil
}

// likeEscape returns s unless it would act as more than itself in a condition:
// as a wildcard in StringLike and ArnLike, as a policy variable in StringEquals
// too ("${aws:username}" is the name of the caller). It refuses rather than escape.
func likeEscape(s string) (string, error) {
	if i := strings.IndexAny(s, "*?"); i >= 0 {
		return "", fmt.Errorf("%q holds %q, which acts as a wildcard in a policy", s, s[i])
	}
	if strings.Contains(s, "${") {
		return "", fmt.Errorf("%q holds ${, which acts as a policy variable", s)
	}
	return s, nil
}
