package main

import (
	"strings"
	"testing"
)

// TestCheckPermissions: what of the catalogue can never be granted, or only has the effect
// of confusing people, is a warning, which names it and says what to do.
func TestCheckPermissions(t *testing.T) {
	const (
		works  = "permissions on the resources"
		limits = "limits of permissions"
	)
	bundle := func(id, properties string) string {
		return `{"identifier":"` + id + `","properties":{"resource_type":"S3",` + properties + `}}`
	}
	for _, tc := range []struct {
		name       string
		permission string
		change     func(*checkWorld) // nil: nothing else
		step, why  string
		remedy     string // "": the step is ok
	}{
		{"a bundle that works", bundle("b", `"actions":["s3:GetObject","s3:ListBucket"]`), nil, works, "6 permissions, each works on a resource of its type", ""},
		{"a wildcard", bundle("b", `"actions":["s3:GetObject","s3:List*"]`), nil, works, `would be granted on any resource of their type: b; the first: "s3:List*" is not one IAM action`, "correct their actions"},
		{"an empty text", bundle("b", `"actions":[""]`), nil, works, `the property "actions" of b holds an empty text`, "correct their actions"},
		{"an action that is named another", bundle("s3:GetBucketTagging", `"actions":["s3:DeleteBucket"]`), nil, works, "names another one, s3:DeleteBucket", "correct their actions"},
		{"a denied action", bundle("b", `"actions":["s3:GetObject","s3:DeleteObject"]`), func(w *checkWorld) { w.env["GRANT_DENY"] = "s3:Delete*" }, works, "the operator denies s3:Delete*", "delete them"},
		{"a duration that cannot be read", bundle("b", `"actions":["s3:GetObject"],"max_duration":"two hours"`), nil, works, `the property "max_duration" of b is "two hours"`, "correct their actions"},
		{"a duration that is too short", bundle("b", `"actions":["s3:GetObject"],"max_duration":"1m"`), nil, works, `the property "max_duration" of b is "1m"`, "correct their actions"},
		{"a duration that is too long", bundle("b", `"actions":["s3:GetObject"],"max_duration":"3d"`), nil, limits, "b may be had for 72h, and 24h is the longest that is granted", "correct it in Port"},
		{"an action twice", bundle("b", `"actions":["s3:GetObject","s3:GetObject"]`), nil, limits, "b names s3:GetObject more than once", "correct it in Port"},
		{"approval that no action requires", bundle("b", `"actions":["s3:GetObject"],"needs_approval":true`), nil, limits, "1 permission can only be had with the approval of another person, and no action of GRANT_ACTION requires approval in Port, so requests are refused: b", "--require-approval"},
		{"approval by nobody known", bundle("b", `"actions":["s3:GetObject"],"needs_approval":true`), func(w *checkWorld) { w.env["PORT_CONFIRM_REQUESTER"] = "false" }, limits, "PORT_CONFIRM_REQUESTER is false, so requests are refused: b", "leave PORT_CONFIRM_REQUESTER"},
		{"approval", bundle("b", `"actions":["s3:GetObject"],"needs_approval":true`), func(w *checkWorld) { w.change(toRequest, `{"requiredApproval":true}`) }, limits, "1 permission can only be had with the approval of another person", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newCheckWorld(t)
			w.Port.AddEntity("iam_permissions", tc.permission)
			if tc.change != nil {
				tc.change(w)
			}
			code, steps, _ := w.check()
			want := resultWarning
			if tc.remedy == "" {
				want = resultOK
			}
			if s := steps[tc.step]; code != 0 || s.Result != want || !strings.Contains(s.Why, tc.why) || !strings.Contains(s.Remedy, tc.remedy) {
				t.Errorf("exit code %d, failed %v, %+v; want %q, %q", code, results(steps, resultFailed), s, tc.why, tc.remedy)
			}
		})
	}
}
