package main

import (
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
)

func oneOf(p *problems, variable, value string, allowed ...string) string {
	if !slices.Contains(allowed, value) {
		p.add(variable, "%q is none of %s", value, strings.Join(allowed, ", "))
		return ""
	}
	return value
}

func boolean(p *problems, variable, value string) bool {
	b, err := strconv.ParseBool(value)
	if err != nil {
		p.add(variable, "%q is neither true nor false", value)
	}
	return b
}

func duration(p *problems, variable, value string) (time.Duration, bool) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		p.add(variable, "%q is not a duration such as 30m or 8h", value)
		return 0, false
	}
	return d, true
}

// splitList are the items of a list. Commas alone are not the same as nothing.
func splitList(p *problems, variable, text string) []string {
	var out []string
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	if len(out) == 0 && text != "" {
		p.add(variable, "%q holds nothing but commas", text)
	}
	return out
}

// allowNone is the value of GRANT_ALLOW that replaces the default by nothing.
const allowNone = "none"

func patterns(p *problems, variable, text string) []string {
	list := splitList(p, variable, text)
	if err := catalogue.CheckPatterns(list); err != nil {
		p.add(variable, "%s", withSemicolons(err))
	}
	return list
}

// services are a list of prefixes of services, and the actions that AWS has of them.
func services(p *problems, variable, text string) (prefixes []string, actions []catalogue.Action) {
	known, err := catalogue.Open()
	if err != nil {
		p.add(variable, "%v", err)
		return nil, nil
	}
	prefixes = splitList(p, variable, text)
	for _, prefix := range prefixes {
		of, err := known.Actions(prefix)
		switch {
		case err != nil:
			p.add(variable, "%v", err)
		case len(of) == 0:
			p.add(variable, "AWS has no service %q: prefixes are those of IAM actions, such as s3 in s3:GetObject", prefix)
		}
		actions = append(actions, of...)
	}
	return prefixes, actions
}

// teams are names of teams in Port, none of which may be empty or come twice.
func teams(p *problems, flag string, given []string) []string {
	if given == nil {
		return nil
	}
	text := strings.Join(given, ",")
	names := strings.Split(text, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		switch {
		case names[i] == "":
			p.add(flag, "%q has an empty name", text)
			return nil
		case slices.Contains(names[:i], names[i]):
			p.add(flag, "the team %q is named twice", names[i])
		}
	}
	return names
}

func tags(p *problems, text string) map[string]string {
	out := map[string]string{}
	for _, kv := range splitList(p, "IAM_TAGS", text) {
		key, value, ok := strings.Cut(kv, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok {
			p.add("IAM_TAGS", "%q is not key=value", kv)
		}
		if _, twice := out[key]; twice {
			p.add("IAM_TAGS", "%q is given twice", key)
		}
		out[key] = value
	}
	if err := iamops.CheckTags(out); err != nil {
		p.add("IAM_TAGS", "%s", withSemicolons(err))
	}
	return out
}

// withSemicolons is the text of an error that may have several lines.
func withSemicolons(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// checkURL refuses what would send credentials in the clear or calls elsewhere than
// it seems, and repeats no credentials. It returns nil where anything is wrong.
func checkURL(p *problems, variable, text string, insecure bool) *url.URL {
	before := len(*p)
	u, err := url.Parse(text)
	if err != nil || !isHost(u.Hostname()) || !isPort(u.Port()) && u.Port() != "" || u.Scheme != "http" && u.Scheme != "https" {
		p.add(variable, "is not a URL such as https://api.port.io")
		return nil
	}
	prefix := strings.TrimRight(u.Path, "/")
	switch {
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		p.add(variable, "must hold neither credentials nor a query nor a fragment")
	case strings.HasSuffix(u.Host, ":"):
		p.add(variable, "has a colon after the host and no port: write the port or remove the colon")
	case prefix != "" && path.Clean(prefix) != prefix:
		p.add(variable, "has . or .. or nothing between two slashes of its path: write the path without them")
	case strings.ContainsFunc(prefix, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		p.add(variable, "has blanks or control characters in its path: remove them")
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && !insecure && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		p.add(variable, "is http:// to %s: use https, or set ALLOW_INSECURE_HTTP=true", u.Hostname())
	}
	if len(*p) > before {
		return nil
	}
	return u
}

// hostPort takes an address apart. The port is a number, and 0 may be one.
func hostPort(address string) (host, port string, ok bool) {
	host, port, err := net.SplitHostPort(address)
	ip, _ := netip.ParseAddr(host)
	if strings.HasPrefix(address, "[") && !ip.Is6() { // brackets are for IPv6
		return "", "", false
	}
	return host, port, err == nil && (port == "0" || isPort(port))
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// hostLabel is a part of a name in DNS. Some networks have underscores there.
var hostLabel = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$`)

// isHost reports whether a text is an IP address or the name of a host.
func isHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	labels := strings.Split(strings.TrimSuffix(text, "."), ".")
	for _, l := range labels {
		if !hostLabel.MatchString(l) {
			return false
		}
	}
	_, err := strconv.Atoi(labels[len(labels)-1])
	return err != nil && len(text) <= 253 // a number at the end is that of a wrong IP address
}

// emailLabel leaves the length to isEmailDomain: in the form, it would take 1 MB of memory.
var emailLabel = regexp.MustCompile(`^[\pL\pN]([\pL\pN-]*[\pL\pN])?$`)

// isEmailDomain reports whether a text is the name of a domain, in any script.
func isEmailDomain(text string) bool {
	for _, l := range strings.Split(text, ".") {
		if !emailLabel.MatchString(l) || utf8.RuneCountInString(l) > 63 {
			return false
		}
	}
	return len(text) <= 253
}

var (
	kafkaName  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,240}$`) // of topics and instances; Kafka allows 249
	kafkaGroup = regexp.MustCompile(`^[!-~]{1,240}$`)
)

// checkKafkaNames refuses what Kafka does not take, or what only looks like another
// name. "" is none.
func checkKafkaNames(p *problems, topic, group, instance string) {
	check := func(variable, name string) {
		if name != "" && !kafkaName.MatchString(name) || name == "." || name == ".." {
			p.add(variable, "%q is not a name in Kafka: at most 240 letters, digits and ._- are allowed", name)
		}
	}
	check("KAFKA_TOPIC", topic)
	check("KAFKA_INSTANCE_ID", instance)
	if group != "" && !kafkaGroup.MatchString(group) {
		p.add("KAFKA_GROUP_ID", "%q is not the id of a group: at most 240 visible characters of ASCII without blanks", group)
	}
}

// noBoundary is the value of IAM_PERMISSIONS_BOUNDARY that does without one.
const noBoundary = "none"

// policyARN is that of a managed policy, by the patterns of IAM's API for the path
// and the name of one.
var policyARN = regexp.MustCompile(`^arn:aws((?:-[a-z0-9]+)*):iam::([0-9]{12}|aws):policy(/(?:[A-Za-z0-9.,+@=_-]+/)*)[A-Za-z0-9_+=,.@-]{1,128}$`)

// maxPolicyPath is the longest path of a policy, with both slashes.
const maxPolicyPath = 512

// placeOf is where the ARN of a boundary says that it is; not ok if it cannot be the
// ARN of one. A policy of AWS's own has no account.
func placeOf(boundary string) (account, partition string, ok bool) {
	found := policyARN.FindStringSubmatch(boundary)
	if found == nil || len(found[3]) > maxPolicyPath {
		return "", "", false
	}
	if account = found[2]; account == "aws" {
		account = ""
	}
	return account, "aws" + found[1], true
}

// policyName is the name of a managed policy, with the path that it may have.
var policyName = regexp.MustCompile(`^(/?(?:[A-Za-z0-9.,+@=_-]+/)*)[A-Za-z0-9_+=,.@-]{1,128}$`)

// checkBoundary accepts the ARN of a managed policy, the name of one, and none. A name
// that is none but for its letter case is more likely to be meant as none.
func checkBoundary(p *problems, variable, boundary string) {
	if _, _, ok := placeOf(boundary); ok || boundary == noBoundary {
		return
	}
	found := policyName.FindStringSubmatch(boundary)
	if strings.HasPrefix(boundary, "arn:") || strings.EqualFold(boundary, noBoundary) || found == nil || pathLength(found[1]) > maxPolicyPath {
		p.add(variable, "%q is neither the ARN of a managed policy (arn:aws:iam::123456789012:policy/Name), nor its name (Name or team/Name), nor none", boundary)
	}
}

// anyName is for grants that anyone in the account may use: no name decides there, and
// the built-in documents hold none.
func anyName(email string) (string, error) { return email, nil }
