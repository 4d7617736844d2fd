# Every target is a verb of `python3 -m tandem`; nothing is decided here. What a verb takes: make VERB ARGS=--help
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
ARGS ?=
VERBS := up down status open doctor test test-unit test-charts test-cluster bench lint \
         cluster-up cluster-down images load install upgrade lock docs clean

.PHONY: help $(VERBS)

up:           ## Bring everything up, run the first DAG, load taxi months, say where things are
down:         ## Remove the cluster and what was made here, except caches
status:       ## What runs, and what Airflow and Dagster did last (ARGS=--json)
open:         ## Open the web pages on localhost until Ctrl-C
doctor:       ## Check this machine, and say what to do (ARGS=--json)
test:         ## Linters and all tests; brings the platform up if it is not
test-unit:    ## Tests that need no cluster
test-charts:  ## Tests of the rendered charts
test-cluster: ## Tests of the running platform
bench:        ## Measure the running platform (ARGS="loads idle" for some of it)
lint:         ## Style, types, shell scripts, charts
cluster-up:   ## The cluster alone, from kind-config.yaml
cluster-down: ## Remove the cluster, keep everything built
images:       ## Build the images whose content has changed
load:         ## Bring the images into the cluster's nodes
install:      ## Install or upgrade the charts, if anything has changed
upgrade:      ## Upgrade the charts although nothing has changed
lock:         ## Renew every requirements.txt
docs:         ## Write the charts' READMEs from their values
clean:        ## As down, and the caches too

$(VERBS):
	@$(PYTHON) -m tandem $@ $(ARGS)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
