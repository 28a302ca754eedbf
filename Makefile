# Everything here sets up what it needs first: a virtual environment in .venv and Node's tools in node_modules.

.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
CDK := node_modules/.bin/cdk
READY := .venv/.installed node_modules/.installed
STAGE ?= infra/stages/local.toml
RUN ?=
# The CDK's own notices about Node's release schedule, and about accounts that nobody asked for.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := $(shell node --version 2>/dev/null)
export NODE_NO_WARNINGS := 1
export CDK_DISABLE_CLI_TELEMETRY := true

.PHONY: help demo up down test lint format bench proof proof-histories proof-backfill proof-of-today deploy lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

demo: $(READY)  ## one order becomes cash, on this machine: deploys into the emulator, sends signed webhooks, checks
	$(BIN)/cashpath-sandbox demo

up: $(READY)  ## keep the whole stack running on this machine, and say how to poke it
	$(BIN)/cashpath-sandbox up

down: $(READY)  ## stop what `up` started
	$(BIN)/cashpath-sandbox down

test: $(READY) lint  ## everything that must hold before a change lands (RUN=… chooses tests)
	$(BIN)/pytest -n 2 --dist loadgroup $(RUN)

lint: $(READY)  ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)  ## put formatting and imports in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## what a webhook and an order cost, measured
	$(BIN)/python -m tests.bench

proof: $(READY)  ## the whole proof: 10,000 random histories, 100 on a real Tryton, 10,000 customers (FIRST=… repeats seeds)
	@$(MAKE) --no-print-directory -j 2 proof-histories proof-backfill

proof-histories: $(READY)
	$(BIN)/python -m tests.convergence.proof $(if $(FIRST),--first $(FIRST))

proof-backfill: $(READY)
	$(BIN)/pytest -m proof tests/together/test_backfill.py  # alone: what other modules hold would be weighed as well

proof-of-today: $(READY)  ## two minutes of the proof, with the seeds of the day
	$(BIN)/python -m tests.convergence.proof --today --tryton 4 --storms 40 --seconds 110

deploy: $(READY)  ## deploy a stage into the AWS account of your credentials: make deploy STAGE=infra/stages/<name>.toml
	$(CDK) deploy --all -c stage=$(STAGE)

lock: .venv/.installed  ## choose versions anew: names, versions and hashes, no addresses
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --upgrade $(LOCKED) --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade $(LOCKED) $(RUNTIME) layers/cashpath/requirements.in \
	  -c requirements.lock -o layers/cashpath/requirements.lock
LOCKED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock"
# Lambda's runtime has boto3 and what it needs.
RUNTIME := $(foreach name,boto3 botocore s3transfer urllib3 python-dateutil six,--no-emit-package $(name))

clean:  ## remove what was built, and the emulator's state
	rm -rf .build .cashpath cdk.out

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cashpath needs Python 3.11 or newer"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@
