"""What comes at the wrong time or is not there any more: a drive, a photograph during a dialog, an export at the end."""

import errno
import json
import math
import os
import re
import shutil
import threading
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox, QPushButton

from picgui.batch import Kept, write_sample
from picgui.defaults import CANDIDATES, TEMPERATURE
from picgui.errors import DestinationError, OutOfMemoryError
from picgui.gui import announcing, dialogs, gallery, jobs, opening, preferences, records, remedies
from picgui.gui import pictures as pictures_module
from picgui.gui import queue as queue_module
from picgui.gui.main_window import MainWindow
from picgui.gui.marking import Tool
from picgui.gui.session import MAX_SATURATION, MAX_TEMPERATURE
from picgui.gui.studio import Activity, Progress
from picgui.gui.words import breakable
from picgui.opencv import cv2
from picgui.paths import checkpoint_dir, data_dir, default_checkpoint
from picgui.photo import read_photo
from picgui.pipeline import colorize
from picgui.png import read_png_text
from picgui.upsample import compose
from picgui.writing import write_png
from tests.models import checkpoint
from tests.windows import WAIT, crash, drop, is_done, kept_file, look_into_the_file_menu, own_colors_are_known, photos, pinned_places

AS_BEGUN = {"temperature": TEMPERATURE, "candidates": CANDIDATES}


@pytest.fixture
def away(monkeypatch):
    """A network drive that is gone; what was looked for on it."""
    stat, looked_for = os.stat, []

    def failing(path, *arguments, **options):
        if str(path).startswith("/mnt/away"):
            looked_for.append(str(path))
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        return stat(path, *arguments, **options)

    monkeypatch.setattr(os, "stat", failing)
    return looked_for


def test_a_drive_that_is_gone_hinders_nothing_and_is_not_looked_for_all_the_time(away, qtbot, tmp_path, model_path, scan):
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("recent", ["/mnt/away/a.png", str(scan)])
    settings.setValue("checkpoint", "/mnt/away/a.safetensors")
    for folder in ("open_folder", "export_folder"):
        settings.setValue(folder, "/mnt/away")
    window = MainWindow(checkpoint=model_path, device="cpu", settings=settings)
    window.show()
    qtbot.waitUntil(lambda: window.studio.model is not None, timeout=WAIT)
    qtbot.waitUntil(lambda: [b.text() for b in window.welcome.findChildren(QPushButton) if b.property("path")] == ["scan.png"], timeout=WAIT)
    away.clear()
    window.open(scan)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert not away
    look_into_the_file_menu(window)
    qtbot.waitUntil(lambda: bool(away), timeout=WAIT)
    assert [action.text() for action in window.recent_menu.actions() if action.data()] == ["scan.png"]
    assert window.opening.recent()[1].name == "a.png", "it may come back"
    assert window.exporting._may_replace(window.opening.recent()[1]) and window.exporting._folder() != "/mnt/away"
    window.open(window.opening.recent()[1])
    qtbot.waitUntil(lambda: "a.png" in window.message.text, timeout=WAIT)
    assert preferences.checkpoint(window.settings).name == "photo.safetensors"
    window.close()


def test_for_a_photograph_that_is_at_its_place_no_drive_is_looked_for(away, drawn, scan, tmp_path, qtbot):
    drawn.settings.setValue("open_folder", "/mnt/away")
    drawn.settings.setValue("recent", ["/mnt/away/scan.png"])
    records.write(tmp_path / "a.picgui", records.content_of(drawn.session))
    drawn.open(tmp_path / "a.picgui")
    qtbot.waitUntil(lambda: drawn.session.file is not None and is_done(drawn), timeout=WAIT)
    assert drawn.session.path == scan and not away
    scan.unlink()
    drawn.open(tmp_path / "a.picgui")
    qtbot.waitUntil(lambda: "scan.png, was not found" in drawn.message.text, timeout=WAIT)
    assert "/mnt/away/scan.png" in away


@pytest.fixture
def other(tmp_path):
    """A photograph of another name, shape and content."""
    path = tmp_path / "other.png"
    cv2.imwrite(str(path), cv2.resize(np.random.default_rng(1).integers(40, 200, (9, 6), dtype=np.uint8), (100, 150)))
    return path


@pytest.fixture
def meanwhile(drawn, other, qtbot, monkeypatch):
    """Let the other photograph be opened, coloured otherwise, while a file dialog asks where to write; it answers with a path."""

    def answer(path, dialog):
        def ask(*_arguments, **_options):
            drawn.studio.open(other)
            qtbot.waitUntil(lambda: drawn.session.name == "other" and is_done(drawn), timeout=WAIT)
            drawn.session.set_saturation(1.7)
            return str(path) if dialog == "getExistingDirectory" else (str(path), "")

        monkeypatch.setattr(QFileDialog, dialog, ask)

    return answer


def test_what_is_exported_is_what_was_there_when_it_was_asked_for(drawn, scan, meanwhile, qtbot, tmp_path):
    expected = compose(read_photo(scan), drawn.session.selected.chroma)
    meanwhile(tmp_path / "a.png", "getSaveFileName")
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.action["export"].trigger()
    assert np.array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], expected)
    text = read_png_text(tmp_path / "a.png")
    assert text["picgui:source"] == "scan.png" and text["picgui:saturation"] == "1"
    assert records.read_exported(tmp_path / "a.png").fingerprint == read_photo(scan).fingerprint


def test_all_that_is_exported_keeps_its_name(drawn, scan, meanwhile, qtbot, tmp_path):
    samples, out = drawn.session.samples, tmp_path / "out"
    out.mkdir()
    meanwhile(out, "getExistingDirectory")
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.action["export_all"].trigger()
    assert sorted(path.name for path in out.iterdir()) == [f"scan-colorized-{seed}.png" for seed in (1, 2, 3, 4)]
    written = cv2.imread(str(out / "scan-colorized-4.png"))[..., ::-1]
    assert np.array_equal(written, compose(read_photo(scan), samples[3].chroma))


def test_neither_photograph_is_written_over(drawn, scan, other, meanwhile, qtbot):
    for photograph in (scan, other):
        drawn.open(scan)
        qtbot.waitUntil(lambda: drawn.session.name == "scan" and is_done(drawn), timeout=WAIT)
        before = photograph.read_bytes()
        meanwhile(photograph, "getSaveFileName")
        drawn.action["export"].trigger()
        assert photograph.read_bytes() == before and f"{photograph.name} is the photograph itself" in drawn.message.text


def test_a_session_is_saved_as_it_was_when_that_was_asked_for(drawn, scan, meanwhile, tmp_path):
    chroma = [s.chroma for s in drawn.session.samples]
    meanwhile(tmp_path / "a.picgui", "getSaveFileName")
    drawn.action["save_session"].trigger()
    saved = records.read_session(tmp_path / "a.picgui")
    assert saved.source == scan and saved.state.saturation == 1.0
    assert all(np.array_equal(a, s.chroma) for a, s in zip(chroma, saved.state.samples, strict=True))


def test_saving_in_no_file_yet_begins_once(drawn, monkeypatch):
    begun = []
    drawn.exporting.begun.connect(lambda: begun.append(True))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    drawn.action["save_session"].trigger()
    assert begun == [True]


@pytest.fixture
def held_export(monkeypatch):
    """Nothing is written until this event is set."""
    export, go_on = jobs.export, threading.Event()

    def held(*of, **options):
        go_on.wait(WAIT / 1000)
        yield from export(*of, **options)

    monkeypatch.setattr(jobs, "export", held)
    yield go_on
    go_on.set()


def test_an_export_that_fails_while_the_window_closes_brings_it_back(drawn, scan, held_export, qtbot, tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    targets = [(sample, folder / f"{sample.seed}.png") for sample in drawn.session.samples[:2]]
    drawn.opening.open_many([scan])
    drawn.exporting.export(targets)
    shutil.rmtree(folder)
    held_export.set()
    assert not drawn.close() and drawn.opening.batch is not None, "nor is the queue ended"
    drawn.opening.batch.close()
    assert drawn.isVisible() and "1.png was not written" in drawn.message.text and len(drawn.session.samples) == 4
    drawn.session.resample()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    folder.mkdir()
    held_export.clear()
    ticks, timer = [], QTimer(interval=10)
    timer.timeout.connect(lambda: ticks.append(held_export.is_set()) or len(ticks) > 3 and held_export.set())
    timer.start()
    drawn.exporting.export(targets)
    assert drawn.close() and not drawn.isVisible() and len(list(folder.iterdir())) == 2
    assert len(ticks) > 3 and not any(ticks[:4]), "events go on while files are written"


def test_choices_that_cannot_be_kept_are_told_once_and_keep_the_window_from_closing_once(drawn, model_path, monkeypatch, qtbot):
    save, message = records._OpenFile.save, drawn.message

    def full(_file, _wanted):
        raise DestinationError("The disk is full, so {name} was not written.", name="a")

    monkeypatch.setattr(records._OpenFile, "save", full)
    drawn.keeping.save()
    assert message.isHidden(), "nothing was chosen"
    drawn.session.toggle_pins(drawn.session.samples[:1])
    drawn.keeping.save()
    assert message.text == "Your choices cannot be kept for the next start. The disk is full, so a was not written."
    assert message._buttons[0].text() == "Save the session as…"
    message.hide()
    drawn.session.toggle_pins(drawn.session.samples[1:2])
    drawn.keeping.save()
    assert message.isHidden(), "it is known"
    assert not drawn.close() and drawn.isVisible() and "disk is full" in message.text and "Close the window again" in message.text
    monkeypatch.setattr(records._OpenFile, "save", save)
    drawn.keeping.save()
    monkeypatch.setattr(records._OpenFile, "save", full)
    message.hide()
    drawn.keeping.save()
    assert "disk is full" in message.text, "it could be kept meanwhile"
    assert not drawn.close() and drawn.isVisible()
    assert drawn.close() and not drawn.isVisible()
    assert records.Recovery(data_dir()).find() == "closed", "as it was written last"


@pytest.fixture
def slow_reading(monkeypatch):
    """Nothing is read until this event is set."""
    read, go_on = jobs.open_photo, threading.Event()

    def slow(path, **options):
        go_on.wait(WAIT / 1000)
        yield from read(path, **options)

    monkeypatch.setattr(jobs, "open_photo", slow)
    yield go_on
    go_on.set()


def test_reading_is_shown_until_it_ends_whatever_else_goes_on(slowly, slow_reading, window, scan, other, qtbot):
    shown = []
    for signal in (window.studio.activity_changed, window.studio.progressed):
        signal.connect(lambda *_: shown.append((window.studio.is_reading, window.status.doing.text(), window.status.progress.maximum())))
    slow_reading.set()
    window.open(scan)
    qtbot.waitUntil(lambda: window.studio.activity is Activity.SAMPLING and window.session.selected.rows > 0, timeout=WAIT)
    slow_reading.clear()
    window.open(other)
    qtbot.waitUntil(lambda: sum(reading for reading, _, _ in shown) > 3, timeout=WAIT)
    slow_reading.set()
    qtbot.waitUntil(lambda: window.session.name == "other" and is_done(window), timeout=WAIT)
    while_reading = [(text, most) for reading, text, most in shown if reading]
    assert set(while_reading) == {("Reading…", 0)}
    assert any(text.startswith("Drawing") for reading, text, _ in shown if not reading)
    assert window.status.doing.text() == "" and not window.status.progress.isVisible()


def test_progress_is_not_painted_at_every_row(slowly, window, scan, qtbot):
    window.open(scan)
    qtbot.waitUntil(lambda: window.status.progress.value() > 0, timeout=WAIT)
    changes = []
    window.status.progress.valueChanged.connect(changes.append)
    for percent in range(100):
        window.studio.progressed.emit(Progress(percent / 100, 4, 1.0))
    assert not changes  # each change would paint the whole window, and drawing would wait for it
    qtbot.waitUntil(lambda: bool(changes), timeout=WAIT)


def test_how_far_drawing_is_stays_told_whatever_a_person_does_meanwhile(slowly, window, scan, qtbot):
    window.open(scan)
    qtbot.waitUntil(lambda: window.status.progress.value() > 0, timeout=WAIT)
    shown = window.status.doing.text(), window.status.progress.value()
    assert shown[0].startswith("Drawing 4 samples")
    window.session.select(window.session.samples[1])
    window.session.toggle_pins(window.session.samples[:1])
    assert window.status.doing.text().startswith("Drawing 4 samples") and window.status.progress.value() >= shown[1]
    window.session.delete(window.session.samples[2:3], shown=window.session.samples)
    assert window.status.doing.text().startswith("Drawing 3 samples")
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    window.session.resample()
    assert (window.status.doing.text(), window.status.progress.value()) == ("Drawing 3 samples", 0), "nothing of the last ones"


def test_how_long_drawing_still_takes_is_not_guessed_in_its_first_second(window, scan, qtbot, monkeypatch):
    told = []
    monkeypatch.setattr("picgui.gui.pace.time", SimpleNamespace(monotonic=lambda: 100.0))
    window.studio.progressed.connect(told.append)
    window.open(scan)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert max(progress.share for progress in told) > 0.5 and {progress.seconds_left for progress in told} == {None}


def test_how_far_an_export_is_stays_told_whatever_a_person_does_meanwhile(drawn, tmp_path, qtbot, monkeypatch):
    begins, ends = threading.Event(), threading.Event()

    def export(_wanted, **_options):
        begins.wait(WAIT / 1000)
        yield jobs.ExportProgress(0.0)
        ends.wait(WAIT / 1000)

    def shown():
        return drawn.status.doing.text(), drawn.status.progress.value(), drawn.status.progress.maximum()

    monkeypatch.setattr(jobs, "export", export)
    begins.set()
    with qtbot.waitSignal(drawn.studio.export_progressed, timeout=WAIT):
        drawn.exporting.export([(drawn.session.selected, tmp_path / "a.png")])
    drawn.studio.export_progressed.emit(0.5, 12.0)
    assert shown() == ("Exporting, 12 s left", 500, 1000)
    drawn.session.select(drawn.session.samples[1])
    drawn.session.toggle_pins(drawn.session.samples[:1])
    assert shown() == ("Exporting, 12 s left", 500, 1000)
    begins.clear()
    ends.set()
    qtbot.waitUntil(lambda: not drawn.studio.is_exporting, timeout=WAIT)
    assert drawn.status.doing.text() == "" and not drawn.status.progress.isVisible()
    drawn.exporting.export([(drawn.session.selected, tmp_path / "b.png")])
    assert drawn.status.doing.text() == "Exporting…" and drawn.status.progress.maximum() == 0, "nothing of the last one"
    begins.set()
    qtbot.waitUntil(lambda: not drawn.studio.is_exporting, timeout=WAIT)


def test_reading_is_shown_while_the_model_is_loaded_and_after(slow_reading, qtbot, tmp_path, model_path, scan):
    window = MainWindow(
        checkpoint=model_path, device="cpu", settings=QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    )
    window.show()
    window.open(scan)
    qtbot.waitUntil(lambda: window.studio.model is not None, timeout=WAIT)
    assert window.session.opened is None and window.status.doing.text() == "Reading…" and window.status.progress.isVisible()
    slow_reading.set()
    window.open(scan.with_name("none.png"))
    qtbot.waitUntil(lambda: window.message.isVisible(), timeout=WAIT)
    qtbot.waitUntil(lambda: window.status.doing.text() == "", timeout=WAIT)
    window.close()


def test_an_exported_picture_says_that_its_photograph_was_not_found(drawn, scan, qtbot, tmp_path):
    target = tmp_path / "away" / "deep" / "er" / "scan-colorized-1.png"
    target.parent.mkdir(parents=True)
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(drawn.session.selected, target)])
    scan.rename(scan.with_name("gone.png"))
    drawn.open(target)
    qtbot.waitUntil(lambda: drawn.session.path == target and is_done(drawn), timeout=WAIT)
    assert drawn.message.isVisible() and "scan.png, was not found" in drawn.message.text
    assert "another photograph" not in drawn.message.text
    qtbot.waitUntil(lambda: own_colors_are_known(drawn), timeout=WAIT)
    assert drawn.session.own_chroma is None, "its colours are a sample's, not the photograph's"
    drawn.opening.take_up(drawn.session.kept())  # as what was put aside or saved
    qtbot.waitUntil(lambda: is_done(drawn) and own_colors_are_known(drawn), timeout=WAIT)
    assert drawn.session.own_chroma is None


def test_what_is_exported_of_an_exported_picture_is_of_its_photograph_and_that_can_be_found(drawn, scan, qtbot, tmp_path, monkeypatch):
    target = tmp_path / "away" / "scan-colorized-1.png"
    target.parent.mkdir()
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(drawn.session.selected, target)])
    fingerprint, digest = drawn.session.opened.photo.fingerprint, drawn.session.opened.digest
    moved = scan.rename(tmp_path / "moved.png")
    drawn.open(target)
    qtbot.waitUntil(lambda: drawn.session.path == target and is_done(drawn), timeout=WAIT)
    assert [button.text() for button in drawn.message._buttons] == ["Find it…", "Go back to scan"]
    suggested = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (suggested.append(Path(given[2])), ("", ""))[1])
    drawn.settings.setValue("export_folder", str(target.parent))
    drawn.exporting.ask_where_to_export()
    assert suggested == [target.with_name("scan-colorized-1-2.png")], "not over the one that is open"
    drawn.settings.remove("recent")  # where the photograph would be found
    drawn.settings.setValue("open_folder", str(target.parent))
    records.write(tmp_path / "away/deep.picgui", records.content_of(drawn.session))
    drawn.open(tmp_path / "away/deep.picgui")
    qtbot.waitUntil(lambda: drawn.session.file is not None and is_done(drawn), timeout=WAIT)
    again = tmp_path / "again.png"
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(drawn.session.selected, again)])
    remembered = records.read_exported(again)
    assert (remembered.source, remembered.digest, remembered.fingerprint) == (Path("scan.png"), digest, fingerprint)
    drawn.open(target)
    qtbot.waitUntil(lambda: drawn.session.file is None and is_done(drawn), timeout=WAIT)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(moved), ""))
    drawn.message._buttons[0].click()
    qtbot.waitUntil(lambda: drawn.session.path == moved and is_done(drawn), timeout=WAIT)
    assert drawn.session.selected.seed == 1 and "another photograph" not in drawn.message.text


def test_a_chosen_model_that_is_damaged_gives_way_to_the_one_that_comes_with_the_program(qtbot, tmp_path, model_path, monkeypatch):
    monkeypatch.setattr(remedies, "default_checkpoint", lambda: model_path)
    damaged, settings = tmp_path / "a.safetensors", QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    damaged.write_bytes(model_path.read_bytes()[:1000])
    settings.setValue("checkpoint", str(damaged))
    settings.setValue("device", "cpu")
    window = MainWindow(settings=settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: "a.safetensors is damaged" in window.message.text, timeout=WAIT)
    offer = window.message._buttons[0]
    assert offer.text() == "Use the model that comes with picgui" and window.studio.model is None
    offer.click()
    qtbot.waitUntil(lambda: window.studio.model is not None, timeout=WAIT)
    assert window.studio.checkpoint == model_path and window.message.isHidden() and not settings.contains("checkpoint")


def test_the_list_of_recent_files_can_be_cleared(drawn, scan):
    look_into_the_file_menu(drawn)
    first, _, clear = drawn.recent_menu.actions()
    assert first.data() == str(scan) and clear.text() == "&Clear this list"
    clear.trigger()
    assert drawn.opening.recent() == [] and not drawn.welcome._recent[0].property("path")
    look_into_the_file_menu(drawn)
    assert not drawn.recent_menu.isEnabled()


def test_a_wrong_photograph_that_was_shown_is_warned_of_and_another_can_be_shown(drawn, scan, other, qtbot, tmp_path, monkeypatch):
    records.write(tmp_path / "a.picgui", records.content_of(drawn.session))
    moved = scan.rename(tmp_path / "moved.png")
    drawn.settings.remove("recent")
    drawn.open(tmp_path / "a.picgui")
    qtbot.waitUntil(lambda: "was not found" in drawn.message.text, timeout=WAIT)
    shown = [other, moved]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(shown.pop(0)), ""))
    drawn.message._buttons[0].click()
    qtbot.waitUntil(lambda: drawn.session.path == other and is_done(drawn), timeout=WAIT)
    assert drawn.message.text.startswith(f"{other.name} looks like another photograph") and drawn.message._stays
    assert drawn.session.file is None, "saving must not make the session that of another photograph"
    assert drawn.message._buttons[0].text() == "Find it…"
    drawn.message._buttons[0].click()
    qtbot.waitUntil(lambda: drawn.session.path == moved and is_done(drawn), timeout=WAIT)
    assert "another photograph" not in drawn.message.text and drawn.session.file == tmp_path / "a.picgui"


def test_what_a_crash_left_of_a_photograph_that_was_moved_can_be_found(drawn, scan, qtbot, monkeypatch):
    drawn.session.select(drawn.session.samples[2])
    chroma = drawn.session.selected.chroma.copy()
    drawn.keeping.save()
    crash(drawn)
    moved = scan.with_name("moved.png")
    scan.rename(moved)
    drawn.settings.remove("recent")
    drawn.session.resample()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.keeping.offer_last()
    drawn.message._buttons[0].click()
    qtbot.waitUntil(lambda: "scan.png, was not found" in drawn.message.text, timeout=WAIT)
    assert drawn.message._buttons[0].text() == "Find it…" and not drawn.studio.is_reading
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(moved), ""))
    drawn.message._buttons[0].click()
    qtbot.waitUntil(lambda: drawn.session.path == moved and is_done(drawn), timeout=WAIT)
    assert drawn.session.selected.seed == 3 and np.array_equal(drawn.session.selected.chroma, chroma)
    assert "not found" not in drawn.message.text


def test_all_that_is_to_be_said_of_a_photograph_is_said(window, qtbot, tmp_path):
    pages = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8))
    pages.save(tmp_path / "pages.tif", save_all=True, append_images=[pages], icc_profile=b"no profile")
    window.open(tmp_path / "pages.tif")
    qtbot.waitUntil(lambda: window.message.isVisible(), timeout=WAIT)
    assert "2 pages" in window.message.text and "profile" in window.message.text
    pages.save(tmp_path / "cut.jpg")
    whole = (tmp_path / "cut.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) * 3 // 4])
    window.open(tmp_path / "cut.jpg")
    qtbot.waitUntil(lambda: window.session.path == tmp_path / "cut.jpg" and is_done(window), timeout=WAIT)
    assert "The end of the file is missing; what is missing is grey." in window.message.text


def test_an_export_says_that_what_was_not_drawn_is_a_draft(slowly, window, scan, qtbot, tmp_path):
    window.open(scan)
    qtbot.waitUntil(lambda: bool(window.session.samples) and window.session.selected.rows > 1, timeout=WAIT)
    rows = window.session.selected.rows
    with qtbot.waitSignal(window.studio.exported, timeout=WAIT):
        window.exporting.export([(window.session.selected, tmp_path / "a.png")])
    assert "Saved as a.png" in window.message.text and "draft" in window.message.text
    written = records.read_exported(tmp_path / "a.png").state.samples[0]
    assert written.rows == rows < written.chroma.shape[1], "as is said"
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    with qtbot.waitSignal(window.studio.exported, timeout=WAIT):
        window.exporting.export([(window.session.selected, tmp_path / "b.png")])
    assert "draft" not in window.message.text


def test_a_long_name_fits_into_the_message_bar(window, qtbot):
    window.resize(window.minimumSize())
    name = "n" * 240 + ".jpg"
    window.message.tell_error(f"{name} is empty.")
    qtbot.wait(20)
    label = window.message.findChildren(QLabel)[1]
    assert "…nnnnnnn.jpg is empty." in label.text() and label.toolTip() == f"{name} is empty."
    assert label.fontMetrics().horizontalAdvance(label.text().split(" ")[0]) <= label.width()
    words = "There is no file /home/someone/photographs/from-grandmother/1931.jpg. It may have been moved."
    assert breakable(words) == words


def test_a_pasted_picture_is_saved_once_and_goes_when_it_is_not_needed(pasted, scan, qtbot, monkeypatch):
    pasted.keeping.save()
    written, replacing = [], records.replacing
    monkeypatch.setattr(records, "replacing", lambda path, **options: (written.append(path.suffix), replacing(path, **options))[1])
    session, own = pasted.session, kept_file(pasted)
    for sample in session.samples[1:]:
        session.select(sample)
        pasted.keeping.save()
    assert written == [".picgui"] * 3
    saved = records.read_session(own)
    assert saved.picture == session.opened.picture and saved.state.selected == saved.state.samples[3].number and own.with_suffix(".png").exists()
    pasted.open(scan)
    qtbot.waitUntil(lambda: session.name == "scan" and is_done(pasted), timeout=WAIT)
    pasted.keeping.save()
    assert records.read_session(own).picture is None and not own.with_suffix(".png").exists()
    pasted.close()
    assert not own.exists()


def test_samples_are_drawn_in_the_chosen_threads_whatever_other_threads_do(qtbot, tmp_path, model_path, scan, monkeypatch):
    used, draw_rows = [], jobs.draw_rows

    def watched(*arguments, **options):
        used.append(torch.get_num_threads())
        yield from draw_rows(*arguments, **options)

    monkeypatch.setattr(jobs, "draw_rows", watched)
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("threads", 2)  # the thread that composes has one
    window = MainWindow(checkpoint=model_path, device="cpu", settings=settings)
    window.show()
    window.open(scan)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    window.close()
    assert set(used) == {2}


def test_a_change_of_threads_is_not_lost_where_other_work_follows(drawn, qtbot, monkeypatch):
    used, draw_rows = [], jobs.draw_rows

    def watched(*arguments, **options):
        used.append(torch.get_num_threads())
        yield from draw_rows(*arguments, **options)

    monkeypatch.setattr(jobs, "draw_rows", watched)
    drawn.studio.use_threads(3)
    drawn.session.resample()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert used == [3]


def test_samples_go_on_when_another_one_is_deleted(slowly, drawn, qtbot):
    session = drawn.session
    session.toggle_pins([session.samples[0]])
    session.resample()
    going = session.samples[1:]
    qtbot.waitUntil(lambda: all(sample.rows > 1 for sample in going), timeout=WAIT)
    rows = [sample.rows for sample in going]
    session.delete([session.samples[0]])
    assert all(sample.rows >= before for sample, before in zip(going, rows, strict=True))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    expected = list(colorize(drawn.session.opened.photo, drawn.studio.model, seeds=[s.seed for s in going], **AS_BEGUN))
    assert all(np.array_equal(a.chroma, b.chroma) for a, b in zip(going, expected, strict=True))


def test_stopped_samples_stay_so_when_a_model_cannot_be_loaded(slowly, drawn, tmp_path, qtbot):
    drawn.session.resample()
    qtbot.waitUntil(lambda: drawn.session.samples[-1].rows > 1, timeout=WAIT)
    drawn.studio.stop()
    (tmp_path / "bad.safetensors").write_bytes(b"bad")
    drawn.studio.use_model(tmp_path / "bad.safetensors", device="cpu")
    qtbot.waitUntil(lambda: drawn.message.isVisible() and drawn.studio.activity is Activity.IDLE, timeout=WAIT)
    assert all(sample.stopped for sample in drawn.session.samples)


def test_what_was_stopped_can_go_on_once_the_model_is_loaded(slowly, drawn, model_path, tmp_path, qtbot):
    drawn.session.resample()
    qtbot.waitUntil(lambda: drawn.session.samples[-1].rows > 1, timeout=WAIT)
    drawn.studio.stop()
    assert drawn.action["go_on"].isEnabled() and drawn.panel.stop.isEnabled()
    drawn.studio.use_model(Path(shutil.copy(model_path, tmp_path)), device="cpu")
    assert not drawn.action["go_on"].isEnabled() and not drawn.panel.stop.isEnabled()
    qtbot.waitUntil(lambda: drawn.studio.activity is Activity.IDLE and drawn.studio._embedded_by is drawn.studio.model, timeout=WAIT)
    assert drawn.action["go_on"].isEnabled() and drawn.panel.stop.isEnabled()


def test_what_was_measured_of_another_photograph_is_not_taken(drawn, scan, other, qtbot):
    of_the_first = jobs.Measured("surprise", np.ones((4, 4), np.float32), drawn.session.embedded)
    drawn.open(other)
    qtbot.waitUntil(lambda: drawn.session.name == "other" and is_done(drawn), timeout=WAIT)
    told = []
    drawn.studio.measured.connect(told.append)
    drawn.studio._take_measured(10**9, of_the_first)
    assert not told and drawn.studio._measured.get("surprise") is None


def test_a_batch_that_is_closed_while_it_reads_leaves_the_window_alive(window, scan, tmp_path, qtbot, monkeypatch):
    began, go_on = threading.Event(), threading.Event()

    def slow(*_arguments, **_options):
        began.set()
        go_on.wait(WAIT / 1000)
        yield from ()

    monkeypatch.setattr(queue_module, "colorize_file", slow)
    window.opening.open_many([scan])
    dialog = window.opening.batch
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.start.click()
    qtbot.waitUntil(began.is_set, timeout=WAIT)
    beats = []
    timer = QTimer(interval=20)
    timer.timeout.connect(lambda: beats.append(True) or len(beats) > 5 and go_on.set())
    timer.start()
    dialog.close()
    assert len(beats) > 5 and not dialog.queue._worker._thread.is_alive() and window.opening.batch is None


def test_the_preferences_read_each_checkpoint_once(drawn, tmp_path, monkeypatch):
    read, load = [], dialogs.load_checkpoint
    monkeypatch.setattr(dialogs, "load_checkpoint", lambda path: read.append(path) or load(path))
    added = checkpoint(tmp_path, seed=5, name="added")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(added), ""))
    dialog = dialogs.PreferencesDialog(drawn.settings, in_use=default_checkpoint(), cuda=False)
    assert len(read) == 1
    dialog.add.click()
    assert len(read) == 3, "to see whether it is one, and then the copy"
    for index in (0, 1, 0, 1):
        dialog.model.setCurrentIndex(index)
    assert len(read) == 3 and "tiny" in dialog.facts.text()
    monkeypatch.setattr(QMessageBox, "question", lambda *_, **__: QMessageBox.StandardButton.Yes)
    dialog.remove.click()
    checkpoint(tmp_path, seed=6, name="added")
    dialog.add.click()
    assert len(read) == 5, "another one has got the name of the one that is gone"
    (checkpoint_dir() / "added.safetensors").unlink()  # the data folder is that of all tests


def test_a_long_stroke_keeps_few_points_and_all_that_it_covers(drawn, qtbot):
    masks, canvas = [], drawn.canvas
    canvas.place_marked.connect(masks.append)
    drawn.steering.use_tool(Tool.HINT)
    target = canvas._view.target(canvas._view.panes[0]).toRect()
    way = [target.center() + QPoint(round(60 * math.sin(i / 60)), i // 10 - 20) for i in range(400)]
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=way[0])
    for point in way:
        QTest.mouseMove(canvas, point)
    assert len(canvas._mark.stroke) < 200
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=way[-1])
    height, width = masks[0].shape
    for point in way:
        place = canvas._view.to_photo(QPointF(point), canvas._view.panes[0])
        assert masks[0][int(place.y() * height), int(place.x() * width)]


def test_what_is_drawn_while_another_sample_is_looked_at_is_shown_in_full(drawn, qtbot):
    first, second = drawn.session.samples[:2]
    assert drawn.session.selected is first
    composed = drawn.pictures.composed_rows

    def shown(sample):
        image = drawn.pictures.preview(sample)
        flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        return flat.reshape(image.height(), image.width(), 4)[..., 2::-1]

    def is_shown(sample):
        qtbot.waitUntil(lambda: not drawn.pictures._busy and not drawn.pictures._dirty, timeout=WAIT)
        photo = drawn.session.opened.preview
        return np.array_equal(shown(sample), compose(photo, sample.chroma))

    qtbot.waitUntil(lambda: composed(first) == len(first.chroma[0]) and is_shown(first), timeout=WAIT)
    drawn.session.select(second)
    first.chroma[:] = 30 - first.chroma
    drawn.session.sample_advanced.emit(first, 0, 1)
    drawn.session.select(first)
    qtbot.waitUntil(lambda: is_shown(first), timeout=WAIT)


def test_comparing_selects_nothing_for_pin_and_delete(drawn):
    samples = drawn.session.samples
    drawn.action["compare"].trigger()
    assert len(drawn.canvas.samples) == 4
    drawn.canvas.pane_clicked.emit(samples[2])
    for pin in (drawn.panel.pin.click, drawn.action["pin"].trigger):
        pin()
        assert [drawn.session.is_pinned(s) for s in samples] == [False, False, True, False]
        drawn.session.undo_stack.undo()
    drawn.action["compare"].trigger()
    assert drawn.gallery.marked == (samples[2],)
    drawn.action["compare"].trigger()
    drawn.action["delete"].trigger()
    assert drawn.session.samples == (*samples[:2], samples[3])
    drawn.session.undo_stack.undo()
    assert drawn.action["compare"].isChecked() and drawn.session.selected is samples[2] and samples[2] in drawn.canvas.samples
    drawn.action["compare"].trigger()
    # leaving the comparison by a click, too, forgets what it selected
    drawn.action["compare"].trigger()
    assert drawn.gallery.marked == samples
    drawn.gallery.mark(samples[1:2])
    drawn.session.select(samples[1])
    assert not drawn.action["compare"].isChecked()
    drawn.gallery.mark(samples)
    drawn.action["pin"].trigger()
    assert all(drawn.session.is_pinned(s) for s in samples)
    drawn.session.undo_stack.undo()
    drawn.action["delete"].trigger()
    assert drawn.session.samples == ()
    drawn.session.undo_stack.undo()
    drawn.session.delete(samples[2:3])
    # who selects several means them; the panel is about the one on the canvas
    drawn.gallery.mark(samples[:2])
    drawn.session.select(samples[0])
    drawn.action["pin"].trigger()
    assert [drawn.session.is_pinned(s) for s in samples] == [True, True, False, False]
    drawn.panel.delete.click()
    assert drawn.session.samples == (samples[1], samples[3])


def test_escape_leaves_a_tool_and_only_then_stops(slowly, drawn, qtbot):
    drawn.session.resample()
    drawn.action["hint"].trigger()
    assert drawn.canvas.tool is Tool.HINT
    QTest.keyClick(drawn.canvas, Qt.Key.Key_Escape)
    assert drawn.canvas.tool is Tool.MOVE and not any(s.stopped for s in drawn.session.samples)
    QTest.keyClick(drawn.canvas, Qt.Key.Key_Escape)
    assert all(s.stopped for s in drawn.session.samples)


def test_a_number_that_was_typed_counts_where_a_button_is_pressed(drawn, qtbot):
    count = drawn.panel.count

    def type_in(text):
        count.setFocus()
        count.selectAll()
        QTest.keyClicks(count, text)

    type_in("2")
    QTest.mouseClick(drawn.panel.resample, Qt.MouseButton.LeftButton)
    assert drawn.session.sample_count == len(drawn.session.samples) == 2
    type_in("6")
    QTest.mouseClick(drawn.panel.more, Qt.MouseButton.LeftButton)
    assert count.value() == 7
    type_in("5")
    QTest.keyClick(count, Qt.Key.Key_Down)
    assert count.value() == 4
    qtbot.waitUntil(lambda: drawn.session.sample_count == 4 and is_done(drawn), timeout=WAIT)


def test_what_is_marked_is_what_is_outlined(drawn, qtbot):
    drawn.action["hint"].trigger()
    QTest.mouseClick(drawn.canvas, Qt.MouseButton.LeftButton, pos=drawn.canvas.rect().center())
    few = drawn.steering.marked
    drawn.panel.hints.brush.setValue(15)
    assert drawn.steering.marked.sum() > few.sum() and drawn.steering.marked[few].all()
    assert drawn.panel.hints.plane.isEnabled()
    drawn.session.draft_ready.emit()  # another model, perhaps of another resolution
    assert drawn.steering.marked is None and not drawn.canvas._mark.stroke and not drawn.panel.hints.plane.isEnabled()
    drawn.panel.hints.brush.setValue(3)
    assert drawn.steering.marked is None and drawn.canvas.tool is Tool.HINT
    for tool in ("hint", "region"):
        if not drawn.action[tool].isChecked():
            drawn.action[tool].trigger()
        drawn.session.delete(drawn.session.samples)
        assert drawn.canvas.tool is Tool.MOVE and not drawn.action[tool].isChecked()
        drawn.session.undo_stack.undo()


def test_a_small_region_is_a_pixel_a_click_is_none_and_all_of_it_is_told(drawn, qtbot):
    height, width = drawn.session.embedded.chroma_shape
    regions = []
    drawn.canvas.region_marked.connect(lambda mask: regions.append(mask.copy()))

    def target():
        return drawn.canvas._view.target(drawn.canvas._view.panes[0])

    def drag(start, end):
        drawn.steering.use_tool(Tool.REGION)
        QTest.mousePress(drawn.canvas, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(drawn.canvas, end)
        QTest.mouseRelease(drawn.canvas, Qt.MouseButton.LeftButton, pos=end)
        return regions.pop()

    corner = target().topLeft().toPoint() + QPoint(2, 2)
    samples = drawn.session.samples
    assert not drag(corner, corner).any() and drawn.session.samples == samples and drawn.canvas.tool is Tool.REGION
    assert drag(target().topLeft().toPoint(), target().bottomRight().toPoint() + QPoint(2, 2)).all()
    assert drawn.session.samples == samples and "whole picture" in drawn.message.text
    corner = target().topLeft().toPoint() + QPoint(2, 2)  # the message took room
    small = drag(corner, corner + QPoint(4, 4))
    assert small.sum() == 1 and small[0, 0] and target().width() / width > 16 and drawn.session.samples != samples


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_that_cannot_be_taken_over_is_told(drawn, monkeypatch, way):
    class Broken(QMimeData):
        def hasImage(self):  # noqa: N802
            return True

        def imageData(self):  # noqa: N802
            return None

    data = Broken()
    if way == "paste":
        monkeypatch.setattr(QGuiApplication, "clipboard", lambda: SimpleNamespace(mimeData=lambda: data))
        drawn.action["paste"].trigger()
    else:
        event = SimpleNamespace(source=lambda: None, mimeData=lambda: data, setDropAction=lambda _: None, accept=lambda: None)
        drawn.dropEvent(event)
    assert "could not be read from there" in drawn.message.text and drawn.session.path.name == "scan.png"


def test_pasting_several_files_offers_a_batch(drawn, scan, monkeypatch):
    shutil.copy(scan, scan.with_name("second.png"))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(scan)), QUrl.fromLocalFile(str(scan.with_name("second.png")))])
    monkeypatch.setattr(QGuiApplication, "clipboard", lambda: SimpleNamespace(mimeData=lambda: data))
    drawn.action["paste"].trigger()
    assert drawn.opening.batch is not None and len(photos(drawn.opening.batch)) == 2
    assert drawn.opening.batch.start.isDefault() and not drawn.opening.batch.show_results.autoDefault()
    drawn.opening.batch.close()


def test_without_a_model_the_canvas_says_so_and_the_preferences_try_again(qtbot, tmp_path, scan, model_path, monkeypatch):
    (tmp_path / "bad.safetensors").write_bytes(b"no checkpoint")
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(checkpoint=tmp_path / "bad.safetensors", device="cpu", settings=settings)
    window.show()
    qtbot.waitUntil(lambda: "bad.safetensors" in window.message.text, timeout=WAIT)
    window.open(scan)
    qtbot.waitUntil(lambda: "no model" in window.canvas._caption, timeout=WAIT)
    shutil.copy(model_path, tmp_path / "bad.safetensors")  # a better one in its place
    monkeypatch.setattr(dialogs.PreferencesDialog, "exec", lambda dialog: True)
    window.show_preferences()
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert window.canvas._caption == ""
    window.close()


def test_what_is_offered_is_still_offered_below_what_is_told_meanwhile(drawn):
    taken = []
    drawn.message.tell_offer("Something was kept.", ("Bring it back", lambda: taken.append(True)))
    drawn.message.tell_note("Only the first of 3 pages was read.")
    assert drawn.message.text == "Something was kept.\nOnly the first of 3 pages was read."
    drawn.message._timer.timeout.emit()
    assert drawn.message.text == "Something was kept." and drawn.message.isVisible(), "what was told goes by itself"
    drawn.message.tell_note("scan.png was put aside.", ("Go back to it", lambda: None))
    next(button for button in drawn.message._buttons if button.text() == "Bring it back").click()
    assert taken


def test_a_queue_that_reads_from_a_drive_that_is_gone_can_be_closed(window, scan, qtbot, monkeypatch):
    reading, go_on = threading.Event(), threading.Event()

    def stalled(*_arguments, **_options):
        yield Kept(scan)
        reading.set()
        go_on.wait(WAIT / 1000)

    monkeypatch.setattr(queue_module, "colorize_file", stalled)
    monkeypatch.setattr(queue_module, "LONGEST_READING", 0.1)
    window.opening.open_many([scan])
    dialog = window.opening.batch
    dialog.start.click()
    qtbot.waitUntil(reading.is_set, timeout=WAIT)
    dialog.close()
    assert window.opening.batch is None and dialog.queue._worker.is_busy()
    go_on.set()
    qtbot.waitUntil(lambda: not dialog.queue._worker.is_busy(), timeout=WAIT)


def test_what_is_dropped_is_never_moved(window, scan, qtbot):
    assert drop(window, scan, keys=Qt.KeyboardModifier.ShiftModifier) is Qt.DropAction.CopyAction
    qtbot.waitUntil(lambda: window.session.path == scan and is_done(window), timeout=WAIT)


def test_an_offer_goes_with_the_next_photograph_and_stays_below_an_error(drawn, scan, qtbot):
    drawn.message.tell_offer("Something was kept.", ("Bring it back", lambda: None))
    samples = drawn.session.samples
    drawn.open(scan.with_name("nope.png"))
    assert not drawn.message.isVisible()
    qtbot.waitUntil(lambda: "nope.png" in drawn.message.text, timeout=WAIT)
    drawn.message.tell_offer("Something was kept.", ("Bring it back", lambda: None))  # as `picgui nope.png` does
    assert "nope.png" in drawn.message.text and drawn.message.text.endswith("\nSomething was kept.") and drawn.message._timer.isActive()
    drawn.open(scan)
    qtbot.waitUntil(lambda: drawn.session.samples != samples and is_done(drawn), timeout=WAIT)
    assert "nope.png" not in drawn.message.text


def test_actual_size_is_that_of_small_photographs_too(drawn):
    drawn.action["actual"].trigger()
    assert drawn.canvas.zoom == 1.0 < drawn.canvas._view.fitting_zoom / 2


def test_hints_outlive_their_samples(drawn, model_path, tmp_path, qtbot):
    hint = np.zeros(drawn.session.embedded.chroma_shape, bool)
    hint[1, 2] = True
    drawn.session.add_hint(hint, (5.0, 6.0))
    drawn.session.delete(drawn.session.samples)
    assert not drawn.session.samples and drawn.session.is_unsaved and drawn.session.holds_work
    drawn.close()
    [left] = data_dir().glob("closed-*.picgui")
    kept = records.read_session(left).state
    assert not kept.samples and kept.hints.mask.sum() == 1
    other = MainWindow(checkpoint=model_path, device="cpu", settings=QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(other)
    other.open(left)
    qtbot.waitUntil(lambda: is_done(other), timeout=WAIT)
    assert other.session.hints.mask.sum() == 1 and all(s.chroma[0][hint] == 5 for s in other.session.samples)


def test_samples_of_a_session_that_share_their_hints_are_drawn_together(drawn, tmp_path, qtbot):
    hint = np.zeros(drawn.session.embedded.chroma_shape, bool)
    hint[1, 2] = True
    drawn.session.add_hint(hint, (5.0, 6.0))
    records.write(tmp_path / "work.picgui", records.content_of(drawn.session))
    state = records.read_session(tmp_path / "work.picgui").state
    assert all(s.known is state.hints for s in state.samples) and state.hints.mask[1, 2]
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)


def test_the_canvas_shows_that_a_key_brought_it_the_focus(drawn, qtbot):
    def edge():
        return drawn.canvas.grab().toImage().pixelColor(1, 1).name()

    drawn.activateWindow()
    drawn.panel.setFocus()
    plain = edge()
    for reason, is_framed in ((Qt.FocusReason.TabFocusReason, True), (Qt.FocusReason.MouseFocusReason, False)):
        drawn.gallery.setFocus()
        drawn.canvas.setFocus(reason)
        qtbot.waitUntil(lambda: (edge() != plain) is is_framed, timeout=WAIT)


def left_behind(folder, name, content, age):
    """A session file as a program leaves it that did not end in order."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"open-{name}.picgui"
    path.write_text(content)
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def test_all_that_crashes_left_is_kept_the_newest_first(tmp_path):
    left_behind(tmp_path, "a", "older", 20)
    left_behind(tmp_path, "b", "newer", 10)
    left_behind(tmp_path, "c", "oldest", 30).with_suffix(".png").write_bytes(b"picture of the oldest")
    recovery = records.Recovery(tmp_path)
    assert recovery.find() and not records.Recovery(tmp_path).find()
    assert [path.read_text() for path in recovery.all_kept()] == ["newer", "older", "oldest"]
    assert recovery.all_kept()[2].with_suffix(".png").read_bytes() == b"picture of the oldest"
    for number in range(39):
        left_behind(tmp_path, str(number), str(number), 0)
        assert recovery.find()
    assert [path.read_text() for path in recovery.all_kept()] == [*map(str, reversed(range(39))), "newer"]
    assert not list(tmp_path.glob("*.png"))


def test_of_what_was_left_that_goes_first_which_was_only_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "_KEPT", 3)
    recovery = records.Recovery(tmp_path)

    def leave(name, *, is_unsaved):
        said = {"source": f"/{name}"} | ({} if is_unsaved is None else {"is_unsaved": is_unsaved})
        left_behind(tmp_path, name, json.dumps(said), 0)
        return recovery.find(), [records.photo_name(path) for path in recovery.all_kept()]

    leave("chosen", is_unsaved=True)
    leave("seen", is_unsaved=False)
    leave("of an older version", is_unsaved=None)
    assert leave("also seen", is_unsaved=False) == ("crashed", ["also seen", "of an older version", "chosen"])
    assert leave("worked on", is_unsaved=True) == ("crashed", ["worked on", "of an older version", "chosen"])
    assert leave("seen in the end", is_unsaved=False) == ("", ["worked on", "of an older version", "chosen"])
    assert leave("the last", is_unsaved=True) == ("crashed", ["the last", "worked on", "of an older version"])


def test_what_was_chosen_and_not_saved_is_offered_after_the_window_was_closed(drawn, other, qtbot, tmp_path, model_path):
    def start():
        window = MainWindow(checkpoint=model_path, device="cpu", settings=drawn.settings)
        window.show()
        qtbot.waitUntil(lambda: window.studio.model is not None, timeout=WAIT)
        return window

    drawn.session.toggle_pins(drawn.session.samples[1:2])
    drawn.open(other)
    qtbot.waitUntil(lambda: drawn.session.path == other and is_done(drawn), timeout=WAIT)
    drawn.session.resample()
    drawn.session.toggle_pins(drawn.session.samples[2:3])
    drawn.close()
    again = start()
    again.keeping.offer_last()
    assert other.name in again.message.text and "not saved" in again.message.text
    again.message._buttons[0].click()
    qtbot.waitUntil(lambda: is_done(again) and bool(again.session.samples), timeout=WAIT)
    assert [s.seed for s in again.session.samples] == [5, 6, 7, 8] and again.session.is_pinned(again.session.samples[2])
    first = records.read_session(again.keeping.recovery.all_kept()[0])
    assert first.source.name == "scan.png" and pinned_places(first) == [1], "what was put aside, too"
    assert [path.name for path in again.keeping.recovery.all_kept()] == ["recovered-2.picgui"], "what is open again is no second time there"
    again.close()
    once_more = start()
    once_more.keeping.offer_last()
    assert other.name in once_more.message.text, "though nothing was chosen since"
    once_more.message._buttons[0].click()
    qtbot.waitUntil(lambda: is_done(once_more) and bool(once_more.session.samples), timeout=WAIT)
    again = once_more
    again.session.resample()
    again.exporting._save(tmp_path / "saved.picgui", records.content_of(again.session))
    again.close()
    last = start()
    assert not last.keeping.recovery.find() and not list(data_dir().glob("open-*")), "what was saved is not offered"
    last.close()


def test_saving_goes_on_in_the_file_of_the_session_and_what_is_unsaved_is_marked(drawn, other, qtbot, tmp_path, monkeypatch):
    target, asked = tmp_path / "work.picgui", []
    monkeypatch.setattr("picgui.gui.exporting.QFileDialog.getSaveFileName", lambda *given: asked.append(given[2]) or (str(target), ""))
    drawn.session.toggle_pins(drawn.session.samples[:1])
    assert not drawn.isWindowModified(), "it has no file yet"
    drawn.action["save_session"].trigger()
    assert len(asked) == 1 and drawn.session.file == target and not drawn.isWindowModified()
    drawn.session.toggle_pins(drawn.session.samples[1:2])
    assert drawn.isWindowModified()
    drawn.panel.temperature.setValue(20)
    drawn.action["save_session"].trigger()
    saved = records.read_session(target)
    assert len(asked) == 1 and pinned_places(saved) == [0, 1] and saved.state.temperature == 0.2 and not drawn.isWindowModified(), "what was moved a moment ago, too"
    drawn.session.set_saturation(0.5)
    assert drawn.isWindowModified()
    drawn.open(other)
    qtbot.waitUntil(lambda: drawn.session.path == other and is_done(drawn), timeout=WAIT)
    assert drawn.session.file is None
    drawn.open(target)
    qtbot.waitUntil(lambda: drawn.session.file == target and is_done(drawn), timeout=WAIT)
    drawn.session.resample()
    target.unlink()
    drawn.action["save_session"].trigger()
    assert len(asked) == 1 and records.read_session(target).state.samples[-1].seed == drawn.session.samples[-1].seed
    drawn.action["save_session_as"].trigger()
    assert asked[1] == str(target)


def test_a_file_that_another_program_takes_first_is_no_crash(tmp_path, monkeypatch):
    left_behind(tmp_path, "a", "older", 20)
    left_behind(tmp_path, "b", "newer", 10)
    move = records._move

    def slower(path, target):
        if path.name == "open-a.picgui":
            path.unlink()
        move(path, target)

    monkeypatch.setattr(records, "_move", slower)
    recovery = records.Recovery(tmp_path)
    assert recovery.find() and [path.read_text() for path in recovery.all_kept()] == ["newer"]


def test_earlier_crashes_can_be_brought_back_from_the_menu(drawn, scan, qtbot):
    menu = drawn.menuBar().actions()[0].menu()
    menu.aboutToShow.emit()
    assert not drawn.aside_menu.isEnabled()
    drawn.session.select(drawn.session.samples[1])
    content = json.dumps(records.content_of(drawn.session), default=str)
    left_behind(data_dir(), "a", content, 20)
    left_behind(data_dir(), "b", "newer, but damaged", 10)
    assert records.Recovery(data_dir()).find()
    menu.aboutToShow.emit()
    (action,) = drawn.aside_menu.actions()
    assert drawn.aside_menu.isEnabled() and action.text().startswith("scan.png, 12 01 1970") and action.toolTip() == str(scan)
    drawn.session.resample()
    action.trigger()
    qtbot.waitUntil(lambda: is_done(drawn) and drawn.session.selected.seed == 2, timeout=WAIT)


@pytest.mark.parametrize("kind", ["exported", "session"])
def test_of_photographs_of_one_name_the_one_is_found_that_was_colorized(drawn, scan, tmp_path, qtbot, kind):
    exported = tmp_path / "results/export.png"
    exported.parent.mkdir()
    drawn.exporting.export([(drawn.session.selected, exported)])
    qtbot.waitUntil(exported.exists, timeout=WAIT)
    qtbot.waitUntil(lambda: not drawn.studio.is_exporting, timeout=WAIT)
    session = tmp_path / "results/work.picgui"
    records.write(session, records.content_of(drawn.session))
    wrong = tmp_path / "elsewhere/scan.png"
    wrong.parent.mkdir()
    cv2.imwrite(str(wrong), 255 - cv2.imread(str(scan)))
    right = tmp_path / "moved/scan.png"
    right.parent.mkdir()
    scan.rename(right)
    drawn.settings.setValue("recent", [str(right)])
    drawn.settings.setValue("open_folder", str(wrong.parent))
    drawn.open(exported if kind == "exported" else session)
    qtbot.waitUntil(lambda: drawn.session.path == right and is_done(drawn), timeout=WAIT)


def test_what_the_command_saturates_more_than_the_window_comes_back(tmp_path, drawn, scan):
    record = records.sample_text(drawn.session.selected, drawn.session.opened.photo.fingerprint)
    for saturation, restored in (("2.5", 2.0), ("1.5", 1.5), ("100", 2.0)):
        cv2.imwrite(str(tmp_path / "a.png"), cv2.imread(str(scan)))
        write_png(tmp_path / "a.png", np.zeros((100, 150, 3), np.uint8), text={"picgui:sample": record, "picgui:saturation": saturation})
        found = records.read_exported(tmp_path / "a.png")
        assert found.state.saturation == restored and found.state.sample_count == 0


def test_whatever_the_library_writes_comes_back(drawn, scan, tmp_path, qtbot):
    photo, model = read_photo(scan), drawn.studio.model
    (sample,) = colorize(photo, model, seeds=[3], temperature=12.0)
    write_sample(tmp_path / "a.png", photo, sample, model, saturation=20)
    drawn.open(tmp_path / "a.png")
    qtbot.waitUntil(lambda: is_done(drawn) and len(drawn.session.samples) == 1, timeout=WAIT)
    assert drawn.session.path == scan and np.array_equal(drawn.session.selected.chroma, sample.chroma)
    assert (drawn.session.selected.temperature, drawn.session.temperature, drawn.session.saturation) == (12, MAX_TEMPERATURE, MAX_SATURATION)
    drawn.keeping.save()
    assert records.read_session(kept_file(drawn)).state.samples[0].temperature == 12


@pytest.mark.parametrize("damage", ['"seed": Infinity', '"seed": -1', '"selected": Infinity', "nested"])
def test_a_session_with_impossible_numbers_is_told(drawn, tmp_path, damage, qtbot):
    text = json.dumps(records.content_of(drawn.session), default=str)
    if damage == "nested":
        text = "[" * 100_000
    else:
        key = damage.split(":")[0]
        text = re.sub(rf"{key}: \d+", damage, text, count=1)
        assert damage in text
    (tmp_path / "a.picgui").write_text(text)
    drawn.open(tmp_path / "a.picgui")
    qtbot.waitUntil(lambda: "a.picgui is damaged" in drawn.message.text, timeout=WAIT)
    assert not drawn.studio.is_reading


def test_a_queue_waits_where_the_disk_is_full_and_goes_on(window, scan, tmp_path, qtbot, monkeypatch):
    second = scan.with_name("second.png")
    shutil.copy(scan, second)
    window.session.set_sample_count(1)
    window.opening.open_many([scan, second])
    queue = window.opening.batch
    queue.folder.setText(str(tmp_path / "out"))

    def full(*_, **__):
        raise DestinationError("There is no room for {path}.", path=tmp_path)

    with monkeypatch.context() as patch:
        patch.setattr("picgui.batch.write_picture", full)
        queue.start.click()
        qtbot.waitUntil(lambda: "no room" in queue.queue.index(0, 1).data(), timeout=WAIT)
        assert queue.start.isEnabled() and queue.start.text() != "Pause" and "no room" in queue.details.text()
        assert queue.queue.index(1, 1).data() == "waiting"
    assert queue.folder.isEnabled() and queue.choose.isEnabled() and queue.overwrite.isEnabled(), "another disk may be chosen"
    queue.folder.setText(str(tmp_path / "roomy"))
    queue.start.click()
    assert not queue.folder.isEnabled()
    QTest.keyClick(queue, Qt.Key.Key_Escape)
    assert queue.isVisible(), "Esc does not end what runs"
    qtbot.waitUntil(lambda: not queue.start.isEnabled(), timeout=WAIT)
    assert [queue.queue.index(row, 1).data() for row in range(2)] == ["done", "done"] and queue.show_results.isEnabled()
    assert len(list((tmp_path / "roomy").iterdir())) == 2
    assert queue.progress.accessibleName()
    QTest.keyClick(queue, Qt.Key.Key_Escape)
    assert window.opening.batch is None


def test_a_window_that_closes_while_a_queue_ends_lets_it_write(window, scan, tmp_path, qtbot, monkeypatch):
    writes, goes_on, closed = threading.Event(), threading.Event(), []

    def held(*of, **options):
        writes.set()
        goes_on.wait(WAIT / 1000)
        write_png(*of, **options)

    monkeypatch.setattr("picgui.batch.write_picture", held)
    window.session.set_sample_count(1)
    window.opening.open_many([scan])
    queue = window.opening.batch
    queue.folder.setText(str(tmp_path))
    queue.start.click()
    qtbot.waitUntil(writes.is_set, timeout=WAIT)
    queue.skip.click()
    QTimer.singleShot(0, lambda: closed.append(window.close()))
    QTimer.singleShot(100, goes_on.set)
    QTest.keyClick(queue, Qt.Key.Key_Escape)
    assert closed == [True] and window.opening.batch is None and (tmp_path / "scan-colorized-1.png").exists()


def test_a_queue_tells_what_is_to_be_known_of_a_photograph(window, tmp_path, qtbot):
    page = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60), dtype=np.uint8))
    page.save(tmp_path / "pages.tif", save_all=True, append_images=[page])
    window.session.set_sample_count(1)
    window.opening.open_many([tmp_path / "pages.tif"])
    window.opening.batch.start.click()
    qtbot.waitUntil(lambda: window.opening.batch.queue.index(0, 1).data().startswith("done"), timeout=WAIT)
    assert "2 pages" in window.opening.batch.queue.index(0, 1).data()
    window.opening.batch.close()


def test_a_damaged_checkpoint_cannot_be_chosen_and_is_not_left_by_a_full_disk(qapp, tmp_path, model_path, monkeypatch):
    checkpoint_dir().mkdir(parents=True, exist_ok=True)
    (checkpoint_dir() / "bad.safetensors").write_bytes(b"no checkpoint")
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    dialog = dialogs.PreferencesDialog(settings, in_use=default_checkpoint(), cuda=False)
    assert dialog.ok.isEnabled()
    dialog.model.setCurrentIndex(dialog.model.findText("bad"))
    assert not dialog.ok.isEnabled() and "damaged" in dialog.facts.text()
    dialog.model.setCurrentIndex(0)
    assert dialog.ok.isEnabled()

    def full(source, file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(model_path), ""))
    monkeypatch.setattr(shutil, "copyfileobj", full)
    before = set(checkpoint_dir().iterdir())
    dialog._add_checkpoint()
    assert "No space left" in dialog.facts.text()
    assert set(checkpoint_dir().iterdir()) == before
    (checkpoint_dir() / "bad.safetensors").unlink()


@pytest.mark.parametrize("slip", ["paste", "open"])
def test_what_another_photograph_takes_the_place_of_can_be_had_back(drawn, other, slip, qtbot):
    session, message = drawn.session, drawn.message
    assert not message.isVisible(), "there was nothing before"
    session.add_hint(np.eye(*session.embedded.chroma_shape, dtype=bool), (5.0, 6.0))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    session.toggle_pins(session.samples[1:2])
    session.select(session.samples[2])
    session.set_saturation(1.2)
    kept = session.kept()
    if slip == "open":
        drawn.open(other)
    else:
        drawn.studio.paste(np.random.default_rng(3).integers(0, 255, (50, 80, 3), dtype=np.uint8))
    qtbot.waitUntil(lambda: session.name != "scan" and is_done(drawn), timeout=WAIT)
    assert message.text == "scan.png and its samples were put aside." and message._timer.isActive(), "it goes by itself"
    message._buttons[0].click()
    qtbot.waitUntil(lambda: session.name == "scan" and is_done(drawn), timeout=WAIT)
    assert session.kept() == kept and session.is_pinned(session.samples[1])
    name = "other.png" if slip == "open" else "Pasted picture"
    assert message.text == f"{name} and its samples were put aside."
    message._buttons[0].click()
    qtbot.waitUntil(lambda: session.name != "scan" and is_done(drawn), timeout=WAIT)


def test_a_photograph_without_a_complete_sample_gives_way_without_a_word(slowly, window, scan, other, qtbot):
    window.open(scan)
    qtbot.waitUntil(lambda: window.studio.activity is Activity.SAMPLING, timeout=WAIT)
    window.open(other)
    qtbot.waitUntil(lambda: window.session.name == "other" and is_done(window), timeout=WAIT)
    assert not window.message.isVisible()


@pytest.mark.parametrize(
    "choose",
    [
        lambda session: session.delete(session.samples[:1]),
        lambda session: session.set_sample_count(5),
        lambda session: session.set_sample_count(3),
        lambda session: (session.toggle_pins(session.samples[1:2]), session.resample()),
    ],
    ids=["delete", "more", "fewer", "pin and resample"],
)
def test_samples_that_are_still_wanted_go_on_being_drawn(slowly, window, scan, qtbot, choose):
    session = window.session
    window.open(scan)
    qtbot.waitUntil(lambda: bool(session.samples) and session.selected.rows > 1, timeout=WAIT)
    watched, rows, drawn_rows = session.samples[1], session.samples[1].rows, []
    session.sample_advanced.connect(lambda sample, first, _last: drawn_rows.append(first) if sample is watched else None)
    choose(session)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert watched in session.samples and drawn_rows == list(range(rows, len(watched.chroma[0])))
    expected = list(colorize(session.opened.photo, window.studio.model, seeds=[s.seed for s in session.samples], **AS_BEGUN))
    assert all(np.array_equal(a.chroma, b.chroma) for a, b in zip(session.samples, expected, strict=True))


@pytest.mark.parametrize("choice", ["temperature", "hint"])
def test_what_is_to_be_drawn_otherwise_is_begun_at_once(slowly, window, scan, qtbot, choice):
    session = window.session
    window.open(scan)
    qtbot.waitUntil(lambda: bool(session.samples) and session.selected.rows > 1, timeout=WAIT)
    session.toggle_pins(session.samples[3:])
    old, rows = session.samples[0], session.samples[0].rows
    if choice == "temperature":
        session.set_temperature(0.3)
    else:
        session.add_hint(np.eye(*session.embedded.chroma_shape, dtype=bool), (5.0, 6.0))
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert old.rows == rows and session.samples[3].temperature == TEMPERATURE


def test_a_thumbnail_that_comes_back_is_composed_anew(drawn, qtbot):
    sample, pictures = drawn.session.samples[0], drawn.pictures
    qtbot.waitUntil(lambda: not pictures._busy and not pictures._dirty, timeout=WAIT)
    before = pictures.thumbnail(sample).copy()
    drawn.session.delete([sample])
    late = jobs.StripComposed(pictures_module._Key("thumbnail", sample.number), 0, np.zeros((8, 12, 4), np.uint8))
    pictures._take(10**9, late)  # one that was under way
    drawn.session.undo_stack.undo()
    qtbot.waitUntil(lambda: pictures.thumbnail(sample) == before, timeout=WAIT)


def test_the_field_for_a_number_keeps_only_the_keys_of_typing(drawn, qtbot):
    drawn.activateWindow()
    count, session, canvas = drawn.panel.count, drawn.session, drawn.canvas
    count.setFocus()
    QTest.keyClick(count, Qt.Key.Key_P)
    assert session.is_pinned(session.samples[0])
    QTest.keyClick(count, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not session.is_pinned(session.samples[0])
    QTest.keyPress(count, Qt.Key.Key_Space)
    assert canvas._original
    QTest.keyRelease(count, Qt.Key.Key_Space)
    assert not canvas._original
    QTest.keyClicks(count, "1")
    assert count.text() == "41" and canvas.zoom != 1.0
    QTest.keyClick(count, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert count.text() == "4" and session.undo_stack.canRedo(), "what was typed"
    QTest.keyClick(count, Qt.Key.Key_Backspace)
    QTest.keyClicks(count, "2")
    QTest.keyClick(count, Qt.Key.Key_R)
    assert session.sample_count == len(session.samples) == 2
    QTest.keyClick(count, Qt.Key.Key_Return)
    qtbot.waitUntil(canvas.hasFocus, timeout=WAIT)


def test_escape_leaves_a_tool_wherever_the_focus_is(slowly, drawn):
    drawn.session.resample()
    drawn.action["hint"].trigger()
    QTest.mouseClick(drawn.canvas, Qt.MouseButton.LeftButton, pos=drawn.canvas.rect().center())
    drawn.panel.hints.plane.setFocus()
    QTest.keyClick(drawn.panel.hints.plane, Qt.Key.Key_Escape)
    assert drawn.canvas.tool is Tool.MOVE and not any(s.stopped for s in drawn.session.samples)


def test_files_of_one_name_can_be_told_apart_and_sessions_are_no_photographs(drawn, scan, tmp_path, qtbot):
    second = tmp_path / "second" / "scan.png"
    second.parent.mkdir()
    shutil.copy(scan, second)
    drawn.open(second)
    qtbot.waitUntil(lambda: drawn.session.path == second and is_done(drawn), timeout=WAIT)
    look_into_the_file_menu(drawn)
    names = [action.text() for action in drawn.recent_menu.actions() if action.data()]
    assert names[0].startswith("scan.png (") and names[0].endswith("second)") and len(set(names)) == 2
    assert drawn.recent_menu.toolTipsVisible()
    sessions = [tmp_path / "a.picgui", tmp_path / "b.picgui"]
    for path in sessions:
        records.write(path, records.content_of(drawn.session))
    drawn.opening.open_many(sessions)
    assert "one session at a time" in drawn.message.text and drawn.opening.batch is None
    drawn.opening.open_many([sessions[0], scan])
    assert photos(drawn.opening.batch) == [scan]
    drawn.opening.batch.close()


def test_messages_are_announced_to_screen_readers(window, monkeypatch):
    announced = []
    monkeypatch.setattr(announcing.QAccessible, "updateAccessibility", lambda event: announced.append(event.message()))
    window.message.tell_error("The disk is full.")
    assert announced == ["The disk is full."]


@pytest.mark.parametrize("fewer", ["delete", "field"])
def test_comparing_selects_nothing_where_one_of_those_compared_goes(drawn, fewer):
    drawn.action["compare"].trigger()
    assert len(drawn.canvas.samples) == 4
    if fewer == "delete":
        drawn.action["delete"].trigger()
    else:
        drawn.session.set_sample_count(3)
    assert len(drawn.canvas.samples) == 3 and len(drawn.session.samples) == 3
    drawn.action["delete"].trigger()
    assert len(drawn.session.samples) == 2
    drawn.action["compare"].trigger()
    drawn.action["pin"].trigger()
    assert [drawn.session.is_pinned(s) for s in drawn.session.samples].count(True) == 1


def test_pins_that_a_comparison_leaves_are_not_all_meant(drawn, qtbot):
    session = drawn.session
    session.toggle_pins(session.samples[:2])
    drawn.action["compare"].trigger()
    session.set_temperature(0.3)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.action["delete"].trigger()
    assert len(session.samples) == 3


@pytest.mark.parametrize("on", ["the message", "Resample"])
def test_a_photograph_that_could_not_be_looked_at_is_so_again_at_a_press(window, scan, qtbot, monkeypatch, on):
    embed = jobs.embed
    monkeypatch.setattr(jobs, "embed", lambda *_: (_ for _ in ()).throw(OutOfMemoryError("Too little memory.")))
    window.open(scan)
    qtbot.waitUntil(lambda: window.message.isVisible(), timeout=WAIT)
    assert [b.text() for b in window.message._buttons if b.isVisible()] == ["Try again"]
    assert window.canvas._caption == "The photograph could not be analysed; Resample tries again"
    monkeypatch.setattr(jobs, "embed", embed)
    (window.message._buttons[0] if on == "the message" else window.panel.resample).click()
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert not window.message.isVisible() and window.canvas._caption == ""


def test_what_was_put_aside_stays_in_the_menu_and_comes_with_its_photograph(slowly, drawn, scan, other, qtbot):
    kept, message = drawn.session.kept(), drawn.message
    drawn.open(other)
    qtbot.waitUntil(lambda: drawn.session.name == "other" and message.isVisible(), timeout=WAIT)
    drawn.open(scan)  # before the other has a sample
    qtbot.waitUntil(lambda: drawn.session.name == "scan" and message.isVisible(), timeout=WAIT)
    assert message.text == "Earlier samples of this photograph were put aside."
    message.tell_note("Something else.")
    look_into_the_file_menu(drawn)
    assert drawn.aside_menu.isEnabled()
    drawn.aside_menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: drawn.session.kept() == kept, timeout=WAIT)
    look_into_the_file_menu(drawn)
    left = drawn.opening.put_aside  # what the first drawing of the photograph, opened again, had become
    assert drawn.aside_menu.isEnabled() is bool(left) and kept not in left


@pytest.mark.parametrize("state", ["drawing", "stopped"])
def test_a_slip_while_samples_are_drawn_again_loses_nothing(slowly, drawn, other, state, qtbot):
    session, message = drawn.session, drawn.message
    session.add_hint(np.eye(*session.embedded.chroma_shape, dtype=bool), (5.0, 6.0))
    hints = session.hints
    if state == "stopped":
        qtbot.waitUntil(lambda: drawn.studio.activity is Activity.SAMPLING, timeout=WAIT)
        drawn.action["stop"].trigger()
    assert not any(s.is_complete for s in session.samples)
    drawn.open(other)
    qtbot.waitUntil(lambda: session.name == "other" and message.isVisible(), timeout=WAIT)
    assert message.text == "scan.png and its samples were put aside."
    message._buttons[0].click()
    qtbot.waitUntil(lambda: session.name == "scan" and bool(session.samples) and drawn.studio.activity is Activity.IDLE, timeout=WAIT)
    assert session.hints is hints and [s.seed for s in session.samples] == [1, 2, 3, 4]
    assert all(s.stopped if state == "stopped" else s.is_complete for s in session.samples)


def test_who_goes_back_by_the_file_is_offered_the_earlier_samples_and_the_others_stay_in_the_menu(drawn, scan, other, qtbot):
    session, message, kept = drawn.session, drawn.message, drawn.session.kept()
    drawn.open(other)
    qtbot.waitUntil(lambda: session.name == "other" and is_done(drawn), timeout=WAIT)
    of_other = session.kept()
    drawn.open(scan)
    qtbot.waitUntil(lambda: session.name == "scan" and is_done(drawn), timeout=WAIT)
    assert message.text == "Earlier samples of this photograph were put aside."
    file = drawn.menuBar().actions()[0].menu()
    file.aboutToShow.emit()
    newer, older = drawn.aside_menu.actions()
    assert newer.text().startswith("other.png, ") and older.text().startswith("scan.png, ")
    newer.trigger()
    qtbot.waitUntil(lambda: session.name == "other" and is_done(drawn), timeout=WAIT)
    assert session.kept() == of_other
    file.aboutToShow.emit()
    (_, action) = drawn.aside_menu.actions()
    action.trigger()
    qtbot.waitUntil(lambda: session.name == "scan" and is_done(drawn), timeout=WAIT)
    assert session.kept() == kept and message.text == "other.png and its samples were put aside."


def test_what_was_gone_back_to_by_the_menu_is_offered_no_more(slowly, drawn, other, qtbot):
    session, message, kept = drawn.session, drawn.message, drawn.session.kept()
    drawn.open(other)
    qtbot.waitUntil(lambda: session.name == "other" and message.isVisible(), timeout=WAIT)
    drawn.opening.bring_back(drawn.opening.put_aside[0])  # before the other has a sample
    qtbot.waitUntil(lambda: session.name == "scan" and is_done(drawn), timeout=WAIT)
    assert session.kept() == kept and message.isHidden()


def test_what_was_moved_a_moment_ago_is_of_the_photograph_before_the_pasted_one(drawn, qtbot):
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.gray)
    data = QMimeData()
    data.setImageData(image)
    drawn.panel.temperature.setValue(33)
    assert drawn.panel.is_asking and drawn.opening.take_in(data)
    assert not drawn.panel.is_asking and drawn.session.temperature == 0.33
    qtbot.waitUntil(lambda: drawn.session.path is None, timeout=WAIT)


def test_an_older_session_does_not_take_the_place_of_newer_work_that_was_put_aside(slowly, drawn, other, tmp_path, qtbot):
    session, message, saved = drawn.session, drawn.message, tmp_path / "older.picgui"
    records.write(saved, records.content_of(session))
    session.toggle_pins(session.samples[:1])
    kept = session.kept()
    drawn.open(other)
    qtbot.waitUntil(lambda: session.name == "other" and message.isVisible(), timeout=WAIT)
    drawn.open(saved)  # before the other has a sample
    qtbot.waitUntil(lambda: session.name == "scan" and is_done(drawn), timeout=WAIT)
    assert message.text == "Earlier samples of this photograph were put aside." and session.kept() != kept
    message._buttons[0].click()
    qtbot.waitUntil(lambda: session.kept() == kept, timeout=WAIT)


def test_samples_that_were_not_taken_up_yet_are_put_aside_again(drawn, other, qtbot, monkeypatch):
    session, message, kept = drawn.session, drawn.message, drawn.session.kept()
    drawn.open(other)
    qtbot.waitUntil(lambda: session.name == "other" and is_done(drawn), timeout=WAIT)
    with monkeypatch.context() as scarce:
        scarce.setattr(jobs, "embed", lambda *_: (_ for _ in ()).throw(OutOfMemoryError("Too little memory.")))
        message._buttons[0].click()
        qtbot.waitUntil(lambda: session.name == "scan" and "memory" in message.text, timeout=WAIT)
        assert not session.samples
        drawn.studio.paste(np.random.default_rng(3).integers(0, 255, (50, 80, 3), dtype=np.uint8))
        qtbot.waitUntil(lambda: session.path is None, timeout=WAIT)
    drawn.opening.bring_back(drawn.opening.put_aside[0])
    qtbot.waitUntil(lambda: session.name == "scan" and is_done(drawn), timeout=WAIT)
    assert session.kept() == kept


def test_what_is_opened_does_not_wait_for_the_colours_of_what_is_there(drawn, qtbot, tmp_path, monkeypatch):
    print_path, damaged = tmp_path / "print.png", tmp_path / "damaged.png"
    cv2.imwrite(str(print_path), np.full((100, 150, 3), (120, 150, 190), np.uint8))
    damaged.write_bytes(b"no picture")
    read, asked, begun, go_on = jobs.read_own_colors, [], threading.Event(), threading.Event()

    def interrupted(opened):
        asked.append(opened)
        if len(asked) == 1:
            begun.set()
            go_on.wait(WAIT / 1000)
        yield from read(opened)

    monkeypatch.setattr(jobs, "read_own_colors", interrupted)
    drawn.open(print_path)
    qtbot.waitUntil(begun.is_set, timeout=WAIT)
    drawn.open(damaged)
    qtbot.waitUntil(lambda: "damaged.png" in drawn.message.text, timeout=WAIT)  # as when the drive of the first one is gone
    go_on.set()
    qtbot.waitUntil(lambda: drawn.session.name == "print" and drawn.session.own_chroma is not None, timeout=WAIT)
    assert len(asked) == 1


def test_new_samples_begin_as_the_draft_and_undo_shows_the_old_ones_at_once(slowly, drawn, qtbot, monkeypatch):
    pictures, session = drawn.pictures, drawn.session
    qtbot.waitUntil(lambda: not pictures._busy and not pictures._dirty, timeout=WAIT)
    before, old, composed = pictures.preview(session.selected).copy(), session.selected, []
    monkeypatch.setattr(jobs, "compose_strips", lambda strips, compose=jobs.compose_strips: composed.extend(strips) or compose(strips))
    session.resample()
    assert pictures.preview(session.selected) != pictures.grey
    assert pictures.thumbnail(session.samples[3]) != pictures._grey["thumbnail"]
    qtbot.waitUntil(lambda: session.selected.rows > 0 and bool(composed), timeout=WAIT)
    assert not any(strip.key.is_draft for strip in composed), "that was composed for the first samples"
    session.undo_stack.undo()
    assert session.selected is old and pictures.preview(old) == before
    session.set_saturation(0.5)
    qtbot.waitUntil(lambda: pictures.preview(old) not in (before, pictures.grey), timeout=WAIT)


def test_the_picture_follows_the_saturation_while_it_moves(drawn, qtbot):
    sample, pictures = drawn.session.selected, drawn.pictures
    qtbot.waitUntil(lambda: not pictures._busy and not pictures._dirty, timeout=WAIT)
    seen, timer = [], drawn.panel._saturation_timer
    pictures.preview_changed.connect(lambda _number: seen.append(drawn.panel.saturation.value()))
    timer.setInterval(WAIT)
    timer.setTimerType(Qt.TimerType.PreciseTimer)  # others may tell a twentieth more than is left
    drawn.panel.saturation.setValue(101)
    QTest.qWait(20)
    drawn.panel.saturation.setValue(102)
    assert timer.remainingTime() < WAIT - 15, "not begun anew by every move"
    timer.stop()
    timer.setInterval(60)
    seen.clear()
    moving = cycle(range(103, 160))

    def followed():
        drawn.panel.saturation.setValue(next(moving))
        return len(seen) > 1

    qtbot.waitUntil(followed, timeout=WAIT)
    drawn.panel.saturation.setValue(160)
    qtbot.waitUntil(lambda: not pictures._busy and not pictures._dirty and drawn.session.saturation == 1.6, timeout=WAIT)
    expected = jobs.for_screen(compose(drawn.session.opened.preview, sample.chroma, saturation=1.6))
    assert pictures.preview(sample) == pictures_module.image_of(expected)


def test_fewer_samples_draws_none(drawn):
    drawn.session.delete(drawn.session.samples[1:])
    drawn.panel.fewer.click()
    drawn.panel.ask_at_once()
    assert len(drawn.session.samples) == 1
    drawn.session.set_sample_count(4)
    assert len(drawn.session.samples) == 4


def test_dots_of_hints_go_and_come_where_all_is_pinned(drawn, qtbot):
    session = drawn.session
    session.add_hint(np.eye(*session.embedded.chroma_shape, dtype=bool), (40.0, 30.0))
    qtbot.waitUntil(lambda: is_done(drawn) and not drawn.pictures._busy and not drawn.pictures._dirty, timeout=WAIT)
    drawn.action["hint"].trigger()
    session.toggle_pins(session.samples)
    QTest.qWait(60)
    with_dots, painted = drawn.canvas.grab(), []
    drawn.canvas.paintEvent = lambda event, paint=drawn.canvas.paintEvent: (painted.append(1), paint(event))
    drawn.keeping.timer.stop()
    session.clear_hints()
    qtbot.waitUntil(lambda: bool(painted), timeout=WAIT)
    assert drawn.canvas.grab().toImage() != with_dots.toImage() and drawn.keeping.timer.isActive()
    painted.clear()
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: bool(painted), timeout=WAIT)
    assert drawn.canvas.grab().toImage() == with_dots.toImage()


@pytest.mark.parametrize("tool", ["hint", "region"])
def test_a_stroke_soon_after_another_counts(drawn, qtbot, tool):
    drawn.action[tool].trigger()
    marked = []
    (drawn.canvas.place_marked if tool == "hint" else drawn.canvas.region_marked).connect(marked.append)
    middle = drawn.canvas.rect().center()
    QTest.mouseClick(drawn.canvas, Qt.MouseButton.LeftButton, pos=middle)
    marked.clear()
    QTest.mouseDClick(drawn.canvas, Qt.MouseButton.LeftButton, pos=middle)  # a press, as Qt tells of the second of two
    QTest.mouseMove(drawn.canvas, middle + QPoint(60, 40))
    QTest.mouseRelease(drawn.canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 40))
    assert marked and marked[-1].any()


def test_a_folder_without_a_model_says_what_to_do(qtbot, tmp_path, scan):
    (tmp_path / "bad.safetensors").write_bytes(b"no")
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(checkpoint=tmp_path / "bad.safetensors", device="cpu", settings=settings)
    window.show()
    qtbot.waitUntil(lambda: window.studio.activity is Activity.IDLE, timeout=WAIT)
    window.opening.open_many([scan.parent])
    assert window.message.text.startswith("There is no model to colorize with")
    window.close()


def test_a_photograph_is_in_view_after_a_comparison(drawn, qtbot):
    canvas = drawn.canvas
    drawn.action["compare"].trigger()
    canvas.zoom_to(canvas.zoom * 1.2, QPointF(10, 10))
    canvas._view.move(QPointF(4000, 4000))
    drawn.action["compare"].trigger()
    before = canvas._view.target(canvas._view.panes[0])
    canvas._view.keep_in_view()
    assert canvas._view.target(canvas._view.panes[0]) == before


def test_the_order_is_right_after_stopping(slowly, drawn, qtbot):
    session, order = drawn.session, drawn.gallery.samples
    order.sort_by(gallery.Order.COLORFULNESS)
    session.resample()
    qtbot.waitUntil(lambda: session.selected.rows > 2, timeout=WAIT)
    drawn.keeping.timer.stop()
    drawn.studio.stop()
    values = [sample.mean_chroma for sample in order.shown]
    assert values == sorted(values, reverse=True) and drawn.keeping.timer.isActive()


@pytest.mark.parametrize(
    ("name", "value"),
    [("samples", "abc"), ("samples", "4.0"), ("samples", "99"), ("temperature", "0,75"), ("temperature", "nan"), ("temperature", "9"), ("threads", "two"), ("geometry", "foo")],
)
def test_settings_that_were_spoilt_by_hand_count_for_nothing(tmp_path, model_path, qtbot, name, value):
    (tmp_path / "s.ini").write_text(f"[General]\n{name}={value}\n")
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    window = MainWindow(checkpoint=model_path, device="cpu", settings=settings)
    expected = {"99": 16, "9": 1.2}.get(value)
    assert window.session.sample_count == (expected if name == "samples" and expected else 4)
    assert window.session.temperature == (expected if name == "temperature" and expected else TEMPERATURE)
    dialog = dialogs.PreferencesDialog(settings, in_use=default_checkpoint(), cuda=False)
    assert dialog.samples.currentData() == window.session.sample_count
    assert dialog.temperature.currentData() == round(100 * window.session.temperature) and dialog.threads.currentData() == 0
    window.close()


def test_the_slider_begins_where_the_preferred_temperature_is_and_goes_back_there(tmp_path, model_path, scan, qtbot):
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    settings.setValue("temperature", 0.9)
    window = MainWindow(checkpoint=model_path, device="cpu", settings=settings)
    slider = window.panel.temperature
    assert slider.value() == 90 and window.panel.temperature.value_label.text() == "0.90"
    window.open(scan)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    slider.setValue(30)
    qtbot.waitUntil(lambda: window.session.temperature == 0.3, timeout=WAIT)
    slider.mouseDoubleClickEvent(None)
    qtbot.waitUntil(lambda: window.session.temperature == 0.9 and is_done(window), timeout=WAIT)
    window.close()


def test_what_could_not_be_loaded_is_no_longer_preferred(tmp_path, qapp):
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    in_use = checkpoint(tmp_path)
    settings.setValue("checkpoint", "too-large.safetensors")
    dialogs.PreferencesDialog(settings, in_use=in_use, cuda=False).accept()
    assert settings.value("checkpoint") == str(in_use)


def test_a_checkpoint_that_cannot_be_removed_is_told(tmp_path, qapp, monkeypatch):
    kept = checkpoint(checkpoint_dir(), name="kept")
    dialog = dialogs.PreferencesDialog(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat), in_use=default_checkpoint(), cuda=False)
    dialog.model.setCurrentIndex(dialog.model.findData(str(kept)))

    def held(self, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(QMessageBox, "question", lambda *_, **__: QMessageBox.StandardButton.Yes)
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", held)
        dialog.remove.click()
    assert "could not be removed: Permission denied" in dialog.facts.text() and dialog.model.currentData() == str(kept)
    dialog.remove.click()
    assert not kept.exists()


def test_leaving_the_hints_leaves_the_keys_to_the_photograph(drawn, qtbot):
    drawn.activateWindow()
    drawn.action["hint"].trigger()
    QTest.mouseClick(drawn.canvas, Qt.MouseButton.LeftButton, pos=drawn.canvas.rect().center())
    drawn.panel.hints.plane.setFocus()
    qtbot.waitUntil(drawn.panel.hints.plane.hasFocus, timeout=WAIT)
    drawn.steering.use_tool(Tool.MOVE)
    assert drawn.canvas.hasFocus()


def test_keys_that_are_held_draw_and_delete_once(drawn):
    repeated = {name for name, action in drawn.action.items() if action.autoRepeat()}
    assert repeated == {"zoom_in", "zoom_out", "next", "previous", "undo", "redo", "narrower_brush", "wider_brush"}


def test_the_number_of_samples_takes_no_photograph_and_is_taken_when_one_is_opened(drawn, scan, qtbot):
    assert not drawn.panel.count.acceptDrops()
    drawn.panel.count.setText("2")
    drawn.open(scan)
    assert drawn.session.sample_count == 2
    qtbot.waitUntil(lambda: len(drawn.session.samples) == 2 and is_done(drawn), timeout=WAIT)


def test_copying_is_told_while_it_lasts(drawn, qtbot, monkeypatch):
    goes_on, whole = threading.Event(), jobs.compose_whole
    monkeypatch.setattr(jobs, "compose_whole", lambda *of, **options: (goes_on.wait(30), (yield from whole(*of, **options)))[1])
    drawn.exporting.copy()
    assert drawn.status.doing.text() == "Copying…" and drawn.status.progress.isVisible()
    goes_on.set()
    qtbot.waitUntil(lambda: drawn.message.text == "Copied" and not drawn.status.doing.text(), timeout=WAIT)


def test_a_message_is_no_html(drawn):
    drawn.message.tell_error("<b>old</b>.png is damaged")
    assert drawn.message._text.textFormat() is Qt.TextFormat.PlainText and "<b>" in drawn.message.text


def test_seeds_begin_anew_after_the_largest(drawn, qtbot):
    drawn.session.samples[0].seed = 2**64 - 2
    drawn.session.restore(drawn.session.kept())
    drawn.session.resample()
    assert [sample.seed for sample in drawn.session.samples] == [2**64 - 1, 0, 1, 2]
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)


def test_a_session_may_be_named_in_capitals(drawn, tmp_path, qtbot):
    path, before = tmp_path / "A.PICGUI", drawn.session.samples
    records.write(path, records.content_of(drawn.session))
    drawn.open(path)
    qtbot.waitUntil(lambda: drawn.session.samples not in ((), before) and is_done(drawn), timeout=WAIT)
    drawn.opening.open_many([path])
    assert "one session at a time" in drawn.message.text


def test_a_region_of_given_colours_only_is_not_drawn_again(drawn, qtbot):
    mask = np.zeros(drawn.session.embedded.chroma_shape, bool)
    mask[1:4, 1:4] = True
    drawn.session.add_hint(mask, (9.0, 9.0))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    before = drawn.session.samples
    inside = mask.copy()
    inside[1] = False
    drawn.canvas.region_marked.emit(inside)
    assert drawn.session.samples == before and "hints" in drawn.message.text


def test_where_samples_differ_is_offered_once_two_are_complete(drawn):
    for sample in drawn.session.samples[1:]:
        sample.rows, sample.stopped = 2, True
    drawn.session.samples_changed.emit()
    assert not drawn.action["spread"].isEnabled()
    for sample in drawn.session.samples:
        sample.rows = sample.chroma.shape[1]
    drawn.session.samples_changed.emit()
    assert drawn.action["spread"].isEnabled()


def test_what_is_opened_while_files_are_looked_for_stays_among_the_last_ones(window, scan, qtbot):
    with qtbot.waitSignal(window.keeping.recent_found, timeout=WAIT):
        look_into_the_file_menu(window)
        window.opening.remember(scan)
    look_into_the_file_menu(window)
    assert [action.text() for action in window.recent_menu.actions() if action.data()] == [scan.name]


def test_where_a_session_was_saved_last_outlives_a_crash(drawn, tmp_path, qtbot):
    drawn.keeping.save()
    drawn.keeping.timer.stop()
    drawn.session.saved_in(tmp_path / "a.picgui", is_present=True)
    kept = kept_file(drawn)
    qtbot.waitUntil(lambda: records.read_session(kept).file == tmp_path / "a.picgui", timeout=WAIT)


def test_a_photograph_is_compared_with_its_session_away_from_the_window(drawn, tmp_path, qtbot, monkeypatch):
    threads, digest = [], opening.file_digest
    monkeypatch.setattr(opening, "file_digest", lambda path: threads.append(threading.current_thread()) or digest(path))
    records.write(tmp_path / "a.picgui", records.content_of(drawn.session))
    drop(drawn, tmp_path / "a.picgui")
    qtbot.waitUntil(lambda: drawn.session.file == tmp_path / "a.picgui", timeout=WAIT)
    assert threads and threading.main_thread() not in threads


def test_what_was_put_aside_outlives_a_crash_too(drawn, scan, other, qtbot):
    drawn.keeping.save()
    drawn.open(other)
    qtbot.waitUntil(lambda: drawn.session.path == other and is_done(drawn), timeout=WAIT)
    drawn.keeping.save()
    files = [drawn.keeping.recovery._own, *(file for _, file in drawn.keeping.recovery._aside)]
    assert len(files) == 2 and all(file.path.is_file() for file in files)
    for file in files:
        file.lock.unlock()  # as when its program is gone
    found = records.Recovery(data_dir())
    assert found.find() and [records.photo_name(path) for path in found.all_kept()[:2]] == [other.name, scan.name]
    assert [len(records.read_session(path).state.samples) for path in found.all_kept()[:2]] == [4, 4]


def test_what_was_put_aside_is_not_offered_after_an_end_in_order(drawn, other, qtbot):
    before = set(data_dir().glob("open-*"))
    drawn.open(other)
    qtbot.waitUntil(lambda: drawn.session.path == other and is_done(drawn), timeout=WAIT)
    assert set(data_dir().glob("open-*.picgui")) - before
    drawn.close()
    assert not set(data_dir().glob("open-*")) - before


def choose_and_leave(window, photographs, qtbot, *, choosing):
    """Look at one photograph after the other, and choose something in some of them."""
    for path in photographs:
        window.open(path)
        qtbot.waitUntil(lambda path=path: window.session.path == path and is_done(window), timeout=WAIT)
        if path in choosing:
            window.session.toggle_pins(window.session.samples[1:2])


def put_aside(window):
    return [kept.source.name for kept in window.opening.put_aside if isinstance(kept, records.Record)]


def test_of_what_was_put_aside_that_goes_first_which_was_only_looked_at(window, scan, qtbot, monkeypatch):
    monkeypatch.setattr(records, "PUT_ASIDE", 3)
    photographs = [shutil.copy(scan, scan.with_name(f"{name}.png")) for name in "abcdef"]
    choose_and_leave(window, photographs, qtbot, choosing=photographs[:1])
    assert put_aside(window) == ["e.png", "d.png", "a.png"]
    files = [file.path for _, file in window.keeping.recovery._aside]
    assert all(file.is_file() for file in files) and [json.loads(file.read_text())["is_unsaved"] for file in files] == [True, False, False]


def test_where_all_that_was_put_aside_was_chosen_the_oldest_is_left_for_the_next_start(window, scan, qtbot, monkeypatch):
    monkeypatch.setattr(records, "PUT_ASIDE", 2)
    photographs = [shutil.copy(scan, scan.with_name(f"{name}.png")) for name in "abcd"]
    choose_and_leave(window, photographs, qtbot, choosing=photographs[:3])
    assert put_aside(window) == ["c.png", "b.png"]
    (left,) = data_dir().glob("closed-*.picgui")
    assert records.photo_name(left) == "a.png" and pinned_places(records.read_session(left)) == [1]
    window.opening.bring_back(window.opening.put_aside[0])
    qtbot.waitUntil(lambda: window.session.name == "c" and is_done(window), timeout=WAIT)
    assert put_aside(window) == ["d.png", "b.png"] and list(data_dir().glob("closed-*.picgui")) == [left], "what is open again is not left, too"
    window.close()
    found = records.Recovery(data_dir())
    assert found.find() == "closed" and [records.photo_name(path) for path in found.all_kept()[:3]] == ["c.png", "b.png", "a.png"]


def test_what_could_not_be_written_stays_put_aside(window, scan, qtbot, monkeypatch):
    monkeypatch.setattr(records, "PUT_ASIDE", 1)
    photographs = [shutil.copy(scan, scan.with_name(f"{name}.png")) for name in "abc"]

    def full(*_, **__):
        raise DestinationError("There is no room.")

    with monkeypatch.context() as scarce:
        scarce.setattr(records, "write", full)
        choose_and_leave(window, photographs, qtbot, choosing=photographs)
        assert put_aside(window) == ["b.png", "a.png"] and not list(data_dir().glob("closed-*"))
    window.close()
    assert sorted(map(records.photo_name, data_dir().glob("closed-*.picgui"))) == ["a.png", "b.png", "c.png"], "once there is room"


def test_a_photograph_that_is_opened_again_lies_as_it_was_left(drawn, scan, other, qtbot):
    session, message = drawn.session, drawn.message
    session.toggle_pins(session.samples[1:2])
    session.resample()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    kept = session.kept()
    drawn.open(scan)  # though it is open
    qtbot.waitUntil(lambda: session.restoring is None and session.samples == kept.state.samples and session.opened is not None, timeout=WAIT)
    assert session.kept() == kept and not put_aside(drawn)
    drawn.open(other)
    qtbot.waitUntil(lambda: session.name == "other" and is_done(drawn), timeout=WAIT)
    session.toggle_pins(session.samples[:1])
    drawn.open(scan)
    qtbot.waitUntil(lambda: session.name == "scan" and is_done(drawn), timeout=WAIT)
    assert session.kept() == kept and session.is_unsaved and put_aside(drawn) == ["other.png"]
    assert message.text == "The samples are as you left them. other.png and its samples were put aside."
    assert [button.text() for button in message._buttons] == ["Draw anew", "Go back to other"]
    message._buttons[0].click()
    qtbot.waitUntil(lambda: session.samples != kept.state.samples and is_done(drawn), timeout=WAIT)
    assert [s.seed for s in session.samples] == [1, 2, 3, 4] and not session.is_unsaved
    assert message.text == "Earlier samples of this photograph were put aside."
    message._buttons[0].click()
    qtbot.waitUntil(lambda: session.kept() == kept, timeout=WAIT)


def test_a_photograph_lies_as_it_was_left_however_many_were_open_since_and_after_a_start(window, scan, qtbot, monkeypatch):
    monkeypatch.setattr(records, "PUT_ASIDE", 1)
    photographs = [shutil.copy(scan, scan.with_name(f"{name}.png")) for name in "abc"]
    choose_and_leave(window, photographs, qtbot, choosing=photographs)
    look_into_the_file_menu(window)
    assert [action.text().split(",")[0] for action in window.aside_menu.actions()] == ["b.png", "a.png"]
    (left,) = data_dir().glob("closed-*.picgui")
    window.open(photographs[0])
    qtbot.waitUntil(lambda: window.session.name == "a" and is_done(window), timeout=WAIT)
    assert pinned_places(window.session.kept()) == [1] and window.session.is_unsaved and not left.exists()
    assert "as you left them" in window.message.text
    (left,) = data_dir().glob("closed-*.picgui")  # b, which another one took the place of
    assert window.keeping.recovery.find() == "closed"  # as the next start does
    window.open(photographs[1])
    window.message.tell_offer("b.png was kept.", ("Go back to b", window.opening.bring_back_last))
    qtbot.waitUntil(lambda: window.session.name == "b" and is_done(window), timeout=WAIT)
    assert pinned_places(window.session.kept()) == [1] and not window.keeping.recovery.kept.exists()
    assert "was kept" not in window.message.text and window.message._buttons[0].text() == "Draw anew", "what is open is not offered"


def test_what_another_program_left_in_the_place_of_what_is_opened_stays(drawn, tmp_path, qtbot, monkeypatch):
    drawn.session.toggle_pins(drawn.session.samples[:1])
    drawn.keeping.save()
    kept, recovery = drawn.keeping.recovery.kept, drawn.keeping.recovery
    shutil.copy(recovery._own.path, kept)
    record = recovery.read(kept)
    left_behind(data_dir(), "a", "of another program", 10)
    assert records.Recovery(data_dir()).find() == "crashed" and kept.read_text() == "of another program"
    drawn.opening.take_up(record)
    qtbot.waitUntil(lambda: drawn.session.samples == record.state.samples and is_done(drawn), timeout=WAIT)
    assert kept.read_text() == "of another program"


def test_each_file_that_was_left_is_looked_into_once(tmp_path, monkeypatch):
    recovery, kept_in, looked_into = records.Recovery(tmp_path), records._kept_in, []
    monkeypatch.setattr(records, "_kept_in", lambda path: looked_into.append(path.name) or kept_in(path))
    for name, age in (("older", 10), ("newer", 5)):
        left_behind(tmp_path, name, json.dumps({"source": f"/{name}.png", "digest": "d", "rotation": 90}), age).rename(tmp_path / f"closed-{name}.picgui")
    (tmp_path / "closed-damaged.picgui").write_text("{")
    left = recovery.left()
    assert [(one.source.name, one.digest, one.turns, one.is_unsaved) for one in left] == [("newer.png", "d", 1, True), ("older.png", "d", 1, True)]
    (tmp_path / "closed-newer.picgui").write_text(json.dumps({"source": None, "is_unsaved": False}))
    assert [one.source for one in recovery.left()] == [None, Path("/older.png")]
    assert sorted(looked_into) == ["closed-damaged.picgui", "closed-newer.picgui", "closed-newer.picgui", "closed-older.picgui"]
