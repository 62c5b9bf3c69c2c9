package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"sync/atomic"

	"port-iam/internal/memnet"
	"port-iam/port/porttest"
)

// User is who is signed in to the page.
const User = "alice@example.com"

// policy lets nothing be loaded but the page's own style and script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm is more than any form of the page sends.
const maxForm = 64 << 10

//go:embed files
var files embed.FS

var layout = template.Must(template.New("").Funcs(template.FuncMap{
	"approver": func() string { return porttest.Approver },
}).ParseFS(files, "files/*.html"))

// site serves the pages.
type site struct {
	port *porttest.Server
	// approval: requests wait for approval, whatever the action says.
	approval atomic.Bool
}

// Start serves the pages of an organisation on a free loopback port until stop is
// called.
func Start(server *porttest.Server) (url string, stop func(), err error) {
	url, stop, err = memnet.Start(New(server))
	return url + "/", stop, err
}

// New makes the pages of an organisation.
func New(server *porttest.Server) http.Handler {
	s := &site{port: server}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showHome)
	mux.HandleFunc("GET /request", s.showForm)
	mux.HandleFunc("POST /request", s.request)
	mux.HandleFunc("GET /runs/{id}", s.showRun)
	mux.HandleFunc("POST /revoke", s.revoke)
	mux.HandleFunc("POST /decide", s.decide)
	mux.HandleFunc("POST /approval", s.setApproval)
	for _, name := range []string{"page.css", "page.js"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, files, "files/"+name)
		})
	}
	return guard(http.NewCrossOriginProtection().Handler(mux))
}

// guard keeps other sites out. That a form was sent by our own page is checked
// behind it; here a name that leads to loopback without being ours is refused,
// because a browser would take such a page for the same origin.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this page is served on loopback only", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// page is what every page is given. Tag names its data where the browser follows it.
type page struct {
	Title, User, Tag string
	Data             any
}

// follow shows a page that the browser asks for again and again, and is sent once its
// data has changed.
func follow(w http.ResponseWriter, r *http.Request, name, title string, data any) {
	sum := sha256.Sum256(fmt.Append(nil, data))
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	show(w, http.StatusOK, name, page{Title: title, Tag: tag, Data: data})
}

// show writes a page.
func show(w http.ResponseWriter, status int, name string, p page) {
	p.User = User
	var b bytes.Buffer
	if err := layout.ExecuteTemplate(&b, name, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// sorry says what is wrong with a request.
func sorry(w http.ResponseWriter, status int, format string, args ...any) {
	show(w, status, "sorry.html", page{Title: "That did not work", Data: fmt.Sprintf(format, args...)})
}
