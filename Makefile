# Everything runs from a virtual environment in .venv, made on first use.
#
#   make demo PORT=8600              another port
#   make demo ADDRESS=127.0.0.1      this machine only
#   make test TESTS=tests/model      some of the tests
#   make PYTHON=/path/to/python3.12  another Python (before .venv is there)

PORT ?= 8501
ADDRESS ?=
JOBS ?= 2
TESTS ?= tests

VENV := .venv
RUN := $(VENV)/bin/python
# Biome (biome.json) lints and lays out JavaScript and CSS. Its package is for Linux on x86-64.
BIOME = if test -x $(VENV)/bin/biome; then $(VENV)/bin/biome $(1); \
    else echo "JavaScript and CSS were left out: Biome has no package for this machine"; fi
SUITS := import sys; sys.exit(sys.version_info < (3, 11))

# A .venv whose Python has gone or is too old is made anew, and so is one with another TensorFlow:
# its two packages own the same files, and neither can be put in the other's place.
TENSORFLOW := grep '^tensorflow' requirements.lock
ifneq ($(shell $(RUN) -c '$(SUITS)' 2>/dev/null && $(TENSORFLOW) | cmp -s - $(VENV)/created && echo works),works)
$(VENV)/created: remake
endif

# One lock for all systems and for every Python from 3.11 on. No package's address is in it, only its
# hashes, so it holds for every mirror.
LOCK := $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)
INSTALL := $(RUN) -m pip install --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help demo ready fetch test test-fast test-deploy faults check format bench numbers screenshots checkpoints lock \
    image clean remake

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

demo: $(VENV)/installed $(VENV)/mnist ## open the page (PORT=8501, reachable from the local network)
	@$(RUN) -m tools.free_port $(PORT) $(ADDRESS)
	@INKLING_SPEAKER_KEY=$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(9))') \
	    $(RUN) -m streamlit run app.py --server.port=$(PORT) --logger.hideWelcomeMessage=true \
	    $(if $(ADDRESS),--server.address=$(ADDRESS))

ready: $(VENV)/installed ## before a talk: is all there? (PORT=8501, of the server there or a new one)
	@$(RUN) -m tools.ready $(PORT)

fetch: $(VENV)/installed ## get MNIST, if it is not on this machine yet
	@$(RUN) -m model fetch

test: $(VENV)/installed-dev $(VENV)/mnist ## run all tests, a real browser among them (TESTS=tests/model for some)
	@CHROMIUM=$$($(RUN) -m tools.chromium) && export CHROMIUM && \
	    $(RUN) -m pytest -n $(JOBS) -m 'not deploy' $(TESTS)

test-fast: $(VENV)/installed-dev ## run the tests that take under a minute: no browser, no TensorFlow
	@$(RUN) -m pytest -n $(JOBS) -m 'not (browser or server or tensorflow or slow or deploy)' $(TESTS)

test-deploy: $(VENV)/installed-dev $(VENV)/mnist ## run what `make test` leaves out: the whole talk, WebKit, several servers, installing
	@$(if $(filter tests,$(TESTS)),$(RUN) -m tools.webkit;) \
	    $(RUN) -m tools.postgresql; $(RUN) -m tools.nginx; \
	    CHROMIUM=$$($(RUN) -m tools.chromium) && export CHROMIUM && \
	    $(RUN) -m pytest -n $(JOBS) -m deploy $(TESTS)

faults: $(VENV)/installed-dev ## make 40 deliberate faults and see that the tests notice each (an hour)
	@CHROMIUM=$$($(RUN) -m tools.chromium) && export CHROMIUM && \
	    $(RUN) -m tools.deliberate_faults --confirm

check: $(VENV)/installed-dev ## lint, formatting, types, import rules; JavaScript and CSS as well
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check
	@$(RUN) -m mypy
	@$(RUN) -c 'from importlinter.cli import lint_imports_command as check; check()' --no-logo
	@$(call BIOME,check --error-on-warnings)

format: $(VENV)/installed-dev ## put imports and layout in order
	@$(RUN) -m ruff check --fix
	@$(RUN) -m ruff format
	@$(call BIOME,check --write)

bench: $(VENV)/installed-dev ## measure, as ratios (FULL=1 takes longer; WRITE=1 puts it into the documents)
	@CHROMIUM=$$($(RUN) -m tools.chromium) && export CHROMIUM && \
	    $(RUN) -m tests.benchmarks $(if $(FULL),--full) $(if $(ONLY),--only '$(ONLY)') \
	    $(if $(WRITE),--write)

numbers: $(VENV)/installed ## print the documents' numbers (STROKES=FOLDER; WRITE=1 puts them there)
	@$(RUN) -m tools.numbers $(if $(STROKES),--strokes '$(STROKES)') $(if $(WRITE),--write)

screenshots: $(VENV)/installed-dev ## take the README's pictures anew
	@CHROMIUM=$$($(RUN) -m tools.chromium) && export CHROMIUM && \
	    $(RUN) -m tests.screenshots

checkpoints: $(VENV)/installed ## train the shipped models anew, on MNIST
	$(RUN) -m tools.rejector
	$(RUN) -m model train --dataset mnist --input pixels --out assets/checkpoints/pixels.safetensors
	$(RUN) -m model train --dataset mnist --input moments --steps 20000 --schedule linear \
	    --pen-habits 0.15 --out assets/checkpoints/moments.safetensors
	$(RUN) -m model train --dataset mnist --input directions --steps 20000 --schedule linear \
	    --pen-habits 0.15 --elastic 0.3 --out assets/checkpoints/directions.safetensors
	$(RUN) -m model train --dataset mnist --kind network --input moments --steps 12000 \
	    --learning-rate 1 --schedule linear --pen-habits 0.5 --elastic 1 \
	    --out assets/checkpoints/network.safetensors

lock: $(VENV)/installed-dev ## after a change of requirements.txt: pin what it brings, by hashes (UPGRADE=1: the newest)
	@$(LOCK) requirements.txt --output-file requirements.lock >/dev/null
	@$(LOCK) requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock \
	    >/dev/null
	@echo "requirements.lock and requirements-dev.lock are what the requirements ask for."

image: ## build the image `inkling`, with Docker, Podman or Buildah
	@sh deploy/image.sh

clean: ## remove .venv, caches and what tests left behind
	rm -rf $(VENV) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -rf tests/browser/artifacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written last, and taken away before its work starts: what was interrupted is done again.

$(VENV)/created:
	@rm -f $@
	@python=$$(sh tools/find_python.sh '$(PYTHON)') && \
	    echo "Making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV)
	@$(TENSORFLOW) > $@

$(VENV)/installed: requirements.lock $(VENV)/created
	@rm -f $@
	@echo "Installing requirements.lock (once; TensorFlow is large)"
	@quiet=--quiet; test -t 1 && quiet=; $(INSTALL) $$quiet -r requirements.lock
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@rm -f $@
	@echo "Installing requirements-dev.lock"
	@$(INSTALL) --quiet -r requirements-dev.lock
	@touch $@

# Once: a machine without a way to MNIST is not asked to wait again. `make fetch` tries again.
$(VENV)/mnist: | $(VENV)/installed
	@$(RUN) -m model fetch || echo "Going on with the built-in digits; \`make fetch\` tries again."
	@touch $@
