package porttest

import (
	"maps"
	"math"
	"net/http"
	"strings"
)

// route is one operation of the API.
type route struct {
	name   string
	method string
	path   []string
	query  params
	body   *shape // nil: no body
	open   bool   // needs no token
	apply  func(*Server, *request) (answer, error)
}

func newRoute(name, method, path string, query params, body *shape, apply func(*Server, *request) (answer, error)) route {
	return route{name: name, method: method, path: strings.Split(path[1:], "/"), query: query, body: body, apply: apply}
}

// routes are the operations that this package knows.
func routes() []route {
	version := params{"version": enumParam("v1", "v2")}
	view := params{
		"exclude_calculated_properties": boolParam, "*include": anyParam, "*exclude": anyParam,
		"attach_title_to_relation": boolParam, "attach_identifier_to_title_mirror_properties": boolParam,
		"allow_partial_results": boolParam,
	}
	change := params{"create_missing_related_entities": boolParam, "run_id": anyParam}
	upsert := params{"!upsert": boolParam, "merge": boolParam, "validation_only": boolParam}
	maps.Copy(upsert, change)

	const (
		run          = "/v1/actions/runs/:run"
		entities     = "/v1/blueprints/:blueprint/entities"
		oneEntity    = entities + "/:entity"
		oneBlueprint = "/v1/blueprints/:blueprint"
		oneAction    = "/v1/actions/:action"
	)
	token := newRoute("token", http.MethodPost, "/v1/auth/access_token", nil, &shape{
		fields: map[string]rule{"clientId": isText, "clientSecret": isText}, required: []string{"clientId", "clientSecret"},
	}, (*Server).issueToken)
	token.open = true

	return append(permissionRoutes(),
		token,
		newRoute("organization", http.MethodGet, "/v1/organization", nil, nil, (*Server).getOrganization),
		newRoute("kafka_credentials", http.MethodGet, "/v1/kafka-credentials", nil, nil, (*Server).getKafkaCredentials),

		newRoute("run_list", http.MethodGet, "/v1/actions/runs", params{
			"entity": anyParam, "blueprint": anyParam, "active": boolParam, "user_email": anyParam, "user_id": anyParam,
			"limit": numberParam(1, 1000), "*exclude": anyParam, "external_run_id": anyParam,
			"version": enumParam("v1", "v2"), "action": anyParam, "*source": enumParam(sourceUI, sourceAPI, sourceAutomation),
		}, nil, (*Server).listRuns),
		newRoute("run_get", http.MethodGet, run, version, nil, (*Server).getRun),
		newRoute("run_patch", http.MethodPatch, run, version, patchRunShape(), (*Server).patchRun),
		newRoute("run_log", http.MethodPost, run+"/logs", nil, logShape(), (*Server).logRun),
		newRoute("run_logs", http.MethodGet, run+"/logs", params{"limit": numberParam(1, 50), "offset": numberParam(0, math.MaxInt32)}, nil, (*Server).listLogs),
		newRoute("approval", http.MethodPatch, run+"/approval", nil, approvalShape(), (*Server).approveRun),
		newRoute("run_start", http.MethodPost, oneAction+"/runs", params{"run_as": anyParam}, startShape(), (*Server).postRun),

		newRoute("entity_list", http.MethodGet, entities, view, nil, (*Server).listEntities),
		newRoute("entity_upsert", http.MethodPost, entities, upsert, entityShape(), (*Server).postEntity),
		newRoute("entity_get", http.MethodGet, oneEntity, view, nil, (*Server).getEntity),
		newRoute("entity_delete", http.MethodDelete, oneEntity, params{"!delete_dependents": boolParam, "run_id": anyParam}, nil, (*Server).deleteEntity),

		newRoute("blueprint_get", http.MethodGet, oneBlueprint, nil, nil, (*Server).getBlueprint),
		newRoute("blueprint_create", http.MethodPost, "/v1/blueprints", params{"create_catalog_page": boolParam}, blueprintShape(true), (*Server).postBlueprint),
		newRoute("blueprint_patch", http.MethodPatch, oneBlueprint, nil, blueprintShape(false), (*Server).patchBlueprint),

		newRoute("action_get", http.MethodGet, oneAction, nil, nil, (*Server).getAction),
		newRoute("action_create", http.MethodPost, "/v1/actions", nil, actionShape(), (*Server).postAction),
		newRoute("action_put", http.MethodPut, oneAction, nil, actionShape(), (*Server).putAction),
	)
}

// getOrganization is the route organization.
func (s *Server) getOrganization(*request) (answer, error) {
	return ok(http.StatusOK, object{"organization": object{"id": s.opts.OrgID, "name": s.opts.OrgID, "featureFlags": []any{}}}), nil
}

// getKafkaCredentials is the route kafka_credentials.
func (s *Server) getKafkaCredentials(*request) (answer, error) {
	c := object{"username": s.opts.KafkaUsername, "password": s.opts.KafkaPassword}
	if len(s.opts.KafkaBrokers) > 0 {
		c["brokers"] = s.opts.KafkaBrokers
	}
	return ok(http.StatusOK, object{"credentials": c}), nil
}
