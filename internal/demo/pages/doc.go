// Package pages holds the web pages of the demo's stand-in for Port: resources, the
// form that requests permissions, approval, the log of a run while it is written,
// and provisioned permissions with a button that revokes them. It behaves like
// the walk through Port's guide, so that the whole story can be clicked through.
//
// It is for loopback and for one person: there is no login. Start from [Start].
package pages
