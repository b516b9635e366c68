# Slipway on a laptop: the real Pulumi, an emulated AWS. `make help` says what there is.
#   STACK   which stack: dev (the default), staging, prod
#   SET     configuration for one command, as KEY=VALUE words: make up SET='slipway:protect=false'
#   ARGS    further words for pulumi, or for pytest in `make test`

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
.PHONY: help setup setup-tests account bootstrap iam-simulate up preview policy destroy refresh outputs inventory \
	graph clean-sandbox test test-thorough lint bench \
	bench-cluster bench-capacity fuzz audit fault-sweep kill-drill cluster-tools image-tools lint-tools \
	cluster-up cluster-down migrate-demo

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-18s %s\n' "$$name" "$$text"; done

setup: ## Make .venv and find, download or build pulumi (the other targets do this themselves)
	@python=$$(tools/python) && "$$python" -m sandbox.setup

setup-tests: ## The same, with what `make test` and `make lint` need too
	@python=$$(tools/python) && "$$python" -m sandbox.setup --for-tests

# What an administrator makes before any stack: once for an account, and once for each environment in it.
account: setup ## Bring up the account's part of bootstrap: the bucket of states, GitHub's identity provider
	$(BOOTSTRAP) up --stack account --yes --skip-preview --suppress-outputs

bootstrap: account ## Bring up the part of STACK's environment: its zone, key and roles
	$(BOOTSTRAP) up --stack $(STACK) --yes --skip-preview --suppress-outputs
	@touch $(BOOTSTRAPPED)

# Not again while nothing that declares it has changed; `make clean-sandbox` takes the mark away with the states.
BOOTSTRAPPED := .sandbox/backend/bootstrapped-$(STACK)
$(BOOTSTRAPPED): $(wildcard bootstrap/*.py bootstrap/*.yaml infra/*.py Pulumi.*.yaml) | setup
	@$(MAKE) --no-print-directory bootstrap

up: setup $(BOOTSTRAPPED) ## Bring STACK up, in the emulated account
	$(SANDBOX) up --stack $(STACK) --yes $(ARGS)

preview: setup $(BOOTSTRAPPED) ## Show what `make up` would do
	$(SANDBOX) preview --stack $(STACK) $(ARGS)

policy: setup $(BOOTSTRAPPED) ## Ask the rules of docs/policies.md of what `make up` would do
	$(SANDBOX) preview --stack $(STACK) --policy-pack policy $(ARGS)

refresh: setup ## Compare STACK's state with what exists
	$(SANDBOX) refresh --stack $(STACK) --yes $(ARGS)

outputs: setup ## Show STACK's exports
	@$(SANDBOX) stack output --stack $(STACK) $(ARGS)

destroy: setup ## Take STACK down; what bootstrap made stays
	$(SANDBOX) destroy --stack $(STACK) --yes $(ARGS)

inventory: setup ## Show what exists in the emulated account
	@$(PYTHON) -m sandbox inventory $(ARGS)

clean-sandbox: setup ## Forget the emulated account and every stack in it
	$(PYTHON) -m sandbox reset

iam-simulate: setup ## Install what says which IAM policy allows what, for the tests (once, seconds)
	@$(PYTHON) -m tools.iam_decisions

cluster-tools: setup ## Find, download or build the programs of a Kubernetes control plane (once, 7 to 25 min to build)
	@$(PYTHON) -m sandbox.go_tools cluster

image-tools: setup ## Find or build regctl, which moves images, and a registry for the tests (once, 1 to 4 min to build)
	@$(PYTHON) -m sandbox.go_tools images

lint-tools: setup ## Find or build actionlint and kube-score, for the tests (once, 1 to 3 min to build)
	@$(PYTHON) -m sandbox.go_tools lint

# PACE=fast runs the control plane's own clocks faster: autoscaler, node monitor, health checks.
PACE ?= real
cluster-up: cluster-tools ## Bring STACK up with a real Kubernetes control plane behind its cluster
	@$(PYTHON) -m sandbox cluster up --stack $(STACK) --pace $(PACE)
	@$(MAKE) --no-print-directory up
	@file=$$($(PYTHON) -m sandbox cluster kubeconfig --stack $(STACK)) && printf '\n  export KUBECONFIG=%s\n  kubectl -n example get deploy,hpa,pdb,pods\n' "$$file"

cluster-down: setup ## End STACK's control plane
	@$(PYTHON) -m sandbox cluster down --stack $(STACK)

migrate-demo: setup ## Run the migration balancer (a real HAProxy) before an old and a new demo server
	@$(PYTHON) -m sandbox.migrate_demo $(ARGS)

# Three workers suit the two cores of the smallest machine it runs on: the cluster tests wait most of the time.
PYTEST := $(PYTHON) -m pytest -n 3 --dist worksteal
test: setup-tests cluster-tools image-tools lint-tools iam-simulate ## Run the unit, program, engine, cluster and edge tests
	$(PYTEST) -m "not thorough" $(ARGS)

test-thorough: setup-tests cluster-tools image-tools lint-tools iam-simulate ## Run what `make test` leaves out (docs/testing.md)
	$(PYTEST) -m thorough $(ARGS)

lint: setup-tests ## Check style, format and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/basedpyright

graph: setup ## Draw the graph of STACK, which is up, into docs/
	@mkdir -p docs
	@$(SANDBOX) stack export --stack $(STACK) | $(PYTHON) -m tools.graph_picture --output docs/graph-$(STACK).svg

bench: setup ## Measure previews, updates that change nothing, growth, and up against its critical path (docs/performance.md)
	$(PYTHON) -m bench.preview
	$(PYTHON) -m bench.no_change
	$(PYTHON) -m bench.internal_growth
	$(PYTHON) -m bench.makespan

bench-cluster: cluster-tools ## Measure 100 services on 50 nodes, by Pulumi and by kubectl (see bench/README.md)
	$(PYTHON) -m bench.cluster $(ARGS)

bench-capacity: cluster-tools ## Compare the capacity check with a real scheduler (see docs/capacity-truth.md), and time it
	$(PYTHON) -m bench.capacity_truth $(ARGS)
	$(PYTHON) -m bench.capacity_speed

fuzz: setup-tests ## Read 20,000 stack files made by chance, and preview some that are accepted (docs/robustness.md)
	$(PYTHON) -m bench.settings_fuzz $(ARGS)

audit: setup-tests ## Ask PyPI whether a pinned package has a known vulnerability (needs the network)
	$(PYTHON) -m tools.audit

fault-sweep: setup ## Fail each create, update and delete of prod, one at a time; goes on where it stopped (see docs/faults.md)
	$(PYTHON) -m bench.fault_sweep $(ARGS)

kill-drill: setup ## Kill engine, program and provider of prod at random moments, and recover (see docs/faults.md)
	$(PYTHON) -m bench.kill_drill $(ARGS)
