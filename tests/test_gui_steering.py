"""Hints, regions, sessions, restored exports, many photographs, preferences: in the real window with a tiny checkpoint."""

import io
import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, QRect, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QColor, QFocusEvent, QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QMenu, QMessageBox, QStyleOptionViewItem

from picgui import color, record
from picgui.batch import Drawn, Written, colorize_file
from picgui.defaults import CANDIDATES, SAMPLES, TEMPERATURE
from picgui.errors import CardMemoryError, OutOfMemoryError, PhotoError
from picgui.files import file_digest
from picgui.gui import batch as batch_module
from picgui.gui import exporting, jobs, main_window, opening, pace, preferences, records, steering, theme
from picgui.gui import queue as queue_module
from picgui.gui.app import open_at_start
from picgui.gui.dialogs import PreferencesDialog
from picgui.gui.gallery import Order
from picgui.gui.hints import Plane
from picgui.gui.main_window import MainWindow
from picgui.gui.marking import Tool
from picgui.gui.panel import Panel
from picgui.gui.queue import State, results_folder
from picgui.gui.session import MAX_SAMPLES
from picgui.gui.studio import Activity, Reading
from picgui.likelihood import own_chroma, surprise, uncertainty
from picgui.opencv import cv2
from picgui.paths import data_dir, default_checkpoint, example_photo
from picgui.photo import read_photo
from picgui.pipeline import Coarse, colorize
from picgui.png import read_png_text, text_chunk, write_chunk
from picgui.record import packed
from picgui.upsample import compose
from tests.models import TINY, checkpoint
from tests.windows import WAIT, as_pixels, choose_row, colours, crash, drop, is_done, kept_file, pinned_places, states


def left_half(window):
    height, width = window.session.embedded.chroma_shape
    mask = np.zeros((height, width), bool)
    mask[:, : width // 2] = True
    return mask


def drag(canvas, start, end):
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(canvas, end)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=end)


def test_a_marked_place_gets_the_chosen_colour_in_every_sample_and_the_rest_is_drawn_again(drawn, qtbot):
    before = drawn.session.samples[0].chroma.copy()
    drawn.action["hint"].trigger()
    middle = drawn.canvas.rect().center()
    drag(drawn.canvas, middle, middle + QPoint(40, 0))
    mask = drawn.steering.marked
    assert mask.any() and not mask.all() and drawn.panel.hints.plane.isEnabled()
    drawn.panel.hints.color_chosen.emit(20.0, -10.0)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    for sample in drawn.session.samples:
        assert (sample.chroma[:, mask] == np.array([[20], [-10]])).all()
    assert not np.array_equal(before[:, ~mask], drawn.session.samples[0].chroma[:, ~mask])
    drawn.action["undo"].trigger()
    assert drawn.session.hints is None and np.array_equal(before, drawn.session.samples[0].chroma)


def test_redoing_a_region_holds_everything_else(drawn, qtbot):
    base, region = drawn.session.selected, left_half(drawn)
    drawn.action["region"].trigger()
    drawn.canvas.region_marked.emit(region)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert drawn.session.samples[0] is base and drawn.canvas.tool is Tool.MOVE
    assert len(drawn.session.samples) == 7 and drawn.session.selected is drawn.session.samples[4]
    for sample in drawn.session.samples[4:]:
        assert np.array_equal(sample.chroma[:, ~region], base.chroma[:, ~region])
        assert not np.array_equal(sample.chroma[:, region], base.chroma[:, region])


def test_where_samples_gave_way_to_a_part_a_message_says_so_and_brings_them_back(drawn, qtbot):
    session, message = drawn.session, drawn.message
    session.set_sample_count(MAX_SAMPLES)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    before, buttons = session.samples, lambda: [button.text() for button in message._buttons if button.isVisible()]

    def redo():
        drawn.action["region"].trigger()
        drawn.canvas.region_marked.emit(left_half(drawn))
        assert message.text == "4 samples gave way: there is room for 16. Undo brings them back." and buttons() == ["Undo"]

    redo()
    message._buttons[0].click()
    assert session.samples == before and message.isHidden()
    redo()
    drawn.action["pin"].trigger()
    assert message.isHidden(), "Undo would take back the pin"
    for _ in range(2):
        drawn.action["undo"].trigger()
    message.tell_error("The disk is full.")
    drawn.action["region"].trigger()
    drawn.canvas.region_marked.emit(left_half(drawn))
    assert "gave way" in message.text and buttons() == ["Undo"]
    drawn.action["pin"].trigger()
    assert message.isVisible() and buttons() == []
    session.stop()


@pytest.fixture
def marked(drawn):
    """The regions that are marked on the canvas from now on; nothing is drawn in them."""
    regions = []
    drawn.canvas.region_marked.disconnect()
    drawn.canvas.region_marked.connect(regions.append)
    drawn.action["region"].trigger()
    return regions


def test_a_rectangle_on_the_canvas_is_the_region_it_covers(drawn, marked):
    target = drawn.canvas._view.target(drawn.canvas._view.panes[0]).toRect()
    drag(drawn.canvas, target.topLeft(), target.center())
    height, width = marked[0].shape
    assert abs(marked[0].sum() - height * width / 4) <= height + width
    assert marked[0][0, 0] and not marked[0][-1, -1]


def test_with_shift_a_region_has_the_outline_that_is_drawn(drawn, marked):
    target = drawn.canvas._view.target(drawn.canvas._view.panes[0]).toRect()
    corners = [target.topLeft(), target.topRight(), target.bottomLeft()]
    QTest.mousePress(drawn.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, corners[0])
    for corner in corners[1:]:
        QTest.mouseMove(drawn.canvas, corner)
    assert not marked, "the outline is drawn until the button is let go"
    QTest.mouseRelease(drawn.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, corners[2])
    height, width = marked[0].shape
    assert marked[0][0, 0] and marked[0][0, -2] and marked[0][-2, 0] and not marked[0][-1, -1] and not marked[0][-3, -3]
    assert abs(marked[0].sum() - height * width / 2) <= height + width
    # the next one without Shift is a rectangle again
    drag(drawn.canvas, target.topLeft(), target.bottomRight())
    assert marked[1].all()


def outline(window):
    """Mark the left half of the photograph as a part; what is marked."""
    target = window.canvas._view.target(window.canvas._view.panes[0]).toRect()
    drag(window.canvas, target.topLeft(), QPoint(target.center().x(), target.bottom()))
    return left_half(window)


def answer(monkeypatch, choose):
    """Let menus be answered by a function of the menu and its place."""
    monkeypatch.setattr(steering, "QMenu", type("Menu", (QMenu,), {"exec": choose}))


def test_a_part_is_taken_from_the_sample_that_is_chosen_and_outlives_the_window(drawn, qtbot, tmp_path, monkeypatch):
    session, asked = drawn.session, []
    session.select(session.samples[1])
    _, base, source, _ = before = session.samples

    def choose(menu, _at):
        asked.extend(action.text() for action in menu.actions() if action.isEnabled())
        assert drawn.canvas._mark.stroke, "what is asked about is seen"
        assert all(not action.icon().isNull() for action in menu.actions()[1:])
        return menu.actions()[2]

    answer(monkeypatch, choose)
    drawn.action["take"].trigger()
    region = outline(drawn)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert asked == ["Seed 1", "Seed 3", "Seed 4"] and drawn.canvas.tool is Tool.MOVE and not drawn.action["take"].isChecked()
    new = session.selected
    assert session.samples == (*before, new) and new.is_part
    edge, middle = ~new.known.mask, region.shape[1] // 2
    assert edge.any(axis=1).all() and set(np.nonzero(edge)[1]) == set(range(middle - 2, middle + 2))
    assert np.array_equal(new.chroma[:, region & ~edge], source.chroma[:, region & ~edge])
    assert np.array_equal(new.chroma[:, ~region & ~edge], base.chroma[:, ~region & ~edge])
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(new, tmp_path / "a.png")])
    records.write(tmp_path / "a.picgui", records.content_of(session))
    again = records.read_session(tmp_path / "a.picgui").state
    for sample in (records.read_exported(tmp_path / "a.png").state.samples[0], next(s for s in again.samples if s.number == again.selected)):
        assert sample.is_part and np.array_equal(sample.chroma, new.chroma) and np.array_equal(sample.known.mask, new.known.mask)


def test_who_chooses_no_sample_to_take_a_part_from_may_mark_another(drawn, monkeypatch):
    asked, before, canvas, key = [], drawn.session.samples, drawn.canvas, Qt.Key
    answer(monkeypatch, lambda _menu, at: asked.append(canvas.mapFromGlobal(at)))
    drawn.action["take"].trigger()
    outline(drawn)
    assert len(asked) == 1 and drawn.session.samples == before and canvas.tool is Tool.TAKE and not canvas._mark.stroke
    press(canvas, key.Key_Right, key.Key_Return, *[key.Key_Right] * 5, *[key.Key_Down] * 5, key.Key_Return)
    way = asked[1] - canvas._view.target(canvas._view.panes[0]).center().toPoint()
    assert way.x() > 20 and abs(way.y()) < 2 and not canvas._mark.stroke, "beside what the keys marked"
    drawn.canvas.region_marked.emit(np.ones(drawn.session.embedded.chroma_shape, bool))
    assert "in the gallery" in drawn.message.text and drawn.session.samples == before
    drawn.session.delete(before[1:])
    assert not drawn.action["take"].isEnabled() and drawn.canvas.tool is Tool.MOVE, "there is no other"


def test_in_a_comparison_what_is_marked_has_its_place_in_the_pane_of_the_chosen_sample(drawn):
    canvas, session = drawn.canvas, drawn.session
    session.select(session.samples[2])
    drawn.action["compare"].trigger()
    drawn.action["take"].trigger()
    canvas._mark.stroke = [QPointF(0.2, 0.2), QPointF(0.4, 0.4)]
    assert len(canvas.samples) == 4 and canvas._view.sample_at(QPointF(canvas.mapFromGlobal(canvas.place_of_mark().center()))) is session.samples[2]


def test_the_menu_of_samples_to_take_a_part_from_shows_the_part_and_fits_on_the_screen(drawn, qtbot, monkeypatch):
    asked, session = [], drawn.session
    session.set_sample_count(MAX_SAMPLES)
    session.stop()
    source = session.samples[2]
    source.chroma[:] = 0
    source.chroma[0, :, : source.chroma.shape[2] // 2] = 60

    def choose(menu, at):
        menu.popup(at)
        places = [menu.actionGeometry(action) for action in menu.actions()]
        room = QGuiApplication.primaryScreen().availableGeometry()
        asked.append((menu.actions()[2].icon().pixmap(96, 96).toImage(), len({place.left() for place in places}), room.contains(menu.geometry())))
        menu.close()

    answer(monkeypatch, choose)
    drawn.action["take"].trigger()
    outline(drawn)
    ((icon, columns, fits),) = asked
    assert fits and columns > 1 and len(session.samples) == MAX_SAMPLES
    assert max(icon.width(), icon.height()) == 96 and icon.height() > icon.width(), "a half of the photograph"
    assert colours(icon.copy(0, 0, icon.width() // 2, icon.height())) > 20


@pytest.mark.parametrize(("place", "at"), [((100, 50, 30, 40), (130, 50)), ((500, 50, 200, 40), (300, 50)), ((100, 50, 650, 40), (750, 50))])
def test_a_menu_leaves_what_is_marked_free_where_there_is_room(place, at, monkeypatch):
    screen = SimpleNamespace(availableGeometry=lambda: QRect(0, 0, 800, 800))
    monkeypatch.setattr(steering, "QGuiApplication", SimpleNamespace(screenAt=lambda _: screen))
    assert steering._beside(QRect(*place), QSize(200, 300)) == QPoint(*at)


def test_strokes_with_shift_add_to_a_place_and_get_its_colour(drawn, qtbot):
    canvas, middle, keys = drawn.canvas, drawn.canvas.rect().center(), Qt.KeyboardModifier
    drawn.action["hint"].trigger()

    def stroke(at, modifier=keys.NoModifier):
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, modifier, at)
        return drawn.steering.marked

    first = stroke(middle - QPoint(120, 0))
    second = stroke(middle + QPoint(120, 0), keys.ShiftModifier)
    assert drawn.session.hints is None and (second & first).sum() == first.sum() < second.sum()
    drawn.panel.hints.color_chosen.emit(20.0, -10.0)
    third = stroke(middle, keys.ShiftModifier)
    assert np.array_equal(drawn.session.hints.mask, third) and third.sum() > second.sum()
    assert (drawn.session.hints.chroma[:, third] == np.array([[20], [-10]])).all()
    drawn.panel.hints.brush.setValue(6)
    assert (drawn.steering.marked & ~third).any() and np.array_equal(drawn.session.hints.mask, third), "the last stroke is wider, and gets its colour when that is chosen"
    fourth = stroke(middle - QPoint(0, 60), keys.ShiftModifier)
    assert np.array_equal(drawn.session.hints.mask, fourth) and drawn.session.hint_in(fourth) == (20, -10), "by another stroke, too"
    for _ in range(3):
        drawn.action["undo"].trigger()
    stroke(middle + QPoint(0, 60), keys.ShiftModifier)
    assert drawn.session.hints is None, "a colour that was taken back is not given again"
    assert not (stroke(middle) & first).any(), "without Shift it is another place"
    press(canvas, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return)
    before = drawn.steering.marked
    canvas.setFocus()
    press(canvas, *[Qt.Key.Key_Up] * 8)
    QTest.keyClick(canvas, Qt.Key.Key_Return, keys.ShiftModifier)
    assert (drawn.steering.marked & before).sum() == before.sum() < drawn.steering.marked.sum()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)


def test_with_control_a_click_takes_the_colour_that_is_shown(drawn, qtbot):
    canvas, session, hints = drawn.canvas, drawn.session, drawn.panel.hints
    place = np.zeros(session.embedded.chroma_shape, bool)
    place[1:3, 1:3] = True
    height, width = place.shape

    def take(row, column):
        target = canvas._view.target(canvas._view.panes[0])
        at = target.topLeft() + QPointF((column + 0.5) * target.width() / width, (row + 0.5) * target.height() / height)
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, at.toPoint())

    drawn.action["hint"].trigger()
    take(4, 5)
    assert session.hints is None and "Mark the place" in drawn.message.text and not canvas._mark.stroke
    session.selected.chroma[:, 4, 5] = 31, -17
    drawn.canvas.place_marked.emit(place)
    take(4, 5)
    assert np.array_equal(session.hints.mask, place) and (session.hints.chroma[:, place] == np.array([[31], [-17]])).all()
    session.set_own_chroma(np.full((2, 3, 3), 12.0, np.float32))
    canvas.set_split(True)
    take(4, 0)
    assert (session.hints.chroma[:, place] == 12).all(), "to the left of the line the photograph is as it was"
    for saturation, expected in ((0.5, 24), (0.05, 127), (0.0, 12), (1.0, 12)):
        session.set_saturation(saturation)
        take(4, 0)
        assert (session.hints.chroma[:, place] == expected).all(), "it is shown as it was taken"
    session.set_own_chroma(None)
    take(4, 0)
    assert session.hints.mask.any() and not session.hints.chroma.any()
    hints.plane.chosen.emit(20.0, 10.0)
    assert hints._grey.isVisible() and hints._grey.toolTip() == "Grey"
    hints._grey.click()
    assert not session.hints.chroma.any()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)


@pytest.fixture
def exported(drawn, qtbot, tmp_path, monkeypatch):
    target = tmp_path / "result.png"
    drawn.session.select(drawn.session.samples[2])
    drawn.session.set_saturation(1.25)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), ""))
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.action["export"].trigger()
    return target


def test_an_exported_picture_dropped_back_restores_photograph_settings_and_the_very_colours(drawn, exported, qtbot):
    chroma = drawn.session.selected.chroma.copy()
    drawn.session.resample()
    drawn.session.set_saturation(1.0)
    drop(drawn, exported)
    qtbot.waitUntil(lambda: is_done(drawn) and drawn.session.selected.seed == 3, timeout=WAIT)
    assert drawn.session.path.name == "scan.png" and drawn.session.saturation == 1.25
    assert np.array_equal(drawn.session.selected.chroma, chroma)


def test_an_exported_picture_whose_photograph_is_gone_is_opened_itself(drawn, exported, scan, qtbot):
    chroma = drawn.session.selected.chroma.copy()
    scan.unlink()
    drop(drawn, exported)
    qtbot.waitUntil(lambda: drawn.session.path.name == "result.png" and is_done(drawn), timeout=WAIT)
    assert np.array_equal(drawn.session.selected.chroma, chroma)


def test_a_session_file_brings_everything_back(drawn, qtbot, tmp_path):
    drawn.session.add_hint(left_half(drawn), (5.0, 6.0))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.session.toggle_pins([drawn.session.samples[1]])
    drawn.session.select(drawn.session.samples[3])
    before = [s.chroma.copy() for s in drawn.session.samples]
    path = tmp_path / "work.picgui"
    records.write(path, records.content_of(drawn.session))
    drawn.session.resample()
    drop(drawn, path)
    qtbot.waitUntil(lambda: is_done(drawn) and drawn.session.selected.seed == 4, timeout=WAIT)
    session = drawn.session
    assert all(np.array_equal(a, s.chroma) for a, s in zip(before, session.samples, strict=True))
    assert session.is_pinned(session.samples[1]) and session.hints.mask.any()
    assert drawn.opening.recent()[:2] == [session.path, path]


@pytest.fixture
def exports(drawn, tmp_path, qtbot):
    """All samples of a photograph, exported."""
    paths = [tmp_path / "out" / f"{letter}.png" for letter in "dcba"]
    paths[0].parent.mkdir()
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export(list(zip(drawn.session.samples, paths)))
    return paths


def test_exported_pictures_of_one_photograph_are_opened_together(drawn, exports, qtbot):
    before = [s.chroma.copy() for s in drawn.session.samples]
    drawn.session.resample()
    drawn.opening.open_many([exports[1], exports[3], exports[0], exports[2]])
    assert not drawn.message.isVisible() and drawn.opening.batch is None
    session = drawn.session
    qtbot.waitUntil(lambda: is_done(drawn) and session.selected.seed == 1, timeout=WAIT)
    assert session.path.name == "scan.png" and [s.seed for s in session.samples] == [1, 2, 3, 4]
    assert all(np.array_equal(a, s.chroma) for a, s in zip(before, session.samples, strict=True))
    assert not session.undo_stack.canUndo() and not any(map(session.is_pinned, session.samples))


def test_of_more_exported_pictures_than_there_is_room_for_the_first_are_opened(drawn, exports, qtbot, monkeypatch):
    monkeypatch.setattr(opening, "MAX_SAMPLES", 3)
    jpeg = exports[0].with_suffix(".jpg")
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(drawn.session.samples[0], jpeg)])
    drawn.opening.open_many([*exports, jpeg])
    qtbot.waitUntil(lambda: is_done(drawn) and len(drawn.session.samples) == 3, timeout=WAIT)
    assert [s.seed for s in drawn.session.samples] == [1, 2, 3]
    assert "others were left out. The first 3 of 4 were opened." in drawn.message.text


def test_exported_pictures_of_several_photographs_or_that_bring_nothing_back_are_told(drawn, exports, scan, tmp_path, qtbot):
    tiffs, before = [tmp_path / f"{name}.tif" for name in "ab"], drawn.session.samples
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(sample, path) for sample, path in zip(before, tiffs)])
    drawn.opening.open_many(tiffs)
    assert "only PNG pictures do" in drawn.message.text and drawn.opening.batch is None
    other = scan.with_name("other.png")
    cv2.imwrite(str(other), np.flipud(cv2.imread(str(scan))))
    list(colorize_file(other, drawn.studio.model, targets={9: tmp_path / "other-colorized-9.png"}, temperature=0.75, saturation=1.0))
    drawn.opening.open_many([exports[0], tmp_path / "other-colorized-9.png"])
    assert "of different photographs" in drawn.message.text and drawn.session.samples == before


def test_exported_pictures_that_differ_in_what_holds_for_all_take_it_from_that_with_hints(drawn, exports, tmp_path, qtbot):
    drawn.session.add_hint(left_half(drawn), (5.0, 6.0))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.session.set_saturation(1.5)
    hinted = [tmp_path / "with-hints-1.png", tmp_path / "with-hints-2.png"]
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export(list(zip(drawn.session.samples, hinted)))
    list(colorize_file(drawn.session.path, drawn.studio.model, targets={9: tmp_path / "long-9.png"}, temperature=0.3, saturation=1.0, long_side=96))
    drawn.opening.open_many([exports[0], *hinted, tmp_path / "long-9.png"])
    session = drawn.session
    qtbot.waitUntil(lambda: is_done(drawn) and session.selected in session.samples[1:2], timeout=WAIT)
    assert "those of with-hints-1.png are used" in drawn.message.text and session.saturation == 1.5
    assert [s.known is session.hints for s in session.samples] == [False, True, True, False] and session.samples[0].known is None
    assert [s.long_side for s in session.samples] == [None, None, None, 96] and session.samples[3].temperature == 0.3


def test_a_finished_photograph_of_the_queue_is_opened_with_its_results(window, scan, tmp_path, qtbot, monkeypatch):
    waiting = scan.with_name("waiting.png")
    waiting.write_bytes(scan.read_bytes())
    window.session.set_sample_count(2)
    window.opening.open_many([scan, waiting])
    queue = window.opening.batch
    queue.folder.setText(str(tmp_path / "far" / "away"))
    queue.start.click()
    qtbot.waitUntil(lambda: queue.queue.index(0, 1).data() == "done", timeout=WAIT)
    queue.start.click()
    assert queue.parent() is None and queue.isWindow(), "the window may cover it"
    assert not queue.open_results.isEnabled()
    choose_row(queue, 1)
    assert not queue.open_results.isEnabled() and not queue._open_action.isEnabled(), "it waits"
    queue.list.clearSelection()
    choose_row(queue, 0)
    raised = []
    monkeypatch.setattr(type(window), "raise_", lambda self: raised.append(self))
    queue.open_results.click()
    assert raised == [window]
    session = window.session
    qtbot.waitUntil(lambda: is_done(window) and session.path == scan, timeout=WAIT)
    session.resample()
    queue.list.doubleClicked.emit(queue.queue.index(0, 0))
    qtbot.waitUntil(lambda: is_done(window) and session.samples[0].seed == 1, timeout=WAIT)
    assert [s.seed for s in session.samples] == [1, 2] and "Double-click" in queue.queue.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    session.resample()
    queue.activateWindow()
    queue.list.setFocus()
    qtbot.waitUntil(queue.list.hasFocus, timeout=WAIT)
    queue.list.setCurrentIndex(queue.queue.index(0, 0))
    state = queue.start.text()
    QTest.keyClick(queue.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: is_done(window) and [s.seed for s in session.samples] == [1, 2], timeout=WAIT)
    assert queue.start.text() == state, "nor is the queue started"
    for path in (tmp_path / "far" / "away").iterdir():
        path.unlink()
    queue.activateWindow()
    qtbot.waitUntil(queue.list.hasFocus, timeout=WAIT)
    QTest.keyClick(queue.list, Qt.Key.Key_Return)
    assert window.message.text == "The results of scan.png are not there any more."
    queue.close()


def test_hints_come_back_with_an_exported_picture_and_hold_for_new_samples(drawn, tmp_path, qtbot):
    session, mask = drawn.session, left_half(drawn)
    session.add_hint(mask, (5.0, 6.0))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(session.selected, tmp_path / "hinted.png")])
    session.clear_hints()
    drop(drawn, tmp_path / "hinted.png")
    qtbot.waitUntil(lambda: is_done(drawn) and len(session.samples) == 1, timeout=WAIT)
    assert np.array_equal(session.hints.mask, mask) and session.hints is session.selected.known
    session.resample()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert len(session.samples) == 4 and all((s.chroma[:, mask] == [[5], [6]]).all() for s in session.samples)
    session.clear_hints()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    session.redo_region(mask)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(session.selected, tmp_path / "part.png")])
    assert records.read_exported(tmp_path / "part.png").state.hints is None, "what a part leaves is no hint"


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"format": "picgui-session-1", "samples": []}'])
def test_a_damaged_session_is_a_sentence(tmp_path, content):
    path = tmp_path / "work.picgui"
    path.write_text(content)
    with pytest.raises(PhotoError, match="work.picgui"):
        records.read_session(path)


def test_a_session_says_how_its_samples_were_drawn_and_an_older_one_had_no_candidates(drawn, tmp_path):
    path = tmp_path / "work.picgui"
    records.write(path, records.content_of(drawn.session))
    assert [s.candidates for s in records.read_session(path).state.samples] == [CANDIDATES] * 4
    content = json.loads(path.read_text())
    del content["samples"][0]["candidates"]
    path.write_text(json.dumps(content))
    older = records.read_session(path).state.samples
    assert older[0].candidates == 1 and not older[0].is_drawn_like(older[1]) and older[1].is_drawn_like(older[2])
    mask = {"mask": packed(np.ones((1, 2, 2))), "chroma": packed(np.ones((2, 2, 2)))}
    for wrong in ({"candidates": 0}, {"known": mask}, {"chroma": packed(np.ones((1, 5, 5)))}):
        bad = content | {"samples": [content["samples"][0] | wrong, *content["samples"][1:]]}
        path.write_text(json.dumps(bad))
        with pytest.raises(PhotoError):
            records.read_session(path)


def test_chroma_in_a_record_is_bounded(tmp_path, drawn):
    path = tmp_path / "work.picgui"
    records.write(path, records.content_of(drawn.session))
    content = json.loads(path.read_text())
    content["samples"][0]["chroma"]["shape"] = [2, 100_000, 100_000]
    path.write_text(json.dumps(content))
    with pytest.raises(PhotoError):
        records.read_session(path)


def test_what_a_crash_leaves_is_offered_and_comes_back(drawn, qtbot):
    chroma = drawn.session.samples[1].chroma.copy()
    drawn.keeping.save()
    crash(drawn)
    drawn.session.resample()
    drawn.open(drawn.session.path)  # as `picgui photo.jpg` does: the offer stays
    drawn.keeping.offer_last()
    assert drawn.message.isVisible() and "did not close properly" in drawn.message.text
    drawn.message._buttons[0].click()
    qtbot.waitUntil(lambda: is_done(drawn) and drawn.session.samples[1].seed == 2, timeout=WAIT)
    assert np.array_equal(drawn.session.samples[1].chroma, chroma)
    drawn.keeping.save()
    other = records.Recovery(data_dir())
    assert not other.find(), "this program still runs"
    drawn.close()
    assert other.find() == "closed", "the samples that were put aside had been chosen"
    assert not other.find()
    assert drawn.keeping.recovery.kept.is_file()


def test_many_photographs_are_written_one_after_the_other_and_errors_do_not_stop_them(window, tmp_path, qtbot):
    folder = tmp_path / "box"
    folder.mkdir()
    for name in ("a.png", "c.png"):
        cv2.imwrite(str(folder / name), np.random.default_rng(1).integers(0, 255, (40, 30), dtype=np.uint8))
    (folder / "b.jpg").write_bytes(b"garbage")
    window.session.set_sample_count(2)
    drop(window, folder)
    qtbot.waitUntil(lambda: window.opening.batch is not None, timeout=WAIT)
    batch = window.opening.batch
    batch.folder.setText(str(tmp_path / "out"))
    batch.start.click()
    qtbot.waitUntil(lambda: not batch.start.isEnabled(), timeout=WAIT)
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["a-colorized-1.png", "a-colorized-2.png", "c-colorized-1.png", "c-colorized-2.png"]
    assert "b.jpg" in batch.queue.index(1, 1).data() and "1 failed" in batch.summary.text()
    assert batch.details.isVisible() and batch.details.text() == batch.queue.index(1, 1).data(), "in full"
    choose_row(batch, 2)
    assert batch.details.text() == "c.png: done"
    batch.close()


def test_photographs_that_wait_are_taken_out_of_the_queue(window, tmp_path, qtbot, monkeypatch):
    def held(path, *_, **__):
        drawn.append(path.stem)
        while not go_on.is_set():
            go_on.wait(0.01)
            yield Drawn(0.5)
        yield Written(path, 1, 1000)

    drawn, go_on = [], threading.Event()
    monkeypatch.setattr(queue_module, "colorize_file", held)
    for name in ("a.png", "b.png", "c.jpg", "c.png", "d.png", "e.png"):
        cv2.imwrite(str(tmp_path / name), np.full((40, 30), 90, np.uint8))
    window.opening.open_many([tmp_path])
    queue = window.opening.batch

    def take_out(*rows):
        queue.list.clearSelection()
        for row in rows:
            choose_row(queue, row)
        queue.activateWindow()
        queue.list.setFocus()
        qtbot.waitUntil(queue.list.hasFocus, timeout=WAIT)
        QTest.keyClick(queue.list, Qt.Key.Key_Delete)

    def shown():
        return [queue.queue.index(row, 0).data() for row in range(queue.queue.rowCount())]

    take_out(0)
    assert shown() == ["b.png", "c.jpg", "c.png", "d.png", "e.png"] and queue.windowTitle() == "Colorize 5 photographs"
    assert [index.data() for index in queue.list.selectionModel().selectedRows()] == ["b.png"] and queue.summary.text() == "0 of 5 photographs"
    queue.start.click()
    qtbot.waitUntil(lambda: bool(drawn) and queue.queue.share == 0.5, timeout=WAIT)
    take_out(0, 1, 4)
    assert shown() == ["b.png", "c.png", "d.png"], "what is drawn stays"
    go_on.set()
    qtbot.waitUntil(lambda: not queue.start.isVisible(), timeout=WAIT)
    assert drawn == ["b", "c", "d"] and queue.progress.value() == queue.progress.maximum()
    take_out(0, 2)
    assert len(shown()) == 3 and not queue._take_out_action.isEnabled(), "nor does what is done"
    queue.close()
    window.opening.open_many([tmp_path / "a.png", tmp_path / "b.png"])
    queue = window.opening.batch
    take_out(0, 1)
    assert shown() == [] and not queue.start.isVisible() and queue.progress.maximum() > 0
    queue.close()


def test_what_failed_in_the_queue_can_be_tried_again(window, tmp_path, qtbot):
    window.session.set_sample_count(1)
    whole = cv2.imencode(".png", np.random.default_rng(1).integers(0, 255, (40, 30), dtype=np.uint8))[1].tobytes()
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(whole if name == "b" else b"garbage")
    window.opening.open_many([tmp_path])
    queue = window.opening.batch
    assert not queue.try_again.isVisible()
    queue.start.click()
    qtbot.waitUntil(lambda: not queue.start.isVisible(), timeout=WAIT)
    assert queue.try_again.isVisible() and queue.folder.isEnabled(), "another folder may be what helps"
    for name in "ac":
        (tmp_path / f"{name}.png").write_bytes(whole)
    choose_row(queue, 0)
    queue._again_action.trigger()
    qtbot.waitUntil(lambda: queue.queue.state(0) is State.DONE and not queue.start.isVisible(), timeout=WAIT)
    assert queue.queue.state(2) is State.FAILED and "1 failed" in queue.summary.text()
    queue.try_again.click()
    assert not queue.try_again.isVisible() and queue.start.text() == "Pause"
    qtbot.waitUntil(lambda: not queue.start.isVisible(), timeout=WAIT)
    assert states(queue) == [State.DONE] * 3 and not queue._again_action.isEnabled()
    assert len(list((tmp_path / "colorized").iterdir())) == 3
    queue.close()


def test_a_queue_draws_what_its_own_fields_say(window, scan, tmp_path, qtbot):
    window.opening.open_many([scan])
    batch = window.opening.batch
    assert (batch.samples.value(), batch.temperature.value(), batch.saturation.value()) == (4, 85, 100)
    batch.samples.setText("1")
    batch.temperature.setValue(30)
    batch.saturation.setValue(0)
    batch.samples.take_text()
    assert batch.explained.text().startswith("1 sample of each") and "0.30" in batch.explained.text() and "saturation" in batch.explained.text()
    batch.folder.setText(str(tmp_path / "out"))
    batch.start.click()
    assert not batch.samples.isEnabled() and not batch.temperature.isEnabled()
    qtbot.waitUntil(lambda: not batch.start.isEnabled(), timeout=WAIT)
    (written,) = (tmp_path / "out").iterdir()
    assert np.ptp(cv2.imread(str(written)), axis=2).max() == 0, "no saturation is grey"
    assert read_png_text(written)["picgui:temperature"] == "0.3" and window.session.temperature == TEMPERATURE
    batch.close()


def test_a_queue_says_what_was_left_out_and_what_its_fields_do(window, scan, tmp_path):
    (tmp_path / "phone.heic").touch()
    window.opening.open_many([tmp_path])
    batch = window.opening.batch
    assert batch.queue.rowCount() == 1 and batch.explained.text().endswith(" 1 file of another kind was left out (.heic).")
    assert batch.temperature.toolTip() == window.panel.temperature.toolTip() and batch.saturation.toolTip() and batch.samples.toolTip()
    batch.close()
    scan.unlink()
    window.opening.open_many([tmp_path])
    assert window.message.text.startswith("There are no photographs") and window.message.text.endswith(" 1 file of another kind was left out (.heic).")


def test_a_queue_says_how_much_it_will_write_and_where_there_is_no_room(window, tmp_path, qtbot, monkeypatch):
    def written(path, *_, **__):
        yield read_photo(path)
        if path.stem == "c":
            held.append(path)
            while not go_on.is_set():
                go_on.wait(0.01)
                yield Drawn(0.5)
        yield Written(path, 1, 4_000_000_000)

    free, held, go_on = [9_000_000_000], [], threading.Event()
    monkeypatch.setattr(queue_module, "colorize_file", written)
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free[0]))
    for name in "abcde":
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((40, 30), 90, np.uint8))
    window.opening.open_many([tmp_path])
    batch = window.opening.batch
    assert not batch.room.isVisible() and "written" not in batch.summary.text()
    batch.start.click()
    qtbot.waitUntil(lambda: bool(held) and batch.queue.share == 0.5, timeout=WAIT)
    assert "some 10 GB still to be written" in batch.summary.text()
    assert batch.room.isVisible() and batch.room.text().startswith("Some 12 GB are still to be written, and there is room for 9000 MB in ")
    free[0] = 10**12
    go_on.set()
    qtbot.waitUntil(lambda: not batch.start.isEnabled(), timeout=WAIT)
    assert not batch.room.isVisible() and "still to be written" not in batch.summary.text()
    batch.close()


def test_a_double_click_brings_the_temperature_back_that_is_preferred_now(window, monkeypatch):
    window.panel.temperature.setValue(110)
    window.panel.temperature.mouseDoubleClickEvent(None)
    assert window.panel.temperature.value() == round(100 * TEMPERATURE)
    monkeypatch.setattr(PreferencesDialog, "exec", lambda dialog: (window.settings.setValue("temperature", 0.3), 1)[1])
    window.show_preferences()
    window.panel.temperature.setValue(110)
    window.panel.temperature.mouseDoubleClickEvent(None)
    assert window.panel.temperature.value() == 30


def test_photographs_of_several_folders_go_each_beside_their_own(window, tmp_path, qtbot, scan):
    window.session.set_sample_count(1)
    boxes = [tmp_path / name for name in ("first", "second")]
    for box, endings in zip(boxes, (("png",), ("png", "jpg"))):
        box.mkdir()
        for ending in endings:
            cv2.imwrite(str(box / f"scan001.{ending}"), np.random.default_rng(1).integers(0, 255, (40, 30), dtype=np.uint8))
    window.opening.open_many(boxes)
    batch = window.opening.batch
    assert batch.folder.text() == "colorized"
    batch.start.click()
    qtbot.waitUntil(lambda: not batch.start.isVisible(), timeout=WAIT)
    assert [batch.queue.index(row, 1).data()[:5] for row in range(3)] == ["done", "done", "would"], "two of one folder and name"
    assert all([path.name for path in (box / "colorized").iterdir()] == ["scan001-colorized-1.png"] for box in boxes)
    batch.close()


def test_several_files_that_are_chosen_become_a_queue(window, scan, tmp_path, monkeypatch, qtbot):
    other = tmp_path / "b.png"
    other.write_bytes(scan.read_bytes())
    for chosen in ([scan, other], [scan]):
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_, chosen=chosen: ([str(path) for path in chosen], ""))
        window.action["open"].trigger()
        if len(chosen) > 1:
            assert window.opening.batch.queue.rowCount() == 2
            window.opening.batch.close()
    qtbot.waitUntil(lambda: window.session.path == scan and is_done(window), timeout=WAIT)


def test_hints_can_be_removed_where_they_lie_and_their_colours_given_again(drawn, qtbot):
    place, elsewhere = (np.zeros(drawn.session.embedded.chroma_shape, bool) for _ in range(2))
    place[1:3, 1:3] = elsewhere[-2:, -2:] = True
    drawn.action["hint"].trigger()
    panel = drawn.panel.hints
    drawn.canvas.place_marked.emit(place)
    assert not panel._given_title.isVisible() and not panel.remove.isEnabled()
    drawn.panel.hints.color_chosen.emit(30.0, 20.0)
    assert panel._given_title.isVisible() and [s.isVisible() for s in panel._given[:2]] == [True, False]
    drawn.canvas.place_marked.emit(elsewhere)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert [(s._a, s._b) for s in panel._given if s.isVisible()] == [(30, 20)] and not panel.remove.isEnabled()
    panel._given[0].click()
    assert np.array_equal(drawn.session.hints.mask, place | elsewhere) and (drawn.session.hints.chroma[:, -1, -1] == (30, 20)).all()
    drawn.canvas.place_marked.emit(place)
    panel.remove.click()
    assert np.array_equal(drawn.session.hints.mask, elsewhere) and not drawn.session.hints.chroma[:, 1, 1].any()
    assert not drawn.session.selected.known.mask[1, 1]
    drawn.canvas.place_marked.emit(elsewhere)
    panel.remove.click()
    assert drawn.session.hints is None and not panel.clear.isEnabled()
    drawn.action["undo"].trigger()
    assert drawn.session.hints is not None
    panel.clear.click()
    assert drawn.session.hints is None
    assert not panel._given_title.isVisible() and not any(s.isVisible() for s in panel._given)


@pytest.mark.parametrize("luminance", [8.0, 30.0, 60.0, 92.0])
def test_the_plane_of_colours_is_filled_at_every_luminance_and_its_hues_can_be_told_apart(luminance, qtbot):
    plane = Plane()
    qtbot.addWidget(plane)
    plane.show_color(luminance, 0.0, 0.0)
    image = plane._image
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    rows, columns = np.nonzero(pixels[..., 3] == 255)
    assert np.ptp(columns) > 0.84 * image.width() and np.ptp(rows) > 0.84 * image.height()
    assert 20 < ((0 < pixels[..., 3]) & (pixels[..., 3] < 255)).sum() < 2000, "its edge is smooth"
    painted = color.srgb_to_lab(torch.from_numpy(pixels[rows, columns, :3] / 255).T[:, :, None])[0]
    assert 39 < painted.min() and painted.max() < 76
    chosen = []
    plane.chosen.connect(lambda a, b: chosen.append((a, b)))
    plane.show_color(luminance, 2.0, 4.0)
    shown = plane._point().toPoint()
    for corner in (QPoint(0, 0), QPoint(219, 0), QPoint(0, 139), QPoint(219, 139), shown):
        QTest.mouseClick(plane, Qt.MouseButton.LeftButton, pos=corner)
    for a, b in chosen:
        assert color.in_gamut(torch.tensor([luminance, a, b], dtype=torch.float64).view(3, 1, 1)).all(), "of the photograph's own luminance"
    assert len(set(chosen)) == 5 and np.hypot(chosen[-1][0] - 2, chosen[-1][1] - 4) < 1.5, "a colour is where it is shown"


def test_the_plane_of_colours_is_seen_in_a_small_window_and_stays_where_it_is(drawn, qtbot):
    drawn.resize(900, 600)
    drawn.action["hint"].trigger()
    plane = drawn.panel.hints.plane
    qtbot.waitUntil(lambda: plane.visibleRegion().boundingRect() == plane.rect(), timeout=WAIT)
    places = []
    for step in (lambda: None, lambda: drawn.canvas.place_marked.emit(left_half(drawn)), lambda: drawn.panel.hints.color_chosen.emit(30.0, 20.0)):
        step()
        qtbot.wait(30)
        places.append(plane.mapTo(drawn, QPoint()))
    assert drawn.panel.hints._given[0].isVisible() and len(set(places)) == 1
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)


@pytest.mark.parametrize("language", ["english", "german"])
def test_the_plane_is_as_wide_as_what_is_around_it_and_all_colours_fit_below_it(language, request, drawn, qtbot):
    if language == "german":
        request.getfixturevalue("german")
    panel = Panel(drawn.session)
    qtbot.addWidget(panel)
    panel.show()
    panel.resize(panel.width(), drawn.panel.height())
    drawn.session.add_hint(left_half(drawn), (30.0, 20.0))
    panel.show_hints(True)
    panel.hints.show_place(left_half(drawn))
    hints = panel.hints
    qtbot.waitUntil(lambda: hints.plane.width() == hints.width() == hints.clear.geometry().right() + 1, timeout=WAIT)
    assert hints._given[0].isVisible() and hints._given[0].size() == QSize(30, 26)
    assert panel._area.verticalScrollBar().maximum() == 0
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)


def test_without_a_sample_the_panel_names_no_seed(drawn):
    drawn.gallery.selectAll()
    drawn.action["delete"].trigger()
    assert not drawn.session.samples and drawn.panel.seed.text() == "Seed –"


def test_after_the_hints_the_panel_is_scrolled_as_before(drawn, qtbot):
    drawn.resize(900, 560)
    scroll_bar = drawn.panel._area.verticalScrollBar()
    for before in (0, 7):
        qtbot.waitUntil(lambda: scroll_bar.maximum() > 7, timeout=WAIT)
        scroll_bar.setValue(before)
        drawn.action["hint"].trigger()
        qtbot.waitUntil(lambda: scroll_bar.value() > 50, timeout=WAIT)
        drawn.action["hint"].trigger()
        qtbot.wait(50)
        assert scroll_bar.value() == before
    drawn.action["hint"].trigger()
    drawn.action["hint"].trigger()  # before they were revealed
    qtbot.wait(50)
    assert scroll_bar.value() == 7


def test_what_failed_while_it_was_drawn_can_be_drawn_again(window, scan, qtbot, monkeypatch):
    draw = jobs.draw_rows

    def failing(*arguments, **options):
        for number, row in enumerate(draw(*arguments, **options)):
            if number == 3:
                raise ValueError("nobody expected that")
            yield row

    monkeypatch.setattr(jobs, "draw_rows", failing)
    window.open(scan)
    qtbot.waitUntil(lambda: window.message.isVisible(), timeout=WAIT)
    assert [b.text() for b in window.message._buttons if b.isVisible()] == ["Try again"]
    assert window.action["go_on"].isEnabled() and window.action["region"].isEnabled()
    monkeypatch.setattr(jobs, "draw_rows", draw)
    window.message._buttons[0].click()
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert not window.action["go_on"].isEnabled()


def test_nothing_is_offered_to_be_drawn_again_once_it_is_gone(drawn, qtbot, monkeypatch):
    def failing(*_arguments, **_options):
        raise ValueError("nobody expected that")
        yield

    monkeypatch.setattr(jobs, "draw_rows", failing)
    drawn.session.resample()
    qtbot.waitUntil(lambda: drawn.message.isVisible(), timeout=WAIT)
    drawn.session.delete(drawn.session.samples[1:])
    assert [b.text() for b in drawn.message._buttons if b.isVisible()] == ["Try again"]
    drawn.session.delete(drawn.session.samples)
    assert not drawn.message.isVisible()


def test_the_brush_is_seen_where_the_mouse_is(drawn):
    target = drawn.canvas._view.target(drawn.canvas._view.panes[0]).toRect()
    middle = target.center()
    at = middle.x() + round(drawn.canvas._mark.brush * max(target.width(), target.height())), middle.y()

    def seen():
        image = drawn.canvas.grab().toImage()
        return image.pixelColor(*(round(side * image.devicePixelRatio()) for side in at)).lightness()

    QTest.mouseMove(drawn.canvas, middle)
    before = seen()
    drawn.action["hint"].trigger()
    QTest.mouseMove(drawn.canvas, middle + QPoint(1, 0))
    QTest.mouseMove(drawn.canvas, middle)
    assert seen() > before + 40


def test_results_are_proposed_beside_their_photographs_and_need_a_folder(window, tmp_path, qtbot):
    window.session.set_sample_count(1)
    boxes = [tmp_path / name for name in ("first", "second")]
    for box in boxes:
        box.mkdir()
        cv2.imwrite(str(box / "scan001.png"), np.random.default_rng(1).integers(0, 255, (40, 30), dtype=np.uint8))
    for box in boxes:
        window.opening.open_many([box])
        batch = window.opening.batch
        assert batch.folder.text() == str(box / "colorized") and batch.windowTitle() == "Colorize a photograph"
        assert any(label.text().startswith("1 sample of each") for label in batch.findChildren(QLabel))
        assert batch.summary.text() == "0 of 1 photograph"
        batch.folder.setText(" ")
        assert not batch.start.isEnabled()
        batch.folder.setText(str(tmp_path / f"out-{box.name}"))
        batch.start.click()
        qtbot.waitUntil(lambda: not batch.start.isEnabled(), timeout=WAIT)
        assert batch.queue.index(0, 1).data() == "done"
        batch.close()
    window.opening.open_many([boxes[1]])
    assert window.opening.batch.folder.text() == str(tmp_path / "out-second"), "where the last ones of that folder went"
    window.opening.batch.close()
    window.opening.open_many([boxes[1], boxes[0]])
    assert window.opening.batch.folder.text() == "colorized", "but not those of other folders"
    window.opening.batch.close()


def test_where_results_of_several_folders_went_is_proposed_again_and_the_last_or_the_chosen_ones_are_shown(window, tmp_path, qtbot, monkeypatch):
    window.session.set_sample_count(1)
    paths, shown = [tmp_path / name / f"{name}.png" for name in ("first", "second")], []
    monkeypatch.setattr(batch_module.QDesktopServices, "openUrl", lambda url: shown.append(Path(url.toLocalFile())))
    for path in paths:
        path.parent.mkdir()
        cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 255, (40, 30), dtype=np.uint8))
    for folder in ("colorized", str(tmp_path / "first" / "results")):
        window.opening.open_many(paths)
        queue = window.opening.batch
        assert queue.folder.text() == "colorized"
        queue.folder.setText(folder)
        queue.start.click()
        qtbot.waitUntil(lambda: not queue.start.isVisible(), timeout=WAIT)  # noqa: B023 - called at once
        queue.show_results.click()
        choose_row(queue, 0)
        queue.show_results.click()
        queue.close()
    results = tmp_path / "first" / "results"
    assert shown == [tmp_path / "second" / "colorized", tmp_path / "first" / "colorized", results, results]
    window.opening.open_many(paths[::-1])
    assert window.opening.batch.folder.text() == str(results)
    window.opening.batch.close()


def test_a_long_name_does_not_widen_the_batch(window, tmp_path, qtbot):
    path = tmp_path / ("n" * 200 + ".jpg")
    path.write_bytes(b"garbage")
    window.opening.open_many([path])
    window.opening.batch.start.click()
    qtbot.waitUntil(lambda: window.opening.batch.details.isVisible(), timeout=WAIT)
    qtbot.wait(20)
    assert window.opening.batch.width() == 620 and "…" in window.opening.batch.details.text() and path.name in window.opening.batch.queue.index(0, 1).data(Qt.ItemDataRole.ToolTipRole)
    window.opening.batch.close()


def test_sorting_by_colourfulness_shows_the_strongest_first(drawn):
    drawn.gallery.samples.sort_by(Order.COLORFULNESS)
    model = drawn.gallery.model()
    strengths = [model.index(row).data(Qt.ItemDataRole.UserRole).mean_chroma for row in range(4)]
    assert strengths == sorted(strengths, reverse=True)


def test_samples_of_one_seed_are_dragged_out_as_two_files(drawn):
    drawn.session.samples[1].seed = drawn.session.samples[0].seed
    paths = drawn.exporting.write_for_drag(drawn.session.samples[:2])
    assert [path.name for path in paths] == ["scan-colorized-1.png", "scan-colorized-1-2.png"] and all(path.exists() for path in paths)


def test_an_exported_sample_keeps_the_size_that_the_command_drew_it_at(drawn, scan, tmp_path, qtbot):
    results = list(colorize_file(scan, drawn.studio.model, targets={1: tmp_path / "a.png"}, temperature=0.75, saturation=1.0, long_side=96))
    assert results and read_png_text(tmp_path / "a.png")["picgui:long_side"] == "96"
    drop(drawn, tmp_path / "a.png")
    qtbot.waitUntil(lambda: len(drawn.session.samples) == 1 and drawn.session.path == scan, timeout=WAIT)
    records.write(tmp_path / "kept.picgui", records.content_of(drawn.session))
    (kept,) = records.read_session(tmp_path / "kept.picgui").state.samples
    assert kept.long_side == drawn.session.samples[0].long_side == 96
    assert drawn.studio.text_of(drawn.session.samples[0])["picgui:long_side"] == "96"


def test_a_queue_goes_on_with_the_settings_that_its_folder_had(window, scan, tmp_path, qtbot):
    window.session.set_sample_count(1)
    window.session.set_temperature(0.9)
    window.session.set_saturation(1.2)
    window.opening.open_many([scan])
    first = window.opening.batch
    assert "0.90" in first.explained.text() and "1.20" in first.explained.text() and first.as_last.isHidden()
    first.folder.setText("out")  # from the photographs on
    first.start.click()
    qtbot.waitUntil(lambda: not first.start.isEnabled(), timeout=WAIT)
    assert (scan.parent / "out" / "scan-colorized-1.png").exists()
    first.close()
    window.session.set_temperature(0.7)
    window.opening.open_many([scan])
    assert not window.opening.batch.as_last.isChecked(), "as they were chosen just now"
    window.opening.batch.close()
    window.session.set_sample_count(SAMPLES)  # as after another start
    window.session.set_temperature(TEMPERATURE)
    window.session.set_saturation(1.0)
    window.opening.open_many([scan])
    second = window.opening.batch
    assert second.folder.text() == str(scan.parent / "out") and "0.90" in second.explained.text()
    second.as_last.setChecked(False)
    assert f"{TEMPERATURE:.2f}" in second.explained.text() and "aturation" not in second.explained.text()
    second.as_last.setChecked(True)
    second.start.click()
    qtbot.waitUntil(lambda: not second.start.isEnabled(), timeout=WAIT)
    assert second.queue.index(0, 1).data() == "has results already"
    second.close()
    second.folder.setText("~/colours")
    assert results_folder(scan, second.folder.text(), searched=[]) == Path.home() / "colours"


def test_a_thumbnail_dragged_out_is_a_picture_file(drawn):
    (path,) = drawn.exporting.write_for_drag(drawn.session.samples[:1])
    assert cv2.imread(str(path)).shape == (100, 150, 3) and path.name == "scan-colorized-1.png"
    drawn.close()
    assert not path.parent.exists()


def test_what_is_too_large_for_a_drag_is_dragged_smaller_and_said(drawn, monkeypatch):
    monkeypatch.setattr(exporting, "_DRAGGED_PIXELS", 20_000)
    assert [cv2.imread(str(path)).shape for path in drawn.exporting.write_for_drag(drawn.session.samples[:1])] == [(100, 150, 3)]
    photo = drawn.session.opened.photo
    monkeypatch.setattr(drawn.session, "opened", replace(drawn.session.opened, levels=(photo, photo.resized(120)), preview=photo.resized(75)))
    paths = drawn.exporting.write_for_drag(drawn.session.samples[:2])  # 15,000 pixels each
    assert [cv2.imread(str(path)).shape for path in paths] == [(80, 120, 3)] * 2, "the largest that is at hand"
    paths = drawn.exporting.write_for_drag(drawn.session.samples[:3])
    assert [cv2.imread(str(path)).shape for path in paths] == [(50, 75, 3)] * 3
    assert read_png_text(paths[0])[record.REDUCED] == "75 x 50", "which the command does not take for its own result"
    assert "75 × 50" in drawn.message.text and QGuiApplication.overrideCursor() is None


def test_a_checkpoint_can_be_added_and_used(drawn, qtbot, tmp_path, monkeypatch):
    other = checkpoint(tmp_path, seed=5, name="other")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(other), ""))
    dialog = PreferencesDialog(drawn.settings, in_use=drawn.studio.checkpoint, cuda=False)
    dialog.add.click()
    assert dialog.model.currentText() == "other" and "tiny" in dialog.facts.text()
    dialog.accept()
    before = drawn.studio.model
    drawn.studio.use_model(preferences.checkpoint(drawn.settings), device="cpu")
    qtbot.waitUntil(lambda: drawn.studio.model is not before and is_done(drawn), timeout=WAIT)
    assert drawn.studio.model.checkpoint.name == "other"
    again = PreferencesDialog(drawn.settings, in_use=drawn.studio.checkpoint, cuda=False)
    assert again.model.currentText() == "other (in use)" and not again.remove.isEnabled()
    # another checkpoint of that name is added beside it, and can go again
    other = checkpoint(tmp_path, seed=6, name="other")
    again.add.click()
    assert again.model.currentText() == "other-2" and again.remove.isEnabled()
    monkeypatch.setattr(QMessageBox, "question", lambda *_, **__: QMessageBox.StandardButton.Yes)
    again.remove.click()
    assert [again.model.itemText(i) for i in range(again.model.count())] == ["The one that comes with picgui", "other (in use)"]


def test_preferences_that_are_accepted_as_they_are_change_nothing(tmp_path, qapp):
    for stored, shown in ((None, TEMPERATURE), (0.7, 0.7), (0.63, 0.65)):
        settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
        if stored is not None:
            settings.setValue("temperature", stored)
        dialog = PreferencesDialog(settings, in_use=default_checkpoint(), cuda=False)
        assert dialog.temperature.currentText() == f"{shown:.2f}"
        dialog.accept()
        assert float(settings.value("temperature")) == shown and int(settings.value("samples")) == 4


def test_a_checkpoint_that_cannot_be_loaded_leaves_the_present_one_at_work(window, scan, tmp_path, qtbot, monkeypatch):
    model, embed = window.studio.model, jobs.draft
    monkeypatch.setattr(jobs, "draft", lambda *arguments: (time.sleep(0.2), (yield from embed(*arguments)))[1])
    window.open(scan)
    qtbot.waitUntil(lambda: window.studio.activity is Activity.EMBEDDING, timeout=WAIT)
    window.studio.use_model(tmp_path / "none.safetensors", device="cpu")
    qtbot.waitUntil(lambda: window.message.isVisible() and is_done(window), timeout=WAIT)
    assert window.studio.model is model and "checkpoint" in window.message.text
    # and while samples are drawn
    draw = jobs.draw
    monkeypatch.setattr(jobs, "draw", lambda *arguments, **options: (item for item in draw(*arguments, **options) if not time.sleep(0.02)))
    window.session.resample()
    qtbot.waitUntil(lambda: any(s.rows for s in window.session.samples), timeout=WAIT)
    window.studio.use_model(tmp_path / "none.safetensors", device="cpu")
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert not any(s.stopped for s in window.session.samples)


def has_card(monkeypatch, there):
    """Let there be a graphics card, or none."""
    for module in (main_window, preferences):
        monkeypatch.setattr(module, "has_usable_card", lambda: there)


def test_the_device_that_is_in_use_already_can_be_chosen_and_nothing_is_drawn_again(drawn, model_path, monkeypatch):
    session = drawn.session
    session.toggle_pins([session.samples[1]])
    monkeypatch.setattr(PreferencesDialog, "exec", lambda dialog: (drawn.settings.setValue("device", "cpu"), 1)[1])
    before, loaded = session.samples, []
    monkeypatch.setattr(jobs, "load", lambda path, *, device: (loaded.append((path, device)), iter(()))[1])
    has_card(monkeypatch, False)
    drawn.show_preferences()
    assert not loaded and session.samples == before and session.undo_stack.canUndo()
    has_card(monkeypatch, True)
    drawn.settings.setValue("device", "auto")
    monkeypatch.setattr(PreferencesDialog, "exec", lambda dialog: (drawn.settings.setValue("device", "cuda"), 1)[1])
    drawn.show_preferences()
    assert loaded == [(model_path, "cuda")]


def test_the_same_model_from_another_place_keeps_samples_and_history_and_goes_on_drawing(drawn, model_path, tmp_path, qtbot):
    session = drawn.session
    session.resample()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    session.set_sample_count(6)
    drawing, before = session.samples, drawn.studio.model
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(model_path.read_bytes())
    drawn.studio.use_model(copy, device="cpu")
    qtbot.waitUntil(lambda: drawn.studio.model is not before and is_done(drawn), timeout=WAIT)
    assert session.samples == drawing and [s.seed for s in drawing] == [5, 6, 7, 8, 9, 10]
    for _ in range(2):
        session.undo_stack.undo()
    assert [s.seed for s in session.samples] == [1, 2, 3, 4] and is_done(drawn)


def test_samples_of_a_model_of_another_size_are_kept_and_can_be_had_back(drawn, tmp_path, qtbot):
    session, first = drawn.session, drawn.studio.model
    session.add_hint(left_half(drawn), (5.0, 6.0))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    session.toggle_pins([session.samples[0]])
    before, chroma = session.samples, [s.chroma.copy() for s in session.samples]
    drawn.studio.use_model(checkpoint(tmp_path, replace(TINY, network_size=48), name="larger"), device="cpu")
    qtbot.waitUntil(lambda: drawn.studio.model is not first and is_done(drawn), timeout=WAIT)
    larger = drawn.studio.model.checkpoint.sha256
    assert session.samples[0] is before[0] and session.samples[1].chroma.shape != before[1].chroma.shape
    assert [s.checkpoint == larger for s in session.samples] == [False, True, True, True]
    drawn.action["hint"].trigger()
    drawn.canvas.place_marked.emit(left_half(drawn))
    drawn.action["spread"].trigger()
    drawn.action["undo"].trigger()
    assert session.samples == before and all(np.array_equal(a, s.chroma) for a, s in zip(chroma, before, strict=True))
    drawn.canvas.place_marked.emit(left_half(drawn))
    assert drawn.canvas._overlay.values.shape == session.embedded.chroma_shape
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(before[1], tmp_path / "a.png")])
    drawn.open(tmp_path / "a.png")
    qtbot.waitUntil(lambda: is_done(drawn) and len(session.samples) == 1, timeout=WAIT)
    assert np.array_equal(session.selected.chroma, chroma[1]), "the very colours, whatever model is in use"
    session.redo_region(left_half(drawn))
    qtbot.waitUntil(lambda: is_done(drawn) and len(session.samples) > 1, timeout=WAIT)


def test_where_a_new_model_cannot_look_at_the_photograph_nothing_is_drawn_with_what_the_old_one_saw(drawn, tmp_path, qtbot, monkeypatch):
    def failing(*_arguments):
        raise OutOfMemoryError("There is not enough memory for this.")
        yield

    embedded, first = drawn.session.embedded, drawn.studio.model
    with monkeypatch.context() as scarce:
        scarce.setattr(jobs, "draft", failing)
        drawn.studio.use_model(checkpoint(tmp_path, seed=6, name="other"), device="cpu")
        qtbot.waitUntil(lambda: drawn.message.isVisible(), timeout=WAIT)
    assert drawn.studio.model is not first and is_done(drawn)
    drawn.session.resample()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert drawn.session.embedded is not embedded
    expected = next(colorize(read_photo(drawn.session.path), drawn.studio.model, seeds=[5], temperature=TEMPERATURE, candidates=CANDIDATES))
    assert np.array_equal(drawn.session.samples[0].chroma, expected.chroma)


def test_a_measurement_that_fails_is_told_once_and_can_be_asked_for_again(drawn, qtbot, monkeypatch):
    attempts, measure = [], jobs.measure_uncertainty

    def failing(*arguments):
        attempts.append(1)
        raise CardMemoryError("The memory of the graphics card does not suffice.")
        yield

    monkeypatch.setattr(jobs, "measure_uncertainty", failing)
    drawn.action["unsure"].trigger()
    qtbot.waitUntil(lambda: drawn.message.isVisible(), timeout=WAIT)
    qtbot.wait(200)
    assert len(attempts) == 1 and not drawn.action["unsure"].isChecked()
    monkeypatch.setattr(jobs, "measure_uncertainty", measure)
    drawn.action["unsure"].trigger()
    qtbot.waitUntil(lambda: drawn.canvas._overlay is not None, timeout=WAIT)


def test_a_composition_that_fails_is_not_tried_again_by_itself(drawn, qtbot, monkeypatch):
    attempts = []

    def failing(wanted):
        attempts.append(1)
        raise OutOfMemoryError("There is not enough memory.")
        yield

    monkeypatch.setattr(jobs, "compose_strips", failing)
    drawn.session.set_saturation(1.3)
    qtbot.waitUntil(lambda: len(attempts) > 0, timeout=WAIT)
    qtbot.wait(300)
    assert len(attempts) < 5


def test_an_exported_sample_names_the_checkpoint_that_drew_it(drawn, tmp_path, qtbot):
    session, first = drawn.session, drawn.studio.model.checkpoint.sha256
    session.toggle_pins([session.samples[0]])
    drawn.studio.use_model(checkpoint(tmp_path, seed=6, name="other"), device="cpu")
    qtbot.waitUntil(lambda: drawn.studio.model.checkpoint.sha256 != first and is_done(drawn), timeout=WAIT)
    second = drawn.studio.model.checkpoint.sha256
    texts = [drawn.studio.text_of(s) for s in session.samples]
    assert [t["picgui:checkpoint"] for t in texts] == [first, second, second, second]
    records.write(tmp_path / "work.picgui", records.content_of(session))
    assert [s.checkpoint for s in records.read_session(tmp_path / "work.picgui").state.samples] == [first, second, second, second]


def test_a_folder_named_at_the_start_becomes_a_queue_once_the_model_is_there(qtbot, tmp_path, model_path, scan):
    window = MainWindow(
        checkpoint=model_path, device="cpu", settings=QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    )
    window.show()
    open_at_start(window, [scan.parent])
    qtbot.waitUntil(lambda: window.opening.batch is not None, timeout=WAIT)
    assert not window.message.isVisible()
    window.opening.batch.close()
    window.close()


def test_names_that_an_export_will_take_are_not_free(drawn, tmp_path, qtbot, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(out))
    drawn.exporting.ask_where_to_export_all()
    drawn.exporting.ask_where_to_export_all()  # before the first ones are there
    qtbot.waitUntil(lambda: not drawn.studio.is_exporting, timeout=WAIT)
    qtbot.waitUntil(lambda: drawn.status.doing.text() == "", timeout=WAIT)
    names = [f"scan-colorized-{seed}{again}.png" for seed in (1, 2, 3, 4) for again in ("", "-2")]
    assert sorted(p.name for p in out.iterdir()) == sorted(names)


def test_a_queue_of_namesakes_comes_to_its_end(window, scan, tmp_path, qtbot):
    window.session.set_sample_count(1)
    many = [tmp_path / str(number) / scan.name for number in range(1_500)]  # more than Python's calls may be deep
    states = run_batch(window, [scan, *many], tmp_path / "new", qtbot)
    assert states[0] == "done" and all("names of" in state for state in states[1:])


def test_a_file_that_is_no_checkpoint_is_not_added(window, tmp_path, monkeypatch):
    foreign = tmp_path / "foreign.safetensors"
    foreign.write_bytes(b"nonsense")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(foreign), ""))
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    dialog = PreferencesDialog(settings, in_use=default_checkpoint(), cuda=False)
    number = dialog.model.count()
    dialog.add.click()
    assert dialog.model.count() == number and "foreign.safetensors" in dialog.facts.text()


def test_where_samples_differ_is_their_distance_from_their_mean(drawn):
    drawn.action["spread"].trigger()
    planes = np.stack([s.chroma for s in drawn.session.samples])
    expected = np.sqrt(((planes - planes.mean(axis=0)) ** 2).sum(axis=1).mean(axis=0))
    assert np.allclose(drawn.canvas._overlay.values, expected, atol=1e-4)
    drawn.action["spread"].trigger()
    assert drawn.canvas._overlay is None


def test_a_thumbnail_let_go_over_the_window_changes_nothing(drawn):
    before = drawn.session.samples
    ignored = []
    own = SimpleNamespace(source=lambda: drawn.gallery, ignore=lambda: ignored.append(True), mimeData=lambda: None)
    drawn.dragEnterEvent(own)
    drawn.dropEvent(own)
    assert len(ignored) == 2 and drawn.session.samples == before and drawn.studio.activity is Activity.IDLE


def run_batch(window, photos, out, qtbot, *, overwrite=False):
    window.opening.open_many(photos)
    batch = window.opening.batch
    batch.folder.setText(str(out))
    batch.overwrite.setChecked(overwrite)
    batch.start.click()
    qtbot.waitUntil(lambda: not batch.start.isEnabled(), timeout=WAIT)
    states = [batch.queue.index(row, 1).data(Qt.ItemDataRole.ToolTipRole) for row in range(len(photos))]
    batch.close()
    assert window.opening.batch is None
    return states


def test_a_batch_skips_its_results_and_replaces_others_only_when_asked(window, scan, tmp_path, qtbot):
    window.session.set_sample_count(1)
    target = tmp_path / "out" / "scan-colorized-1.png"
    assert run_batch(window, [scan], tmp_path / "out", qtbot) == ["done"]
    first = target.read_bytes()
    assert run_batch(window, [scan], tmp_path / "out", qtbot) == ["has results already"] and target.read_bytes() == first
    window.session.set_temperature(0.3)
    assert "other settings" in run_batch(window, [scan], tmp_path / "out", qtbot)[0] and target.read_bytes() == first
    assert run_batch(window, [scan], tmp_path / "out", qtbot, overwrite=True) == ["done"] and target.read_bytes() != first
    assert run_batch(window, [scan], tmp_path / "out", qtbot, overwrite=True) == ["has results already"], "it goes on where it stopped"
    namesake = tmp_path / "other" / "scan.png"
    namesake.parent.mkdir()
    namesake.write_bytes(scan.read_bytes())
    assert "names of" in run_batch(window, [scan, namesake], tmp_path / "new", qtbot)[1]


def test_a_result_of_a_batch_restores_its_colours(window, scan, tmp_path, qtbot):
    window.session.set_sample_count(1)
    run_batch(window, [scan], scan.parent, qtbot)
    window.open(scan.parent / "scan-colorized-1.png")
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    chroma = window.session.samples[0].chroma
    options = {"temperature": window.session.temperature, "candidates": CANDIDATES}
    expected = next(colorize(read_photo(scan), window.studio.model, seeds=[1], **options)).chroma
    assert window.session.path == scan and np.array_equal(chroma, expected)
    assert window.session.samples[0].candidates == CANDIDATES


@pytest.mark.parametrize(("name", "kind", "written", "dtype"), [("a", 3, "a.tif", np.uint16), ("b.png", 2, "b.tif", np.uint8), ("c", 1, "c.png", np.uint16), ("d.jpg", 0, "d.jpg", np.uint8), ("e.png", 4, "e.jpg", np.uint8)])
def test_the_kind_of_file_chosen_is_the_kind_written(drawn, tmp_path, qtbot, monkeypatch, name, kind, written, dtype):
    def choose(_parent, _title, _suggested, kinds, _begun):
        return str(tmp_path / name), kinds.split(";;")[kind]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    drawn.exporting.ask_where_to_export()
    qtbot.waitUntil(lambda: (tmp_path / written).exists() and not drawn.studio.is_exporting, timeout=WAIT)
    assert cv2.imread(str(tmp_path / written), cv2.IMREAD_UNCHANGED).dtype == dtype


def test_the_kind_of_file_chosen_last_is_offered_first(drawn, tmp_path, monkeypatch):
    answers, offered, exported = [("a.png", "TIFF picture, 16 bits (*.tif *.tiff)"), ("b.jpeg", ""), ("c", ""), ("", "")], [], []

    def choose(_parent, _title, suggested, _kinds, begun):
        offered.append((Path(suggested).name, begun))
        name, kind = answers[len(offered) - 1]
        return name and str(tmp_path / name), kind

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    monkeypatch.setattr(drawn.exporting, "export", lambda targets, **options: exported.append((targets[0][1].name, options["deep"])))
    for _ in answers:
        drawn.exporting.ask_where_to_export()
    assert offered == [
        ("scan-colorized-1.png", "PNG picture (*.png)"),
        ("scan-colorized-1.tif", "TIFF picture, 16 bits (*.tif *.tiff)"),
        ("scan-colorized-1.jpg", "JPEG picture (*.jpg *.jpeg)"),
        ("scan-colorized-1.jpg", "JPEG picture (*.jpg *.jpeg)"),
    ]
    assert exported == [("a.tif", True), ("b.jpeg", True), ("c.jpg", False)]
    for garbage in ("nonsense", ["a", "b"], ".exe 16"):
        drawn.settings.setValue("export_kind", garbage)
        assert preferences.kind(drawn.settings) == (".png", False)


def test_for_a_scan_of_16_bits_each_kind_of_file_is_listed_once(drawn, tmp_path, monkeypatch):
    opened, exported, listed = drawn.session.opened, [], []
    monkeypatch.setattr(drawn.session, "opened", replace(opened, photo=replace(opened.photo, bit_depth=16)))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: listed.append(given[3:]) or (str(tmp_path / "a.tif"), given[4]))
    monkeypatch.setattr(drawn.exporting, "export", lambda targets, **options: exported.append(options["deep"]))
    for deep in (False, True):
        preferences.keep_kind(drawn.settings, ".tif", deep)
        drawn.exporting.ask_where_to_export()
        assert preferences.kind(drawn.settings) == (".tif", deep), "as scans of 8 bits are to be written still"
    tiff = "TIFF picture, 16 bits (*.tif *.tiff)"
    assert listed == [(f"PNG picture, 16 bits (*.png);;{tiff};;JPEG picture (*.jpg *.jpeg)", tiff)] * 2 and exported == [False, True]


def test_what_is_exported_together_is_of_the_kind_chosen_last(drawn, tmp_path, qtbot, monkeypatch):
    out, titles = tmp_path / "out", []
    out.mkdir()
    preferences.keep_kind(drawn.settings, ".tif", True)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *given: titles.append(given[1]) or str(out))
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.ask_where_to_export_all()
    assert sorted(path.name for path in out.iterdir()) == [f"scan-colorized-{seed}.tif" for seed in (1, 2, 3, 4)]
    assert cv2.imread(str(out / "scan-colorized-2.tif"), cv2.IMREAD_UNCHANGED).dtype == np.uint16 and titles == ["Export all samples as TIFF to"]


def test_the_selected_samples_are_exported(drawn, tmp_path, qtbot, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(out))
    drawn.gallery.mark(drawn.session.samples[:2])
    drawn.exporting.ask_where_to_export_marked()
    qtbot.waitUntil(lambda: len(list(out.iterdir())) == 2 and not drawn.studio.is_exporting, timeout=WAIT)
    assert sorted(p.name for p in out.iterdir()) == ["scan-colorized-1.png", "scan-colorized-2.png"]


def test_new_samples_take_their_place_in_the_order_and_the_keys_follow_it(drawn, qtbot):
    drawn.gallery.samples.sort_by(Order.COLORFULNESS)
    drawn.session.resample()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    shown = drawn.gallery.samples.shown
    assert [s.mean_chroma for s in shown] == sorted((s.mean_chroma for s in shown), reverse=True)
    drawn.session.select(shown[0])
    drawn.choosing.choose_next()
    assert drawn.session.selected is shown[1]


def test_the_scan_line_is_never_ahead_of_the_colours(window, scan, qtbot, monkeypatch):
    seen, advanced, begun = [], threading.Event(), threading.Event()
    window.session.sample_advanced.connect(advanced.set)
    draw, compose_strips = jobs.draw, jobs.compose_strips

    def slowly(*arguments, **options):
        for row in draw(*arguments, **options):
            if isinstance(row, jobs.Row) and row.y == 3:
                begun.clear()
                begun.wait(WAIT / 1000)  # until the rows before it are being composed
            yield row

    def behind(strips):
        begun.set()
        for strip in compose_strips(strips):
            advanced.clear()
            advanced.wait(1)  # another row
            yield strip

    monkeypatch.setattr(jobs, "draw", slowly)
    monkeypatch.setattr(jobs, "compose_strips", behind)

    def look(number):
        sample = next((s for s in window.session.samples if s.number == number), None)
        if sample is not None:
            seen.append((window.pictures.composed_rows(sample), sample.rows))

    window.pictures.preview_changed.connect(look)
    window.open(scan)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    selected = window.session.selected
    qtbot.waitUntil(lambda: window.pictures.composed_rows(selected) == selected.rows, timeout=WAIT)
    assert all(composed <= drawn for composed, drawn in seen) and any(composed < drawn for composed, drawn in seen)


def test_the_scan_line_begins_anew_with_its_sample(drawn, qtbot):
    pictures, sample = drawn.pictures, drawn.session.selected
    qtbot.waitUntil(lambda: pictures.composed_rows(sample) == sample.rows and not pictures._busy, timeout=WAIT)
    sample.begin()
    with qtbot.waitSignal(pictures.preview_changed, timeout=WAIT, check_params_cb=lambda number: number == sample.number):
        drawn.session.take([sample], Coarse(1.0, sample.chroma[None] + 5, np.zeros(1)))
    drawn.session.take([sample], jobs.Row(0, sample.chroma[None, :, 0], np.zeros(1)))
    assert sample.rows == 1 and pictures.composed_rows(sample) == 0
    qtbot.waitUntil(lambda: pictures.composed_rows(sample) == 1, timeout=WAIT)


def test_another_photograph_of_the_same_name_is_told(drawn, scan, tmp_path, qtbot):
    saved = tmp_path / "work.picgui"
    records.write(saved, records.content_of(drawn.session))
    drawn.open(saved)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert not drawn.message.isVisible()
    cv2.imwrite(str(scan), np.flipud(cv2.imread(str(scan))))
    drawn.open(saved)
    qtbot.waitUntil(lambda: is_done(drawn) and drawn.message.isVisible(), timeout=WAIT)
    assert "another photograph" in drawn.message.text


def press(widget, *keys):
    for key in keys:
        QTest.keyClick(widget, key)


def test_the_crosshair_of_the_keys_begins_and_stays_in_view(drawn):
    canvas, photo = drawn.canvas, drawn.session.opened.photo
    canvas.zoom_to(12.0)
    canvas._view.move(QPointF(-3000, -3000))  # a corner of the photograph
    drawn.action["hint"].trigger()

    def at():
        target = canvas._view.target(canvas._view.panes[0])
        return QPointF(target.x() + canvas._crosshair.x() * target.width(), target.y() + canvas._crosshair.y() * target.height())

    press(canvas, Qt.Key.Key_Left)
    middle = canvas._view.panes[0].center()
    assert (at() - middle).manhattanLength() < 2 and canvas._crosshair.x() > 0.6
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
        for _ in range(200):
            press(canvas, key)
            assert canvas._view.panes[0].contains(at())
    assert (canvas._crosshair.x(), canvas._crosshair.y()) == (0, 0)
    before = at()
    press(canvas, Qt.Key.Key_Right)
    assert 0 < canvas._crosshair.x() * photo.width * canvas.zoom / canvas.devicePixelRatioF() < 0.1 * canvas.width(), "a small step of what is seen"
    assert at() != before


def test_beside_the_panes_of_a_comparison_nothing_is_chosen_marked_or_zoomed_to(drawn):
    drawn.gallery.mark(drawn.session.samples[:3])
    drawn.action["compare"].trigger()
    canvas, session = drawn.canvas, drawn.session
    session.select(session.samples[1])
    canvas.show_samples(session.samples[:3])
    empty = next((p for x in range(2, canvas.width(), 7) for y in range(2, canvas.height(), 7) if canvas._view.pane_at(p := QPointF(x, y)) is None), None)
    assert empty is not None, "a gap at least"
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=empty.toPoint())
    assert session.selected is session.samples[1]
    drawn.action["hint"].trigger()
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=empty.toPoint())
    assert drawn.steering.marked is None
    canvas.zoom_to(4.0, empty)
    assert abs(canvas._view.center.x() - 0.5) < 1e-6 and abs(canvas._view.center.y() - 0.5) < 1e-6
    inside = canvas._view.panes[2].center().toPoint()
    drawn.action["hint"].trigger()
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=inside)
    assert session.selected is session.samples[2]


def test_the_focus_that_a_key_brought_is_seen_and_outlives_a_menu(drawn):
    def give(widget, kind, reason):
        QCoreApplication.sendEvent(widget, QFocusEvent(kind, reason))

    reason, kind = Qt.FocusReason, QEvent.Type
    for widget, shown in ((drawn.canvas, lambda: drawn.canvas._shows_focus), (drawn.gallery, lambda: drawn.gallery.shows_focus)):
        give(widget, kind.FocusIn, reason.MouseFocusReason)
        assert not shown()
        give(widget, kind.FocusIn, reason.TabFocusReason)
        assert shown()
        for meanwhile in (reason.PopupFocusReason, reason.ActiveWindowFocusReason, reason.MenuBarFocusReason):
            give(widget, kind.FocusOut, meanwhile)
            give(widget, kind.FocusIn, meanwhile)
            assert shown()
        give(widget, kind.FocusOut, reason.MouseFocusReason)
        assert not shown()
    drawn.gallery.setFocus(reason.MouseFocusReason)
    plain = drawn.gallery.grab().toImage()
    drawn.gallery.clearFocus()
    drawn.gallery.setFocus(reason.TabFocusReason)
    assert drawn.gallery.hasFocus() and drawn.gallery.grab().toImage() != plain


def test_samples_of_which_nothing_is_drawn_are_the_last_by_typicality(drawn):
    session = drawn.session
    bare = session.samples[1]
    bare.begin()
    bare.stopped = True
    drawn.gallery.samples.sort_by(Order.TYPICALITY)
    assert drawn.gallery.samples.shown[-1] is bare


def test_previews_are_made_ahead_however_often_samples_are_drawn_anew(drawn, qtbot):
    pictures, session = drawn.pictures, drawn.session
    for _ in range(4):
        session.resample()
        qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
        qtbot.waitUntil(lambda: all(("preview", s.number) in pictures._images for s in session.samples), timeout=WAIT)


def test_menus_and_dialogs_go_when_they_are_closed(drawn, monkeypatch):
    def those_there():
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return len(drawn.findChildren(QDialog)) + len(drawn.findChildren(QMenu))

    before = those_there()
    monkeypatch.setattr(QDialog, "exec", lambda *_: 0)
    QTimer.singleShot(50, lambda: QApplication.activePopupWidget().close())
    drawn.canvas.menu_wanted.emit(QPoint())
    for show in (drawn.show_preferences, drawn.show_shortcuts, drawn.show_about):
        show()
    assert those_there() == before


def test_the_wheel_scrolls_the_panel_and_leaves_the_brush(drawn):
    brush = drawn.panel.hints.brush
    event = QWheelEvent(QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
    QCoreApplication.sendEvent(brush, event)
    assert brush.value() == 3 and not event.isAccepted()
    brush.setValue(9)
    QTest.mouseDClick(brush, Qt.MouseButton.LeftButton)
    assert brush.value() == 3


def test_keys_change_the_brush_while_hints_are_painted(drawn):
    brush, canvas = drawn.panel.hints.brush, drawn.canvas
    assert not drawn.action["wider_brush"].isEnabled()
    drawn.action["hint"].trigger()
    press(canvas, *[Qt.Key.Key_BracketRight] * 2, Qt.Key.Key_BracketLeft)
    assert brush.value() == 4 and canvas._mark.brush == 0.04
    drawn.action["hint"].trigger()
    press(canvas, Qt.Key.Key_BracketRight)
    assert brush.value() == 4


def test_where_the_chosen_sample_is_a_part_resample_says_that_it_draws_the_part(drawn):
    action, button, base = drawn.action["resample"], drawn.panel.resample, drawn.session.selected
    room = button.width()
    drawn.session.redo_region(left_half(drawn))
    assert (button.text(), action.text()) == ("Resample this part", "&Resample this part") and action.property("name") == "Resample"
    assert room >= button.sizeHint().width()
    drawn.session.stop()
    drawn.session.select(base)
    assert (button.text(), action.text()) == ("Resample", "&Resample")


@pytest.mark.parametrize("come", [(QEvent.Type.Enter, QEvent.Type.Leave), "focus"], ids=["mouse", "focus"])
def test_what_resample_would_draw_again_is_outlined_while_its_button_is_pointed_at(drawn, come, qtbot):
    canvas, button, session = drawn.canvas, drawn.panel.resample, drawn.session
    base = session.selected
    session.redo_region(left_half(drawn))
    part = session.selected
    session.stop()

    def point(at, before):
        if come == "focus":
            (button if at else drawn.gallery).setFocus(Qt.FocusReason.TabFocusReason)
            qtbot.waitUntil(lambda: button.hasFocus() is at)
        else:
            QCoreApplication.sendEvent(button, QEvent(come[not at]))
        target = canvas._view.target(canvas._view.panes[0])
        changed = np.nonzero((as_pixels(canvas.grab().toImage()) != before).any(axis=2))[1]
        return [(changed.min() - target.left()) / target.width(), (changed.max() - target.left()) / target.width()] if changed.size else []

    drawn.activateWindow()
    drawn.gallery.setFocus()
    qtbot.waitUntil(drawn.gallery.hasFocus)
    plain = as_pixels(canvas.grab().toImage())
    assert point(True, plain) == pytest.approx([0, 0.5], abs=0.01)
    assert point(False, plain) == []
    session.select(base)
    plain = as_pixels(canvas.grab().toImage())
    assert point(True, plain) == []
    session.select(part)


def test_the_tools_and_the_divider_work_from_the_keyboard(drawn, qtbot):
    key = Qt.Key
    drawn.action["hint"].trigger()
    press(drawn.canvas, key.Key_Right, key.Key_Right, key.Key_Return)  # the first press shows the crosshair in the middle
    height, width = drawn.session.embedded.chroma_shape
    ys, xs = np.nonzero(drawn.steering.marked)
    assert abs((xs.mean() + 0.5) / width - 0.52) < 0.06 and abs((ys.mean() + 0.5) / height - 0.5) < 0.1
    press(drawn.canvas, key.Key_Escape)
    assert drawn.canvas.tool is Tool.MOVE and not drawn.action["hint"].isChecked()
    before = drawn.session.samples[0].chroma.copy()
    drawn.action["region"].trigger()
    press(drawn.canvas, *[key.Key_Up] * 40, *[key.Key_Left] * 40, key.Key_Return, *[key.Key_Down] * 60, *[key.Key_Right] * 20, key.Key_Return)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    after = drawn.session.selected.chroma
    assert np.array_equal(before[:, :, -2:], after[:, :, -2:]) and not np.array_equal(before[:, :, :2], after[:, :, :2])
    drawn.action["split"].trigger()
    share = drawn.canvas._view.split
    QTest.keyClick(drawn.canvas, key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert drawn.canvas._view.split == pytest.approx(share + 0.02)


def test_a_pasted_picture_outlives_a_crash(pasted, qtbot):
    before, lightness = [s.chroma.copy() for s in pasted.session.samples], pasted.session.opened.photo.lightness
    qtbot.waitUntil(lambda: not pasted.keeping.timer.isActive() and kept_file(pasted).is_file(), timeout=WAIT)
    crash(pasted)
    samples = pasted.session.samples
    pasted.open(example_photo())
    pasted.keeping.offer_last()
    pasted.opening.bring_back_last()
    assert not pasted.opening.recent(), "what a crash left is no file of a person's own"
    qtbot.waitUntil(lambda: pasted.session.samples != samples and is_done(pasted), timeout=WAIT)
    assert pasted.session.path is None and np.array_equal(pasted.session.opened.photo.lightness, lightness)
    assert all(np.array_equal(a, s.chroma) for a, s in zip(before, pasted.session.samples, strict=True))
    assert "another photograph" not in pasted.message.text


def test_the_session_of_a_pasted_picture_holds_the_picture(pasted, qtbot, tmp_path, monkeypatch):
    target = tmp_path / "found.picgui"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), ""))
    pasted.action["save_session"].trigger()
    assert pasted.opening.recent()[0] == target
    chroma = pasted.session.samples[0].chroma.copy()
    pasted.session.resample()
    pasted.open(target)
    qtbot.waitUntil(lambda: is_done(pasted) and pasted.session.samples[0].seed == 1, timeout=WAIT)
    assert np.array_equal(pasted.session.samples[0].chroma, chroma)
    content = json.loads(target.read_text())
    target.write_text(json.dumps(content | {"picture": "AAAA"}))
    pasted.open(target)
    qtbot.waitUntil(lambda: "damaged" in pasted.message.text, timeout=WAIT)


def test_what_a_crash_interrupts_is_drawn_to_its_end_and_what_was_stopped_stays(drawn, qtbot, tmp_path):
    expected = drawn.session.samples[1].chroma.copy()
    for sample in drawn.session.samples[:2]:
        sample.rows, sample.chroma[:, 2:] = 2, 0
    fewer = drawn.session.samples[3]  # as an older version drew it
    fewer.rows, fewer.candidates = 2, 1
    drawn.session.samples[0].stopped = True
    path = tmp_path / "work.picgui"
    records.write(path, records.content_of(drawn.session))
    drawn.open(path)
    before = drawn.session.samples
    qtbot.waitUntil(lambda: len(drawn.session.samples) == 4 and drawn.session.samples[0] not in before, timeout=WAIT)
    qtbot.waitUntil(lambda: all(s.is_complete for s in drawn.session.samples[1:]), timeout=WAIT)
    assert drawn.session.samples[0].rows == 2 and drawn.session.samples[0].stopped
    assert np.array_equal(drawn.session.samples[1].chroma, expected)
    photo, temperature = read_photo(drawn.session.path), drawn.session.temperature
    again = next(colorize(photo, drawn.studio.model, seeds=[fewer.seed], temperature=temperature, candidates=1))
    assert np.array_equal(drawn.session.samples[3].chroma, again.chroma)


def out_of_memory(monkeypatch, error, *, from_number):
    """Let memory run out wherever so many samples are drawn at once."""
    draw = jobs.draw

    def scarce(*arguments, seeds, **options):
        if len(seeds) >= from_number:
            raise error("There is not enough memory for this.")
        yield from draw(*arguments, seeds=seeds, **options)

    monkeypatch.setattr(jobs, "draw", scarce)


def test_where_memory_runs_out_fewer_samples_are_offered_and_drawn(window, scan, qtbot, monkeypatch):
    out_of_memory(monkeypatch, OutOfMemoryError, from_number=3)
    window.open(scan)
    qtbot.waitUntil(lambda: window.message.isVisible(), timeout=WAIT)
    fewer, other = window.message._buttons
    assert "memory" in window.message.text and fewer.text() == "Draw fewer samples" and not other.isVisible()
    fewer.click()
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert [s.seed for s in window.session.samples] == [1, 2] and window.session.sample_count == 2


def test_where_the_graphics_cards_memory_runs_out_the_processor_goes_on_and_nothing_is_lost(drawn, qtbot, monkeypatch):
    before, loaded = drawn.session.samples, []
    load = jobs.load
    monkeypatch.setattr(jobs, "load", lambda path, *, device: (loaded.append(device), load(path, device=device))[1])
    with monkeypatch.context() as scarce:
        out_of_memory(scarce, CardMemoryError, from_number=2)
        drawn.session.set_sample_count(6)
        qtbot.waitUntil(lambda: drawn.message.isVisible(), timeout=WAIT)
    assert [button.text() for button in drawn.message._buttons] == ["Draw fewer samples", "Use the processor"]
    drawn.message._buttons[1].click()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert loaded == ["cpu"] and drawn.session.samples[:4] == before and [s.seed for s in drawn.session.samples] == [1, 2, 3, 4, 5, 6]


def test_what_failed_is_not_drawn_again_where_another_model_cannot_be_loaded(drawn, tmp_path, qtbot, monkeypatch):
    with monkeypatch.context() as scarce:
        out_of_memory(scarce, OutOfMemoryError, from_number=3)
        drawn.session.resample()
        qtbot.waitUntil(lambda: drawn.message.isVisible(), timeout=WAIT)
    (tmp_path / "bad.safetensors").write_bytes(b"bad")
    drawn.studio.use_model(tmp_path / "bad.safetensors", device="cpu")
    qtbot.waitUntil(lambda: "bad.safetensors" in drawn.message.text, timeout=WAIT)
    assert drawn.studio.activity is Activity.IDLE and all(s.stopped and s.rows == 0 for s in drawn.session.samples)
    drawn.action["go_on"].trigger()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)


def test_a_choice_made_while_a_model_is_loaded_does_not_stop_the_loading(drawn, qtbot):
    before = drawn.studio.model
    drawn.studio.use_model(preferences.checkpoint(drawn.settings), device="cpu")
    drawn.session.resample()
    qtbot.waitUntil(lambda: drawn.studio.model is not before and is_done(drawn), timeout=WAIT)


def test_a_batch_pauses_within_a_photograph_and_uses_the_chosen_threads(window, scan, tmp_path, qtbot, monkeypatch):
    window.settings.setValue("threads", 2)
    used = []

    def watched(*arguments, **options):
        for item in colorize_file(*arguments, **options):
            used.append(torch.get_num_threads())
            yield item

    monkeypatch.setattr(queue_module, "colorize_file", watched)
    window.opening.open_many([scan])
    batch = window.opening.batch
    batch.folder.setText(str(tmp_path / "out"))

    def pause(_job, item):
        if isinstance(item, Drawn) and batch.queue.is_going:
            batch.queue._worker.produced.disconnect(pause)
            batch.start.click()

    batch.queue._worker.produced.connect(pause, Qt.ConnectionType.BlockingQueuedConnection)
    batch.start.click()
    qtbot.waitUntil(lambda: not batch.queue.is_going and batch.queue.share > 0, timeout=WAIT)
    share = batch.queue.share
    qtbot.wait(300)
    assert batch.queue.share == share < 1 and not (tmp_path / "out" / "scan-colorized-1.png").exists()
    batch.start.click()
    qtbot.waitUntil(lambda: not batch.start.isEnabled(), timeout=WAIT)
    assert len(list((tmp_path / "out").iterdir())) == 4 and set(used) == {2}
    batch.close()


def test_the_time_left_grows_with_what_is_left_and_pauses_do_not_count(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    work = pace.Pace()
    work.go()
    assert work.seconds_left(0, 1) is None
    now[0] += 60
    work.rest()
    now[0] += 3600
    work.go()
    assert work.seconds_left(0.25, 0.75) == pytest.approx(180)
    assert [pace.time_left(s) for s in (None, 0.4, 42, 180, 7260)] == ["", "", "42 s left", "3 min left", "2 h 1 min left"]


def test_an_export_tells_how_far_it_is_and_is_written_though_the_window_closes(drawn, scan, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(jobs, "_BAND_PIXELS", 150 * 10)
    shares = []
    drawn.studio.export_progressed.connect(lambda share, _left: shares.append(share))
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.studio.export([(drawn.session.samples[0], tmp_path / "a.png")])
    assert len(shares) == 11 and shares == sorted(shares) and shares[-1] < 1
    assert np.array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], compose(read_photo(scan), drawn.session.samples[0].chroma))
    drawn.studio.export([(s, tmp_path / f"{s.seed}.png") for s in drawn.session.samples])
    drawn.close()
    assert all((tmp_path / f"{seed}.png").exists() for seed in (1, 2, 3, 4))


def test_pinning_and_deleting_several_is_one_step_back(drawn):
    session, before = drawn.session, drawn.session.samples
    drawn.gallery.mark(before[:3])
    drawn.action["pin"].trigger()
    assert [session.is_pinned(s) for s in before] == [True, True, True, False]
    drawn.action["undo"].trigger()
    assert not any(session.is_pinned(s) for s in before)
    drawn.gallery.mark(before[:3])
    drawn.action["delete"].trigger()
    assert session.samples == before[3:]
    drawn.action["undo"].trigger()
    assert session.samples == before


def test_undo_and_redo_tell_what_they_do_and_their_keys(drawn):
    undo, redo = drawn.action["undo"], drawn.action["redo"]
    drawn.session.toggle_pins(drawn.session.samples)
    assert undo.toolTip() == f"Undo Pin ({undo.shortcut().toString()})"
    undo.trigger()
    assert redo.toolTip() == f"Redo Pin ({redo.shortcut().toString()})"


def test_where_the_model_is_unsure_is_shown_in_bits_and_only_one_overlay_at_a_time(drawn, qtbot):
    drawn.action["spread"].trigger()
    drawn.action["unsure"].trigger()
    qtbot.waitUntil(lambda: drawn.canvas._overlay is not None, timeout=WAIT)
    assert not drawn.action["spread"].isChecked()
    assert np.array_equal(drawn.canvas._overlay.values, uncertainty(drawn.session.embedded, drawn.studio.model))
    drawn.action["unsure"].trigger()
    assert drawn.canvas._overlay is None


def test_the_own_colours_of_a_colour_photograph_surprise_and_a_grey_one_has_none(drawn, tmp_path, qtbot):
    drawn.action["surprise"].trigger()
    qtbot.waitUntil(lambda: "no colours of its own" in drawn.message.text, timeout=WAIT)
    assert not drawn.action["surprise"].isChecked() and drawn.canvas._overlay is None
    pixels = cv2.resize(np.random.default_rng(2).integers(0, 255, (5, 8, 3), dtype=np.uint8), (80, 50))
    cv2.imwrite(str(tmp_path / "colour.png"), pixels[..., ::-1])
    drawn.open(tmp_path / "colour.png")
    qtbot.waitUntil(lambda: drawn.session.name == "colour" and is_done(drawn), timeout=WAIT)
    drawn.action["surprise"].trigger()
    qtbot.waitUntil(lambda: drawn.canvas._overlay is not None, timeout=WAIT)
    embedded, model = drawn.session.embedded, drawn.studio.model
    assert np.allclose(drawn.canvas._overlay.values, surprise(embedded, model, own_chroma(pixels, embedded, model)), atol=1e-3)

    drawn.action["surprise"].trigger()
    drawn.open(tmp_path / "colour.png")
    qtbot.waitUntil(lambda: drawn.session.embedded is not embedded and is_done(drawn), timeout=WAIT)
    (tmp_path / "colour.png").unlink()
    drawn.action["surprise"].trigger()
    qtbot.waitUntil(lambda: "no file" in drawn.message.text, timeout=WAIT)
    assert not drawn.action["surprise"].isChecked() and drawn.canvas._overlay is None


@pytest.fixture
def with_card(drawn, monkeypatch):
    """A window on the processor of a computer with a graphics card; what it loads from now on, as path and device."""
    loaded = []
    monkeypatch.setattr(jobs, "load", lambda path, *, device: (loaded.append((path, device)), iter(()))[1])
    has_card(monkeypatch, True)
    return loaded


def test_the_checkpoint_in_use_stays_on_another_device(drawn, with_card, model_path, monkeypatch):
    shown = []

    def choose_the_card(dialog):
        shown.append((dialog.model.currentText(), dialog.remove.isEnabled(), dialog.facts.text().split(",")[0]))
        dialog.device.setCurrentIndex(dialog.device.findData("cuda"))
        dialog.accept()
        return True

    monkeypatch.setattr(PreferencesDialog, "exec", choose_the_card)
    drawn.show_preferences()
    assert shown == [("tiny (in use)", False, "tiny")] and with_card == [(model_path, "cuda")]
    assert drawn.settings.value("checkpoint") == str(model_path)


def test_the_device_in_use_stays_with_another_checkpoint(drawn, with_card, monkeypatch):
    def choose_the_one_that_comes_with_picgui(dialog):
        dialog.model.setCurrentIndex(0)
        dialog.accept()
        return True

    monkeypatch.setattr(PreferencesDialog, "exec", choose_the_one_that_comes_with_picgui)
    drawn.show_preferences()
    assert with_card == [(default_checkpoint(), "cpu")] and drawn.settings.value("checkpoint") == ""


def test_an_offer_to_draw_fewer_goes_when_samples_are_drawn_again(drawn, qtbot, monkeypatch):
    with monkeypatch.context() as scarce:
        out_of_memory(scarce, OutOfMemoryError, from_number=2)
        drawn.session.resample()
        qtbot.waitUntil(lambda: drawn.message.isVisible(), timeout=WAIT)
    assert drawn.message._buttons[0].text() == "Draw fewer samples"
    drawn.session.resample()
    assert not drawn.message.isVisible()
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.message.tell_done("Saved")
    drawn.session.resample()
    assert drawn.message.isVisible(), "only that"


def test_an_offer_to_draw_fewer_is_of_the_samples_that_failed(drawn, qtbot, monkeypatch):
    session, message, before = drawn.session, drawn.message, drawn.session.samples
    with monkeypatch.context() as scarce:
        out_of_memory(scarce, OutOfMemoryError, from_number=2)
        session.resample()
        qtbot.waitUntil(lambda: message.isVisible(), timeout=WAIT)
    session.undo_stack.undo()
    assert session.samples == before and not message.isVisible(), "they are gone"
    drawn.studio.draw_fewer()
    assert session.samples == before
    with monkeypatch.context() as scarce:
        out_of_memory(scarce, OutOfMemoryError, from_number=3)
        session.resample()
        qtbot.waitUntil(lambda: message.isVisible(), timeout=WAIT)
        session.delete(session.samples[-1:])
        assert message.isVisible()
        message._buttons[0].click()
        qtbot.waitUntil(lambda: is_done(drawn) and all(s.is_complete for s in session.samples), timeout=WAIT)
    assert len(session.samples) == 2


def test_drawing_fewer_takes_no_finished_sample_away(drawn, qtbot, monkeypatch):
    session, message, finished = drawn.session, drawn.message, drawn.session.samples
    with monkeypatch.context() as scarce:
        out_of_memory(scarce, OutOfMemoryError, from_number=2)
        session.set_sample_count(6)
        qtbot.waitUntil(lambda: message.isVisible(), timeout=WAIT)
        message._buttons[0].click()
        qtbot.waitUntil(lambda: is_done(drawn) and len(session.samples) == 5, timeout=WAIT)
    assert session.samples[:4] == finished and all(s.is_complete for s in session.samples)


def test_a_remedy_that_is_left_stays(drawn, qtbot, monkeypatch):
    session, message = drawn.session, drawn.message
    with monkeypatch.context() as scarce:
        out_of_memory(scarce, CardMemoryError, from_number=2)
        session.resample()
        qtbot.waitUntil(lambda: message.isVisible(), timeout=WAIT)
    assert [b.text() for b in message._buttons] == ["Draw fewer samples", "Use the processor"]
    session.delete(session.samples[1:])
    assert message.isVisible() and [b.text() for b in message._buttons if b.isVisible()] == ["Use the processor"]


def test_a_queue_keeps_its_folder_follows_the_scheme_and_ends_without_a_button_to_go_on(window, scan, tmp_path, qtbot):
    window.session.set_sample_count(1)
    window.opening.open_many([scan])
    queue = window.opening.batch
    queue.folder.setText(str(tmp_path / "out"))
    assert queue.choose.isEnabled()
    queue.start.click()
    assert not queue.choose.isEnabled() and not queue.folder.isEnabled()
    qtbot.waitUntil(lambda: not queue.start.isEnabled(), timeout=WAIT)
    assert not queue.choose.isEnabled() and not queue.start.isVisible()
    for name, scheme in (("dark", theme.DARK), ("light", theme.LIGHT)):
        next(action for action in window.findChildren(QAction) if action.data() == name).trigger()
        shown = QStyleOptionViewItem()
        queue.list.itemDelegateForColumn(1).initStyleOption(shown, queue.queue.index(0, 1))
        assert shown.palette.text().color() == QColor(scheme.done)
    queue.close()


def test_what_was_drawn_of_a_damaged_file_is_told_in_the_colour_of_a_warning(window, scan, tmp_path, qtbot):
    window.session.set_sample_count(1)
    cut = tmp_path / "cut.jpg"
    cv2.imwrite(str(cut), cv2.resize(cv2.imread(str(scan)), (300, 200)))
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    window.opening.open_many([scan, cut])
    queue = window.opening.batch
    queue.start.click()
    qtbot.waitUntil(lambda: queue.queue.has_ended, timeout=WAIT)
    for row in range(2):
        shown, index = QStyleOptionViewItem(), queue.queue.index(row, 1)
        queue.list.itemDelegateForColumn(1).initStyleOption(shown, index)
        is_cut = queue.queue.path(row) == cut
        assert queue.queue.state(row) is State.DONE and ("missing" in index.data(Qt.ItemDataRole.ToolTipRole)) is is_cut
        assert shown.palette.text().color() == QColor(theme.current().warning if is_cut else theme.current().done)
    queue.close()


@pytest.mark.parametrize("language", ["english", "german"])
def test_the_sliders_of_a_queue_have_room(language, request, window, scan, qtbot):
    if language == "german":
        request.getfixturevalue("german")
    window.opening.open_many([scan])
    queue = window.opening.batch
    qtbot.waitUntil(queue.isVisible, timeout=WAIT)
    QCoreApplication.processEvents()
    assert min(queue.temperature.width(), queue.saturation.width()) > 130
    queue.close()


@pytest.fixture
def other_scan(tmp_path):
    """Another photograph's file, 100 x 150 pixels."""
    path = tmp_path / "other.png"
    cv2.imwrite(str(path), cv2.resize(np.random.default_rng(1).integers(40, 200, (9, 6), dtype=np.uint8), (100, 150)))
    return path


def turn(window, name, qtbot):
    """Rotate left or right, and wait until the photograph lies so; what it is then."""
    before = window.session.opened
    window.action[f"rotate_{name}"].trigger()
    qtbot.waitUntil(lambda: window.session.opened is not before and not window.studio.is_reading, timeout=WAIT)
    return window.session.opened


def lies_as(window, path, turns):
    """Whether the photograph that is open is that of a file, turned so often."""
    photo = window.session.opened.photo
    return photo.turns == turns and np.array_equal(photo.lightness, read_photo(path).turned(turns).lightness)


def test_a_photograph_is_turned_by_a_key_and_coloured_as_it_lies_then(drawn, scan, qtbot):
    before = scan.read_bytes()
    drawn.canvas.zoom_to(3.0)
    drawn.activateWindow()
    QTest.keyClick(drawn, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: drawn.session.opened.photo.turns == 1 and is_done(drawn), timeout=WAIT)
    opened = drawn.session.opened
    assert lies_as(drawn, scan, 1) and "100 × 150" in drawn.status.facts.text()
    expected = list(colorize(read_photo(scan).turned(1), drawn.studio.model, seeds=range(1, 5), temperature=TEMPERATURE, candidates=CANDIDATES))
    for sample, one in zip(drawn.session.samples, expected, strict=True):
        assert np.array_equal(sample.chroma, one.chroma) and sample.log_prob == pytest.approx(one.log_prob)
    assert (opened.path, opened.digest, scan.read_bytes()) == (scan, file_digest(scan), before)
    assert drawn.canvas._view.fits and (drawn.pictures.grey.width(), drawn.pictures.grey.height()) == (100, 150)
    QTest.keyClick(drawn, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: drawn.session.opened.photo.turns == 0, timeout=WAIT)
    assert lies_as(drawn, scan, 0)


def test_all_that_is_made_of_a_turned_photograph_is_as_of_one_that_lies_so_in_its_file(tmp_path):
    pixels = cv2.resize(np.random.default_rng(0).integers(0, 65535, (9, 6, 3), dtype=np.uint16), (3000, 4321), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    cv2.imwrite(str(tmp_path / "b.png"), np.rot90(pixels, -1))
    (before,), (expected,) = jobs.open_photo(tmp_path / "a.png"), jobs.open_photo(tmp_path / "b.png")
    (turned,) = jobs.turn(before, 1)
    (opened,) = jobs.open_photo(tmp_path / "a.png", turns=1)
    (own,), (expected_own,) = jobs.read_own_colors(turned), jobs.read_own_colors(expected)
    assert np.abs(own.chroma - expected_own.chroma).mean() < 0.5 and own.chroma.std() > 5, "rounded in another order"
    for one in (turned, opened):
        assert (one.path, one.digest) == (before.path, before.digest) and len(one.levels) == 2
        for name in ("photo", "preview", "thumbnail"):
            assert np.array_equal(getattr(one, name).lightness, getattr(expected, name).lightness) and getattr(one, name).turns == 1
        assert all(np.array_equal(a.lightness, b.lightness) for a, b in zip(one.levels, expected.levels, strict=True))
        assert np.array_equal(one.grey, expected.grey) and np.array_equal(one.small_grey, expected.small_grey)


def test_who_turns_a_photograph_back_has_its_samples_again(drawn, scan, qtbot):
    session, message = drawn.session, drawn.message
    session.toggle_pins(session.samples[:1])
    kept = session.kept()
    turn(drawn, "right", qtbot)
    assert message.text == "Earlier samples of this photograph were put aside."
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    sideways = session.kept()
    scan.unlink()
    turn(drawn, "left", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert session.kept() == kept and session.is_unsaved
    turn(drawn, "right", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert session.kept() == sideways
    assert [kept.turns for kept in drawn.opening.put_aside] == [0]


def test_who_turns_a_photograph_back_has_its_samples_again_out_of_a_file_too(drawn, qtbot):
    session = drawn.session
    session.toggle_pins(session.samples[1:2])
    turn(drawn, "right", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert drawn.keeping.recovery.take_up(drawn.keeping.recovery.aside[-1], leave=True)  # as where many others were put aside since
    (left,) = data_dir().glob("closed-*.picgui")
    turn(drawn, "left", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert pinned_places(session.kept()) == [1] and session.is_unsaved and not left.exists()
    assert drawn.opening._turned() == {}, "a person turned it so"


def test_samples_of_a_photograph_that_lay_otherwise_can_be_gone_back_to(drawn, scan, other_scan, qtbot):
    session, kept = drawn.session, drawn.session.kept()
    turn(drawn, "left", qtbot)
    assert lies_as(drawn, scan, 3)
    drawn.message._buttons[0].click()
    qtbot.waitUntil(lambda: is_done(drawn) and session.kept() == kept, timeout=WAIT)
    assert lies_as(drawn, scan, 0) and drawn.opening._turned() == {}
    turn(drawn, "left", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    sideways = session.kept()
    drawn.open(other_scan)
    qtbot.waitUntil(lambda: session.name == "other" and is_done(drawn), timeout=WAIT)
    drawn.opening.bring_back(drawn.opening.put_aside[0])
    qtbot.waitUntil(lambda: session.name == "scan" and is_done(drawn), timeout=WAIT)
    assert session.kept() == sideways and lies_as(drawn, scan, 3) and "another photograph" not in drawn.message.text


def test_turns_in_quick_succession_are_one(slowly, drawn, scan, qtbot, monkeypatch):
    read, left = [], drawn.session.opened
    drawn.studio.photo_taken.connect(lambda *_: read.append(drawn.session.opened.photo.turns))
    for _ in range(2):
        drawn.action["rotate_right"].trigger()
    assert drawn.session.opened is left and drawn.studio.reading == Reading(turning=2) and drawn.action["rotate_left"].isEnabled()
    qtbot.waitUntil(lambda: drawn.studio.activity is Activity.SAMPLING, timeout=WAIT)
    assert read == [2] and lies_as(drawn, scan, 2)
    for name in ("left", "right"):  # while samples are drawn
        drawn.action[f"rotate_{name}"].trigger()
    assert lies_as(drawn, scan, 2) and not drawn.studio.is_reading
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert read == [2]
    drawn.action["resample"].trigger()
    drawn.action["compare"].trigger()
    turn(drawn, "right", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn) and not drawn.choosing.is_comparing, timeout=WAIT)
    assert lies_as(drawn, scan, 3) and [s.seed for s in drawn.session.samples] == [1, 2, 3, 4]


def test_nothing_is_turned_where_no_photograph_is_open_or_another_one_is_being_read(window, scan, other_scan, qtbot, monkeypatch):
    assert not window.action["rotate_left"].isEnabled() and not window.action["rotate_right"].isEnabled()
    window.opening.turn_left()
    assert window.session.opened is None
    window.open(scan)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    go_on, open_photo = threading.Event(), jobs.open_photo

    def slow(*arguments, **options):
        go_on.wait(WAIT / 1000)
        yield from open_photo(*arguments, **options)

    monkeypatch.setattr(jobs, "open_photo", slow)
    window.action["rotate_right"].trigger()
    window.open(other_scan)
    window.opening.turn_right()
    go_on.set()
    qtbot.waitUntil(lambda: window.session.name == "other" and is_done(window), timeout=WAIT)
    assert lies_as(window, other_scan, 0) and window.action["rotate_right"].isEnabled()


def test_what_is_being_turned_can_be_turned_no_more_once_another_is_read(drawn, other_scan, qtbot, monkeypatch):
    go_on, turn_job = threading.Event(), jobs.turn

    def slow(*arguments):
        go_on.wait(WAIT / 1000)
        yield from turn_job(*arguments)

    monkeypatch.setattr(jobs, "turn", slow)
    rotate = drawn.action["rotate_right"]
    rotate.trigger()
    assert drawn.studio.is_reading and rotate.isEnabled()
    drawn.open(other_scan)
    assert drawn.studio.is_reading and not rotate.isEnabled()
    go_on.set()
    qtbot.waitUntil(lambda: drawn.session.name == "other" and is_done(drawn) and rotate.isEnabled(), timeout=WAIT)


def test_a_photograph_that_cannot_be_turned_stays_as_it_lies(drawn, scan, qtbot, monkeypatch):
    def scarce(*_):
        raise MemoryError
        yield

    with monkeypatch.context() as turning:
        turning.setattr(jobs, "turn", scarce)
        drawn.action["rotate_right"].trigger()
        qtbot.waitUntil(lambda: "memory" in drawn.message.text, timeout=WAIT)
    assert lies_as(drawn, scan, 0) and is_done(drawn)
    turn(drawn, "left", qtbot)
    assert lies_as(drawn, scan, 3)


def test_hints_are_turned_with_their_photograph(slowly, drawn, qtbot):
    session = drawn.session
    height, width = session.embedded.chroma_shape
    mask = np.zeros((height, width), bool)
    mask[1, 2:5] = True
    session.add_hint(mask, (40.0, -20.0))
    before = session.hints
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    turn(drawn, "right", qtbot)
    turn(drawn, "right", qtbot)  # before the first turn has hints to show
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert session.embedded.chroma_shape == (height, width)
    assert np.array_equal(session.hints.mask, np.rot90(mask, 2)) and session.is_unsaved
    assert np.array_equal(session.hints.chroma, np.rot90(before.chroma, 2, axes=(1, 2)))
    turn(drawn, "left", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert np.array_equal(session.hints.mask, np.rot90(mask, -1)) and session.embedded.chroma_shape == (width, height)
    for sample in session.samples:
        assert (sample.chroma[:, session.hints.mask] == [[40], [-20]]).all()
    session.clear_hints()
    session.undo_stack.undo()
    assert np.array_equal(session.hints.mask, np.rot90(mask, -1))
    turn(drawn, "left", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert session.hints is before, "which was put aside with its samples"


def test_a_session_remembers_how_its_photograph_lay(drawn, scan, qtbot, tmp_path):
    turn(drawn, "right", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    before, path = drawn.session.samples, tmp_path / "work.picgui"
    content = records.content_of(drawn.session)
    records.write(path, content)
    assert json.loads(path.read_text())["rotation"] == 90
    turn(drawn, "left", qtbot)
    drawn.open(path)
    qtbot.waitUntil(lambda: drawn.session.file == path and is_done(drawn), timeout=WAIT)
    assert lies_as(drawn, scan, 1) and "another photograph" not in drawn.message.text
    assert all(np.array_equal(a.chroma, b.chroma) for a, b in zip(before, drawn.session.samples, strict=True))
    older = {key: value for key, value in content.items() if key != "rotation"}
    path.write_text(json.dumps(older))
    assert records.read_session(path).turns == 0
    for damaged in (45, 360, -90, "left", [90], None, float("inf")):
        path.write_text(json.dumps(content | {"rotation": damaged}))
        with pytest.raises(PhotoError, match="is damaged"):
            records.read_session(path)


def test_an_exported_picture_brings_its_photograph_back_as_it_lay(drawn, scan, qtbot, tmp_path):
    turn(drawn, "left", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    sample, path, expected = drawn.session.selected, tmp_path / "out" / "a.png", drawn.session.opened.photo
    path.parent.mkdir()
    drawn.exporting.export([(sample, path)])
    qtbot.waitUntil(path.exists, timeout=WAIT)
    assert read_png_text(path)["picgui:rotation"] == "270" and read_photo(path).lightness.shape == expected.lightness.shape
    turn(drawn, "right", qtbot)
    drawn.open(path)
    qtbot.waitUntil(lambda: is_done(drawn) and len(drawn.session.samples) == 1, timeout=WAIT)
    assert lies_as(drawn, scan, 3) and np.array_equal(drawn.session.selected.chroma, sample.chroma) and "another photograph" not in drawn.message.text
    scan.unlink()
    drawn.open(path)
    qtbot.waitUntil(lambda: drawn.session.path == path and is_done(drawn), timeout=WAIT)
    assert lies_as(drawn, path, 0), "the exported picture lies so itself"
    assert np.array_equal(drawn.session.selected.chroma, sample.chroma)


def test_an_exported_picture_brings_its_photograph_back_that_has_got_a_caption(drawn, scan, qtbot, tmp_path):
    turn(drawn, "left", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    path, caption = tmp_path / "out" / "a.png", io.BytesIO()
    path.parent.mkdir()
    drawn.exporting.export([(drawn.session.selected, path)])
    qtbot.waitUntil(path.exists, timeout=WAIT)
    write_chunk(caption, *text_chunk("Title", "Grandmother"))
    content, first = scan.read_bytes(), 33  # bytes before the second chunk
    scan.write_bytes(content[:first] + caption.getvalue() + content[first:])
    drawn.open(path)
    qtbot.waitUntil(lambda: is_done(drawn) and len(drawn.session.samples) == 1, timeout=WAIT)
    assert lies_as(drawn, scan, 3) and drawn.session.path == scan and "found" not in drawn.message.text
    cv2.imwrite(str(scan), 255 - cv2.imread(str(scan)))
    drawn.open(path)
    qtbot.waitUntil(lambda: is_done(drawn) and drawn.session.path == path, timeout=WAIT)
    assert "scan.png, was not found" in drawn.message.text


def test_exported_pictures_in_which_the_photograph_lies_differently_are_told(drawn, scan, tmp_path):
    paths = [tmp_path / f"{turns}.png" for turns in range(2)]
    for turns, path in enumerate(paths):
        list(colorize_file(scan, drawn.studio.model, targets={turns: path}, temperature=0.5, saturation=1.0, turns=turns))
    before = drawn.session.samples
    drawn.opening.open_many(paths)
    assert "lies differently in these pictures" in drawn.message.text and drawn.session.samples == before and not drawn.studio.is_reading


def test_a_photograph_that_is_opened_again_lies_as_it_lay(drawn, scan, qtbot, tmp_path):
    turn(drawn, "right", qtbot)
    moved = scan.with_name("moved.png")
    scan.rename(moved)
    drawn.open(moved)
    qtbot.waitUntil(lambda: drawn.session.path == moved and is_done(drawn), timeout=WAIT)
    assert lies_as(drawn, moved, 1)
    kept = drawn.settings.value("turned")
    turn(drawn, "left", qtbot)
    drawn.open(moved)
    qtbot.waitUntil(lambda: not drawn.studio.is_reading and is_done(drawn), timeout=WAIT)
    assert lies_as(drawn, moved, 0)
    for damaged in ("{", "[1]", '{"a": "left"}', "7"):
        drawn.settings.setValue("turned", damaged)
        assert drawn.opening._turned() == {}
    drawn.settings.setValue("turned", kept)
    cv2.imwrite(str(moved), np.rot90(cv2.imread(str(moved)), -1))  # another program turned it
    drawn.open(moved)
    qtbot.waitUntil(lambda: drawn.session.opened.photo.width == 100 and is_done(drawn), timeout=WAIT)
    assert lies_as(drawn, moved, 0)


def test_a_queue_colorizes_a_photograph_as_it_lay_and_a_result_that_lies_otherwise_changes_nothing(drawn, scan, tmp_path, qtbot):
    list(colorize_file(scan, drawn.studio.model, targets={9: tmp_path / "upright.png"}, temperature=0.5, saturation=1.0))
    turn(drawn, "right", qtbot)
    drawn.session.set_sample_count(2)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.opening.open_many([scan])
    queue = drawn.opening.batch
    queue.folder.setText(str(tmp_path / "out"))
    queue.start.click()
    qtbot.waitUntil(lambda: queue.queue.index(0, 1).data() == "done", timeout=WAIT)
    before = drawn.session.samples
    queue.list.doubleClicked.emit(queue.queue.index(0, 0))
    qtbot.waitUntil(lambda: drawn.session.samples != before and is_done(drawn), timeout=WAIT)
    queue.close()
    assert lies_as(drawn, scan, 1) and all(np.array_equal(a.chroma, b.chroma) for a, b in zip(before, drawn.session.samples, strict=True))
    drawn.open(tmp_path / "upright.png")
    qtbot.waitUntil(lambda: len(drawn.session.samples) == 1 and is_done(drawn), timeout=WAIT)
    assert lies_as(drawn, scan, 0)
    drawn.open(scan)
    qtbot.waitUntil(lambda: drawn.session.opened.photo.turns == 1, timeout=WAIT)


def test_a_pasted_picture_can_be_turned_and_outlives_a_crash_so(pasted, qtbot):
    opened, kept = pasted.session.opened, pasted.session.kept()
    turned = turn(pasted, "right", qtbot)
    assert turned.picture is opened.picture and np.array_equal(turned.photo.lightness, np.rot90(opened.photo.lightness, -1))
    qtbot.waitUntil(lambda: is_done(pasted) and pasted.session.own_chroma is not None, timeout=WAIT)
    assert pasted.session.own_chroma.shape == (2, 40, 25)
    before = [s.chroma.copy() for s in pasted.session.samples]
    turn(pasted, "left", qtbot)
    qtbot.waitUntil(lambda: is_done(pasted), timeout=WAIT)
    assert pasted.session.kept() == kept
    turn(pasted, "right", qtbot)
    qtbot.waitUntil(lambda: is_done(pasted), timeout=WAIT)
    pasted.session.toggle_pins(pasted.session.samples[:1])
    pasted.keeping.save()
    crash(pasted)
    pasted.open(example_photo())
    qtbot.waitUntil(lambda: pasted.session.path is not None, timeout=WAIT)
    pasted.keeping.offer_last()
    pasted.opening.bring_back_last()
    qtbot.waitUntil(lambda: pasted.session.path is None and is_done(pasted), timeout=WAIT)
    assert np.array_equal(pasted.session.opened.photo.lightness, turned.photo.lightness) and pasted.session.opened.photo.turns == 1
    assert all(np.array_equal(a, s.chroma) for a, s in zip(before, pasted.session.samples, strict=True))


def test_how_colours_surprise_is_told_of_the_photograph_as_it_lies(drawn, tmp_path, qtbot):
    height, width = 60, 90
    y, x = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    pixels = np.rint(255 * np.stack((x, y, 1 - x), axis=-1)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "colour.png"), pixels[..., ::-1])
    drawn.open(tmp_path / "colour.png")
    qtbot.waitUntil(lambda: drawn.session.name == "colour" and is_done(drawn), timeout=WAIT)
    drawn.action["surprise"].trigger()
    turn(drawn, "right", qtbot)
    qtbot.waitUntil(lambda: is_done(drawn) and drawn.studio.surprise() is not None, timeout=WAIT)
    embedded, model = drawn.session.embedded, drawn.studio.model
    own = own_chroma(np.ascontiguousarray(np.rot90(pixels, -1)), embedded, model)
    assert np.allclose(drawn.studio.surprise(), surprise(embedded, model, own), atol=1e-4)
    assert drawn.canvas._overlay is not None
