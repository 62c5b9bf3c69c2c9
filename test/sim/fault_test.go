package sim

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// faultKind is what happens to one numbered call.
type faultKind int

const (
	noFault     faultKind = iota
	crashBefore           // its process is killed, nothing is sent
	crashAfter            // its process is killed before it sees the answer
	stallBefore           // its process stops for minutes, then sends it
	stallAfter            // its process stops for minutes, then sees the answer
	lostRequest           // nothing is sent
	lostAnswer            // applied, and no answer
	late                  // no answer, and applied later
	hang                  // neither applied nor answered
	slow                  // sent later
	answered              // answered by something in between, not applied
	denied                // AWS says that it is not allowed, this once
	throttled             // AWS says that there are too many calls
)

func (k faultKind) String() string {
	return [...]string{
		"none", "crash before", "crash after", "stall before", "stall after",
		"request lost", "answer lost", "late", "hang", "slow", "answered", "denied", "throttled",
	}[k]
}

// reaches reports whether a call to that server can meet it.
func (k faultKind) reaches(server string) bool {
	switch k {
	case denied, throttled:
		return server == "aws"
	case slow:
		return server != "kafka"
	}
	return true
}

type fault struct {
	kind   faultKind
	length time.Duration
	pick   int // of the answer
}

func (f fault) String() string {
	s := f.kind.String()
	if f.length > 0 {
		s += " " + f.length.Round(time.Millisecond).String()
	}
	return s
}

// weather is how often calls meet which trouble.
type weather struct {
	loss, crash, stall, denial float64
	// throttling is the share of AWS's calls that another client's rate leaves no
	// room for.
	throttling float64
}

// fault is what the call of a number meets: a function of the seed and the
// number alone.
func (pl *plan) fault(n int) fault {
	r := rand.New(rand.NewPCG(pl.seed, 0xC0FFEE+uint64(n)))
	roll := r.Float64()
	seconds := func(least, most int) time.Duration {
		return time.Duration(least*1000+r.IntN((most-least)*1000)) * time.Millisecond
	}
	w := pl.weather
	switch {
	case roll < w.crash:
		return fault{kind: []faultKind{crashBefore, crashAfter}[r.IntN(2)]}
	case roll < w.crash+w.stall:
		return fault{kind: []faultKind{stallBefore, stallAfter}[r.IntN(2)], length: seconds(20, 300)}
	case roll < w.crash+w.stall+w.loss:
		kinds := []faultKind{lostRequest, lostAnswer, lostAnswer, late, hang, slow, answered, answered, answered}
		f := fault{kind: kinds[r.IntN(len(kinds))], pick: r.IntN(1000)}
		switch f.kind {
		case late:
			f.length = seconds(0, 80)
		case slow:
			f.length = seconds(0, 20)
		case hang:
			f.length = 1000 * time.Hour
		}
		return f
	case roll > 1-w.denial:
		return fault{kind: denied}
	case r.Float64() < w.throttling:
		return fault{kind: throttled}
	}
	return fault{}
}

// canned is an answer that does not come from the server itself.
type canned struct {
	status      int
	contentType string
	body        string
	retryAfter  string
}

func awsError(code string) string {
	return fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>injected</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code)
}

const (
	xml  = "text/xml"
	html = "text/html"
)

var awsAnswers = []canned{
	{400, xml, awsError("Throttling"), ""},
	{400, xml, awsError("Throttling"), ""},
	{500, xml, awsError("ServiceFailure"), ""},
	{503, xml, awsError("ServiceUnavailable"), ""},
	{502, html, "<html>Bad Gateway</html>", ""},
}

var portAnswers = []canned{
	{500, "application/json", `{"ok":false,"error":"internal_error","message":"injected"}`, ""},
	{502, html, "<html>Bad Gateway</html>", ""},
	{503, html, "", "2"},
	{429, "application/json", `{"ok":false,"error":"too_many_requests","message":"injected"}`, "3"},
	{200, html, "<html>maintenance</html>", ""},
}

func (x *wire) canned(r *http.Request, f fault) *http.Response {
	answers := portAnswers
	if x.to == "aws" {
		answers = awsAnswers
	}
	c := answers[f.pick%len(answers)]
	switch f.kind {
	case denied:
		c = canned{403, xml, awsError("AccessDenied"), ""}
	case throttled:
		c = canned{400, xml, awsError("Throttling"), ""}
	}
	h := http.Header{"Content-Type": {c.contentType}}
	if r.Header.Get("X-Amz-Target") != "" && c.contentType == xml {
		h.Set("Content-Type", "application/x-amz-json-1.1")
		code := regexp.MustCompile("<Code>(.*)</Code>").FindStringSubmatch(c.body)[1]
		c.body = fmt.Sprintf(`{"__type":%q,"message":"injected"}`, code)
	}
	if x.to == "aws" {
		h.Set("Date", x.p.w.awsNow().Format(http.TimeFormat))
	}
	if c.retryAfter != "" {
		h.Set("Retry-After", c.retryAfter)
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s (injected)", c.status, strings.ToLower(http.StatusText(c.status))), StatusCode: c.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h, Request: r,
		Body: io.NopCloser(bytes.NewReader([]byte(c.body))), ContentLength: int64(len(c.body)),
	}
}
