# Each target makes what it needs first; see run.py.
PYTHON ?= python3

.PHONY: demo test bench bundle lint
demo test bench bundle lint:
	$(PYTHON) run.py $@
