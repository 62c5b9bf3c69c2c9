package port

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Signature is what checking the signature of a record came to.
type Signature int

const (
	// SignatureAbsent: the record has none, or it was not checked.
	SignatureAbsent Signature = iota
	// SignatureValid: the record is as its sender, who knows the secret, signed it.
	SignatureValid
	// SignatureWrong: the record has one that does not fit.
	SignatureWrong
)

const (
	headersKey      = "headers"
	signatureHeader = "X-Port-Signature"
	timestampHeader = "X-Port-Timestamp"
)

// CheckSignature checks the signature inside the value of a record:
// "v1," and the base64 of HMAC-SHA256 over the timestamp, a dot and the body.
// The body is the value as JavaScript would print it, without signature and
// timestamp; Port leaves the other headers in it or takes all of them out, and
// both are accepted. Source: Port's documentation, "Validate webhook signature",
// and the code of Port's agent.
//
// The age of a record is not judged: Kafka may deliver it again much later.
func CheckSignature(value []byte, secret string) Signature {
	var compact bytes.Buffer
	if !isObject(value) || json.Compact(&compact, value) != nil {
		return SignatureAbsent
	}
	root, err := members(compact.Bytes())
	if err != nil {
		return SignatureAbsent
	}
	at := -1
	for i, m := range root {
		switch {
		case m.name != headersKey:
		case at >= 0:
			return SignatureWrong // which of the two was signed cannot be told
		default:
			at = i
		}
	}
	if at < 0 {
		return SignatureAbsent
	}
	headers, err := members(root[at].value)
	if err != nil {
		return SignatureAbsent // null, or not an object
	}
	signature, timestamp, rest, err := takeOut(headers)
	switch {
	case err != nil:
		return SignatureWrong
	case signature == "":
		return SignatureAbsent
	}

	kept := append([]member(nil), root...)
	kept[at].value = object(rest)
	removed := append(append([]member(nil), root[:at]...), root[at+1:]...)
	for _, body := range [][]byte{object(kept), object(removed)} {
		if signed(signature, timestamp, body, secret) || signed(signature, timestamp, unescape(body), secret) {
			return SignatureValid
		}
	}
	return SignatureWrong
}

// takeOut parts signature and timestamp from the other headers. The timestamp is
// taken as it is written, be it a number or a string.
func takeOut(headers []member) (signature, timestamp string, rest []member, err error) {
	for _, h := range headers {
		var into *string
		switch h.name {
		case signatureHeader:
			into = &signature
		case timestampHeader:
			into = &timestamp
		default:
			rest = append(rest, h)
			continue
		}
		if *into != "" {
			return "", "", nil, errors.New("given twice")
		}
		if *into = string(h.value); h.value[0] == '"' {
			if err := json.Unmarshal(h.value, into); err != nil {
				return "", "", nil, err
			}
		}
	}
	if signature != "" && timestamp == "" {
		return "", "", nil, errors.New("a signature without a timestamp")
	}
	return signature, timestamp, rest, nil
}

func signed(signature, timestamp string, body []byte, secret string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte("."))
	mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(want), []byte(signature))
}

// member is a member of a JSON object, as it is written.
type member struct {
	name  string
	key   []byte // the name with its quotes and escapes
	value []byte
}

// members takes a compact JSON object apart.
func members(compact []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(compact))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	var out []member
	for dec.More() {
		begin := dec.InputOffset()
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := t.(string)
		if !ok {
			return nil, errors.New("not an object")
		}
		key := bytes.TrimPrefix(compact[begin:dec.InputOffset()], []byte(","))
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		out = append(out, member{name, key, value})
	}
	return out, nil
}

// object puts members together again.
func object(all []member) []byte {
	out := []byte{'{'}
	for i, m := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, m.key...), ':'), m.value...)
	}
	return append(out, '}')
}

var stringForm = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// unescape writes the strings of a compact document the way JavaScript's
// JSON.stringify does, whatever escapes they came with.
func unescape(compact []byte) []byte {
	return stringForm.ReplaceAllFunc(compact, func(s []byte) []byte {
		var text string
		if json.Unmarshal(s, &text) != nil {
			return s
		}
		return appendString(nil, text)
	})
}

func appendString(out []byte, text string) []byte {
	const short = "\b\t\n\f\r"
	const digits = "0123456789abcdef"
	out = append(out, '"')
	for _, r := range text {
		switch at := strings.IndexRune(short, r); {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case at >= 0:
			out = append(out, '\\', "btnfr"[at])
		case r < 0x20:
			out = append(out, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"')
}
