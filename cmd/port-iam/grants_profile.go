package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"port-iam/grants"
	"port-iam/iamops"
)

// showProfile prints the AWS CLI profile of a grant and nothing else, or fails. Port is
// not asked about the grant: what an entity says may be wrong.
func showProfile(ctx context.Context, name string, stdout, stderr io.Writer) error {
	c, err := connect(ctx, io.Discard, stderr)
	if err != nil {
		return err
	}
	if _, ok := iamops.RunID(name); !ok {
		return fmt.Errorf("%w: %s (names are %s<run id>)", grants.ErrNoGrant, printable(name), iamops.NamePrefix)
	}
	stop := progress(stderr, "reading "+printable(name))
	profile, err := c.profile(ctx, name)
	stop()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, profile)
	return err
}

// profile is that of a grant in the one account where it can be used. Where that are
// several, it fails: of two profiles with one name the CLI would take one.
func (c *connection) profile(ctx context.Context, name string) (string, error) {
	found, errs := make([]string, len(c.served)), make([]error, len(c.served))
	var all sync.WaitGroup
	for i, a := range c.served {
		all.Go(func() { found[i], errs[i] = a.ops.LiveProfile(ctx, name) })
	}
	all.Wait()
	var profile string
	var in []string
	var why []error
	for i, a := range c.served {
		switch err := errs[i]; {
		case err == nil:
			profile, in = found[i], append(in, a.id)
		case !iamops.IsKind(err, iamops.KindNotFound):
			why = append(why, fmt.Errorf("account %s: %w", a.id, err))
		}
	}
	switch {
	case len(in) > 1:
		return "", fmt.Errorf("%s can be used in several accounts (%s), and a profile names one: set ACCOUNTS to one of them", name, strings.Join(in, ", "))
	case len(in) == 1:
		return profile, nil
	case len(why) == 0:
		return "", fmt.Errorf("%w: IAM has no role %s", grants.ErrNoGrant, name)
	}
	return "", errors.Join(why...)
}
