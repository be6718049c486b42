# Everything a newcomer needs: `make local` and `make test`. `make` lists the rest.

PYTHON ?= python3
CONFIG ?= falcon-180b
PORT ?= 8080
MINUTES ?= 1
MODEL_DIR ?=
MODEL_SERVER_URL ?=
BASE ?= main
OUTPUT ?=
ALLOW_DANGER ?=
AWS ?= emulated
# One more than a small machine has cores: much of a test is waiting for servers to start.
WORKERS ?= 3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
BIN := .venv/bin
# npx and cdk start `node` by name: the one in .venv, whatever else the machine has.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Where it is set, every start of Python compiles the CDK's modules anew: half of a synth.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: CONFIG=dev (config/dev.yaml), PORT=9000, MODEL_DIR=folder, MODEL_SERVER_URL=http://..., MINUTES=10, BASE=origin/main, AWS=account, WORKERS=4, PYTHON=python3.12"

.PHONY: local
local: $(BIN)/.installed ## Deploy into an AWS emulated on this machine and serve the API
	@$(BIN)/python -m local_aws --config '$(CONFIG)' --port '$(PORT)' \
		$(if $(MODEL_DIR),--model-dir '$(MODEL_DIR)') $(if $(MODEL_SERVER_URL),--model-server-url '$(MODEL_SERVER_URL)')

.PHONY: test
test: $(BIN)/.installed ## Run all tests, WORKERS at a time
	@$(BIN)/python -m pytest --numprocesses '$(WORKERS)'

.PHONY: fuzz
fuzz: $(BIN)/.installed ## Try the front's properties with as many examples as fit into MINUTES
	@PYTHONPATH=.:lambda_src $(BIN)/python -m tests.properties.fuzz --minutes '$(MINUTES)'

.PHONY: check
check: lint types matrix ## Run the static checks: ruff, mypy, generated pages, cfn-lint
	@$(BIN)/cfn-lint '.local/matrix/*.out/*.template.json' && echo "cfn-lint: no error and no warning"

.PHONY: check-policies
check-policies: .venv-checkov/.installed matrix ## Look at all templates with checkov
	@$(BIN)/python -m tests.infrastructure.checkov .venv-checkov/bin/checkov .local/matrix

# Every template that is looked at: once for all checks that one `make` runs.
.PHONY: matrix
matrix: $(BIN)/.installed
	@rm -rf .local/matrix && mkdir -p .local/matrix
	@$(BIN)/python -m tests.infrastructure.matrix .local/matrix
	@for config in config/*.yaml; do \
		npx --no-install cdk synth --quiet --context config="$$config" --output .local/matrix/shipped.out || exit 1; \
	done

.PHONY: check-workflows
check-workflows: .venv-workflows/.installed ## Look at the workflow files with actionlint and zizmor
	@PATH="$(CURDIR)/.venv-workflows/bin:$$PATH" actionlint && echo "actionlint: no finding"
	@.venv-workflows/bin/zizmor --offline --quiet --persona=auditor .github

.PHONY: check-secrets
check-secrets: .venv-workflows/.installed ## Look for secrets in all files of the repository
	@.ci/check-secrets

.PHONY: check-hooks
check-hooks: .venv-workflows/.installed ## Run the commit hooks on all files
	@.venv-workflows/bin/pre-commit run --all-files

.PHONY: audit
audit: .venv-workflows/.installed ## Look up known vulnerabilities of the dependencies; needs the network
	@.venv-workflows/bin/python .ci/audit.py .venv-workflows/bin/pip-audit requirements.txt requirements/*.txt

.PHONY: sbom
sbom: .venv-workflows/.installed ## List what is deployed and what deploys it (CycloneDX) in .local/sbom/
	@rm -rf .local/sbom && mkdir -p .local/sbom
	@for name in requirements $(basename $(wildcard requirements/*.txt)); do \
		.venv-workflows/bin/python -W ignore -m cyclonedx_py requirements --output-reproducible --pyproject pyproject.toml \
			--output-file .local/sbom/$$(basename $$name).cdx.json $$name.txt || exit 1; \
	done
	@npm sbom --sbom-format=cyclonedx --package-lock-only --loglevel=error > .local/sbom/npm.cdx.json
	@ls .local/sbom

.PHONY: hooks
hooks: $(BIN)/.installed .venv-workflows/.installed ## Check each commit before it is made (pre-commit)
	@.venv-workflows/bin/pre-commit install

.PHONY: check-catalog
check-catalog: .venv-sagemaker/.installed ## Hold the catalog against the tables of SageMaker's Python SDK
	@.venv-sagemaker/bin/python -W ignore -m pytest tests/catalog_sdk

.PHONY: bench
bench: $(BIN)/.installed .venv-litellm/.installed ## What the front costs, against boto3 and LiteLLM: wait, start, memory
	@$(BIN)/python -m tools.bench

.PHONY: bench-streams
bench-streams: $(BIN)/.installed ## 200 streams at once for a minute through the emulated AWS
	@$(BIN)/python -m tools.bench.streams

.PHONY: bench-page
bench-page: $(BIN)/.installed ## Put the figures of both into docs/benchmarks.md
	@$(BIN)/python -m tools.bench.page

.PHONY: check-clients
check-clients: .venv-clients/.installed ## Ask the API with LangChain and LiteLLM, in the emulated AWS
	@FALCONRY_PYTHON='$(CURDIR)/$(BIN)/python' .venv-clients/bin/python -m pytest --disable-warnings tests/clients

.PHONY: notebook
notebook: .venv-notebook/.installed ## Open notebooks/falcon.ipynb with an emulated AWS; AWS=account: in your account
	@$(if $(filter emulated account,$(AWS)),,$(error AWS=$(AWS): give `emulated` or `account`))$\
		$(if $(filter account,$(AWS)),,$(BIN)/python -m local_aws.shell) .venv-notebook/bin/jupyter lab notebooks/falcon.ipynb

.PHONY: check-notebook
check-notebook: .venv-notebook/.installed ## Run the notebook from top to bottom in an emulated AWS
	@FALCONRY_PYTHON='$(CURDIR)/$(BIN)/python' .venv-notebook/bin/python -m pytest --disable-warnings tests/notebook

.PHONY: bench-arrivals
bench-arrivals: $(BIN)/.installed ## When streamed tokens arrive, while `make local` runs
	@$(BIN)/python -m tools.bench.token_arrivals

.PHONY: bench-synth
bench-synth: $(BIN)/.installed ## `cdk synth` against an empty app
	@$(BIN)/python -m tools.bench.synth_time

.PHONY: bench-mirror
bench-mirror: $(BIN)/.installed .venv-awscli/.installed ## Kill and resume a copy of 2 GB, and time it against `aws s3 cp`
	@$(BIN)/python -m tools.bench.mirror .venv-awscli/bin/aws

.PHONY: reference
reference: $(BIN)/.installed ## Write the generated pages of docs/ and config/schema.json from the code
	@$(BIN)/python -m tools.docs.settings_reference
	@$(BIN)/python -m tools.docs.settings_schema
	@PYTHONPATH=lambda_src $(BIN)/python -m tools.docs.api_reference
	@$(BIN)/python -m tools.docs.errors_reference
	@$(BIN)/python -m tools.docs.command_reference

.PHONY: pictures
pictures: .local/pictures.out ## Draw docs/pictures: the architecture from its templates, models, figures
	@.venv-docs/bin/python -m tools.pictures .local/pictures.out

.PHONY: check-pictures
check-pictures: .local/pictures.out
	@.venv-docs/bin/python -m tools.pictures --check .local/pictures.out

.PHONY: .local/pictures.out
.local/pictures.out: .venv-docs/.installed tools/pictures/node_modules/.installed
	@npx --no-install cdk synth --quiet --ci --context config=falcon-180b --output $@ >/dev/null

.PHONY: docs
docs: .venv-docs/.installed check-pictures ## Build the documentation's site into .local/site; every warning is an error
	@# Not --quiet: it drops the warnings before they are counted.
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --config-file tools/docs/mkdocs.yml

.PHONY: docs-serve
docs-serve: .venv-docs/.installed ## Serve the documentation on http://127.0.0.1:8000, as it is edited
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs serve --config-file tools/docs/mkdocs.yml --dev-addr 127.0.0.1:8000

.PHONY: playground-picture
playground-picture: $(BIN)/.installed ## Take docs/pictures/playground.png anew, in Chromium
	@$(BIN)/python -m tests.browser.picture

.PHONY: review
review: $(BIN)/.installed ## What the working folder changes against BASE: endpoints, access, data, cost
	@$(BIN)/python -m falconry.review.git_compare '$(BASE)' $(if $(OUTPUT),--output '$(OUTPUT)') $(if $(ALLOW_DANGER),--allow-danger)

.PHONY: review-pages
review-pages: $(BIN)/.installed ## Renew tests/review/*.md, the comments on pull requests in miniature
	@$(BIN)/python -m tests.review.write

.PHONY: lint
lint: $(BIN)/.installed ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: $(BIN)/.installed
	@$(BIN)/mypy .
	@$(BIN)/python -m tools.docs.settings_reference --check
	@$(BIN)/python -m tools.docs.settings_schema --check
	@PYTHONPATH=lambda_src $(BIN)/python -m tools.docs.api_reference --check
	@$(BIN)/python -m tools.docs.errors_reference --check
	@$(BIN)/python -m tools.docs.command_reference --check

.PHONY: format
format: $(BIN)/.installed ## Format the code
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

.PHONY: synth
synth: $(BIN)/.installed ## Synthesize CONFIG into cdk.out/
	@npx --no-install cdk synth --quiet --context config='$(CONFIG)'

.PHONY: setup
setup: $(BIN)/.installed ## Install everything into .venv and node_modules

UPGRADE ?= --upgrade
LOCK = $(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: lock
lock: $(BIN)/.installed ## Renew the lock files from pyproject.toml, requirements/*.in and package.json
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) pyproject.toml local_aws/pyproject.toml requirements/dev.in -c requirements.txt -o requirements/dev.txt
	@for name in $(filter-out requirements/dev,$(basename $(wildcard requirements/*.in))); do \
		$(LOCK) $$name.in -o $$name.txt || exit 1; \
	done
	@npm install --package-lock-only --loglevel=error
	@npm install --package-lock-only --loglevel=error --prefix tools/pictures

.PHONY: clean
clean: ## Remove what was installed and made
	@rm -rf .venv .venv-* node_modules tools/pictures/node_modules cdk.out .local .pytest_cache .mypy_cache .ruff_cache .hypothesis

IN_PLACE := --no-deps --no-build-isolation --editable . --editable local_aws

$(BIN)/.installed: pyproject.toml local_aws/pyproject.toml requirements/uv.txt requirements/dev.txt package-lock.json
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else \
		f"Falconry needs Python 3.11 or newer; $(PYTHON) is {v[0]}.{v[1]}. Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12")'
	@echo "Installing into .venv and node_modules (once) ..."
	@$(PYTHON) -m venv .venv || { echo "python3 cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@# uv is many times faster; pip also honors a pip.conf with a company's own index.
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt \
		|| { echo "uv could not install; trying pip ..."; \
		     $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt; }
	@npm ci --loglevel=error
	@# Both projects in place: the falconry command, and the emulated AWS.
	@$(BIN)/uv pip install --quiet --python $(BIN)/python $(IN_PLACE) \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check $(IN_PLACE)
	@touch $@

tools/pictures/node_modules/.installed: tools/pictures/package-lock.json $(BIN)/.installed
	@npm ci --loglevel=error --prefix tools/pictures
	@touch $@

# What is large and not deployed lives apart, each with a lock file of its own: SageMaker's SDK, checkov, LiteLLM's proxy,
# what looks at workflows and dependencies, what builds the documentation, the notebook's, and clients whose packages must
# not decide on the versions of the project's own.
.venv-%/.installed: requirements/%.txt $(BIN)/.installed
	@echo "Installing into .venv-$* (once) ..."
	@$(PYTHON) -m venv --clear .venv-$*
	@$(BIN)/uv pip install --quiet --compile-bytecode --python .venv-$*/bin/python --require-hashes -r requirements/$*.txt \
		|| .venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$*.txt
	@touch $@

.venv-awscli/.installed: requirements/awscli.txt $(BIN)/.installed
	@echo "Installing the AWS CLI into .venv-awscli (once) ..."
	@$(PYTHON) -m venv --clear .venv-awscli
	@$(BIN)/uv pip install --quiet --python .venv-awscli/bin/python --require-hashes -r requirements/awscli.txt \
		|| .venv-awscli/bin/python -m pip install --quiet --require-hashes -r requirements/awscli.txt
	@touch $@
