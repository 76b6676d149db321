# make run · test · lint · journey · bench [ONLY=group] · payload · faults
# Needs Python 3.11+ and make, nothing else. Everything goes through `.venv/bin/python -m`: the scripts in .venv/bin
# have the path in their first line, which breaks where it holds a space.

PY := .venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1

.PHONY: run test lint journey bench payload faults messages clean browser vendor
.NOTPARALLEL:

run: .venv/run.stamp vendor
	@exec $(PY) -m config.supervise

# The journey is one story over six files, told by one worker that mostly waits: it goes beside the rest, which is shared
# out file by file in the order of collection (largest first would leave one worker alone with a long file at the end).
test: .venv/dev.stamp vendor browser
ifdef ARGS
	@$(PY) -m pytest $(ARGS)
else
	@mkdir -p var; $(PY) -m pytest tests/journey > var/journey.log 2>&1 & journey=$$!; trap 'kill $$journey' INT TERM; \
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not soak" --ignore=tests/journey; rest=$$?; \
	wait $$journey; told=$$?; cat var/journey.log; exit $$((rest || told))
endif

lint: .venv/dev.stamp
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@DOORSTEP_NO_SERVERS=1 $(PY) -W "ignore::RuntimeWarning" manage.py makemigrations --check --dry-run
	@DOORSTEP_NO_SERVERS=1 $(PY) manage.py check

journey: .venv/run.stamp
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py journey

bench: .venv/dev.stamp vendor
	@ONLY="$(ONLY)" $(PY) -m bench

# What a phone loads, page by page: `make bench ONLY=payload` under a shorter name.
payload: .venv/dev.stamp vendor browser
	@$(PY) -m bench payload

faults: .venv/dev.stamp vendor
	@FAULTS=full $(PY) -m pytest -m faults -s $(ARGS)

.venv/run.stamp: requirements.txt .venv/made.stamp
	@echo "doorstep: installing what the product runs on"
	@$(PY) -m pip install --quiet -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	@echo "doorstep: installing what the tests need"
	@$(PY) -m pip install --quiet -r requirements-dev.txt
	@touch $@

.venv/made.stamp:
	@sh .ci/venv
	@touch $@

# After a sentence was added: then translate what is empty in locale/en. Needs xgettext (Debian: gettext).
messages: .venv/run.stamp
	@DOORSTEP_NO_SERVERS=1 $(PY) manage.py makemessages --locale en
	@$(PY) -m config.catalogues

browser:
	@sh .ci/browser

vendor: .venv/run.stamp
	@$(PY) .ci/vendor.py
