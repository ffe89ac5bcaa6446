"""The program on the desktop: its menu entry, and starting it where there is nothing to show a window on."""

import configparser
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from picgui import __version__
from picgui.gui.app import DESKTOP_ID
from picgui.gui.records import ENDING
from picgui.gui.theme import ICON_SIDES
from picgui.paths import resource


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


def test_the_desktop_entry_its_metadata_and_its_icons_belong_together():
    name, folder = DESKTOP_ID, resource("desktop")
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str
    entry.read(folder / f"{name}.desktop", encoding="utf-8")
    assert entry["Desktop Entry"]["Exec"] == "picgui %F" and entry["Desktop Entry"]["Icon"] == name
    component = ElementTree.parse(folder / f"{name}.metainfo.xml").getroot()
    assert component.findtext("id") == name and component.findtext("launchable") == f"{name}.desktop"
    assert component.find("releases/release").get("version") == __version__
    for side in ICON_SIDES:
        assert QImage(str(folder / "icons" / str(side) / f"{name}.png")).size() == QSize(side, side)
    mime = ElementTree.parse(folder / f"{name}.mime.xml").getroot()[0]
    assert mime.get("type") in entry["Desktop Entry"]["MimeType"].split(";") and mime[-1].get("pattern") == f"*{ENDING}"
    installed = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f"icons/{side}/{name}.png" in installed for side in ICON_SIDES) and f"{name}.desktop" in installed and f"{name}.mime.xml" in installed
