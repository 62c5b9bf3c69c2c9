package setup_test

import (
	"flag"
	"path/filepath"
	"testing"

	goldenfile "port-iam/test/kit/golden"
)

var update = flag.Bool("update", false, "write the golden files again")

func golden(t *testing.T, name, got string) {
	t.Helper()
	goldenfile.Check(t, *update, filepath.Join("testdata", name), got)
}
