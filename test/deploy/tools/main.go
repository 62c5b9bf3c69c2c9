// Command tools checks what is under deploy against the types of those who read
// it. It is a module of its own, so that the module port-iam does not depend on
// Kubernetes and Compose.
//
//	tools kube    < MANIFESTS  decodes strictly, and holds pods to the restricted level
//	tools compose FILE         loads a Compose file
//
// It prints what it found, an object a line.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	switch {
	case len(args) == 1 && args[0] == "kube":
		return kube(in, out)
	case len(args) == 2 && args[0] == "compose":
		return compose(context.Background(), args[1], out)
	}
	return fmt.Errorf("usage: tools kube < MANIFESTS | tools compose FILE")
}
