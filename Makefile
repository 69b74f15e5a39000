# One word for each thing people do here. Every word sets up what it needs; a second run touches nothing it need not.
#
#   make demo    the whole story on a fresh local chain       make lint     the quick checks that run no tests
#   make test    all tests this machine can run               make format   put sources into their one form
#   make bench   gas, speed, rates, beside the goals      make artefacts, make docs   regenerate what is generated
#   make nightly long fuzzing and mutation                    make clean    remove what was built, keep environments
#   make simulate   runs of the whole town with every kind of fault
#   make network four institutions on real nodes, here        make network-down   stop all of it
#   make test-live   tests on such a network                  make drill    its faults, one after the other

# A Python 3.11 or 3.12 found under one of these names.
PYTHON ?= $(firstword $(foreach name,python3 python3.12 python3.11 python,\
	$(if $(shell $(name) -c 'import sys; print(int(sys.version_info >= (3, 11)))' 2>/dev/null | grep 1),$(name))))

.DEFAULT_GOAL := help
.PHONY: help python setup demo test test-live bench simulate nightly lint format artefacts docs clean network network-down drill

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/tools/solc
# Dozens of short processes: each would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

help:
	@sed -n '2,$${/^#/!q;s/^# \{0,1\}//p;}' Makefile

python:
	@test -n "$(PYTHON)" || { echo "MedShare needs Python 3.11 or 3.12 and none is on PATH: install one, for example apt install python3.11."; exit 2; }

setup: python
	@$(PYTHON) scripts/environments.py package node brownie slither

# JSON=1 lists every assertion with its evidence; DEMO_FAULT=name plants one fault.
demo: python
	@$(PYTHON) scripts/environments.py package node
	@.venv/bin/python -m medshare.demo $(if $(JSON),--json)

# TIER="unit interop" runs these alone; ARGS="-k anchor" goes to pytest.
test: python
	@$(PYTHON) scripts/tiers.py $(TIER) $(if $(ARGS),-- $(ARGS))

# Four pairs of geth and Prysm, four Kubo nodes, PostgreSQL, gateways and Prometheus, built from source where they
# are missing. ARGS="--folder F --base-port N" goes to it; deploy/README.md says the rest.
network: python
	@$(PYTHON) scripts/environments.py package
	@.venv/bin/python -m scripts.network up $(ARGS)

network-down: python
	@$(PYTHON) scripts/environments.py package
	@.venv/bin/python -m scripts.network down $(ARGS)

# On the network that runs, or on one of its own.
test-live: export MEDSHARE_LIVE = 1
test-live: python
	@$(PYTHON) scripts/tiers.py live $(if $(ARGS),-- $(ARGS))

# ARGS="pair-killed kubo-gc" runs these alone; all of them write docs/drills.md.
drill: python
	@$(PYTHON) scripts/environments.py package
	@.venv/bin/python -m scripts.network drill $(ARGS)

bench: python
	@$(PYTHON) scripts/environments.py package node
	@echo "make bench, $$(date -u +%Y-%m-%d)"
	@.venv/bin/python scripts/bench_gas.py
	@.venv/bin/python scripts/bench_speed.py
	@.venv/bin/python scripts/bench_index.py
	@.venv/bin/python scripts/bench_release.py
	@.venv/bin/python scripts/bench_upload.py
	@.venv/bin/python scripts/bench_import.py --kill 2
	@.venv/bin/python scripts/bench_mapping.py
	@.venv/bin/python scripts/bench_labels.py

# SEEDS=10000 says how many; a failure prints its seed and the shortest trace.
simulate: python
	@$(PYTHON) scripts/environments.py package
	@.venv/bin/python scripts/simulate.py --seeds $(or $(SEEDS),1000)

nightly: python
	@$(PYTHON) scripts/environments.py package node brownie
	@.venv/bin/python scripts/nightly.py

lint: python
	@$(PYTHON) scripts/environments.py package node slither
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	forge fmt --check
	.venv/bin/python scripts/slither_triage.py
	.venv/bin/python scripts/specification.py --check
	.venv/bin/python scripts/cases.py --check
	.venv/bin/python scripts/error_codes.py --check
	.venv/bin/python scripts/messages.py --check
	.venv/bin/python scripts/command_line.py --check
	.venv/bin/python scripts/readme_commands.py --check
	.venv/bin/python scripts/scale.py --check

format: python
	@$(PYTHON) scripts/environments.py package node
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix-only .
	forge fmt

# What medshare needs of the contracts at run time: ABI and bytecode.
artefacts: python
	@$(PYTHON) scripts/environments.py package node
	@.venv/bin/python scripts/artefacts.py

docs: python
	@$(PYTHON) scripts/environments.py package
	@.venv/bin/python scripts/error_codes.py
	@.venv/bin/python scripts/command_line.py

clean:
	rm -rf build dist reports .forge .mypy_cache .ruff_cache .pytest_cache .hypothesis crytic-export
