package port

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The routes, as the metrics name them.
const (
	routeToken            = "token"
	routeOrganization     = "organization"
	routeKafkaCredentials = "kafka_credentials"
	routeRunGet           = "run_get"
	routeRunList          = "run_list"
	routeRunLog           = "run_log"
	routeRunPatch         = "run_patch"
	routeEntityGet        = "entity_get"
	routeEntityUpsert     = "entity_upsert"
	routeEntityDelete     = "entity_delete"
	routeEntityList       = "entity_list"
	routeActionGet        = "action_get"
	routeActionCreate     = "action_create"
	routeActionPut        = "action_put"
	routeBlueprintGet     = "blueprint_get"
	routeBlueprintCreate  = "blueprint_create"
	routeBlueprintPatch   = "blueprint_patch"

	routeActionPermissionsGet    = "action_permissions_get"
	routeActionPermissionsPatch  = "action_permissions_patch"
	routeBlueprintPermissionsGet = "blueprint_permissions_get"
	routeTeamGet                 = "team_get"
)

const noAnswer = "no_answer"

type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "port_iam_port_requests_total",
			Help: "Requests to Port, every attempt counted, by route and by HTTP status or no_answer.",
		}, []string{"route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "port_iam_port_request_duration_seconds",
			Help:    "How long one attempt of a request to Port took, by route.",
			Buckets: []float64{.025, .05, .1, .2, .4, .8, 1.6, 3.2, 10},
		}, []string{"route"}),
	}
	// What is likely to be alerted on exists from the start. The routes that only
	// setting things up uses do not: the daemon never calls them.
	codes := []string{"200", "401", "403", "404", "422", "429", "500", "502", "503", "504", noAnswer}
	for _, route := range []string{
		routeToken, routeOrganization, routeKafkaCredentials, routeRunGet, routeRunList, routeRunLog,
		routeRunPatch, routeEntityGet, routeEntityUpsert, routeEntityDelete, routeEntityList, routeActionGet,
	} {
		m.duration.WithLabelValues(route)
		for _, code := range codes {
			m.requests.WithLabelValues(route, code)
		}
	}
	m.requests.WithLabelValues(routeRunLog, "201")
	m.requests.WithLabelValues(routeEntityUpsert, "201")
	if reg == nil {
		return m, nil
	}
	return m, errors.Join(reg.Register(m.requests), reg.Register(m.duration))
}

// observe counts one request; status 0 means that there was no answer.
func (m *metrics) observe(route string, status int, took time.Duration) {
	code := noAnswer
	if status != 0 {
		code = strconv.Itoa(status)
	}
	m.requests.WithLabelValues(route, code).Inc()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
}
