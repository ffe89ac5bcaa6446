# make run    set everything up and open the window on the packaged example photograph
# make test   set everything up and run the tests, with no display needed; ARGS="-k seed" goes to pytest
# make setup  only set everything up: .venv, with Qt's system libraries where they can be installed
# make app    build dist/picgui, a folder with everything in it that runs without Python (PyInstaller)
# make translations  bring picgui/resources/translations up to date with the source, after words have changed
# make clean  remove .venv and what builds leave behind

SHELL := bash
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
STAMP := .venv/.set-up

.PHONY: run test setup app translations clean
.DEFAULT_GOAL := run

ifneq ($(shell $(BIN)/python -c "" 2>/dev/null && cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP) # set up in another folder, or with a Python that is gone: once more
endif

run: $(STAMP)
	@$(BIN)/python -m picgui picgui/resources/example.jpg

test: $(STAMP)
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest $(ARGS)

setup: $(STAMP)

$(STAMP): pyproject.toml scripts/setup.sh
	@bash scripts/setup.sh
	@echo "$(CURDIR)" > $@

app: $(STAMP)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --editable '.[app]'
	@$(BIN)/python -m PyInstaller --noconfirm --log-level WARN scripts/picgui.spec

translations: $(STAMP)
	@mkdir -p build && $(BIN)/python scripts/sentences.py build/sentences.py
	@$(BIN)/pyside6-lupdate picgui/gui/*.py build/sentences.py -no-obsolete -locations none -ts picgui/resources/translations/picgui_de.ts
	@$(BIN)/pyside6-lrelease picgui/resources/translations/picgui_de.ts -qm picgui/resources/translations/picgui_de.qm

clean:
	rm -rf .venv build dist picgui.egg-info .pytest_cache
