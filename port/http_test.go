package port_test

import (
	"context"
	"net"
	"testing"

	"port-iam/port"
	"port-iam/port/porttest"
)

// All of it over real connections, with the transport that the client makes for
// itself.
func TestOverRealHTTP(t *testing.T) {
	t.Parallel()
	s := porttest.New(porttest.Options{KafkaUsername: "u", KafkaPassword: "p"})
	s.CheckFaults(t)
	s.GuideModel()
	s.GuideSamples("123456789012")
	s.AddEntity(grants, `{"identifier":"`+oldGrant+`"}`)
	s.StartRun(porttest.RunSpec{ID: openRun, Action: "request_permissions", Entity: bucket, Requester: requester})
	url, stop, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	client := realClient(t, url)
	// The order matters: the run must be open for the writes under it.
	for _, name := range []string{"OrganizationID", "KafkaCredentials", "Run", "Runs", "Entity", "CreateEntity", "DeleteEntity", "EndRun"} {
		if err := named(t, name).call(t.Context(), client); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Fault(porttest.Fault{Kind: porttest.LostRequest, Route: "run_get", Count: 2})
	if err := named(t, "Run").call(t.Context(), client); err != nil {
		t.Errorf("after a broken connection: %v", err)
	}
	s.Fault(porttest.Fault{Kind: porttest.LostAnswer, Route: "run_log"})
	second := s.StartRun(porttest.RunSpec{Action: "request_permissions"})
	wantError(t, client.EndRun(t.Context(), second, port.RunEnd{Status: port.StatusSuccess, Message: "done"}), port.KindUnavailable)
	for _, id := range []string{openRun, second} {
		if state, _ := s.Run(id); state.Ends != 1 {
			t.Errorf("run %s ended %d times", id, state.Ends)
		}
	}
}

func TestNoServerListens(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	e := asError(t, realClient(t, url).EndRun(t.Context(), openRun, port.RunEnd{Status: port.StatusSuccess, Message: "done"}), port.KindUnavailable)
	if e.Status != 0 || e.Err == nil {
		t.Errorf("error: %+v", e)
	}
}

func realClient(t *testing.T, url string) *port.Client {
	t.Helper()
	c, err := port.New(port.Options{BaseURL: url, ClientID: "client", ClientSecret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
