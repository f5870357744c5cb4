# What people start. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
CARGO ?= cargo
UI := crates/web/ui
DIST := $(UI)/dist/index.html
UI_SOURCES := $(shell find $(UI) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help run build test check figures soak page fmt

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: build ## Build, make a ready-integrated demo organisation in ./data, print addresses and passwords.
	target/release/tandem demo --data data

build: page ## Build target/release/tandem.
	$(CARGO) build --release --locked -p node

page: $(DIST)

$(DIST): $(UI_SOURCES)
	@command -v npm >/dev/null || { echo "make: npm is missing: install Node.js 20 or later (Debian: apt-get install nodejs npm)" >&2; exit 1; }
	cd $(UI) && npm ci --no-audit --no-fund && npm run build

test: ## Install what the tests need, build, and run them all.
	.ci/test all

check: ## The fast part of `make test`: no browsers, no real clients.
	.ci/test fast

figures: ## Measure against Kamailio (docs/performance.md), and what tracing costs a message.
	bench/figures
	$(CARGO) run --release --locked -p sim --example trace_cost

soak: ## The long tests: a thousand storms, one of 2,100 clients, an hour of fuzzing for each target.
	.ci/soak

fmt: ## Format everything.
	$(CARGO) fmt --all

