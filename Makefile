# Needs python3 (3.11 or newer, with venv) and make; everything else goes into .venv.
PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/.ready
TRIAL  := .run/dealership
XDIST  ?= -n 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help tinydb run web test check format faults bench messages reference lock wheel clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

# Runs only after the lock or the project's own metadata changed, so the second `make run` starts at once.
# pip reads the build back end from .venv: no step resolves versions of its own.
$(READY): requirements.lock pyproject.toml hatch_build.py
	@test -x $(BIN)/pip || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "This is Python %d.%d; sla_tracker needs Python 3.11 or newer. Name one: make PYTHON=python3.11 ..." % sys.version_info[:2])'
	@test -x $(BIN)/pip || { echo "Setting up .venv (once; this takes a minute or more) ..." >&2; $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(MAKE) -s tinydb
	@touch $@

# TinyDB's source, whose own tests run on our tables: fetched once, by the hash of the lock, and not built.
tinydb:
	@mkdir -p .venv/tinydb
	@sed -n '/^tinydb==/,/[^\\]$$/p' requirements.lock > .venv/tinydb/requirements.txt
	@$(BIN)/python -m pip download -qq --disable-pip-version-check --no-deps --no-build-isolation --no-binary tinydb \
		--require-hashes --dest .venv/tinydb -r .venv/tinydb/requirements.txt

run: $(READY) ## start the trial deployment of a vehicle dealer in .run/
	@test -d $(TRIAL) || $(BIN)/sla demo $(TRIAL) --since 上月1号 --no-open
	@exec $(BIN)/sla --deployment $(TRIAL)

web: $(READY) ## show the trial deployment in the browser
	@test -d $(TRIAL) || $(BIN)/sla demo $(TRIAL) --since 上月1号 --no-open
	@exec $(BIN)/sla --deployment $(TRIAL) web open

test: $(READY) ## run the tests (ARGS="tests/domain -x" for some of them)
	@$(BIN)/python -m pytest $(XDIST) $(ARGS)

check: $(READY) ## format, lint, types and import contracts, without changing a file
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(READY) ## format the code and sort its imports
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

faults: $(READY) ## the fault and fuzz tests in full size (takes long)
	@SLA_EFFORT=full $(BIN)/python -m pytest -m faults --timeout 3600 $(ARGS)

bench: $(READY) ## measure, as ratios within one run
	@$(BIN)/python -m benchmarks $(ARGS)

messages: $(READY) ## bring the message file up to date
	@$(BIN)/python -m tools.messages

reference: $(READY) ## bring docs/reference/ up to date with the program
	@$(BIN)/python -m tools.reference

# Hashes, no addresses. UPGRADE=--upgrade takes newer versions.
lock: ## resolve requirements.lock anew from pyproject.toml
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv; }
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra apprise --extra postgres --extra web --group dev \
		--generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header $(UPGRADE) \
		-o requirements.lock

wheel: $(READY) ## build sdist and wheel into dist/
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist . >&2

clean: ## remove what was made, .venv and the trial deployment included
	rm -rf .venv .run dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} + -o -name '*.mo' -exec rm -f {} +
