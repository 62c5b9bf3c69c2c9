package grants

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestProblemOfManyAccounts: what is in the way in each of many accounts is not all told.
func TestProblemOfManyAccounts(t *testing.T) {
	t.Parallel()
	for n, more := range map[int]string{1: "", 4: "", 5: "1 more accounts", 200: "196 more accounts"} {
		r := removal{}
		for i := range n {
			r.places = append(r.places, &place{account: &account{id: fmt.Sprint(i)}, err: errors.New("away")})
		}
		got := r.problem().Error()
		if strings.Contains(got, "more accounts") != (more != "") || !strings.Contains(got, more) || strings.Count(got, "away") != min(n, 4) {
			t.Errorf("%d accounts: %s", n, got)
		}
	}
}
