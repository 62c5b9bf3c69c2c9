package iamtest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// respond writes an answer, of the Query protocol where it is not of Identity Store.
func respond(w http.ResponseWriter, r *request, n int, now time.Time, result any, failure error) {
	if r.version == storeVersion {
		respondStore(w, n, now, result, failure)
		return
	}
	requestID := requestID(n)
	status := http.StatusOK
	var body []byte
	var err error
	if failure == nil {
		body, err = successBody(r, requestID, result)
	} else {
		refused := asAPIError(failure)
		status = refused.status
		body, err = errorBody(r, requestID, refused)
	}
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(err.Error())
	}
	h := w.Header()
	h.Set("Date", now.Format(http.TimeFormat))
	h.Set("X-Amzn-Requestid", requestID)
	h.Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone away needs no answer
}

func requestID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

func namespace(r *request) string {
	if r.version == stsVersion {
		return "https://sts.amazonaws.com/doc/" + stsVersion + "/"
	}
	return "https://iam.amazonaws.com/doc/" + iamVersion + "/"
}

func element(name string) xml.StartElement { return xml.StartElement{Name: xml.Name{Local: name}} }

func successBody(r *request, requestID string, result any) ([]byte, error) {
	var buf bytes.Buffer
	enc := xml.NewEncoder(&buf)
	root := element(r.op + "Response")
	root.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace(r)}}
	if err := enc.EncodeToken(root); err != nil {
		return nil, fmt.Errorf("encode answer to %s: %w", r.op, err)
	}
	if result != nil {
		if err := enc.EncodeElement(result, element(r.op+"Result")); err != nil {
			return nil, fmt.Errorf("encode result of %s: %w", r.op, err)
		}
	}
	meta := struct{ RequestId string }{requestID}
	if err := errors.Join(
		enc.EncodeElement(meta, element("ResponseMetadata")),
		enc.EncodeToken(root.End()),
		enc.Close(),
	); err != nil {
		return nil, fmt.Errorf("encode answer to %s: %w", r.op, err)
	}
	return buf.Bytes(), nil
}

func errorBody(r *request, requestID string, refused *apiError) ([]byte, error) {
	var body struct {
		XMLName xml.Name `xml:"ErrorResponse"`
		Xmlns   string   `xml:"xmlns,attr"`
		Error   struct {
			Type, Code, Message string
		}
		RequestId string
	}
	body.Xmlns, body.RequestId = namespace(r), requestID
	body.Error.Type, body.Error.Code, body.Error.Message = "Sender", refused.code, refused.message
	if refused.status >= 500 {
		body.Error.Type = "Receiver"
	}
	out, err := xml.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode refusal of %s: %w", r.op, err)
	}
	return out, nil
}

// list is how the protocol wraps the elements of a list.
type list[T any] struct {
	Member []T `xml:"member"`
}

// timestamp is how the protocol writes a time.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// urlEncode is how IAM returns documents (RFC 3986).
func urlEncode(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}
