# Two commands on a fresh machine: `make grade` and `make test`. Both set up .venv first, with exact versions.
PYTHON ?= python3
SUBMISSION ?= reference
RUBRIC ?= usaaio_2024_r1_p4
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: grade test bank lint format schemas benchmark clean

grade: $(VENV)/ready
	$(RUN) grade.py "$(SUBMISSION)" --rubric "$(RUBRIC)"

test: $(VENV)/ready-dev lint
	$(RUN) -m pytest

# Hours: every mutant, every right submission in another style and every attack, and the figures that the README quotes.
bank: $(VENV)/ready-dev
	$(RUN) -m benchmarks.judgement
	$(RUN) -m benchmarks.false_alarms
	PLUMBLINE_BANK=whole $(RUN) -m pytest tests/banks

lint: $(VENV)/ready-dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy .

format: $(VENV)/ready-dev
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

schemas: $(VENV)/ready
	$(RUN) grade.py schema rubric > rubrics/rubric.schema.json
	$(RUN) grade.py schema results > graders/report/results.schema.json

benchmark: $(VENV)/ready-dev
	$(RUN) -m benchmarks.grade_cost
	$(RUN) -m benchmarks.batch_cost --submissions 20

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache plumbline-report

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --constraint constraints.txt .
	touch $@

$(VENV)/ready-dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --constraint constraints.txt ".[dev]"
	touch $(VENV)/ready $@
