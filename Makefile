# Slipway on a laptop: the real Pulumi, an emulated AWS. `make` lists what a user needs; CONTRIBUTING.md the rest.
#   STACK   which stack: dev (the default), staging, prod
#   SET     configuration for one command, as KEY=VALUE words: make up SET='slipway:protect=false'
#   ARGS    further words for pulumi, or for pytest: make test-engine ARGS='-k drift'

STACK ?= dev
SET ?=
ARGS ?=

SHELL := /bin/sh
PYTHON := .venv/bin/python
SANDBOX := $(PYTHON) -m sandbox $(foreach each,$(SET),--set '$(each)') pulumi
BOOTSTRAP := $(PYTHON) -m sandbox pulumi -C bootstrap

# Where it is set, as in many containers, every process would compile the program and the sandbox anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help
help: # This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

# The other commands set up what they need themselves.
.PHONY: setup setup-tests
setup:
	@python=$$(tools/python) && "$$python" -m sandbox.setup
setup-tests:
	@python=$$(tools/python) && "$$python" -m sandbox.setup --for-tests

# What an administrator makes before any stack: once for an account, and once for each environment in it.
.PHONY: account bootstrap
account: setup
	$(BOOTSTRAP) up --stack account --yes --skip-preview --suppress-outputs

bootstrap: account
	$(BOOTSTRAP) up --stack $(STACK) --yes --skip-preview --suppress-outputs
	@touch $(BOOTSTRAPPED)

# Not again while nothing that declares it has changed; `make clean-sandbox` takes the mark away with the states.
BOOTSTRAPPED := .sandbox/backend/bootstrapped-$(STACK)
$(BOOTSTRAPPED): $(wildcard bootstrap/*.py bootstrap/*.yaml infra/*.py Pulumi.*.yaml) | setup
	@$(MAKE) --no-print-directory bootstrap

.PHONY: up preview policy refresh outputs destroy inventory clean-sandbox graph
up: setup $(BOOTSTRAPPED) ## Bring STACK up, in the emulated account
	$(SANDBOX) up --stack $(STACK) --yes $(ARGS)

preview: setup $(BOOTSTRAPPED) ## Show what `make up` would do
	$(SANDBOX) preview --stack $(STACK) $(ARGS)

policy: setup $(BOOTSTRAPPED) ## The same, with the rules that every stack obeys
	$(SANDBOX) preview --stack $(STACK) --policy-pack policy $(ARGS)

refresh: setup ## Compare STACK's state with what exists
	$(SANDBOX) refresh --stack $(STACK) --yes $(ARGS)

outputs: setup ## Show STACK's exports
	@$(SANDBOX) stack output --stack $(STACK) $(ARGS)

destroy: setup ## Take STACK down; what bootstrap made stays
	$(SANDBOX) destroy --stack $(STACK) --yes $(ARGS)

inventory: setup ## Show what exists in the emulated account
	@$(PYTHON) -m sandbox inventory $(ARGS)

graph: setup ## Draw the graph of STACK, which is up, into docs/
	@mkdir -p docs
	@$(SANDBOX) stack export --stack $(STACK) | $(PYTHON) -m tools.graph_picture --output docs/graph-$(STACK).svg

clean-sandbox: setup ## Forget the emulated account and every stack in it
	$(PYTHON) -m sandbox reset

# PACE=fast runs the control plane's own clocks faster: autoscaler, node monitor, health checks.
PACE ?= real
.PHONY: cluster-up cluster-down migrate-demo
cluster-up: cluster-tools ## Bring STACK up on a real Kubernetes control plane
	@$(PYTHON) -m sandbox cluster up --stack $(STACK) --pace $(PACE)
	@$(MAKE) --no-print-directory up
	@file=$$($(PYTHON) -m sandbox cluster kubeconfig --stack $(STACK)) && kubectl=$$($(PYTHON) -m sandbox.go_tools path kubectl) \
		&& printf '\n  export KUBECONFIG=%s\n  %s -n example get deploy,hpa,pdb,pods\n' "$$file" "$$kubectl"

cluster-down: setup ## End STACK's control plane
	@$(PYTHON) -m sandbox cluster down --stack $(STACK)

migrate-demo: setup ## Run the migration balancer (a real HAProxy) before two servers
	@$(PYTHON) -m sandbox.migrate_demo $(ARGS)

# What the tests need and this machine lacks is built or installed; what cannot be is listed before any test.
.PHONY: test test-all test-unit test-program test-engine test-cluster test-edge lint
test: ## Test what needs no further program, in minutes
	@python=$$(tools/python) && "$$python" -m tools.run_tests -- $(ARGS)

test-all: ## Test everything: five tiers, also test-unit, test-program, test-engine, test-cluster, test-edge
	@python=$$(tools/python) && "$$python" -m tools.run_tests all -- $(ARGS)

test-unit test-program test-engine test-cluster test-edge:
	@python=$$(tools/python) && "$$python" -m tools.run_tests $(@:test-%=%) -- $(ARGS)

lint: setup-tests ## Check style, format and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/basedpyright

# For maintainers: CONTRIBUTING.md says when.
.PHONY: coverage mutation lock audit cluster-tools image-tools lint-tools
coverage: setup-tests
	$(PYTHON) -m pytest -n auto --dist worksteal tests/unit tests/program --cov --cov-report=term-missing:skip-covered $(ARGS)

mutation: setup-tests
	$(PYTHON) -m tools.iam_decisions
	$(PYTHON) -m tools.mutation $(ARGS)

LOCK := .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-annotate --python-version=3.11
lock: setup-tests
	$(LOCK) requirements/dev.in --output-file=requirements/dev.txt
	$(LOCK) requirements/sandbox.in --constraint=requirements/dev.txt --output-file=requirements/sandbox.txt
	$(LOCK) requirements/ops.in --constraint=requirements/dev.txt --output-file=requirements/ops.txt
	$(LOCK) requirements/program.in --constraint=requirements/dev.txt --output-file=requirements.txt

audit: setup-tests
	$(PYTHON) -m tools.audit

cluster-tools: setup
	@$(PYTHON) -m sandbox.go_tools cluster
image-tools: setup
	@$(PYTHON) -m sandbox.go_tools images
lint-tools: setup
	@$(PYTHON) -m sandbox.go_tools lint

.PHONY: bench bench-cluster bench-capacity fuzz fault-sweep kill-drill
bench: setup
	$(PYTHON) -m bench.preview
	$(PYTHON) -m bench.no_change
	$(PYTHON) -m bench.internal_growth
	$(PYTHON) -m bench.makespan

bench-cluster: cluster-tools
	$(PYTHON) -m bench.cluster $(ARGS)

bench-capacity: cluster-tools
	$(PYTHON) -m bench.capacity_truth $(ARGS)
	$(PYTHON) -m bench.capacity_speed

fuzz: setup-tests
	$(PYTHON) -m bench.settings_fuzz $(ARGS)

fault-sweep: setup
	$(PYTHON) -m bench.fault_sweep $(ARGS)

kill-drill: setup
	$(PYTHON) -m bench.kill_drill $(ARGS)
