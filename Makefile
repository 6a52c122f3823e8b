# On a new machine `make train` or `make test` does everything: environment, packages, run.
#   make train ARGS="--help"                       more flags for the program behind a target
#   make setup PYTHON=python3.12                   another interpreter
#   make fast VENV=/path/to/environment            in an environment that is there, in the place of .venv
# In the conda environment of environment.yml every target works in that environment.
# pip's own settings hold: PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu avoids the CUDA build of torch.

PYTHON ?= python3
ARGS ?=
VENV := $(if $(filter pygpose,$(CONDA_DEFAULT_ENV)),$(CONDA_PREFIX),.venv)
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -c constraints.txt
FLOORS := .venv-floors
INSTALL_FLOORS := $(FLOORS)/bin/python -m pip install -c floors.txt
NEW_PYTHON := pygpose needs Python 3.11 or newer, and '$(PYTHON)' is not: name one with PYTHON=/path/to/python

.DEFAULT_GOAL := help
.PHONY: help setup train weights test fuzz soak fast lint wheel floors clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.installed ## Make .venv with the pinned packages

# pip comes last into a new venv, so a half-made one is made again.
# torch goes first: whatever follows finds the pinned build in place and pulls no other.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(NEW_PYTHON)" >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(INSTALL) torch
	$(INSTALL) -e '.[dev]'
	touch $@

train: setup ## Train UGCN with the motion and Laplacian losses on the embedded data
	$(BIN)/python -m train.run --arch ugcn --loss motion+lap $(ARGS)

# A run that was interrupted goes on where it stopped; the learning rate follows the clock.
MINUTES ?= 90
weights: setup ## Train the weights of the package: DATA=folder of motion capture, MINUTES for each of the two
	@test -n "$(DATA)" || { echo "make weights DATA=DIR: name the folder of motion capture (docs/data.md)" >&2; exit 1; }
	for name in default small; do \
		run=runs/weights-$$name; \
		if test -f $$run/config.json; then how="--resume $$run"; \
		else how="--preset $$name --data-root $(DATA) --out-dir $$run"; fi; \
		$(BIN)/python -m train.run $$how --max-minutes $(MINUTES) $(ARGS) || exit 1; \
		$(BIN)/python -m train.weights $$run $$name || exit 1; \
	done

test: setup ## Run the tests
	$(BIN)/python -m pytest $(ARGS)

fuzz: MINUTES = 10
fuzz: setup ## Change files at random and read them for MINUTES=10; what ends badly is kept in fuzz-found
	OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz --minutes $(MINUTES) $(ARGS)

soak: MINUTES = 30
soak: setup ## Train, resume, evaluate and lift in turns for MINUTES=30: memory and file handles stay flat
	$(BIN)/python tests/soak.py --minutes $(MINUTES) $(ARGS)

# Without isolation the builds see the installed torch; ninja must be on the PATH to use all cores.
fast: setup ## Compile torch-scatter and torch-sparse (a C++ compiler and about ten minutes)
	$(INSTALL) setuptools wheel ninja
	PATH="$(abspath $(BIN)):$$PATH" $(INSTALL) --no-build-isolation torch-scatter torch-sparse

lint: setup ## Check style, format and types
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m pyright --pythonpath $(BIN)/python

wheel: setup ## Build the wheel into dist, and try it where nothing of the checkout is
	rm -f dist/pygpose-*.whl
	$(BIN)/python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python -m pytest -m slow tests/test_wheel.py

# PyPI's builds of an old torch for Linux are for CUDA: some gigabytes, in an environment of their own.
floors: $(FLOORS)/.installed ## Try the oldest packages that pyproject.toml allows
	$(FLOORS)/bin/python -P tests/smoke.py  # -P: tests/graphs is not graphs

$(FLOORS)/.installed: pyproject.toml floors.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(NEW_PYTHON)" >&2; exit 1; }
	test -x $(FLOORS)/bin/pip || $(PYTHON) -m venv $(FLOORS)
	$(INSTALL_FLOORS) -e .
	touch $@

clean: ## Remove caches and builds; environments and runs stay
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -path './.venv*' -prune -o -name __pycache__ -type d -exec rm -rf {} +
