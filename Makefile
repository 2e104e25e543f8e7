# Each command sets up what it needs: .venv, the pinned packages, the weights. A second run skips what is done.
# PYTHON=/path/to/python chooses the Python (3.11 to 3.14); COURSE_WHEELS=folder works without a network.

CANDIDATES = python3.12 python3.13 python3.11 python3.14 python3 python
FITS = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for p in $(CANDIDATES); do if $$p -c '$(FITS)' >/dev/null 2>&1; then echo $$p; break; fi; done)
VENV = .venv/bin
NBVAL = $(VENV)/python -m pytest -q -p tests.patient --nbval-lax --nbval-current-env --nbval-cell-timeout=1800
# Two parts run side by side, each on half of the cores: together they do more than one after the other on all of them.
# The notebooks are cut into parts, the long ones first, so that neither half ends long before the other.
HALF := $(shell $(PYTHON) -c 'import os; print(max(1, (os.cpu_count() or 2) // 2))' 2>/dev/null)
# COURSE_LIMIT=2147483648 runs each part as Binder would: that many bytes of memory as a hard limit, and one processor.
LIMITED = $(if $(COURSE_LIMIT),$(VENV)/python tests/limited.py $(COURSE_LIMIT))
LOGS = results/test
PARTS = 1 2 3 4

.PHONY: help lab course labs scales test test-unit test-notebooks notebooks reference bench site colab found ready lint $(PARTS:%=test-notebooks-%)

help:
	@echo "make lab        open the lessons in JupyterLab"
	@echo "make course     run every lesson without a screen, then print all measured methods and all verdicts"
	@echo "make labs       run every lab, likewise"
	@echo "make scales     fetch the two larger models, test them, and measure every task on them: see CONTRIBUTING.md"
	@echo "make test       run all tests"
	@echo "make notebooks  rebuild the notebooks whose source has changed"
	@echo "make reference  measure everything, also what lessons take from the reference results; keep it as such"
	@echo "make site       make pages to read and search without Jupyter, in site/"
	@echo "CONTRIBUTING.md tells how one lesson is run or built alone, and how to change the course"
	@echo "make colab      rehearse the core lessons with the versions that Colab has"
	@echo "make bench      measure speed and memory, write results/bench.json"

found:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 to 3.14 found; install one, or name it: make lab PYTHON=/path/to/python" >&2; exit 1; }

ready: found
	@$(PYTHON) -m helpers.machine.install
	@$(VENV)/python -m helpers.model.catalogue

# LAB="--no-browser --ip=0.0.0.0" and the like go on to JupyterLab, which root (in a container, say) must allow itself.
ROOT := $(if $(filter 0,$(shell id -u 2>/dev/null)),--allow-root)
lab: ready
	$(VENV)/jupyter lab notebooks/00_start_here.ipynb $(ROOT) $(LAB)

course: ready
	@$(VENV)/python notebooks/run.py

labs: ready
	@$(VENV)/python notebooks/run.py labs

# SCALES="--hours 8", "--estimate", "--jobs 02_prompting" …: what `measure.py scales` takes
scales: ready
	@$(VENV)/python notebooks/measure.py scales --estimate $(SCALES)
	@$(VENV)/python -m helpers.model.catalogue $(LARGER)
	@$(VENV)/python -m pytest -m scales tests/model
	@$(VENV)/python notebooks/measure.py scales $(SCALES)

LARGER = Qwen2.5-Coder-0.5B-Instruct Qwen2.5-Coder-1.5B-Instruct

notebooks: ready
	@$(VENV)/python notebooks/build.py

reference: ready
	@$(VENV)/python notebooks/run.py --rerun
	@$(VENV)/python notebooks/build.py

bench: ready
	@$(VENV)/python tests/bench.py

# The core lessons on a machine as Colab lends it, each fetched by its own first cell: see tests/hosted.py.
colab: ready
	@folder=$$(mktemp -d) && PYTHONPATH=notebooks:. $(VENV)/python tests/hosted.py $$folder; \
	status=$$?; rm -rf $$folder; exit $$status

# Its packages stay out of .venv, so that learners do not pay for them.
site: .venv-site/installed
	@rm -rf site .venv-site/trees
	@.venv-site/bin/python -m sphinx -q -c docs/site -d .venv-site/trees . site
	@echo "open site/index.html"

.venv-site/installed: docs/site/requirements.txt | found
	@$(PYTHON) -m venv --clear .venv-site
	@.venv-site/bin/python -m pip install --quiet --disable-pip-version-check $(SHELF) -r $<
	@touch $@

SHELF = $(if $(COURSE_WHEELS),--no-index --find-links "$(COURSE_WHEELS)")

test: lint
	@$(MAKE) --no-print-directory -j 2 test-unit test-notebooks COURSE_THREADS=$(HALF)

test-notebooks: $(PARTS:%=test-notebooks-%)
	@cat $(PARTS:%=results/test/%/peaks.txt)

test-unit: ready
	$(call logged,unit,$(VENV)/python -m pytest --durations=15)

# A learner's copy untouched, and then its exercises solved, in one session: see tests/rehearse.py.
test-notebooks-%: export COURSE_PROFILE = fast
test-notebooks-%: export COURSE_RESULTS = $(CURDIR)/results/test
$(PARTS:%=test-notebooks-%): test-notebooks-%: ready
	@rm -rf results/test/$*
	@PYTHONPATH=notebooks:. $(VENV)/python tests/rehearse.py results/test/$* $(LESSONS_$*)
	$(call logged,notebooks-$*,$(LIMITED) $(NBVAL) --durations=15 results/test/$*)

# The lessons of a part, labs with them; the last has all that no other has.
LESSONS_1 = 03 04
LESSONS_2 = 05 06
LESSONS_3 = 00 01 02
LESSONS_4 = $(filter-out $(LESSONS_1) $(LESSONS_2) $(LESSONS_3),$(ALL))
ALL = $(foreach lesson,$(wildcard notebooks/[0-9]*.ipynb),$(firstword $(subst _, ,$(notdir $(lesson)))))

lint: ready
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/python -m helpers.tasks.files

# Run a command with its output in a file, and print that at its end, so that two side by side do not mix their lines.
define logged
	@mkdir -p results
	@echo "$(1): running, its lines go to $(LOGS)-$(1).log until it ends"
	@$(2) >$(LOGS)-$(1).log 2>&1; status=$$?; cat $(LOGS)-$(1).log; exit $$status
endef
