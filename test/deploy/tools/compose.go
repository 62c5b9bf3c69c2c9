package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose loads a Compose file the way Docker does, schema and all.
func compose(ctx context.Context, file string, out io.Writer) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	project, err := loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir:  filepath.Dir(file),
		ConfigFiles: []types.ConfigFile{{Filename: file, Content: text}},
		Environment: types.NewMapping(os.Environ()),
	}, func(o *loader.Options) {
		o.SetProjectName("port-iam", true)
		o.Profiles = []string{"*"}
	})
	if err != nil {
		return err
	}
	for _, name := range project.ServiceNames() {
		_, _ = fmt.Fprintln(out, name)
	}
	return nil
}
