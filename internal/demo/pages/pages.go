package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

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

var layout = template.Must(template.ParseFS(files, "files/*.html"))

// site serves the pages.
type site struct {
	port *porttest.Server
	// approval: requests wait for approval, whatever the action says.
	approval atomic.Bool
}

// Start serves the pages of an organisation on a free loopback port until stop is
// called.
func Start(server *porttest.Server) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return "", nil, fmt.Errorf("listen for the page: %w", err)
	}
	srv := &http.Server{Handler: New(server), ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l) // ends with ErrServerClosed
	}()
	return "http://" + l.Addr().String() + "/", func() {
		_ = srv.Close()
		_ = l.Close() // in case Serve had not taken it over yet
		<-done
	}, nil
}

// New makes the pages of an organisation.
func New(server *porttest.Server) http.Handler {
	s := &site{port: server}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showHome)
	mux.HandleFunc("GET /live/home", s.liveHome)
	mux.HandleFunc("GET /request", s.showForm)
	mux.HandleFunc("POST /request", s.request)
	mux.HandleFunc("GET /runs/{id}", s.showRun)
	mux.HandleFunc("GET /live/runs/{id}", s.liveRun)
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

// page is what every page is given.
type page struct {
	Title, User string
	// Live is where the part that changes comes from, Part how it stands now and
	// Tag what that is called.
	Live, Tag string
	Part      template.HTML
	Data      any
}

// show writes a whole page.
func show(w http.ResponseWriter, status int, name string, p page) {
	p.User = User
	b, err := render(name, p)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b) //nolint:gosec // html/template has escaped it
}

func render(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	err := layout.ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}

// withPart puts the part of a page that changes into it.
func withPart(p page, name string, data any) (page, error) {
	b, err := render(name, data)
	p.Part, p.Tag = template.HTML(b), tag(b) //nolint:gosec // a template has made it
	return p, err
}

// live writes the part of a page that changes, if it has changed.
func live(w http.ResponseWriter, r *http.Request, name string, data any) {
	b, err := render(name, data)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("ETag", tag(b))
	if r.Header.Get("If-None-Match") == tag(b) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b) //nolint:gosec // html/template has escaped it
}

func tag(b []byte) string {
	sum := sha256.Sum256(b)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// sorry says what is wrong with a request.
func sorry(w http.ResponseWriter, status int, format string, args ...any) {
	show(w, status, "sorry.html", page{Title: "That did not work", Data: fmt.Sprintf(format, args...)})
}
