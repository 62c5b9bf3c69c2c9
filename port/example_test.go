package port_test

import (
	"context"
	"fmt"

	"port-iam/port"
	"port-iam/port/porttest"
)

func ExampleNew() {
	server := porttest.New(porttest.Options{OrgID: "org_example"})
	url, stop, err := server.Start() // in place of https://api.port.io
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()

	client, err := port.New(port.Options{BaseURL: url, ClientID: "client", ClientSecret: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	fmt.Println(client.OrganizationID(ctx))

	id := server.StartRun(porttest.RunSpec{ID: "r_1", Action: "request_permissions"})
	fmt.Println(client.EndRun(ctx, id, port.RunEnd{Status: port.StatusSuccess, Message: "done"}))
	run, err := client.Run(ctx, id)
	fmt.Println(run.Status, err)
	// Output:
	// org_example <nil>
	// <nil>
	// SUCCESS <nil>
}
