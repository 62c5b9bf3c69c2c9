GOLANGCI = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
LDFLAGS  = -s -w -X main.version=$(shell git describe --tags --always 2>/dev/null || echo dev)

.PHONY: help build setup test lint generate fuzz

help: ## Print this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

build: ## Build bin/port-iam, a static binary
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/port-iam ./cmd/port-iam

setup: ## Fetch what the full tests need: a Kafka broker and moto
	@bash internal/tools/setup.sh

test: setup ## Run every test with the race detector, real broker and moto included
	PORT_IAM_REQUIRE_REAL=1 go test -race -p 2 ./...

lint: ## Check formatting, vet, linters and generated text
	@test -z "$$(gofmt -l cmd consumer grants iamops internal port templates)" || { gofmt -l cmd consumer grants iamops internal port templates; exit 1; }
	go vet ./...
	$(GOLANGCI) run
	go test ./cmd/port-iam -run TestSettingsTable

generate: ## Write the settings table of the README
	go test ./cmd/port-iam -run TestSettingsTable -update

fuzz: ## Fuzz the decoder of records for 20 seconds
	go test ./port -run '^$$' -fuzz FuzzDecode -fuzztime 20s
