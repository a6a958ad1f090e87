# One command for each chore.  `make demo` and `make test` work on a fresh machine with Python, make and a C++ compiler.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KERNELS := $(wildcard nlp_zero/_kernels/*.pyx nlp_zero/_kernels/*.hpp nlp_zero/_kernels/*.pxd)
SOURCES := $(wildcard nlp_zero/*.py nlp_zero/*/*.py)
CORPUS ?= sanguo

.PHONY: help demo test lint types doctest debug bench clean

help:
	@echo "make demo     learn the words of a novel and cut three sentences"
	@echo "make test     run the test suite"
	@echo "make lint     ruff        make types    mypy --strict      make doctest  examples in docstrings and docs"
	@echo "make debug    tests on kernels built with bounds checks"
	@echo "make bench    speed beside other tools, as ratios          make clean    remove everything that was made"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "nlp-zero needs Python 3.10 or later: run 'make PYTHON=python3.12 ...' with the one you have." >&2; exit 1; }
	@command -v $(or $(CXX),c++) >/dev/null 2>&1 || command -v g++ >/dev/null 2>&1 || { \
		echo "nlp-zero needs a C++ compiler to build its kernels: install one (Debian: apt-get install g++, macOS: xcode-select --install) and run make again." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# What an extra asks for beside the package itself, whose kernels need not be built again.
define EXTRA
import sys
from importlib.metadata import requires
for line in requires("nlp-zero"):
    name, _, extra = line.partition(";")
    if f"'{sys.argv[1]}'" in extra.replace('"', "'") and not name.startswith("nlp-zero"):
        print(name.replace(" ", ""))
endef
export EXTRA

# The package is installed in place, so that sources can be edited; kernels are built again when they change.
$(VENV)/installed: $(BIN)/python pyproject.toml setup.py $(KERNELS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	@touch $@

$(VENV)/dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $$($(BIN)/python -c "$$EXTRA" dev)
	@touch $@

$(VENV)/bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $$($(BIN)/python -c "$$EXTRA" bench)
	@touch $@

demo: $(VENV)/installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh corpora/demo.sh $(CORPUS)

test: $(VENV)/installed
	$(BIN)/python -m pytest

lint: $(VENV)/dev
	$(BIN)/ruff check .

types: $(VENV)/dev
	$(BIN)/mypy
	$(BIN)/mypy --strict corpora/fetch.py

doctest: $(VENV)/installed
	$(BIN)/python -m pytest --doctest-modules nlp_zero --doctest-glob='*.md' README.md README.zh.md docs benchmarks

# A copy of the tree in build/debug, its kernels built with bounds checks and assertions, and the tests run there.
debug: $(VENV)/dev
	rm -rf build/debug && mkdir -p build/debug/corpora
	cp -r nlp_zero tests docs benchmarks README*.md Makefile setup.py pyproject.toml build/debug/ && cp corpora/*.* build/debug/corpora/
	rm -f build/debug/nlp_zero/_kernels/*.so build/debug/nlp_zero/_kernels/*.cpp
	cd build/debug && NLP_ZERO_DEBUG=1 ../../$(BIN)/python setup.py -q build_ext --inplace
	cd build/debug && NLP_ZERO_EXPECT=. ../../$(BIN)/python -m pytest -p no:cacheprovider

bench: $(VENV)/bench
	$(BIN)/python corpora/fetch.py people-daily people-daily-gold reviews mix >/dev/null
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) build dist *.egg-info nlp_zero/_kernels/*.cpp nlp_zero/_kernels/*.so .pytest_cache .mypy_cache .ruff_cache .hypothesis
