package main

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"time"
)

// statusPolicy is the Content-Security-Policy of the page: nothing is loaded and
// nothing runs; only its own style counts, by its hash.
var statusPolicy = "default-src 'none'; style-src 'sha256-" + styleHash() +
	"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func styleHash() string {
	sum := sha256.Sum256([]byte(statusStyle))
	return base64.StdEncoding.EncodeToString(sum[:])
}

const statusStyle = `
:root { color-scheme: light dark; --line: #8885; --dim: #8889; }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
h1 small { font-size: .9rem; font-weight: normal; opacity: .7; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.state { padding: .7rem 1rem; border-left: .4rem solid; background: #8881; }
.state ul { margin: .3rem 0 0; padding-left: 1.2rem; }
.good { border-color: #2a8a4a; }
.bad { border-color: #c0392b; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 600; white-space: nowrap; }
th[scope=row] { width: 16rem; }
td.tight { white-space: nowrap; }
.none, footer { opacity: .7; }
footer { margin-top: 2.5rem; font-size: .85rem; }
`

var statusTemplate = template.Must(template.New("status").Funcs(template.FuncMap{
	"clock": clock,
	"left":  func(end time.Time) string { return timeLeft(time.Until(end)) },
	"round": func(d time.Duration) time.Duration { return d.Round(time.Millisecond) },
}).Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="10">
<title>port-iam: {{if .Problems}}not ready{{else}}ready{{end}}</title>
<style>` + statusStyle + `</style>
</head>
<body>
<h1>port-iam <small>{{.Version}}</small></h1>
{{if .Problems}}<div class="state bad"><strong>Not ready</strong><ul>{{range .Problems}}<li>{{.}}</li>{{end}}</ul></div>
{{else}}<div class="state good"><strong>Ready</strong>: a member of the consumer group, accepted by Port and AWS, with a right clock.</div>
{{end}}
<h2>Connected to</h2>
<table id="facts">{{range .Facts}}
<tr><th scope="row">{{.Name}}</th><td>{{or .Value "not known yet"}}</td></tr>{{end}}
</table>

{{if .Accounts}}<h2>Accounts</h2>
<table id="accounts">
<thead><tr><th>Account</th><th>State</th><th>Grants</th></tr></thead>
<tbody>{{range .Accounts}}
<tr><td class="tight">{{.ID}}</td><td>{{if .Away}}away: {{.Away}}{{else}}up{{end}}</td><td>{{or .Grants "–"}}</td></tr>{{end}}
</tbody>
</table>

{{end}}<h2>At this moment</h2>
<table id="now">{{range .Now}}
<tr><th scope="row">{{.Name}}</th><td>{{.Value}}</td></tr>{{end}}
</table>

<h2>Last runs of this process</h2>
{{if .Runs}}<table id="runs">
<thead><tr><th>Ended</th><th>Operation</th><th>Outcome</th><th>Took</th><th>Account</th><th>Grant</th>{{if .Details}}<th>Requester</th><th>Resource</th>{{end}}<th>Reason</th></tr></thead>
<tbody>{{range .Runs}}
<tr><td class="tight">{{clock .At}}</td><td>{{.Operation}}</td><td>{{.Outcome}}</td><td class="tight">{{round .Took}}</td><td class="tight">{{.Account}}</td><td>{{.Grant}}</td>
{{- if $.Details}}<td>{{.Requester}}</td><td>{{.Resource}}</td><td>{{.Reason}}</td>{{else}}<td>{{.Summary}}</td>{{end}}</tr>{{end}}
</tbody>
</table>
{{else}}<p class="none">None since it was started.</p>
{{end}}
<h2>Grants</h2>
<p class="none">{{.GrantsNote}}</p>
{{if .Grants}}<table id="grants">
<thead><tr><th>Account</th><th>Name</th><th>State</th><th>Time left</th><th>Ends</th></tr></thead>
<tbody>{{range .Grants}}
<tr><td class="tight">{{.Account}}</td><td>{{.Name}}</td><td>{{.State}}</td>
{{- if .Ends.IsZero}}<td>–</td><td>when revoked</td>{{else}}<td class="tight">{{left .Ends}}</td><td class="tight">{{clock .Ends}}</td>{{end}}</tr>{{end}}
</tbody>
</table>
{{end}}
<footer>As of {{.At}}, reloaded every 10 seconds. All times are UTC.
{{if not .Details}}Requesters and resources are not shown (STATUS_DETAILS).{{end}}</footer>
</body>
</html>
`))
