package kafkatest

// Options describe a broker. The zero value is a good one.
type Options struct {
	// Org is the identifier of the organisation: the runs are in the topic
	// Org + ".runs", and names of groups start with Org + ".". Default
	// "org_test".
	Org string

	// User and Password are the SCRAM credentials of the organisation, which
	// may read its topic and use its groups. Both have to be without commas
	// and brackets. Default: Org and "secret".
	User, Password string

	// Properties are added to server.properties and replace its own.
	Properties map[string]string
}

func (o Options) withDefaults() Options {
	if o.Org == "" {
		o.Org = "org_test"
	}
	if o.User == "" {
		o.User = o.Org
	}
	if o.Password == "" {
		o.Password = "secret"
	}
	return o
}
