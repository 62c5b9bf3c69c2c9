package sim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"port-iam/port"
)

// secret is what Port signs records with.
const secret = "secret"

// sign puts a signature into a message, as Port does.
func sign(message []byte, at time.Time) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.UnixMilli(), message)
	signature := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	headers := fmt.Sprintf(`{"headers":{"X-Port-Timestamp":%d,"X-Port-Signature":"v1,%s"},`, at.UnixMilli(), signature)
	return append([]byte(headers), bytes.TrimPrefix(message, []byte("{"))...)
}

// decode reads a record as the daemon does.
func decode(value []byte) (port.Record, port.Verdict) {
	rec, verdict := port.Decode(value)
	if verdict == port.VerdictRun {
		rec.Signature = port.CheckSignature(value, secret)
	}
	return rec, verdict
}
