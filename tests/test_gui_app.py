"""The program on the desktop: its menu entry, and starting it where there is nothing to show a window on."""

import configparser
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QLocale, QPoint, QRect, QSettings, QSize, QTranslator
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QMenu, QScrollArea

from picgui import __version__
from picgui.defaults import TEMPERATURE
from picgui.gui import theme
from picgui.gui.app import DESKTOP_ID, close_on_signals, dress
from picgui.gui.dialogs import AboutDialog, PreferencesDialog, facts
from picgui.gui.main_window import MainWindow
from picgui.gui.panel import Panel
from picgui.gui.records import ENDING
from picgui.gui.session import Session
from picgui.gui.theme import ICON_SIDES
from picgui.gui.words import number
from picgui.paths import default_checkpoint, resource
from picgui.pic.checkpoint import load_checkpoint, save_checkpoint
from tests.models import checkpoint, network


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
@pytest.mark.parametrize("display", [{}, {"DISPLAY": ":4711"}])
def test_without_a_display_one_sentence_names_the_command_that_needs_none(display):
    clean = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-m", "picgui"], env=clean | display, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1
    assert "display" in done.stderr and "picgui colorize" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr


def test_german_is_complete_and_is_what_a_german_desktop_shows(qapp):
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


def test_german_numbers_have_a_comma_and_the_panel_has_room_for_german_words(german, qapp, qtbot):
    panel = Panel(Session())
    qtbot.addWidget(panel)
    panel.show()
    assert panel.temperature.value_label.text() == f"{TEMPERATURE:.2f}".replace(".", ",")
    assert number(-1234.5, 1) == "−1.234,5"
    area = panel.findChild(QScrollArea)
    for on in (False, True):
        panel.show_hints(on)
        qapp.processEvents()
        scroll_bar = 8
        assert area.widget().minimumSizeHint().width() + scroll_bar <= area.width() and panel.seed.text() == "Startzahl –"


def test_the_windows_title_ends_as_those_of_dialogs_do(drawn):
    assert drawn.windowTitle() == "scan.png[*] — picgui", "as Qt puts the name behind the titles of dialogs"


def test_the_preferences_have_room_for_german_words(german, qtbot, tmp_path):
    dialog = PreferencesDialog(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat), in_use=default_checkpoint(), cuda=True)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.add.text() == "Modell hinzufügen…"
    for widget in (dialog.model, dialog.add, dialog.remove, dialog.device, dialog.threads):
        assert widget.width() >= widget.sizeHint().width()


def test_nothing_in_the_about_page_is_cut_off(qapp, qtbot, tmp_path):
    dialog = AboutDialog(load_checkpoint(checkpoint(tmp_path)))
    qtbot.addWidget(dialog)
    dialog.show()
    for label in dialog.findChildren(QLabel):
        if label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_what_a_checkpoint_says_of_itself_counts_the_runs_before_its_last(qapp, tmp_path):
    first = {"images": 1500, "seconds": 120, "init": None}
    metadata = {"data": {"images": 40}, "bits_per_dim": 2.5, "training": {"images": 500, "seconds": 60, "init": {"file": "a", "training": first}}}
    path = save_checkpoint(tmp_path / "a.safetensors", network(), metadata=metadata)
    lines = facts(load_checkpoint(path))
    assert "2000 pictures seen in 3 minutes of training" in [line.replace(",", "") for line in lines]
    assert any(line.startswith("2.500 bits") for line in lines)


@pytest.mark.parametrize("language", ["english", "german"])
def test_in_a_small_window_the_export_stays_and_what_does_not_fit_is_behind_dots(language, request, qtbot, tmp_path):
    if language == "german":
        request.getfixturevalue("german")
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    window = MainWindow(checkpoint=checkpoint(tmp_path), device="cpu", settings=settings)
    window.show()
    window.title.show_text("grandmother-1931.jpg")
    window.zoom_label.show_text("100 %")
    window.zoom_label.show()
    button, dots = window.export_button, window.more_tools
    for width, shows_words in ((window.minimumWidth(), False), (1280, True), (640, False)):
        window.setMinimumWidth(0)
        window.resize(width, window.minimumHeight())
        qtbot.waitUntil(lambda: bool(window.title.text()) is bool(window.zoom_label.text()) is shows_words)  # noqa: B023 - waited for at once
        assert window.rect().contains(QRect(button.mapTo(window, QPoint()), button.size()))
        assert button.width() >= button.sizeHint().width() and not button.visibleRegion().isEmpty()
    image = dots.grab().toImage()
    assert dots.isVisible() and len({image.pixel(x, image.height() // 2) for x in range(image.width())}) > 2, "something is painted"
    window.close()


@pytest.mark.parametrize("language", ["english", "german"])
def test_no_two_of_a_menu_have_one_letter(language, request, qtbot, tmp_path):
    if language == "german":
        request.getfixturevalue("german")
    window = MainWindow(checkpoint=checkpoint(tmp_path), device="cpu", settings=QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    menus = [window.menuBar(), *window.menuBar().findChildren(QMenu)]
    actions = [menu.actions() for menu in menus]
    actions.append([window.action[name] for name in ("pin", "compare", "copy", "export", "export_marked", "delete")])
    for group in actions:
        letters = [match[1].lower() for action in group if (match := re.search("&([^&])", action.text().replace("&&", "")))]
        assert len(set(letters)) == len(letters), [action.text() for action in group]
    assert sum(map(len, actions)) > 40
    window.close()


def test_a_language_that_the_words_are_not_in_stays_english_and_from_left_to_right(monkeypatch, qapp):
    before, installed = QLocale(), []
    monkeypatch.setattr(type(qapp), "installTranslator", lambda self, translator: installed.append(translator.filePath()))
    try:
        for language, number_of_files in (("ar_EG", 0), ("fr_FR", 0), ("de_DE", 2)):
            QLocale.setDefault(QLocale(language))
            installed.clear()
            dress(qapp)
            assert len(installed) == number_of_files, (language, installed)
    finally:
        QLocale.setDefault(before)


def test_of_several_languages_the_one_preferred_most_counts(monkeypatch, qapp):
    installed = []
    monkeypatch.setattr(type(qapp), "installTranslator", lambda self, translator: installed.append(translator.filePath()))
    for languages, number_of_files in ((["en-GB", "de-DE"], 0), (["de-DE", "en-GB"], 2)):
        installed.clear()
        monkeypatch.setattr("picgui.gui.app.QLocale", lambda *given, languages=languages: QLocale(*given) if given else Mock(uiLanguages=lambda: languages))
        dress(qapp)
        assert len(installed) == number_of_files, languages


def test_a_large_icon_is_sharp(qapp):
    assert theme.icon("photo").actualSize(QSize(128, 128)).width() == 128


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there are no such signals")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_who_ends_the_program_from_outside_closes_the_window(number):
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {one: signal.signal(one, signal.default_int_handler) for one in numbers}
    window = Mock()
    try:
        close_on_signals(window)
        signal.raise_signal(getattr(signal, number))
        window.close.assert_called_once_with()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        close_on_signals(window)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, "nohup stays"
    finally:
        for one in numbers:
            signal.signal(one, before[one])
