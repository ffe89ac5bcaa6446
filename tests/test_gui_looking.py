"""Choosing, comparing, marking and looking closely: canvas, gallery and panel in the real window with a tiny checkpoint."""

import ast
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, QRect, QSize, QSizeF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QStyleOptionViewItem

from picgui.gui import jobs, pictures
from picgui.gui import view as view_module
from picgui.gui.canvas import Canvas, _Held
from picgui.gui.controls import NumberField
from picgui.gui.gallery import Order
from picgui.gui.hints import Swatch
from picgui.gui.jobs import StripComposed
from picgui.gui.marking import Tool
from picgui.gui.overlay import Overlay
from picgui.gui.pictures import BAND_ROWS
from picgui.opencv import cv2
from picgui.upsample import compose
from tests.windows import WAIT, as_pixels, is_done, look_into_the_file_menu, own_colors_are_known

CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


def click(gallery, row, modifier=NONE):
    place = gallery.visualRect(gallery.model().index(row)).center()
    QTest.mouseClick(gallery.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def seeds(samples):
    return [s.seed for s in samples]


@pytest.fixture(params=[True, False], ids=["focus", "no focus"])
def gallery(request, drawn, qtbot):
    """The gallery of a window in which all is drawn, with the focus or without."""
    drawn.activateWindow()
    (drawn.gallery if request.param else drawn.canvas).setFocus()
    qtbot.waitUntil(lambda: drawn.gallery.hasFocus() is request.param, timeout=WAIT)
    return drawn.gallery


# choosing


def test_whatever_comes_and_goes_a_sample_is_chosen(gallery, drawn, qtbot):
    session = drawn.session
    for row in (1, 2, 3):
        session.select(session.samples[row])
        session.resample()
        assert session.selected is session.samples[0], "the first of the new ones"
        qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
        session.undo_stack.undo()
        assert session.selected is session.samples[row]
        session.undo_stack.redo()
        assert session.selected is session.samples[0]
    session.select(session.samples[2])
    session.set_temperature(0.3)
    assert session.selected is session.samples[2]
    assert gallery.marked == (session.selected,) and gallery.currentIndex().row() == 2


def test_after_a_deletion_its_neighbour_is_chosen(gallery, drawn):
    gallery.samples.sort_by(Order.NEWEST)
    for chosen, after in ((3, 2), (1, 2), (2, 4)):  # of 4 3 2 1
        drawn.session.select(next(s for s in drawn.session.samples if s.seed == chosen))
        drawn.choosing.delete_marked()
        assert drawn.session.selected.seed == after and gallery.marked == (drawn.session.selected,)
    drawn.choosing.delete_marked()
    assert drawn.session.selected is None


def test_arrow_keys_choose_in_the_gallery(drawn):
    QTest.keyClick(drawn.gallery, Qt.Key.Key_Right)
    assert drawn.session.selected.seed == 2 and seeds(drawn.canvas.samples) == [2]


def in_view(gallery):
    """The seeds of the samples that are seen whole, but for the pixel that Qt may leave out."""
    places = [(sample.seed, gallery.visualRect(gallery.samples.index_of(sample))) for sample in gallery.samples.shown]
    return [seed for seed, place in places if gallery.viewport().rect().contains(place.adjusted(1, 1, -1, -1))]


def test_what_is_added_comes_into_view_and_the_selected_sample_in_any_case(drawn):
    session, gallery = drawn.session, drawn.gallery
    width = gallery.sizeHintForIndex(gallery.model().index(0)).width()
    gallery.setFixedWidth(4 * width + width // 2)
    session.set_sample_count(5)
    session.stop()
    session.select(session.samples[1])
    session.redo_region(np.eye(*session.embedded.chroma_shape, dtype=bool))
    assert in_view(gallery) == [6, 7, 8, 9] and session.selected.seed == 6
    session.undo_stack.undo()
    assert in_view(gallery)[0] == 2
    session.set_sample_count(7)
    assert in_view(gallery) == [2, 3, 4, 5], "no further than to where the selected one is still seen"
    session.set_sample_count(16)
    session.select(session.samples[8])
    gallery.horizontalScrollBar().setValue(7 * width)
    session.set_temperature(0.3)
    assert gallery.horizontalScrollBar().value() == 7 * width, "what is drawn again"
    session.resample()
    assert in_view(gallery)[0] == session.selected.seed == session.samples[0].seed
    session.stop()


# comparing


def test_comparing_shows_the_chosen_sample_among_its_neighbours(drawn, qtbot):
    drawn.session.set_sample_count(8)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.session.select(drawn.session.samples[7])
    drawn.action["compare"].trigger()
    assert drawn.action["compare"].isChecked()
    assert seeds(drawn.canvas.samples) == seeds(drawn.gallery.marked) == [5, 6, 7, 8] and drawn.session.selected.seed == 8


def test_six_samples_are_compared_and_of_more_only_those_shown_stay_selected(drawn, qtbot):
    session, gallery, canvas = drawn.session, drawn.gallery, drawn.canvas
    session.set_sample_count(8)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    click(gallery, 0)
    click(gallery, 5, Qt.KeyboardModifier.ShiftModifier)
    drawn.action["compare"].trigger()
    assert seeds(canvas.samples) == seeds(gallery.marked) == [1, 2, 3, 4, 5, 6] and drawn.message.isHidden()
    gallery.selectAll()
    assert seeds(canvas.samples) == seeds(gallery.marked) == [1, 2, 3, 4, 5, 6] and drawn.message.text.startswith("Six at a time")
    drawn.message.hide()
    session.select(session.samples[0])
    gallery.mark(session.samples[:5] + session.samples[6:7])
    assert seeds(canvas.samples) == [1, 2, 3, 4, 5, 7] and drawn.message.isHidden()
    click(gallery, 5, CONTROL)
    assert seeds(canvas.samples) == seeds(gallery.marked) and len(canvas.samples) == 6 and session.selected in canvas.samples and drawn.message.isVisible()
    drawn.action["compare"].trigger()
    assert drawn.message.isHidden()
    drawn.action["compare"].trigger()
    session.select(session.samples[7])
    drawn.action["compare"].trigger()
    gallery.selectAll()
    assert seeds(canvas.samples) == seeds(gallery.marked) == [3, 4, 5, 6, 7, 8] and drawn.choosing.meant() == gallery.marked


@pytest.mark.parametrize(("out", "chosen", "selected"), [(1, 0, 1), (1, 1, 3), (2, 2, 2)])
def test_one_taken_out_of_a_comparison_is_neither_shown_nor_chosen(drawn, out, chosen, selected):
    click(drawn.gallery, 0)
    for row in (1, 2):
        click(drawn.gallery, row, CONTROL)
    drawn.action["compare"].trigger()
    drawn.session.select(drawn.session.samples[chosen])
    assert seeds(drawn.canvas.samples) == [1, 2, 3]
    click(drawn.gallery, out, CONTROL)
    left = [seed for seed in (1, 2, 3) if seed != out + 1]
    assert drawn.action["compare"].isChecked() and seeds(drawn.canvas.samples) == seeds(drawn.gallery.marked) == left
    assert drawn.session.selected.seed == selected


def test_a_comparison_goes_on_when_its_samples_are_drawn_again(drawn, qtbot):
    session, canvas = drawn.session, drawn.canvas
    old = session.samples[1:3]
    drawn.gallery.mark(old)
    session.select(old[0])
    drawn.action["compare"].trigger()
    session.set_temperature(0.3)
    assert seeds(canvas.samples) == seeds(drawn.gallery.marked) == [2, 3] and all(s.temperature == 0.3 for s in canvas.samples)
    session.undo_stack.undo()
    assert canvas.samples == old
    session.resample()
    assert drawn.action["compare"].isChecked() and seeds(canvas.samples) == [5, 6], "neighbours, as many as before"
    session.delete(session.samples[1:])
    assert not drawn.action["compare"].isChecked() and seeds(canvas.samples) == [5]


def test_a_comparison_with_a_pinned_sample_goes_on_and_a_click_ends_it(drawn, qtbot):
    session, canvas = drawn.session, drawn.canvas
    pinned = session.samples[0]
    session.toggle_pins([pinned])
    drawn.action["compare"].trigger()
    session.set_temperature(0.3)
    assert seeds(canvas.samples) == [1, 2, 3, 4] and canvas.samples == session.samples and canvas.samples[0] is pinned
    drawn.action["pin"].trigger()
    assert not any(map(session.is_pinned, session.samples)), "what comparing selected is not meant"
    click(drawn.gallery, 2)
    assert not drawn.action["compare"].isChecked() and seeds(canvas.samples) == [3]


def test_a_region_is_redone_of_the_sample_on_which_it_is_drawn(drawn, qtbot):
    third = drawn.session.samples[2]
    drawn.action["compare"].trigger()
    drawn.action["region"].trigger()
    start = drawn.canvas._view.target(drawn.canvas._view.panes[2]).topLeft().toPoint() + QPoint(2, 2)
    QTest.mousePress(drawn.canvas, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(drawn.canvas, start + QPoint(40, 40))
    QTest.mouseRelease(drawn.canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 40))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    again = drawn.session.samples[4:]
    assert drawn.session.samples[2] is third and len(again) == 3 and drawn.canvas.tool is Tool.MOVE
    for sample in again:
        held = sample.known.mask
        assert not held.all() and np.array_equal(sample.chroma[:, held], third.chroma[:, held])


def test_what_is_still_being_drawn_in_a_comparison_takes_no_region(drawn, qtbot):
    unfinished = drawn.session.samples[2]
    unfinished.rows = 2
    drawn.action["compare"].trigger()
    drawn.action["region"].trigger()
    middle = drawn.canvas._view.panes[2].center().toPoint()
    QTest.mousePress(drawn.canvas, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(drawn.canvas, middle + QPoint(40, 40))
    QTest.mouseRelease(drawn.canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(40, 40))
    assert drawn.session.selected is unfinished and len(drawn.session.samples) == 4 and drawn.canvas.tool is Tool.MOVE


def test_the_photograph_as_it_was_is_shown_without_an_overlay(drawn):
    drawn.canvas.show_original(True)
    plain = drawn.canvas.grab().toImage()
    drawn.canvas.show_overlay(Overlay(np.eye(4), 0, 1, "low", "high", "unit"))
    assert drawn.canvas.grab().toImage() == plain


@pytest.fixture
def print_path(tmp_path):
    """A sepia print with a blue stamp on it."""
    grey = cv2.resize(np.random.default_rng(0).integers(60, 200, (6, 9), dtype=np.uint8), (1800, 1200))
    pixels = np.stack([np.float32(grey) * share for share in (1.1, 0.95, 0.7)], axis=2).clip(0, 255).astype(np.uint8)
    pixels[400:700, 600:1000] = 70, 90, 200
    path = tmp_path / "print.png"
    cv2.imwrite(str(path), pixels[..., ::-1])
    return path


def test_a_toned_print_is_shown_as_it_was_and_a_grey_one_stays_grey(drawn, print_path, qtbot):
    pictures = drawn.pictures
    qtbot.waitUntil(lambda: own_colors_are_known(drawn), timeout=WAIT)
    assert drawn.session.own_chroma is None and pictures.before == pictures.grey
    drawn.open(print_path)
    qtbot.waitUntil(lambda: drawn.session.path == print_path, timeout=WAIT)
    assert pictures.before == pictures.grey, "no colours of the photograph before"
    qtbot.waitUntil(lambda: is_done(drawn) and pictures.before != pictures.grey, timeout=WAIT)
    pixels = cv2.cvtColor(cv2.imread(str(print_path)), cv2.COLOR_BGR2RGB)
    shown = as_pixels(pictures.before)
    expected = cv2.resize(pixels, shown.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(shown - expected).mean() < 2
    assert np.ptp(as_pixels(pictures.grey), axis=2).max() <= 1, "what samples begin on stays grey"
    drawn.session.set_saturation(0.3)
    drawn.canvas.zoom_to(1.0)
    drawn.canvas.show_original(True)
    qtbot.waitUntil(lambda: drawn.canvas.grab() and pictures.band(None, 0, 2) is not None, timeout=WAIT)
    band = as_pixels(pictures.band(None, 0, 2))
    assert np.abs(band - pixels[2 * BAND_ROWS : 3 * BAND_ROWS]).mean() < 3, "as it was, whatever the saturation"


def test_a_photograph_that_is_not_there_any_more_is_shown_in_grey(print_path):
    (opened,) = jobs.open_photo(print_path)
    (own,) = jobs.read_own_colors(opened)
    assert own.opened is opened and own.chroma.shape == (2, opened.preview.height // 2, opened.preview.width // 2)
    print_path.unlink()
    (own,) = jobs.read_own_colors(opened)
    assert own.chroma is None


def test_a_pasted_picture_has_its_own_colours(print_path):
    pixels = cv2.cvtColor(cv2.imread(str(print_path)), cv2.COLOR_BGR2RGB)
    (opened,) = jobs.open_pixels(pixels)
    (own,) = jobs.read_own_colors(opened)
    (read,) = jobs.read_own_colors(*jobs.open_photo(print_path))
    assert np.abs(own.chroma - read.chroma).mean() < 0.5


def test_in_the_gallery_space_with_control_is_the_gallerys(drawn, qtbot):
    QTest.keyPress(drawn.gallery, Qt.Key.Key_Space)
    assert drawn.canvas._original
    QTest.keyRelease(drawn.gallery, Qt.Key.Key_Space)
    click(drawn.gallery, 0)
    for _ in range(2):
        QTest.keyClick(drawn.gallery, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert seeds(drawn.gallery.marked) == [1, 2, 3] and drawn.session.selected.seed == 3
    QTest.keyPress(drawn.gallery, Qt.Key.Key_Space, CONTROL)
    assert not drawn.canvas._original
    QTest.keyRelease(drawn.gallery, Qt.Key.Key_Space, CONTROL)
    assert seeds(drawn.gallery.marked) == [1, 2] and drawn.session.selected.seed == 2


def test_the_pin_says_what_a_press_does(drawn):
    pin = drawn.panel.pin
    assert pin.accessibleName().startswith("Pin:") and pin.toolTip() == pin.accessibleName()
    pin.click()
    assert pin.accessibleName().startswith("Unpin:") and pin.toolTip() == pin.accessibleName()
    drawn.choosing.choose_next()
    assert pin.accessibleName().startswith("Pin:")


def test_another_order_keeps_what_is_selected_together(drawn):
    drawn.session.select(drawn.session.samples[1])
    drawn.gallery.mark(drawn.session.samples[:3])
    drawn.action["compare"].trigger()
    drawn.gallery.samples.sort_by(Order.NEWEST)
    assert seeds(drawn.gallery.samples.shown) == [4, 3, 2, 1] and seeds(drawn.gallery.marked) == [3, 2, 1]
    assert drawn.gallery.currentIndex().row() == 2 and drawn.action["compare"].isChecked()


# marking


@pytest.mark.parametrize("tool", ["hint", "region"])
def test_a_tool_that_is_left_or_loses_its_photograph_in_a_stroke_lets_go(drawn, scan, qtbot, tool):
    canvas, button, middle = drawn.canvas, Qt.MouseButton.LeftButton, drawn.canvas.rect().center()

    def opened_again():
        with qtbot.waitSignal(drawn.session.photo_changed, timeout=WAIT):
            drawn.open(scan)

    for interrupt in (lambda: QTest.keyClick(canvas, Qt.Key.Key_Escape), opened_again):
        drawn.action[tool].trigger()
        QTest.mousePress(canvas, button, pos=middle)
        QTest.mouseMove(canvas, middle + QPoint(30, 30))
        assert canvas._mark.stroke
        interrupt()
        QTest.mouseMove(canvas, middle + QPoint(50, 50))
        QTest.mouseRelease(canvas, button, pos=middle + QPoint(50, 50))
        assert canvas.tool is Tool.MOVE and not canvas._mark.stroke
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)


def test_no_widget_has_an_event_method_of_pythons():
    """An exception in a handler that is called under it ends the process: PySide's own dispatch only prints it."""
    for path in Path(view_module.__file__).parent.glob("*.py"):
        methods = [node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)]
        assert "event" not in methods, path


def test_a_region_can_be_redone_only_where_its_sample_is_drawn(drawn, qtbot):
    region = drawn.action["region"]
    assert region.isEnabled()
    region.trigger()
    drawn.session.resample()
    assert not region.isEnabled() and not region.isChecked() and drawn.canvas.tool is Tool.MOVE
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert region.isEnabled()
    drawn.session.resample()
    drawn.action["stop"].trigger()
    assert region.isEnabled()


# looking


@pytest.fixture
def levelled(window, qtbot, tmp_path, monkeypatch):
    """A window with a photograph of three levels above its preview of 100 pixels."""
    monkeypatch.setattr(jobs, "PREVIEW_LONG_SIDE", 100)
    path = tmp_path / "large.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (600, 900), dtype=np.uint8))
    window.session.set_sample_count(2)
    window.resize(window.minimumSize())
    window.open(path)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    return window


def test_a_fitted_photograph_stays_fitted_on_a_screen_of_another_scale(levelled, monkeypatch):
    canvas = levelled.canvas
    before = canvas._view.target(canvas._view.panes[0])
    monkeypatch.setattr(Canvas, "devicePixelRatioF", lambda _: 2 * levelled.devicePixelRatioF())
    QCoreApplication.sendEvent(canvas, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert canvas._view.fits and canvas._view.target(canvas._view.panes[0]) == before


def test_a_large_photograph_is_sharp_at_every_zoom(levelled, qtbot):
    sample, levels = levelled.session.selected, levelled.session.opened.levels
    assert [level.width for level in levels] == [900, 450, 225]
    for level, zoom in ((2, 0.2), (1, 0.4), (0, 0.7)):
        levelled.canvas.zoom_to(zoom)
        qtbot.waitUntil(lambda: levelled.pictures.band(sample, level, 0) is not None, timeout=WAIT)  # noqa: B023
        assert levelled.pictures.band(sample, level - 1, 0) is None, "no finer than the screen"
    band = levelled.pictures.band(sample, 1, 0)
    pixels = np.frombuffer(band.constBits(), np.uint8).reshape(band.height(), band.width(), 4)[..., 2::-1]
    assert np.array_equal(pixels, compose(levels[1], sample.chroma, rows=slice(0, pictures.BAND_ROWS)))


def test_where_too_much_is_in_view_a_coarser_level_is_shown(levelled, monkeypatch):
    canvas = levelled.canvas
    canvas.zoom_to(0.7)
    target = canvas._view.target(canvas._view.panes[0])
    seen = [levelled.pictures.preview(levelled.session.selected).width(), target, target]
    assert canvas._view.level(*seen) == 0
    monkeypatch.setattr(view_module, "BAND_BYTES", 450 * 512 * 4)
    assert canvas._view.level(*seen) == 1
    canvas.set_split(True)
    assert canvas._view.level(*seen) == 2, "before and after are kept both"
    monkeypatch.setattr(view_module, "BAND_BYTES", 0)
    assert canvas._view.level(*seen) is None


def test_a_band_that_is_outdated_when_its_sample_is_drawn_to_the_end_is_composed_again(drawn):
    sample, taken = drawn.session.selected, drawn.pictures
    for rows, kept in ((sample.rows - 1, False), (sample.rows, True)):
        key = pictures._Key("band", sample.number, rows=rows)
        taken._take(taken._worker._last_job, StripComposed(key, 0, np.zeros((10, 150, 4), np.uint8)))
        assert (taken.band(sample, 0, 0) is not None) is kept


def words_on(canvas, sample):
    """The chips that are painted on a pane, by their words, with their places."""
    pane, painter = canvas._view.panes[canvas.samples.index(sample)], Mock()
    painter.fontMetrics.return_value = canvas.fontMetrics()
    canvas._paint_labels(painter, sample, canvas._view.target(pane), pane)
    return {call.args[2]: call.args[0] for call in painter.drawText.call_args_list}


def test_how_samples_differ_is_computed_only_where_it_is_shown(drawn, monkeypatch):
    monkeypatch.setattr(drawn.session, "spread", Mock(return_value=None))
    drawn.session.select(drawn.session.samples[1])
    assert drawn.action["spread"].isEnabled() and not drawn.session.spread.called
    drawn.action["spread"].trigger()
    assert drawn.session.spread.called


def test_what_can_be_done_is_so_only_with_what_it_is_done_to(window, scan, qtbot):
    assert not any(window.action[name].isEnabled() for name in window.possible()), "there is no photograph"
    window.open(scan)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert {name for name in window.possible() if not window.action[name].isEnabled()} == {"stop", "go_on"}
    window.session.delete(window.session.samples[1:], shown=window.session.samples)
    assert {name for name in window.possible() if not window.action[name].isEnabled()} == {"stop", "go_on", "compare", "take", "spread"}


def test_one_legend_for_all_panes_lies_on_the_canvas_and_on_no_words(drawn):
    canvas = drawn.canvas
    drawn.resize(drawn.minimumSize())
    drawn.action["compare"].trigger()
    canvas.show_overlay(Overlay(np.ones((4, 6)), 0, 2, "low", "high", "bits"))
    assert len(canvas.samples) == 4 and canvas.rect().contains(canvas._overlay.legend_box(canvas).toRect())
    for sample in canvas.samples:
        chip = words_on(canvas, sample)[f"Seed {sample.seed}"]
        assert not chip.intersects(canvas._overlay.legend_box(canvas)) and canvas.rect().contains(chip.toRect())


def test_before_and_after_are_told_apart_only_where_they_are_in_view_and_the_handle_is_always(drawn):
    canvas, sample = drawn.canvas, drawn.session.selected
    drawn.action["split"].trigger()
    assert set(words_on(canvas, sample)) == {"Before", "After"}
    pane, middle = canvas._view.panes[0], canvas.rect().center().y()
    for at, words in ((0.2, "Before"), (0.8, "After")):
        canvas.fit()
        canvas.zoom_to(20.0, canvas._view.target(pane).topLeft() + QPointF(at * canvas._view.target(pane).width(), 20))
        assert set(words_on(canvas, sample)) == {words} and not pane.left() < canvas._view.divider(pane) < pane.right()
        handle = canvas._view.handle(pane).toPoint()
        assert pane.contains(QPointF(handle))
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=handle)
        QTest.mouseMove(canvas, QPoint(canvas.width() // 2, middle))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(canvas.width() // 2, middle))
        assert canvas._view.divider(pane) == pytest.approx(canvas.width() // 2)
        canvas._view.split = 0.5


def test_in_a_menu_what_is_on_has_a_check_mark(drawn):
    checkable = [action for action in drawn.action.values() if action.isCheckable()]
    assert len(checkable) == 8 and not any(action.isIconVisibleInMenu() for action in checkable)


# the panel


def test_quick_steps_of_the_number_of_samples_are_one_choice(drawn, qtbot):
    stack, timer = drawn.session.undo_stack, drawn.panel._count_timer
    timer.setInterval(WAIT)  # however slowly the test goes
    for _ in range(3):
        drawn.panel.more.click()
        qtbot.wait(30)
    assert stack.count() == 0 and timer.isActive()
    timer.start(0)
    qtbot.waitUntil(lambda: drawn.session.sample_count == 7, timeout=WAIT)
    assert stack.count() == 1


def test_a_number_that_cannot_be_is_set_right(qtbot):
    field = NumberField(1, 16, 5)
    qtbot.addWidget(field)
    for typed, shown in (("", 5), ("0", 1), ("99", 16), ("7", 7)):
        field.selectAll()
        QTest.keyClick(field, Qt.Key.Key_Backspace)
        QTest.keyClicks(field, typed)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert (field.text(), field.value()) == (str(shown), shown)


def test_an_ampersand_in_a_name_is_shown(drawn, scan, qtbot):
    path = scan.with_name("Tom & Jerry.png")
    path.write_bytes(scan.read_bytes())
    drawn.open(path)
    qtbot.waitUntil(lambda: drawn.session.path == path and is_done(drawn), timeout=WAIT)
    look_into_the_file_menu(drawn)
    drawn.welcome.show_recent([path])
    assert drawn.recent_menu.actions()[0].text() == "Tom && Jerry.png"
    assert "Tom && Jerry.png" in [button.text() for button in drawn.welcome.findChildren(QPushButton)]


def test_a_press_on_a_likely_colour_leaves_space_to_the_canvas(drawn):
    drawn.action["hint"].trigger()
    drawn.panel.hints.show_place(np.ones(drawn.session.embedded.chroma_shape, bool))
    swatches = drawn.panel.hints.findChildren(Swatch)
    assert swatches and all(swatch.focusPolicy() is Qt.FocusPolicy.TabFocus for swatch in swatches)


def test_that_a_grey_photograph_has_no_surprise_is_told_every_time(drawn, qtbot):
    for _ in range(2):
        drawn.message.hide()
        drawn.action["surprise"].trigger()
        qtbot.waitUntil(lambda: "no colours of its own" in drawn.message.text and drawn.message.isVisible(), timeout=WAIT)
        assert not drawn.action["surprise"].isChecked()


def test_a_pane_that_is_clicked_stays_where_it_is(drawn, qtbot):
    drawn.session.set_sample_count(8)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.session.select(drawn.session.samples[7])
    drawn.gallery.mark(drawn.session.samples)
    drawn.action["compare"].trigger()
    before = drawn.canvas.samples
    assert seeds(before) == [3, 4, 5, 6, 7, 8]
    QTest.mouseClick(drawn.canvas, Qt.MouseButton.LeftButton, pos=drawn.canvas._view.panes[1].center().toPoint())
    assert drawn.session.selected.seed == 4 and drawn.canvas.samples == drawn.gallery.marked == before


def test_a_key_takes_a_comparison_on_to_further_samples(drawn, qtbot):
    drawn.session.set_sample_count(6)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.action["compare"].trigger()
    for expected in ([1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [3, 4, 5, 6], [3, 4, 5, 6], [1, 2, 3, 4]):
        drawn.action["next"].trigger()
        assert drawn.action["compare"].isChecked() and seeds(drawn.canvas.samples) == expected == seeds(drawn.gallery.marked)
    drawn.action["compare"].trigger()
    assert seeds(drawn.gallery.marked) == [1]


@pytest.mark.parametrize("tool", ["region", "hint"])
@pytest.mark.parametrize("button", [Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton])
def test_another_button_neither_ends_nor_replaces_what_is_being_marked(drawn, tool, button):
    marked, canvas = [], drawn.canvas
    (canvas.region_marked if tool == "region" else canvas.place_marked).connect(marked.append)
    drawn.action[tool].trigger()
    middle = canvas.rect().center()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle - QPoint(30, 20))
    QTest.mouseMove(canvas, middle)
    QTest.mouseClick(canvas, button, pos=middle)
    assert not marked and canvas._grab.what is _Held.MARK
    QTest.mouseMove(canvas, middle + QPoint(40, 30))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(40, 30))
    assert len(marked) == 1 and marked[0].any() and canvas._grab is None


def test_the_readout_is_of_what_is_under_the_mouse(drawn):
    canvas, told = drawn.canvas, []
    values = np.arange(100.0).reshape(10, 10)
    canvas.show_overlay(Overlay(values, 0, 100, "low", "high", "bits"))
    at = canvas._view.target(canvas._view.panes[0]).topLeft() + QPointF(30, 30)

    class Painter(Mock):
        def drawText(self, _box, _where, words):  # noqa: N802
            told.append(words)

        def drawImage(self, *_):  # noqa: N802
            pass

    def readout():
        told.clear()
        canvas._overlay.paint_legend(Painter(), canvas, canvas._read_at())
        return [words for words in told if "bits" in words]

    QTest.mouseMove(canvas, at.toPoint())
    assert len(before := readout()) == 1
    canvas.zoom_to(canvas.zoom * 2)
    share = canvas._view.to_photo(at, canvas._view.panes[0])
    expected = values[int(share.y() * 10), int(share.x() * 10)]
    assert readout() == [f"{expected:.1f} bits"] != before
    QCoreApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert not readout()


def test_the_photograph_as_it_was_has_no_marks_on_it(drawn, qtbot):
    mask = np.ones(drawn.session.embedded.chroma_shape, bool)
    drawn.session.add_hint(mask, (60.0, 40.0))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    drawn.action["hint"].trigger()

    def colored():
        image = drawn.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return (np.ptp(as_pixels(image), axis=2) > 60).sum()

    assert colored() > 1000
    drawn.canvas.show_original(True)
    assert colored() == 0


def test_where_seeds_repeat_samples_are_told_apart_by_their_temperature(drawn, monkeypatch):
    session, shown, chips = drawn.session, drawn.gallery.samples, []
    first, second, *_ = session.samples
    session.toggle_pins([first])
    session.set_temperature(0.3)
    again = session.selected
    words = {sample: (shown.index_of(sample).data(), shown.describe(sample).replace(", being drawn", "")) for sample in (first, session.samples[1], again)}
    usual = f"{first.temperature:.2f}"
    assert words[first] == (f"1 · {usual}", f"Seed 1, temperature {usual}, pinned") and words[again] == ("1 · 0.30", "Seed 1, temperature 0.30")
    assert words[session.samples[1]] == ("2", "Seed 2"), "of which there is one"
    monkeypatch.setattr(Canvas, "_chip", lambda self, painter, text, *_, **__: chips.append(text))
    drawn.gallery.mark((first, again))
    drawn.action["compare"].trigger()
    session.stop()
    drawn.canvas.grab()
    assert {f"Seed 1 · {usual}", "Seed 1 · 0.30 · stopped"} <= set(chips)
    session.undo_stack.undo()
    assert shown.index_of(first).data() == "1"


def test_the_label_of_a_narrow_pinned_thumbnail_has_room_for_a_temperature(drawn, monkeypatch):
    painted = []
    monkeypatch.setattr(drawn.gallery._delegate, "picture_size", lambda: QSize(72, 96))
    drawn.session.toggle_pins(drawn.session.samples[:1])
    drawn.session.set_temperature(0.3)
    drawn.session.stop()

    class Painter(QPainter):
        def drawText(self, where, flags, text):  # noqa: N802
            painted.append((where, text))

    option, image = QStyleOptionViewItem(), QImage(100, 140, QImage.Format.Format_RGB32)
    option.rect, option.widget = image.rect().adjusted(0, 0, -14, 0), drawn.gallery
    painter = Painter(image)
    painter.setFont(drawn.gallery.font())
    drawn.gallery._delegate.paint(painter, option, drawn.gallery.samples.index(0))
    painter.end()
    ((where, text),) = painted
    assert text == drawn.gallery.samples.index(0).data()


@pytest.mark.parametrize(("size", "seen", "shown"), [((1, 256), (1, 4), (24, 96)), ((256, 2), (8, 2), (208, 52)), ((256, 80), (256, 80), (208, 65))])
def test_of_a_very_long_picture_the_thumbnail_is_the_middle(size, seen, shown, drawn, monkeypatch):
    painted = []
    monkeypatch.setattr(drawn.pictures, "thumbnail", lambda _: QImage(*size, QImage.Format.Format_RGB32))
    monkeypatch.setattr(drawn.gallery._delegate, "picture_size", lambda: QSize(max(72, shown[0]), 96))

    class Painter(QPainter):
        def drawImage(self, where, image, part):  # noqa: N802
            painted.append((where, image, part))

    option, ground = QStyleOptionViewItem(), QImage(300, 200, QImage.Format.Format_RGB32)
    option.rect, option.widget = QRect(QPoint(), drawn.gallery._delegate.sizeHint(None, None)), drawn.gallery
    painter = Painter(ground)
    drawn.gallery._delegate.paint(painter, option, drawn.gallery.samples.index(0))
    painter.end()
    ((where, image, part),) = painted
    assert part.size() == QSizeF(*seen) and where.size() == QSizeF(*shown)
    assert part.center() == QPointF(size[0] / 2, size[1] / 2)


def test_a_right_click_on_the_photograph_has_the_menu_of_its_sample(drawn):
    canvas, asked = drawn.canvas, []
    canvas.menu_wanted.disconnect()
    canvas.menu_wanted.connect(asked.append)

    def ask(at, reason=QContextMenuEvent.Reason.Mouse):
        QCoreApplication.sendEvent(canvas, QContextMenuEvent(reason, at, canvas.mapToGlobal(at)))

    ask(canvas.rect().center())
    assert asked == [canvas.mapToGlobal(canvas.rect().center())]
    drawn.action["compare"].trigger()
    third = canvas._view.panes[2].center().toPoint()
    ask(third, QContextMenuEvent.Reason.Keyboard)
    assert len(asked) == 2 and drawn.session.selected is drawn.session.samples[0]
    ask(third)
    assert len(asked) == 3 and drawn.session.selected is drawn.session.samples[2] and len(canvas.samples) == 4
    drawn.action["hint"].trigger()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=third)
    ask(third)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=third)
    drawn.session.delete(drawn.session.samples)
    ask(third)
    assert len(asked) == 3, "neither while something is marked nor without a sample"


def test_in_a_comparison_the_region_tool_says_what_to_do(drawn, monkeypatch):
    chips = []
    monkeypatch.setattr(Canvas, "_chip", lambda self, painter, text, *_, **__: chips.append(text))
    drawn.action["compare"].trigger()
    drawn.action["region"].trigger()
    chips.clear()
    drawn.canvas.grab()
    assert sum("rectangle" in text for text in chips) == 1


def test_a_long_wait_for_the_compiler_keeps_no_later_picture_from_being_composed(drawn, qtbot, monkeypatch):
    shown = drawn.pictures
    qtbot.waitUntil(lambda: not shown._busy and not shown._dirty, timeout=WAIT)
    monkeypatch.setattr(type(drawn.session), "samples", [Mock(has_ended=False)])
    for elapsed, pause in ((1, pictures._REPAINT_MILLISECONDS), (20, 120), (4000, 500)):
        monkeypatch.setattr(shown, "_since_began", Mock(**{"isValid.return_value": True, "elapsed.return_value": elapsed}))
        shown._finished(shown._worker._last_job)
        assert shown._pause == pause
