"""Starting the window where there is nothing to show it on."""

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
@pytest.mark.parametrize("display", [{}, {"DISPLAY": ":4711"}])
def test_without_a_display_one_sentence_names_the_command_that_needs_none(display):
    clean = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-m", "picgui"], env=clean | display, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert "display" in done.stderr and "picgui colorize" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr


def test_german_is_complete_and_is_what_a_german_desktop_shows(qapp):
    from xml.etree import ElementTree

    from PySide6.QtCore import QTranslator

    from picgui.paths import resource

    messages = list(ElementTree.parse(resource("translations/picgui_de.ts")).iter("message"))
    assert len(messages) > 150
    for message in messages:
        source, translation = message.find("source").text, message.find("translation")
        assert translation.text and translation.get("type") != "unfinished", source
        assert {f"%{n}" for n in "123" if f"%{n}" in source} == {f"%{n}" for n in "123" if f"%{n}" in translation.text}, source
    translator = QTranslator()
    assert translator.load(str(resource("translations/picgui_de.qm")))
    assert translator.translate("Panel", "Resample") == "Neu ziehen"
