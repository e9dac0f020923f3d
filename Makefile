# Détente: every command of the project. `make` alone lists them.
#
# PYTHON picks the interpreter (3.11 or newer), VENV the folder of the environment:
#   make test PYTHON=python3.12 VENV=.venv-312
#
# Three stamp files in the environment say what is installed: the model alone (for `make demo`), with it what builds the
# documentation (`make docs`), and the tools of the developers (for everything else). A stamp carries the Python
# version in its name and depends on pyproject.toml and on that version's constraints, so a change of any of the three
# reinstalls, and nothing else does.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2

VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
CONSTRAINTS := $(wildcard constraints-py$(subst .,,$(VERSION)).txt)
BIN := $(VENV)/bin
MADE := $(VENV)/.made-$(VERSION)
CORE := $(VENV)/.core-$(VERSION)
DOCS := $(VENV)/.docs-$(VERSION)
DEV := $(VENV)/.dev-$(VERSION)
# Quiet, because pip's log of a hundred wheels hides what matters; errors still show. Modules are compiled when first
# imported, which most of them never are.
PIP_INSTALL := $(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check \
  $(if $(CONSTRAINTS),-c $(CONSTRAINTS))

export PYTHONUTF8 := 1
# Where a shell forbids Python to keep compiled modules, each of the many processes that a command or a test starts would
# compile two thousand files anew, which is most of its time. They are kept beside the sources, where git ignores them.
unexport PYTHONDONTWRITEBYTECODE
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo ablation docs test test-fast test-slow test-times test-mesa test-newest check format fuzz promises promises-without constraints hashes clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.* ## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.* ## /make \1	/' | expand -t 18

demo: $(CORE) ## the main job: what dialogue, recognition and duties do for cooperation
	@$(BIN)/detente demo

# The page, its table and its figure are made from the runs; a second call goes on where the first one stopped.
ablation: $(CORE) ## what every mechanism does, on its own and in the full model (docs/mechanisms.md)
	@$(BIN)/detente sweep ablation
	@$(BIN)/detente mechanisms --results results/ablation --table > docs/ablation.csv
	@rm -f docs/figures/ablation.png # no command writes over a file that is named
	@$(BIN)/detente mechanisms --results docs/ablation.csv --figure docs/figures/ablation.png
	@$(BIN)/detente mechanisms --results docs/ablation.csv --markdown > docs/mechanisms.md

# Warnings are errors. The notebooks are played, and only again when they have changed.
SITE := docs/_build/html
docs: $(DOCS) ## the documentation as a site to browse, in docs/_build/html; no network needed to read it
	@$(BIN)/python -m sphinx -W --keep-going -q -b html -d docs/_build/doctrees docs $(SITE)
	@echo "The site is in $(SITE)/index.html"

test: check test-fast ## check the code, then run the fast tests

# Its last line must stay pytest's own summary: whoever reads the log from the end reads the verdict.
# Tests of one file stay in one process, so that what they share is made once.
test-fast: $(DEV)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow"

test-times: $(DEV) ## run the fast tests and say what each file of them costs the processor
	@PYTHONPATH=tests $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow" -p times

# pytest leaves with 5 when it finds no slow test, which is no failure.
test-slow: $(DEV) ## run the tests that take minutes
	@$(BIN)/python -m pytest -n $(WORKERS) -m slow || test $$? -eq 5

check: $(DEV) ## formatting, lint and types
	@$(BIN)/ruff format --check --quiet --output-format concise . || { echo "Run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary

# What another version of Mesa breaks first: its view in a browser, its batches, its agents, the recipes; a minute or two.
RECIPE := tests/experiments/report/test_recipes.py::test_a_recipe_runs_as_it_is_printed
test-mesa: $(DEV) ## run the tests that stand on Mesa, the one in a browser too
	@$(BIN)/python -m pytest -n $(WORKERS) tests/experiments/classroom/test_mesa_page.py tests/test_negotiation_batch.py \
	  tests/test_negotiation_memory.py "$(RECIPE)[mesa]" "$(RECIPE)[run_scenarios]"

# A new environment each time, because what is newest moves.
test-newest: ## run the fast tests on the newest versions there are, none pinned (PYTHON; Mesa's newest need 3.12)
	@rm -rf .venv-unpinned
	@$(MAKE) test-mesa test-fast VENV=.venv-unpinned CONSTRAINTS=

CASES ?= 22000
SEED ?= 1
fuzz: $(DEV) ## hostile input: more than 20,000 edited files and values (CASES, SEED)
	@PYTHONPATH=.:tests $(BIN)/python tests/fuzzing.py --cases $(CASES) --seed $(SEED)

promises: $(DEV) ## run the tests of docs/promises.md, slow ones too, and date its rows (about twenty minutes)
	@PYTHONPATH=tests $(BIN)/python tests/promises.py

promises-without: $(DEV) ## see each of these tests fail where the remedy of its promise is taken out
	@PYTHONPATH=tests $(BIN)/python tests/promises.py --without -n 0

format: $(DEV) ## lay the code out and mend what can be mended by machine
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Détente needs Python 3.11 or newer; '$(PYTHON)' is $(or $(VERSION),not to be found)." \
	         "Try: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "'$(PYTHON)' lacks its venv module (on Debian it is the package python3-venv)." >&2; exit 1; }
	@$(if $(CONSTRAINTS),,echo "No constraints for Python $(VERSION): installing the newest versions that fit." >&2)
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(CORE): $(MADE) pyproject.toml $(CONSTRAINTS)
	@echo "Installing Détente into $(VENV) (once; about a minute) ..." >&2
	@$(PIP_INSTALL) -e .
	@touch $@

$(DOCS): $(MADE) pyproject.toml $(CONSTRAINTS)
	@echo "Installing Détente and what builds its documentation into $(VENV) (once; about a minute) ..." >&2
	@$(PIP_INSTALL) -e '.[docs]'
	@touch $(CORE) $@

$(DEV): $(MADE) pyproject.toml $(CONSTRAINTS)
	@echo "Installing Détente and its test tools into $(VENV) (once; about a minute) ..." >&2
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $(CORE) $(DOCS) $@

# All extras are pinned, so that any of them can be added later without moving a version. The environment is made
# without the project, because freeze would write down the project's folder.
constraints: ## pin today's newest versions for PYTHON (then run the tests, and tag the change "numbers")
	@rm -rf .venv-pins && $(PYTHON) -m venv .venv-pins
	@$(PYTHON) -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	  print(*p["dependencies"], *sum(p["optional-dependencies"].values(), []), sep="\n")' > .venv-pins/wanted.txt
	@.venv-pins/bin/python -m pip install -qq --no-compile -r .venv-pins/wanted.txt
	@.venv-pins/bin/python -m pip check
	@.venv-pins/bin/python -m pip freeze --exclude-editable > constraints-py$(subst .,,$(VERSION)).txt
	@rm -rf .venv-pins
	@$(MAKE) hashes

# Of the files for all platforms, which pip alone does not tell. Afterwards pip takes no other file for a pin:
#   python -m pip install --require-hashes --no-deps -r hashes-py311.txt
hashes: ## write down the digests of what is pinned for PYTHON
	@rm -rf .venv-pins && $(PYTHON) -m venv .venv-pins && .venv-pins/bin/python -m pip install -qq uv
	@.venv-pins/bin/uv pip compile -q --no-deps --generate-hashes --no-header --no-annotate \
	  --python-version $$($(PYTHON) -c 'import platform; print(platform.python_version())') \
	  -o hashes-py$(subst .,,$(VERSION)).txt constraints-py$(subst .,,$(VERSION)).txt > /dev/null
	@rm -rf .venv-pins

clean: ## remove everything that the commands above have made
	@rm -rf .venv .venv-* build docs/_build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
