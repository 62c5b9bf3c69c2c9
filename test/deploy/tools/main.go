// Command tools checks what is under deploy against the types of those who read
// it. It is a module of its own, so that the module port-iam does not depend on
// Kubernetes, Compose and HCL.
//
//	tools kube    < MANIFESTS  decodes strictly, and holds pods to the restricted level
//	tools compose FILE         loads a Compose file
//	tools terraform DIR < JSON checks a Terraform module and evaluates it with the variables
//	                           and data sources of the JSON, without its providers
//	tools terraform-calls ROOT < HCL checks an example that calls modules under ROOT
//
// It prints what it found, an object a line; of Terraform resources and outputs.
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
	case len(args) == 2 && args[0] == "terraform":
		return terraform(args[1], in, out)
	case len(args) == 2 && args[0] == "terraform-calls":
		return terraformCalls(args[1], in, out)
	}
	return fmt.Errorf("usage: tools kube < MANIFESTS | tools compose FILE | tools terraform DIR < JSON | tools terraform-calls ROOT < HCL")
}
