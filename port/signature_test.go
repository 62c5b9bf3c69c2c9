package port

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

const (
	signingSecret = "test"
	signedAt      = "1713277889"
	// The message that Port's agent is tested with.
	agentMessage = `{"action":"Create","resourceType":"run","status":"TRIGGERED","trigger":{"by":{"orgId":"test_org","userId":"test_user"},"origin":"UI","at":"2022-11-16T16:31:32.447Z"},"context":{"entity":null,"blueprint":"Service","runId":"r_jE5FhDURh4Uen2Qr"},"payload":{"entity":null,"action":{"id":"action_34aweFQtayw7SCVb","identifier":"Create","title":"Create","icon":"DefaultBlueprint","userInputs":{"properties":{"foo":{"type":"string","description":"Description"},"bar":{"type":"number","description":"Description"}},"required":[]},"invocationMethod":{"type":"WEBHOOK","agent":true,"url":"http://localhost:80/api/test"},"trigger":"CREATE","description":"","blueprint":"Service","createdAt":"2022-11-15T09:58:52.863Z","createdBy":"test_user","updatedAt":"2022-11-15T09:58:52.863Z","updatedBy":"test_user"},"properties":{}}`
	// A message with everything that JSON printers disagree about.
	hardMessage = `{"action":"request_permissions","resourceType":"run","status":"TRIGGERED","trigger":{"by":{"orgId":"org_XXX","userId":"auth0|XXXXX","user":{"email":"dev@example.com","firstName":"Zoë"}},"origin":"UI","at":"2024-06-06T05:21:00.565Z"},"context":{"entity":"arn:aws:s3:::my-s3-bucket","blueprint":"aws_resource","runId":"r_QOz6WoOB1Q2lmhZZ"},"payload":{"entity":null,"action":{"identifier":"request_permissions","invocationMethod":{"type":"WEBHOOK","agent":true,"url":"http://localhost/a?x=1&y=<2>"},"trigger":"DAY-2"},"properties":{"permissions":["s3:PutObject"],"reason":"a < b && c > d — 日本` + "\u2028" + `🚀 \"q\" \\ / \t\u0007","ratio":1.5,"big":1e+21}}`

	agentSignature    = "v1,uuBMfcio3oscejO5bOtL97K1AmiZjxDvou7sChjMNeE="
	hardSignature     = "v1,6JPJ6stYKnkZs39jCm6rkyv2YW10lirptww8g200fuA="
	hardBareSignature = "v1,tXHvfu7dvnjj2feLvpkm2/nmY7fmt5P7mrSeMxcaqRU="
	hardMoreSignature = "v1,qXiGCRhDau25/nBOQQeKsHMsYdrLuzX9wHOAsfWoabg="
)

// with adds headers to a message that lacks its last brace.
func with(message string, headers ...string) string {
	return message + `,"headers":{` + strings.Join(headers, ",") + `}}`
}

func signatureOf(s string) string { return `"X-Port-Signature":"` + s + `"` }

const (
	stampNumber = `"X-Port-Timestamp":` + signedAt
	stampText   = `"X-Port-Timestamp":"` + signedAt + `"`
	runHeader   = `"RUN_ID":"r_QOz6WoOB1Q2lmhZZ"`
)

func TestCheckSignature(t *testing.T) {
	valid := with(hardMessage, signatureOf(hardSignature), stampNumber)
	for _, c := range []struct {
		name, value string
		want        Signature
	}{
		{"the agent's own", with(agentMessage, signatureOf(agentSignature), stampNumber), SignatureValid},
		{"hard to print", valid, SignatureValid},
		{"timestamp as a string", with(hardMessage, stampText, signatureOf(hardSignature)), SignatureValid},
		{"signed without headers", with(hardMessage, signatureOf(hardBareSignature), stampNumber), SignatureValid},
		{"other header, last", with(hardMessage, signatureOf(hardMoreSignature), stampNumber, runHeader), SignatureValid},
		{"other header, first", with(hardMessage, runHeader, signatureOf(hardMoreSignature), stampNumber), SignatureValid},
		{"other header, between", with(hardMessage, signatureOf(hardMoreSignature), runHeader, stampNumber), SignatureValid},
		{"headers first, signed without", `{"headers":{` + signatureOf(hardBareSignature) + "," + stampNumber + "}," + hardMessage[1:] + "}", SignatureValid},
		{"with white space", indented(t, valid), SignatureValid},
		{"escaped on its way", escaped(t, valid), SignatureValid},

		{"none", hardMessage + "}", SignatureAbsent},
		{"no signature among the headers", with(hardMessage, runHeader), SignatureAbsent},
		{"timestamp only", with(hardMessage, stampNumber), SignatureAbsent},
		{"headers null", hardMessage + `,"headers":null}`, SignatureAbsent},
		{"not JSON", "headers X-Port-Signature", SignatureAbsent},

		{"other secret's", with(hardMessage, signatureOf(agentSignature), stampNumber), SignatureWrong},
		{"empty", with(hardMessage, `"X-Port-Signature":null`, stampNumber), SignatureWrong},
		{"no timestamp", with(hardMessage, signatureOf(hardSignature)), SignatureWrong},
		{"other timestamp", with(hardMessage, signatureOf(hardSignature), `"X-Port-Timestamp":1713277890`), SignatureWrong},
		{"one letter changed", strings.Replace(valid, "my-s3-bucket", "my-s3-buckeT", 1), SignatureWrong},
		{"member added", strings.Replace(valid, `"resourceType"`, `"x":1,"resourceType"`, 1), SignatureWrong},
		{"number printed otherwise", strings.Replace(valid, "1.5", "1.50", 1), SignatureWrong},
		{"two headers", strings.TrimSuffix(valid, "}") + `,"headers":{}}`, SignatureWrong},
		{"two signatures", with(hardMessage, signatureOf(hardSignature), signatureOf(hardSignature), stampNumber), SignatureWrong},
		{"lower-case version", with(hardMessage, signatureOf("V1,"+hardSignature[3:]), stampNumber), SignatureWrong},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := CheckSignature([]byte(c.value), signingSecret); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	if CheckSignature([]byte(valid), "another") != SignatureWrong {
		t.Error("any secret will do")
	}
}

func indented(t *testing.T, value string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(value), "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// escaped writes everything beyond ASCII as escapes.
func escaped(t *testing.T, value string) string {
	t.Helper()
	var b strings.Builder
	for _, r := range value {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			b.WriteString(strings.ToUpper(hex4(0xd800 + r>>10)))
			b.WriteString(hex4(0xdc00 + r&0x3ff))
		default:
			b.WriteString(hex4(r))
		}
	}
	return strings.ReplaceAll(b.String(), `\U`, `\u`)
}

func hex4(r rune) string {
	const digits = "0123456789abcdef"
	return `\u` + string([]byte{digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15]})
}

func FuzzCheckSignature(f *testing.F) {
	f.Add(with(hardMessage, signatureOf(hardSignature), stampNumber), "test")
	f.Add(`{"headers":{"X-Port-Signature":1,"X-Port-Timestamp":"\ud800"}}`, "")
	f.Fuzz(func(t *testing.T, value, secret string) {
		// It cannot be hit by chance without the secret.
		if CheckSignature([]byte(value), "another secret "+secret) == SignatureValid {
			t.Errorf("%q is signed", value)
		}
	})
}
