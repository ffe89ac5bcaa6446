"""What a person does too early, twice, beside the picture, or while something goes wrong: in the real window with a tiny checkpoint."""

import os
import threading
import time
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from picgui import batch as batch_files
from picgui.errors import OutOfMemoryError, PhotoError, PicError
from picgui.gui import exporting, jobs, opening, records, session
from picgui.gui import queue as queue_module
from picgui.gui.canvas import _Held
from picgui.gui.gallery import Order
from picgui.gui.marking import Tool
from picgui.gui.overlay import Overlay
from picgui.gui.queue import State
from picgui.gui.studio import Activity
from picgui.gui.worker import while_painting
from picgui.opencv import cv2
from picgui.paths import data_dir
from picgui.photo import read_photo
from picgui.upsample import compose
from tests.windows import WAIT, as_pixels, is_done, kept_file, photos, states


@pytest.mark.parametrize("overlay", ["spread", "unsure"])
def test_the_mouse_may_be_beside_every_sample_while_numbers_are_shown(drawn, overlay, qtbot):
    drawn.gallery.mark(drawn.session.samples[:3])
    drawn.action["compare"].trigger()
    assert len(drawn.canvas.samples) == 3
    drawn.action[overlay].trigger()
    qtbot.waitUntil(lambda: drawn.canvas._overlay is not None, timeout=WAIT)
    panes = drawn.canvas._view.panes
    between = QPointF(panes[0].right() + 4, panes[0].center().y())
    for place in (between, QPointF(-40, 10)):
        assert drawn.canvas._view.pane_at(place) is None
        drawn.canvas._pointed = place
        drawn.canvas.grab()  # an exception in painting fails the test


def test_numbers_are_shown_where_the_mouse_lay_before_they_were(drawn):
    canvas, painter = drawn.canvas, Mock()
    whole = canvas._view.target(canvas._view.panes[0])
    QTest.mouseMove(canvas, canvas.rect().center())
    QTest.mouseMove(canvas, (whole.topLeft() + QPointF(0.3 * whole.width(), 0.75 * whole.height())).toPoint())
    canvas.show_overlay(Overlay(np.arange(48.0).reshape(6, 8), 0, 48, "low", "high", "bits"))
    canvas._overlay.paint_legend(painter, canvas, canvas._read_at())
    assert "34.0 bits" in [call.args[-1] for call in painter.drawText.call_args_list]


@pytest.mark.parametrize("ask", ["count", "temperature"])
@pytest.mark.parametrize("first", [True, False])
def test_undo_takes_back_what_was_asked_for_a_moment_ago_and_nothing_else(drawn, ask, first, qtbot):
    if not first:
        drawn.session.resample()
        qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    before, temperature = drawn.session.samples, drawn.session.temperature
    if ask == "count":
        drawn.panel.more.click()
    else:
        drawn.panel.temperature.setValue(drawn.panel.temperature.value() + 20)
    drawn.action["undo"].trigger()
    assert drawn.session.samples == before and drawn.session.sample_count == 4
    assert drawn.session.temperature == temperature
    QTest.qWait(500)  # longer than anything waits before it is asked for
    assert drawn.session.samples == before and drawn.session.undo_stack.canRedo()
    assert drawn.action["undo"].isEnabled() is not first
    drawn.action["redo"].trigger()
    assert drawn.session.sample_count == 5 or drawn.session.temperature != temperature


def test_resample_draws_at_the_temperature_that_was_chosen_a_moment_ago(drawn, qtbot):
    drawn.panel.temperature.setValue(110)
    drawn.action["resample"].trigger()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert {s.temperature for s in drawn.session.samples} == {1.1} and min(s.seed for s in drawn.session.samples) > 4


def test_a_name_under_which_a_picture_will_be_written_is_asked_about(drawn, tmp_path, qtbot, monkeypatch):
    go_on, export, asked = threading.Event(), jobs.export, []
    monkeypatch.setattr(jobs, "export", lambda *of, **options: (item for item in export(*of, **options) if go_on.wait(WAIT / 1000)))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "a.png"), "PNG picture (*.png)"))
    monkeypatch.setattr(QMessageBox, "question", lambda *a: asked.append(a[2]) or QMessageBox.StandardButton.No)
    drawn.action["export"].trigger()
    drawn.session.select(drawn.session.samples[2])
    drawn.action["export"].trigger()
    assert len(asked) == 1 and "a.png" in asked[0]
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        go_on.set()
    assert records.read_exported(tmp_path / "a.png").state.samples[0].seed == 1


def test_an_error_stays_though_something_else_is_done_meanwhile(window):
    offers = ("Try again", lambda: None), ("Show in folder", lambda: None)
    window.message.tell_error("The disk is full.", offers[0])
    window.message.tell_done("Copied")
    window.message.tell_done("Saved as b.png", offers[1])
    assert window.message.text == "The disk is full.\nSaved as b.png" and window.message._timer.isActive()
    assert [button.text() for button in window.message._buttons] == ["Try again", "Show in folder"]
    window.message.tell_done("Saved as c.png", ("Show in c", lambda: None))
    assert [button.text() for button in window.message._buttons] == ["Try again", "Show in c"], "the remedy stays"
    window.message._buttons[1].click()
    assert window.message.text == "The disk is full." and window.message._buttons[0].isVisible() and not window.message._buttons[1].isVisible()
    window.message.tell_done("Copied")
    window.message._timer.timeout.emit()
    assert window.message.text == "The disk is full." and window.message._buttons[0].isVisible(), "what followed goes by itself, the error does not"
    window.message.withdraw(offers[0][1])
    assert not window.message.isVisible()
    window.message.tell_error("The disk is full.")
    window.message._close.click()
    window.message.tell_done("Copied")
    assert window.message.text == "Copied" and window.message._timer.isActive() and not window.message._buttons[0].isVisible()


def test_a_key_of_a_tool_that_needs_samples_tells_to_wait_for_them(slowly, window, scan, qtbot):
    window.open(scan)
    qtbot.waitUntil(lambda: bool(window.session.samples) and window.session.samples[0].rows > 0, timeout=WAIT)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT)
    for key in (Qt.Key.Key_G, Qt.Key.Key_T):
        QTest.keyClick(window.canvas, key)
        assert window.message.isVisible() and "until the samples are drawn" in window.message.text and window.canvas.tool is Tool.MOVE
        window.message.hide()
    QTest.keyClick(window.canvas, Qt.Key.Key_H)
    assert window.canvas.tool is Tool.HINT and window.message.isHidden()
    window.action["stop"].trigger()
    window.session.delete(window.session.samples)
    QTest.keyClick(window.canvas, Qt.Key.Key_G)
    assert window.message.isHidden(), "there are none to wait for"


def test_an_error_leaves_when_what_went_wrong_is_done_well(drawn, scan, tmp_path, qtbot, monkeypatch):
    message, sample = drawn.message, drawn.session.selected
    message.tell_error("The disk is full.")
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(sample, tmp_path / "a.png")])
    assert message.text == "The disk is full.\nSaved as a.png", "of something else it stays"
    drawn.exporting.export([(sample, scan)])
    assert "is the photograph itself" in message.text
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(sample, tmp_path / "b.png")])
    assert message.text == "Saved as b.png"
    (tmp_path / "taken.picgui").mkdir()
    for name, words in (("taken", "is a folder"), ("free", "Saved as free.picgui")):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / f"{name}.picgui"), ""))
        drawn.exporting.ask_where_to_save()
        assert words in message.text and "\n" not in message.text
    checkpoint, model = drawn.studio.checkpoint, drawn.studio.model
    (tmp_path / "bad.safetensors").write_bytes(b"no checkpoint")
    drawn.studio.use_model(tmp_path / "bad.safetensors", device="cpu")
    qtbot.waitUntil(lambda: "bad.safetensors" in message.text and message.isVisible(), timeout=WAIT)
    drawn.studio.use_model(checkpoint.with_name("none.safetensors"), device="cpu")
    qtbot.waitUntil(lambda: "none.safetensors" in message.text, timeout=WAIT)
    other = tmp_path / "other.safetensors"
    other.write_bytes(checkpoint.read_bytes())
    drawn.studio.use_model(other, device="cpu")
    qtbot.waitUntil(lambda: drawn.studio.model is not model, timeout=WAIT)
    assert message.isHidden()


def test_what_failed_stays_above_what_was_written_with_it(drawn, tmp_path, qtbot):
    (tmp_path / "taken.png").mkdir()
    samples = drawn.session.samples
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(samples[0], tmp_path / "a.png"), (samples[1], tmp_path / "taken.png")])
    assert "is a folder" in drawn.message.text and drawn.message.text.endswith("\nSaved as a.png")


def test_a_copy_and_a_drag_tell_that_they_hold_a_draft(slowly, window, scan, qtbot):
    window.open(scan)
    qtbot.waitUntil(lambda: bool(window.session.samples) and window.session.samples[0].rows > 0, timeout=WAIT)
    window.action["stop"].trigger()
    with qtbot.waitSignal(window.studio.composed, timeout=WAIT):
        window.action["copy"].trigger()
    assert window.message.text == "Copied. What was not drawn yet is a draft."
    window.message.hide()
    window.exporting.write_for_drag(window.session.samples[:1])
    assert window.message.text == "What was not drawn yet is a draft."


def test_a_drag_overwrites_nothing_of_the_drags_before_and_needs_a_folder(drawn, monkeypatch):
    first, second = (drawn.exporting.write_for_drag(drawn.session.samples[:1])[0] for _ in range(2))
    assert first != second and first.name == second.name and first.exists()
    for _ in range(exporting._DRAGS_KEPT - 1):
        drawn.exporting.write_for_drag(drawn.session.samples[:1])
    assert not first.exists() and second.exists()
    monkeypatch.setattr(exporting.QTemporaryDir, "isValid", lambda self: False)
    assert drawn.exporting.write_for_drag(drawn.session.samples[:1]) == [] and "no temporary folder" in drawn.message.text


def test_a_queue_waits_for_the_model_that_is_being_loaded(drawn, scan, monkeypatch):
    monkeypatch.setattr(drawn.studio, "activity", Activity.LOADING)
    drawn.opening.open_many([scan])
    assert drawn.opening.batch is None and "still being loaded" in drawn.message.text


def test_a_photograph_takes_the_names_that_a_damaged_one_or_a_skipped_one_left(window, scan, tmp_path, qtbot):
    damaged = tmp_path / "scan.jpg"
    damaged.write_bytes(b"no picture")
    window.session.set_sample_count(1)
    window.opening.open_many([damaged, scan])
    dialog = window.opening.batch
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.queue.index(1, 1).data() == "done", timeout=WAIT)
    assert states(dialog) == [State.FAILED, State.DONE] and (tmp_path / "out/scan-colorized-1.png").exists()
    dialog.close()


def test_a_folder_that_cannot_be_read_does_not_hinder_the_others(window, scan, tmp_path, monkeypatch):
    def photos_in(folder):
        if folder.name == "locked":
            raise PhotoError("The folder locked cannot be read.")
        return listed(folder)

    listed = batch_files.photos_in
    monkeypatch.setattr(batch_files, "photos_in", photos_in)
    (tmp_path / "locked").mkdir()
    window.opening.open_many([tmp_path / "locked", scan.parent])
    assert photos(window.opening.batch) == [scan] and window.message.text == "The folder locked cannot be read."
    window.opening.batch.close()


def test_a_batch_that_still_ends_its_last_file_is_no_open_one(window, scan, qtbot, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def writing(*_, **__):
        yield read_photo(scan)
        begun.set()
        go_on.wait(WAIT / 1000)
        yield

    monkeypatch.setattr(queue_module, "colorize_file", writing)
    monkeypatch.setattr(queue_module, "LONGEST_READING", 0.01)  # it is not what is waited for
    window.opening.open_many([scan])
    first = window.opening.batch
    first.start.click()
    seen = []

    def open_another():
        window.opening.open_many([scan])
        seen.append(window.message.text)
        go_on.set()

    qtbot.waitUntil(lambda: begun.is_set() and not first.queue._is_reading, timeout=WAIT)
    QTimer.singleShot(50, open_another)
    first.close()
    assert "still finishing" in seen[0] and window.opening.batch is None


def test_a_chosen_folder_is_where_the_next_one_is_looked_for(window, tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a: begun.append(a[2]) or str(tmp_path))
    window.opening.ask_for_folder()
    window.opening.ask_for_folder()
    assert begun[1] == str(tmp_path)


def test_samples_that_waited_when_memory_ran_out_are_not_forgotten(slowly, window, scan, qtbot, monkeypatch):
    draw, fails = jobs.draw, threading.Event()

    def scarce(*arguments, **options):
        for item in draw(*arguments, **options):
            if fails.is_set():
                raise OutOfMemoryError("There is not enough memory for this.")
            yield item

    monkeypatch.setattr(jobs, "draw", scarce)
    window.open(scan)
    qtbot.waitUntil(lambda: bool(window.session.samples) and window.session.samples[0].rows > 0, timeout=WAIT)
    window.session.set_sample_count(7)
    fails.set()
    qtbot.waitUntil(lambda: window.message.isVisible(), timeout=WAIT)
    fails.clear()
    assert len(window.studio._failed) == 7
    window.message._buttons[0].click()
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert [s.seed for s in window.session.samples] == [1, 2, 3, 4], "three of seven went; the others are whole"


def test_what_is_dragged_stays_in_the_hand_when_the_first_colours_come(drawn):
    QTest.mousePress(drawn.canvas, Qt.MouseButton.LeftButton, pos=drawn.canvas.rect().center())
    held = drawn.canvas._grab
    drawn.session.draft_ready.emit()
    assert held is not None and drawn.canvas._grab is held
    drawn.steering.use_tool(Tool.HINT)
    drawn.canvas._mark.stroke = [QPointF(0.5, 0.5)]
    drawn.session.draft_ready.emit()
    assert drawn.canvas._mark.stroke == [], "what was marked was so at another resolution"


def test_trying_again_is_offered_for_what_can_be_tried_again(drawn, scan, tmp_path, qtbot, monkeypatch):
    def failing(photo, model):
        raise PicError("The network failed.")
        yield

    looked = jobs.draft
    monkeypatch.setattr(jobs, "draft", failing)
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), np.random.default_rng(1).integers(0, 255, (40, 60), dtype=np.uint8))
    drawn.open(other)
    qtbot.waitUntil(lambda: drawn.message.isVisible() and drawn.message._buttons[0].text() == "Try again", timeout=WAIT)
    drawn.open(tmp_path / "none.png")
    qtbot.waitUntil(lambda: "none.png" in drawn.message.text, timeout=WAIT)
    assert not drawn.message._buttons[0].isVisible()
    monkeypatch.setattr(jobs, "draft", looked)
    drawn.message.hide()
    assert drawn.panel.resample.isEnabled()
    drawn.action["resample"].trigger()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert drawn.session.name == "other"


@pytest.mark.parametrize("failures", [1, 9])
def test_composing_that_fails_is_tried_again_and_told(drawn, failures, qtbot, monkeypatch):
    sample, pictures, compose_strips = drawn.session.selected, drawn.pictures, jobs.compose_strips
    qtbot.waitUntil(lambda: not pictures._busy and not pictures._dirty, timeout=WAIT)
    left = [None] * failures

    def scarce(strips):
        if left:
            left.pop()
            raise MemoryError
        yield from compose_strips(strips)

    monkeypatch.setattr(jobs, "compose_strips", scarce)
    drawn.session.set_saturation(1.5)
    expected = jobs.for_screen(compose(drawn.session.opened.preview, sample.chroma, saturation=1.5))
    if failures > 2:
        qtbot.waitUntil(lambda: "not enough memory" in drawn.message.text, timeout=WAIT)
        left.clear()
        drawn.session.set_saturation(1.4)
        drawn.session.set_saturation(1.5)
    qtbot.waitUntil(lambda: np.array_equal(as_pixels(pictures.preview(sample)), expected[..., 2::-1]), timeout=WAIT)
    assert drawn.message.isVisible() is (failures > 2)


def test_an_exception_that_nobody_expected_is_told_and_not_again_and_again(window, capsys):
    shown = []
    window.message.tell_error("another")
    tell = window.message.tell_error
    window.message.tell_error = lambda sentence: (shown.append(sentence), tell(sentence))
    for _ in range(2):
        window.remedies.tell_unexpected(ValueError, ValueError("no such number"), None)
    assert len(shown) == 1 and "no such number" in window.message.text
    window.remedies.tell_unexpected(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert len(shown) == 1 and "KeyboardInterrupt" in capsys.readouterr().err


def test_the_window_is_painted_while_files_are_looked_for(window, qtbot):
    beats = []
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: beats.append(QGuiApplication.overrideCursor().shape()))
    timer.start()
    assert while_painting(lambda: time.sleep(0.2) or 7) == 7
    timer.stop()
    assert len(beats) > 3 and set(beats) == {Qt.CursorShape.WaitCursor} and QGuiApplication.overrideCursor() is None
    with pytest.raises(PhotoError):
        while_painting(_failing)


def _failing():
    raise PhotoError("no")


def test_hints_are_whole_numbers_as_files_keep_them_and_steps_are_bounded(drawn):
    mask = np.zeros(drawn.session.embedded.chroma_shape, bool)
    mask[0, 0] = True
    drawn.session.add_hint(mask, (12.4, -7.6))
    assert drawn.session.hints.chroma[:, 0, 0].tolist() == [12, -8]
    assert drawn.session.undo_stack.undoLimit() == session._STEPS_KEPT


def test_a_full_disk_does_not_cost_what_was_kept_before(pasted, qtbot, monkeypatch):
    pasted.keeping.save()
    own, before = kept_file(pasted), records.read_session(kept_file(pasted))
    full = OSError(28, "No space left on device")
    with monkeypatch.context() as scarce:
        scarce.setattr("picgui.files.os.replace", lambda *_: (_ for _ in ()).throw(full))
        pasted.studio.paste(np.random.default_rng(9).integers(0, 255, (40, 60, 3), dtype=np.uint8))
        qtbot.waitUntil(lambda: pasted.session.opened.picture != before.picture and is_done(pasted), timeout=WAIT)
        pasted.keeping.save()
    kept = records.read_session(own)
    assert kept.picture == before.picture and kept.state.samples[0].seed == before.state.samples[0].seed
    pasted.keeping.save()
    assert records.read_session(own).picture == pasted.session.opened.picture


@pytest.fixture
def slow_drive(monkeypatch, tmp_path):
    """A file on a drive that answers once this event is set, and that event."""
    path, answers, is_folder = tmp_path / "slow" / "a.png", threading.Event(), opening.is_folder
    path.parent.mkdir()
    cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 255, (40, 60), dtype=np.uint8))
    monkeypatch.setattr(opening, "is_folder", lambda place: (place != path or answers.wait(WAIT / 1000)) and is_folder(place))
    yield path, answers
    answers.set()


def test_a_drive_that_is_slow_holds_nothing_that_is_open(drawn, slow_drive, qtbot):
    path, answers = slow_drive
    drawn.open(path)
    assert drawn.studio.is_reading and drawn.status.doing.text() == "Reading…" and not drawn.action["rotate_left"].isEnabled()
    drawn.action["resample"].trigger()
    qtbot.waitUntil(lambda: is_done(drawn) and drawn.session.selected.seed == 5, timeout=WAIT)
    answers.set()
    qtbot.waitUntil(lambda: drawn.session.path == path and is_done(drawn), timeout=WAIT)
    assert drawn.action["rotate_left"].isEnabled() and drawn.message.text == "scan.png and its samples were put aside."


@pytest.mark.parametrize("what", ["open", "paste", "stay", "close"])
def test_what_is_done_while_a_slow_drive_is_looked_at_takes_its_place(drawn, slow_drive, tmp_path, what, qtbot, monkeypatch):
    (path, answers), session, before = slow_drive, drawn.session, drawn.session.opened
    monkeypatch.setattr("picgui.gui.studio.LONGEST_READING", 0.1)
    seen = []
    session.photo_changed.connect(lambda: seen.append(session.path))
    drawn.open(path)
    if what == "open":
        drawn.open(before.path)
    elif what == "paste":
        drawn.studio.paste(np.zeros((40, 60, 3), np.uint8))
    elif what == "stay":
        drawn.studio.stay()
    else:
        assert drawn.close()
    answers.set()
    qtbot.waitUntil(lambda: not drawn.studio._reader.is_busy() and (len(seen) == 1) is (what in ("open", "paste")), timeout=WAIT)
    QCoreApplication.processEvents()
    assert seen == {"open": [before.path], "paste": [None]}.get(what, []) and (session.opened is before) is not bool(seen)


def test_what_a_crash_half_wrote_goes(tmp_path):
    folder = data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    orphan, half = folder / "open-1-a.png", folder / ".picgui-1.part"
    for path in (orphan, half):
        path.write_bytes(b"x")
    os.utime(half, (time.time() - 4000,) * 2)
    records.Recovery(folder).find()
    assert not orphan.exists() and not half.exists()


def test_a_session_of_windows_finds_its_photograph_beside_it(drawn, scan, tmp_path):
    content = records.content_of(drawn.session) | {"source": "C:\\Users\\anna\\scan.png"}
    records.write(scan.parent / "a.picgui", content)
    assert records.read_session(scan.parent / "a.picgui").source.name == ("scan.png")


def test_what_comparing_selected_by_itself_is_not_dragged_pinned_or_deleted(drawn, qtbot):
    session, gallery = drawn.session, drawn.gallery
    session.set_sample_count(6)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    first, second, *_, fifth, _ = session.samples
    session.select(second)
    drawn.action["compare"].trigger()
    assert len(gallery.marked) == 4 and [path.name for path in gallery._write()] == ["scan-colorized-2.png"]
    gallery.mark((*gallery.marked, fifth))  # as a click with Ctrl
    assert drawn.choosing.meant() == (fifth,)
    gallery.mark(tuple(s for s in gallery.marked if s not in (first, fifth)))
    assert drawn.choosing.meant() == (second,)
    drawn.action["compare"].trigger()
    assert gallery.marked == (second,)


def test_a_click_that_wobbles_redraws_no_region(drawn, qtbot):
    canvas, before, marked = drawn.canvas, drawn.session.samples, []
    drawn.steering.use_tool(Tool.REGION)
    canvas.region_marked.connect(marked.append)
    target = canvas._view.target(canvas._view.panes[0])
    height, width = drawn.session.embedded.chroma_shape
    x, y = target.left() + 4.5 / width * target.width(), target.top() + 4.5 / height * target.height()  # the middle of a pixel of the chroma
    canvas._mark.stroke = [canvas._view.to_photo(QPointF(x + by, y + by), canvas._view.panes[0]) for by in (-1, 1)]
    canvas._tell_mark()
    assert not marked[0].any() and drawn.session.samples == before


def test_undo_of_fewer_samples_brings_back_what_was_looked_at(drawn):
    last = drawn.session.samples[3]
    drawn.session.select(last)
    drawn.session.set_sample_count(3)
    assert drawn.session.selected is drawn.session.samples[2]
    drawn.action["undo"].trigger()
    assert drawn.session.selected is last


def test_zooming_out_never_makes_the_photograph_larger(drawn):
    canvas = drawn.canvas
    drawn.gallery.mark(drawn.session.samples)
    drawn.action["compare"].trigger()
    canvas.zoom_to(1e-6)
    small = canvas.zoom
    drawn.action["compare"].trigger()
    canvas.zoom_out()
    assert canvas.zoom <= small
    canvas.zoom_in()
    assert canvas.zoom > small


def test_another_temperature_draws_something_though_all_are_pinned(drawn, qtbot):
    before = drawn.session.samples
    drawn.session.toggle_pins(before)
    drawn.session.set_temperature(0.3)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    *kept, new = drawn.session.samples
    assert tuple(kept) == before and (new.seed, new.temperature) == (before[0].seed, 0.3) and drawn.session.selected is new
    drawn.session.set_temperature(0.4)
    assert len(drawn.session.samples) == 5, "from now on that one"


def test_a_drag_ends_with_its_button_wherever_that_was_let_go(drawn):
    canvas = drawn.canvas
    canvas.zoom_to(8.0)
    middle = canvas.rect().center()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert canvas._grab.what is _Held.PHOTO
    moved = QMouseEvent(QEvent.Type.MouseMove, QPointF(5, 5), QPointF(5, 5), Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
    center = QPointF(canvas._view.center)
    canvas.mouseMoveEvent(moved)  # a dialog took the release
    assert canvas._grab is None and canvas._view.center == center
    drawn.action["split"].trigger()
    handle = canvas._view.handle(canvas._view.panes[0]).toPoint()
    QTest.mouseMove(canvas, handle)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=handle)
    assert canvas._grab.what is _Held.DIVIDER and canvas.cursor().shape() is Qt.CursorShape.SplitHCursor
    drawn.action["split"].trigger()
    assert canvas._grab is None and not canvas._view.has_split and canvas.cursor().shape() is Qt.CursorShape.ArrowCursor


def test_likely_colours_come_before_the_plane_for_the_keyboard(drawn):
    drawn.steering.use_tool(Tool.HINT)
    mask = np.zeros(drawn.session.embedded.chroma_shape, bool)
    mask[2:4, 2:4] = True
    drawn.canvas.place_marked.emit(mask)
    hints = drawn.panel.hints
    assert any(swatch.isVisible() for swatch in hints._swatches)
    widget, chain = hints._swatches[0], []
    for _ in range(200):
        chain.append(widget)
        widget = widget.nextInFocusChain()
    assert chain.index(hints._swatches[-1]) < chain.index(hints.plane) < chain.index(hints.brush)


def test_the_chosen_sample_stays_in_view_wherever_an_order_puts_it(drawn, qtbot):
    drawn.resize(drawn.minimumSize())
    drawn.session.set_sample_count(16)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    for order in Order:
        drawn.session.select(min(drawn.session.samples, key=lambda s: s.mean_chroma))
        drawn.gallery.samples.sort_by(order)
        QCoreApplication.processEvents()
        assert drawn.gallery.viewport().rect().intersects(drawn.gallery.visualRect(drawn.gallery.currentIndex())), order


def test_a_long_seed_is_shortened_where_it_is_seen_and_whole_in_its_tool_tip(drawn, qtbot):
    drawn.session.selected.seed = 12345678901234567890
    drawn.panel.refresh()
    assert "…" in drawn.panel.seed.text() and drawn.panel.seed.toolTip().startswith("Seed 12345678901234567890\nThe number ")
    index = drawn.gallery.samples.index_of(drawn.session.selected)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == drawn.panel.seed.toolTip() and index.data(Qt.ItemDataRole.AccessibleTextRole) == "Seed 12345678901234567890"


def test_a_comparison_says_which_samples_are_drafts(slowly, window, scan, qtbot, monkeypatch):
    said = []
    chip = window.canvas._chip
    monkeypatch.setattr(window.canvas, "_chip", lambda painter, text, *a, **o: (said.append(text), chip(painter, text, *a, **o))[1])
    window.open(scan)
    qtbot.waitUntil(lambda: bool(window.session.samples) and window.session.samples[0].rows > 0, timeout=WAIT)
    window.action["compare"].trigger()
    window.canvas.grab()
    assert "Seed 1 · draft" in said
    window.action["stop"].trigger()
    window.canvas.grab()
    assert "Seed 2 · stopped" in said


def test_an_exception_while_the_canvas_is_painted_does_not_end_the_program(drawn, monkeypatch):
    kept = []

    def failing(painter):
        kept.append(painter)  # as the traceback does
        raise ValueError("cannot be painted")

    with monkeypatch.context() as broken, pytest.raises(ValueError, match="cannot be painted"):
        broken.setattr(drawn.canvas, "_paint", failing)
        drawn.canvas.grab()
    assert not kept[0].isActive()
    assert not drawn.canvas.grab().isNull()


def test_arrow_keys_go_on_within_a_comparison_and_beyond_it(drawn, qtbot):
    drawn.session.set_sample_count(8)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    samples = drawn.session.samples
    drawn.action["compare"].trigger()
    drawn.gallery.setFocus()
    for place in range(1, 6):
        QTest.keyClick(drawn.gallery, Qt.Key.Key_Right)
        group = samples[:4] if place < 4 else samples[4:]
        assert drawn.session.selected is samples[place] and drawn.canvas.samples == group and drawn.choosing.is_comparing, place
    QTest.mouseClick(drawn.gallery.viewport(), Qt.MouseButton.LeftButton, pos=drawn.gallery.visualRect(drawn.gallery.currentIndex()).center())
    assert not drawn.choosing.is_comparing, "a click chooses one"


def test_an_export_of_which_one_fails_writes_the_others(drawn, tmp_path, qtbot):
    targets = [(sample, tmp_path / f"{place}.png") for place, sample in enumerate(drawn.session.samples[:3])]
    (tmp_path / "1.png").write_text("of another program, that came meanwhile")
    drawn.exporting.export(targets, exclusive=True)
    qtbot.waitUntil(lambda: not drawn.studio.is_exporting, timeout=WAIT)
    assert "1.png was written by another program meanwhile" in drawn.message.text and "2 pictures saved" in drawn.message.text
    assert sorted(path.name for path in tmp_path.glob("?.png") if path.read_bytes()[:4] == b"\x89PNG") == ["0.png", "2.png"]
