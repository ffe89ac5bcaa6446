"""The real window with a real, tiny checkpoint: open, stream, choose, stop, undo, export, close."""

import hashlib
import shutil
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, QSize, Qt
from PySide6.QtGui import QActionGroup, QColor, QGuiApplication, QImage, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox

from picgui.batch import colorize_file, photos_of
from picgui.defaults import CANDIDATES, TEMPERATURE
from picgui.gui import exporting, jobs, leafing, opening, preferences, records
from picgui.gui.main_window import MainWindow
from picgui.gui.studio import Activity
from picgui.opencv import cv2
from picgui.paths import example_photo
from picgui.photo import read_photo
from picgui.pipeline import colorize, load_model
from picgui.png import read_png_text
from picgui.record import SOURCE_DIGEST
from picgui.upsample import compose
from tests.windows import WAIT, colours, drop, is_done


def test_before_a_photograph_the_window_says_what_to_do(window):
    assert window.welcome.isVisible() and not window.gallery.isVisible()
    assert not window.action["save_session"].isEnabled() and not window.action["save_session_as"].isEnabled()
    assert not window.action["export"].isEnabled()


def test_a_photograph_is_grey_at_once_then_samples_stream_into_canvas_and_gallery(window, scan, qtbot):
    greys = []
    window.session.photo_changed.connect(lambda: greys.append(colours(window.pictures.grey)))
    seen = []
    window.session.sample_advanced.connect(lambda sample, first, last: seen.append((sample.seed, first)))
    drop(window, scan)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert greys == [pytest.approx(0)]
    height = window.session.embedded.chroma_shape[0]
    assert sorted(set(seen)) == [(seed, y) for seed in (1, 2, 3, 4) for y in range(height)]
    assert window.gallery.model().rowCount() == 4
    qtbot.waitUntil(lambda: all(colours(window.pictures.thumbnail(s)) > 1 for s in window.session.samples), timeout=WAIT)
    qtbot.waitUntil(lambda: colours(window.pictures.preview(window.session.selected)) > 1, timeout=WAIT)
    assert "CPU" in window.status.facts.text() and "150 × 100" in window.status.facts.text() and "s per sample" in window.status.facts.text()


def test_what_is_drawn_is_what_the_library_draws(drawn, scan, model_path):
    options = {"seeds": [1, 2, 3, 4], "temperature": TEMPERATURE, "candidates": CANDIDATES}
    expected = list(colorize(read_photo(scan), load_model(model_path, device="cpu"), **options))
    for sample, other in zip(drawn.session.samples, expected, strict=True):
        assert np.array_equal(sample.chroma, other.chroma)
        assert sample.log_prob == pytest.approx(other.log_prob)


def test_a_click_on_a_thumbnail_puts_it_on_the_canvas(drawn, qtbot):
    index = drawn.gallery.model().index(2)
    qtbot.mouseClick(drawn.gallery.viewport(), Qt.MouseButton.LeftButton, pos=drawn.gallery.visualRect(index).center())
    assert drawn.session.selected.seed == 3
    assert [s.seed for s in drawn.canvas.samples] == [3]


def test_the_temperature_slider_redraws_the_same_seeds(drawn, qtbot):
    before = [s.chroma.copy() for s in drawn.session.samples]
    drawn.panel.temperature.setValue(20)
    qtbot.waitUntil(lambda: drawn.session.temperature == 0.2 and is_done(drawn), timeout=WAIT)
    assert [s.seed for s in drawn.session.samples] == [1, 2, 3, 4]
    assert not np.array_equal(before[0], drawn.session.samples[0].chroma)


def test_resample_then_undo_by_keys(drawn, qtbot):
    QTest.keyClick(drawn, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    assert [s.seed for s in drawn.session.samples] == [5, 6, 7, 8]
    drawn.action["undo"].trigger()
    assert [s.seed for s in drawn.session.samples] == [1, 2, 3, 4] and is_done(drawn)


def test_stop_keeps_what_is_drawn(window, scan, qtbot):
    shares, better_drafts = [], []

    def stop_at_the_third(progress):
        shares.append(progress.share)
        sample = window.session.selected
        if sample.rows == 0:
            better_drafts.append(sample.chroma.copy())
        elif sample.rows == 3:
            window.action["stop"].trigger()

    window.studio.progressed.connect(stop_at_the_third)
    window.open(scan)
    qtbot.waitUntil(lambda: any(s.stopped for s in window.session.samples), timeout=WAIT)
    told = len(shares)
    qtbot.wait(200)
    assert len(shares) == told and shares == sorted(shares) and 0 < shares[-1] < 1, "no row arrives after Stop"
    sample = window.session.selected
    assert sample.stopped and sample.rows == 3 and window.studio.activity is Activity.IDLE
    coarse, draft = better_drafts[-1], window.session.embedded.draft
    assert np.array_equal(sample.chroma[:, 3:], coarse[:, 3:]), "what is not drawn shows the coarse sample"
    assert not np.array_equal(coarse, draft) and np.array_equal(better_drafts[0], draft)
    window.studio.progressed.disconnect(stop_at_the_third)
    drawn, log_prob = sample.chroma[:, :3].copy(), sample.log_prob
    assert window.action["go_on"].isEnabled() and window.panel.stop.toolTip().startswith("Go on")
    window.panel.stop.click()
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert sample.is_complete and np.array_equal(sample.chroma[:, :3], drawn) and sample.log_prob < log_prob
    fresh = np.array([s.log_prob for s in window.session.samples])
    window.session.set_temperature(0.2)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    window.session.undo_stack.undo()
    assert not window.action["go_on"].isEnabled() and not window.panel.stop.isEnabled() and np.isfinite(fresh).all()


def test_arrow_keys_in_the_number_go_on_from_what_is_there(drawn, qtbot):
    drawn.session.redo_region(np.eye(*drawn.session.embedded.chroma_shape, dtype=bool))
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)
    there = drawn.session.samples
    QTest.keyClick(drawn.panel.count, Qt.Key.Key_Up)
    drawn.panel.ask_at_once()
    assert len(there) == 7 and drawn.session.samples[:7] == there and len(drawn.session.samples) == 8


def test_plus_and_minus_are_one_more_and_one_fewer_than_there_are(drawn, qtbot):
    drawn.session.delete(drawn.session.samples[2:])
    drawn.panel.more.click()
    drawn.panel.ask_at_once()
    assert len(drawn.session.samples) == drawn.session.sample_count == drawn.panel.count.value() == 3
    drawn.session.delete(drawn.session.samples[1:2])
    drawn.panel.fewer.click()
    drawn.panel.ask_at_once()
    assert len(drawn.session.samples) == drawn.session.sample_count == 1
    drawn.session.delete(drawn.session.samples)
    for _ in range(2):
        drawn.panel.more.click()
    drawn.panel.ask_at_once()
    assert len(drawn.session.samples) == drawn.session.sample_count == 3


def test_minus_goes_on_though_all_samples_are_pinned(drawn, qtbot):
    drawn.session.toggle_pins(drawn.session.samples)
    for wanted in (3, 2, 1, 1):
        drawn.panel.fewer.click()
        drawn.panel.ask_at_once()
        assert drawn.session.sample_count == wanted and len(drawn.session.samples) == 4
    drawn.panel.more.click()
    drawn.panel.ask_at_once()
    assert len(drawn.session.samples) == drawn.session.sample_count == 5


def test_a_newer_request_replaces_the_running_one(slowly, window, scan, qtbot):
    window.open(scan)
    qtbot.waitUntil(lambda: window.studio.activity is Activity.SAMPLING, timeout=WAIT)
    old = window.session.samples
    drawn_rows = sum(s.rows for s in old)
    window.session.resample()
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert [s.seed for s in window.session.samples] == [5, 6, 7, 8]
    assert sum(s.rows for s in old) == drawn_rows, "rows of the replaced request are dropped"


def test_export_writes_the_whole_picture_with_its_settings(drawn, scan, qtbot, tmp_path, monkeypatch, model_path):
    target = tmp_path / "out" / "scan-colorized-1"
    target.parent.mkdir()
    asked = []
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *arguments, **_: asked.append(arguments[2]) or (str(target), "")
    )
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.action["export"].trigger()
    assert asked[0].endswith("scan-colorized-1.png")
    written = cv2.imread(str(target) + ".png")[..., ::-1]
    photo = read_photo(scan)
    assert np.array_equal(written, compose(photo, drawn.session.selected.chroma))
    text = read_png_text(str(target) + ".png")
    assert text["picgui:seed"] == "1" and text["picgui:source"] == "scan.png"
    assert text[SOURCE_DIGEST] == hashlib.sha256(scan.read_bytes()).hexdigest()  # another scan.png is not taken for this one
    assert text["picgui:checkpoint"] == load_model(model_path, device="cpu").checkpoint.sha256
    assert "Saved as" in drawn.message.text


def test_what_leaves_the_window_is_as_vivid_as_what_it_shows(drawn, scan, qtbot, tmp_path):
    drawn.session.set_saturation(0.5)
    sample = drawn.session.selected
    expected = compose(read_photo(scan), sample.chroma, saturation=0.5)
    assert np.abs(expected.astype(int) - compose(read_photo(scan), sample.chroma)).mean() > 1
    for name in ("a.png", "a.tif"):
        with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
            drawn.exporting.export([(sample, tmp_path / name)])
        assert np.array_equal(cv2.imread(str(tmp_path / name))[..., ::-1], expected)
    (dragged,) = drawn.exporting.write_for_drag([sample])
    assert np.array_equal(cv2.imread(str(dragged))[..., ::-1], expected)
    with qtbot.waitSignal(drawn.studio.composed, timeout=WAIT):
        drawn.action["copy"].trigger()
    assert np.array_equal(opening.pixels_of(QGuiApplication.clipboard().image()), expected)


def test_the_photograph_itself_is_never_written_over(drawn, scan, monkeypatch):
    before = scan.read_bytes()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(scan), ""))
    drawn.action["export"].trigger()
    assert scan.read_bytes() == before and "never changed" in drawn.message.text


def test_an_export_into_no_folder_is_told_and_the_samples_stay(drawn, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "gone" / "a.png"), ""))
    drawn.settings.setValue("export_folder", str(tmp_path))
    with qtbot.waitSignal(drawn.studio.failed, timeout=WAIT):
        drawn.action["export"].trigger()
        assert drawn.exporting._folder() == str(tmp_path / "gone"), "as long as it is tried"
    assert "folder" in drawn.message.text and len(drawn.session.samples) == 4
    assert drawn.exporting._folder() == str(tmp_path), "where the last picture was written"
    (tmp_path / "gone").mkdir()
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.action["export"].trigger()
    assert drawn.exporting._folder() == str(tmp_path / "gone")


def test_without_a_folder_of_pictures_dialogs_begin_at_home(tmp_path, monkeypatch):
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    places = {"PicturesLocation": str(tmp_path / "Pictures"), "HomeLocation": str(tmp_path)}
    monkeypatch.setattr(preferences, "QStandardPaths", SimpleNamespace(StandardLocation=SimpleNamespace(**{k: k for k in places}), writableLocation=places.get))
    assert preferences.folder(settings, "open_folder") == str(tmp_path)
    (tmp_path / "Pictures").mkdir()
    assert preferences.folder(settings, "open_folder") == str(tmp_path / "Pictures")


def test_a_slider_goes_to_where_it_is_pressed_and_is_dragged_from_there(window, qtbot):
    slider = window.panel.saturation
    changed = []
    slider.valueChanged.connect(changed.append)
    for share, height in ((0.75, 0.5), (0.25, 0.5), (0.5, 0.05)):
        at = QPoint(round(share * slider.width()), round(height * slider.height()))
        QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=at)
        assert abs(slider.value() - 200 * share) < 12 and len(changed) == 1, "at once"
        assert slider.isSliderDown()
        pressed = slider.value()
        QTest.mouseMove(slider, at + QPoint(slider.width() // 5, 0))
        QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=at + QPoint(slider.width() // 5, 0))
        assert 25 < slider.value() - pressed < 60 and not slider.isSliderDown()
        changed.clear()
    QTest.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(10, slider.height() // 2))
    assert slider.value() == 100


def test_f1_shows_the_keys(window, qtbot, monkeypatch):
    shown = []
    monkeypatch.setattr("picgui.gui.dialogs.ShortcutsDialog.exec", lambda dialog: shown.append(dialog))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT)
    QTest.keyClick(window, Qt.Key.Key_F1)
    assert len(shown) == 1


def test_garbage_is_told_in_a_sentence_and_the_photograph_stays(drawn, qtbot, tmp_path):
    garbage = tmp_path / "garbage.jpg"
    garbage.write_bytes(b"not a picture")
    with qtbot.waitSignal(drawn.studio.failed, timeout=WAIT):
        drop(drawn, garbage)
    assert drawn.message.isVisible() and "garbage.jpg" in drawn.message.text
    assert len(drawn.session.samples) == 4 and drawn.session.path.name == "scan.png"


def test_a_missing_checkpoint_is_told_and_the_photograph_is_shown_grey(qtbot, tmp_path, scan):
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(checkpoint=tmp_path / "none.safetensors", device="cpu", settings=settings)
    window.show()
    window.open(scan)
    qtbot.waitUntil(lambda: window.session.opened is not None and window.message.isVisible(), timeout=WAIT)
    assert "checkpoint" in window.message.text and window.canvas.isVisible()
    window.close()


def test_closing_while_sampling_leaves_no_thread_behind(slowly, window, scan, qtbot):
    window.open(scan)
    qtbot.waitUntil(lambda: window.studio.activity is Activity.SAMPLING, timeout=WAIT)
    window.close()
    workers = [window.studio._network, window.studio._reader, window.studio._measurer, window.studio._writer, window.pictures._worker]
    assert all(not worker._thread.is_alive() for worker in workers)


def test_a_pasted_picture_is_opened(window, qtbot):
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGray)
    window.setFocus()
    QGuiApplication.clipboard().setImage(image)
    window.action["paste"].trigger()
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    assert (window.session.opened.photo.width, window.session.path) == (60, None)


def test_two_samples_side_by_side_and_back(drawn):
    drawn.gallery.mark(drawn.session.samples[:2])
    drawn.action["compare"].trigger()
    assert [s.seed for s in drawn.canvas.samples] == [1, 2]
    drawn.action["compare"].trigger()
    assert [s.seed for s in drawn.canvas.samples] == [1]


def test_zoom_keeps_what_is_under_the_cursor_and_fit_shows_all(drawn):
    canvas = drawn.canvas
    at = QPointF(canvas.width() / 2 + 30, canvas.height() / 2 - 20)
    before = canvas._view.to_photo(at, canvas._view.panes[0])
    canvas.zoom_to(20.0, at)
    after = canvas._view.to_photo(at, canvas._view.panes[0])
    assert (after - before).manhattanLength() < 1e-6 and canvas.zoom == 20.0
    canvas.fit()
    assert canvas.rect().contains(canvas._view.target(canvas._view.panes[0]).toRect())


def test_close_up_the_canvas_shows_the_photographs_own_pixels(window, qtbot, tmp_path):
    path = tmp_path / "large.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (1200, 1800), dtype=np.uint8))
    window.open(path)
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    window.canvas.show_actual_size()
    sample = window.session.selected
    qtbot.waitUntil(lambda: window.pictures.band(sample, 0, 2) is not None, timeout=WAIT)
    band = window.pictures.band(sample, 0, 2)
    pixels = np.frombuffer(band.constBits(), np.uint8).reshape(band.height(), band.width(), 4)[..., 2::-1]
    expected = compose(window.session.opened.photo, sample.chroma, rows=slice(512, 768))
    assert np.array_equal(pixels, expected)


def test_light_and_dark_can_be_chosen_and_are_remembered(window):
    from picgui.gui import theme

    groups = window.findChildren(QActionGroup)
    next(action for group in groups for action in group.actions() if action.data() == "dark").trigger()
    assert theme.current() is theme.DARK and window.settings.value("scheme") == "dark"


def test_light_and_dark_follow_the_system_where_neither_is_chosen(window, monkeypatch):
    from picgui.gui import theme

    hints = QGuiApplication.styleHints()
    next(action for group in window.findChildren(QActionGroup) for action in group.actions() if action.data() == "system").trigger()
    for scheme, expected in ((Qt.ColorScheme.Dark, theme.DARK), (Qt.ColorScheme.Light, theme.LIGHT)):
        monkeypatch.setattr(theme.QApplication, "styleHints", lambda scheme=scheme: SimpleNamespace(colorScheme=lambda: scheme))
        hints.colorSchemeChanged.emit(scheme)
        assert theme.current() is expected and window.palette().color(QPalette.ColorRole.Window) == QColor(expected.panel)


def test_a_window_comes_back_as_large_as_it_was(window, model_path):
    window.resize(window.minimumSize() + QSize(31, 17))
    size = window.size()
    window.close()
    again = MainWindow(checkpoint=model_path, device="cpu", settings=window.settings)
    again.show()
    assert again.size() == size != MainWindow.sizeHint(again)
    again.close()


def test_every_control_has_a_name_to_be_read_out(drawn):
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QScrollBar

    for kind in (QAbstractButton, QAbstractSlider, QAbstractSpinBox):
        for widget in drawn.findChildren(kind):
            if widget.isVisible() and not isinstance(widget, QScrollBar):
                assert widget.accessibleName() or widget.text(), widget
    assert drawn.canvas.accessibleName() and drawn.gallery.accessibleName()


def test_holding_space_shows_the_photograph_as_it_was(drawn):
    QTest.keyPress(drawn.canvas, Qt.Key.Key_Space)
    assert drawn.canvas._original
    QTest.keyRelease(drawn.canvas, Qt.Key.Key_Space)
    assert not drawn.canvas._original
    drawn.panel.temperature.setFocus()
    QTest.keyPress(drawn.panel.temperature, Qt.Key.Key_Space)
    assert drawn.canvas._original, "wherever a person last clicked"
    QTest.keyRelease(drawn.panel.temperature, Qt.Key.Key_Space)
    assert not drawn.canvas._original


def test_space_may_be_let_go_in_a_menu_that_opened_meanwhile(drawn, qtbot):
    chosen = []
    menu = QMenu(drawn)
    menu.addAction("One").triggered.connect(lambda: chosen.append(1))
    QTest.keyPress(drawn.canvas, Qt.Key.Key_Space)
    menu.popup(drawn.mapToGlobal(drawn.rect().center()))
    qtbot.waitUntil(menu.isVisible)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyRelease(menu, Qt.Key.Key_Space)
    assert not drawn.canvas._original and menu.isVisible() and not chosen
    QTest.keyPress(menu, Qt.Key.Key_Space)
    assert not drawn.canvas._original, "now Space is the menu's"
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert chosen == [1]


def test_a_transparent_picture_is_laid_on_white():
    image = QImage(2, 1, QImage.Format.Format_ARGB32)
    image.setPixelColor(0, 0, QColor(0, 0, 0, 0))
    image.setPixelColor(1, 0, QColor(100, 0, 0, 255))
    assert opening.pixels_of(image).tolist() == [[[255, 255, 255], [100, 0, 0]]]


def test_a_file_is_never_replaced_unasked(drawn, tmp_path, monkeypatch):
    target = tmp_path / "mine.png"
    target.write_bytes(b"mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "mine"), ""))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    drawn.action["export"].trigger()
    assert not drawn.studio.is_exporting and target.read_bytes() == b"mine"
    assert exporting._free(target, lambda path: False).name == "mine-2.png"


def test_the_before_and_after_divider_can_be_dragged(drawn, qtbot):
    drawn.action["split"].trigger()
    canvas = drawn.canvas
    pane = canvas._view.panes[0]
    start = QPointF(canvas._view.divider(pane), pane.center().y()).toPoint()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(canvas, start + QPointF(60, 0).toPoint())
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start)
    assert canvas._view.split > 0.55


def test_copy_puts_the_whole_picture_on_the_clipboard(drawn, qtbot):
    with qtbot.waitSignal(drawn.studio.composed, timeout=WAIT):
        drawn.action["copy"].trigger()
    image = QGuiApplication.clipboard().image()
    assert np.array_equal(opening.pixels_of(image), compose(drawn.session.opened.photo, drawn.session.selected.chroma))


@pytest.fixture
def folder_of_four(window, scan, qtbot):
    """A folder with photographs, one of them damaged, and a result of one; the window with the first."""
    box = scan.parent / "box"
    box.mkdir()
    first, second, damaged, last = photographs = [box / f"scan-{number}.png" for number in range(1, 5)]
    for path in (first, second, last):
        shutil.copy(scan, path)
    damaged.write_bytes(b"no picture")
    list(colorize_file(first, window.studio.model, targets={1: box / "scan-1-colorized-1.png"}, temperature=0.5, saturation=1.0))
    window.open(first)
    qtbot.waitUntil(lambda: is_done(window) and window.leafing.place is not None, timeout=WAIT)
    return photographs


def test_keys_go_to_the_photographs_beside_the_open_one_and_past_a_damaged_one(window, folder_of_four, qtbot):
    first, second, damaged, last = folder_of_four
    go_on, go_back = window.action["next_photo"], window.action["previous_photo"]

    def opens(path):
        qtbot.waitUntil(lambda: window.session.path == path and is_done(window), timeout=WAIT)
        return True

    assert window.leafing.place == (1, 4) and "1 of 4 in the folder" in window.status.facts.text() and go_on.isEnabled() and not go_back.isEnabled()
    window.session.toggle_pins(window.session.samples[:1])
    QTest.keyClick(window.canvas, Qt.Key.Key_PageDown)
    assert opens(second) and not window.message.isVisible() and "2 of 4" in window.status.facts.text()
    QTest.keyClick(window.canvas, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: window.message.isVisible() and damaged.name in window.message.text, timeout=WAIT)
    assert window.session.path == second and go_on.isEnabled()
    QTest.keyClick(window.canvas, Qt.Key.Key_PageDown)
    assert opens(last) and not go_on.isEnabled()
    QTest.keyClick(window.canvas, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: window.message.isVisible() and damaged.name in window.message.text, timeout=WAIT)
    QTest.keyClick(window.canvas, Qt.Key.Key_PageDown)
    assert window.session.path == last, "not once more"
    QTest.keyClick(window.canvas, Qt.Key.Key_PageUp)
    assert opens(second)


def test_keys_go_on_from_a_photograph_that_is_still_read(window, folder_of_four, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(window.opening, "open", lambda path, **_: opened.append(path))
    for _ in range(4):
        window.leafing.go_on()
    assert opened == folder_of_four[1:]


def test_keys_go_back_to_the_open_photograph_while_another_is_still_read(window, folder_of_four, qtbot, monkeypatch):
    first, second, *_ = folder_of_four
    go_on, go_back = window.action["next_photo"], window.action["previous_photo"]
    window.leafing.go_on()
    qtbot.waitUntil(lambda: window.session.path == second and is_done(window), timeout=WAIT)
    held, open_photo, samples = threading.Event(), jobs.open_photo, window.session.samples

    def slow(*arguments, **options):
        held.wait(WAIT / 1000)
        yield from open_photo(*arguments, **options)

    with monkeypatch.context() as reading:
        reading.setattr(jobs, "open_photo", slow)
        window.leafing.go_back()
        assert window.studio.is_reading and not go_back.isEnabled() and go_on.isEnabled()
        window.leafing.go_on()
        assert not window.studio.is_reading and go_back.isEnabled()
        held.set()
        qtbot.waitUntil(lambda: not window.studio._reader.is_busy(), timeout=WAIT)
    assert window.session.path == second and window.session.samples == samples
    window.leafing.go_back()
    qtbot.waitUntil(lambda: window.session.path == first and is_done(window), timeout=WAIT)


def test_what_was_only_leafed_through_is_not_among_the_last_files_opened(window, folder_of_four, qtbot):
    first, second, damaged, last = folder_of_four
    for step, path in ((1, second), (1, damaged), (1, last)):
        window.leafing._go(step)
        qtbot.waitUntil(lambda: not window.studio.is_reading and window.session.path in (path, second), timeout=WAIT)
    qtbot.waitUntil(lambda: window.session.path == last and is_done(window), timeout=WAIT)
    assert window.opening.recent() == [last, first]
    window.session.toggle_pins(window.session.samples[:1])
    window.leafing.go_back()
    window.leafing.go_back()
    qtbot.waitUntil(lambda: window.session.path == second and is_done(window), timeout=WAIT)
    assert window.opening.recent() == [second, last, first]
    window.action["rotate_left"].trigger()
    qtbot.waitUntil(lambda: window.session.opened.photo.turns == 3 and is_done(window), timeout=WAIT)
    window.open(last)
    qtbot.waitUntil(lambda: window.session.path == last and is_done(window), timeout=WAIT)
    assert window.opening.recent() == [last, second, first]


def test_one_that_was_opened_by_hand_stays_among_the_last_files_however_it_is_leafed_to(window, folder_of_four, qtbot):
    first, second, *_ = folder_of_four
    for step, path in ((1, second), (-1, first), (1, second)):
        window.leafing._go(step)
        qtbot.waitUntil(lambda: window.session.path == path and is_done(window), timeout=WAIT)
    assert window.opening.recent() == [second, first]


def test_what_is_passed_on_from_is_a_key_away_and_needs_no_words(window, folder_of_four, qtbot):
    first, second, _, last = folder_of_four
    window.session.toggle_pins(window.session.samples[:1])
    window.leafing.go_on()
    qtbot.waitUntil(lambda: window.session.path == second and is_done(window), timeout=WAIT)
    assert not window.message.isVisible()
    window.leafing.go_back()
    qtbot.waitUntil(lambda: window.session.path == first and is_done(window), timeout=WAIT)
    assert window.message.text == "The samples are as you left them." and window.session.is_pinned(window.session.samples[0])
    window.open(last)
    qtbot.waitUntil(lambda: window.session.path == last and is_done(window), timeout=WAIT)
    assert f"{first.name} and its samples were put aside." in window.message.text


def test_files_are_looked_into_beside_the_window(window, scan, qtbot, monkeypatch):
    threads = []
    read = records.read_exported
    monkeypatch.setattr(records, "read_exported", lambda path: threads.append(threading.current_thread()) or read(path))
    window.open(scan)
    qtbot.waitUntil(lambda: window.session.path == scan, timeout=WAIT)
    assert threads and threading.main_thread() not in threads


def test_the_photographs_of_a_folder_are_listed_anew_where_it_has_changed(window, folder_of_four, qtbot, monkeypatch):
    listed = []
    monkeypatch.setattr(leafing, "photos_of", lambda folders: listed.append(folders) or photos_of(folders))
    window.leafing.go_on()
    qtbot.waitUntil(lambda: window.leafing.place == (2, 4) and is_done(window), timeout=WAIT)
    qtbot.waitUntil(lambda: not window.leafing._finder.is_busy(), timeout=WAIT)
    assert not listed
    folder_of_four[2].unlink()
    window.leafing.go_on()
    qtbot.waitUntil(lambda: folder_of_four[2].name in window.message.text, timeout=WAIT)
    window.leafing.go_on()
    qtbot.waitUntil(lambda: window.leafing.place == (3, 3), timeout=WAIT)
    assert listed == [[folder_of_four[0].parent]] and "3 of 3 in the folder" in window.status.facts.text()
    for path in folder_of_four[:2]:
        path.unlink()
    window.open(folder_of_four[3])
    qtbot.waitUntil(lambda: window.leafing.place == (1, 1), timeout=WAIT)
    assert "in the folder" not in window.status.facts.text()


def test_beside_a_pasted_picture_the_example_or_an_exported_picture_itself(window, folder_of_four, qtbot):
    first, second, *_ = folder_of_four
    window.studio.paste(np.random.default_rng(3).integers(0, 255, (50, 80, 3), dtype=np.uint8))
    qtbot.waitUntil(lambda: window.session.path is None and is_done(window), timeout=WAIT)
    assert not window.action["next_photo"].isEnabled() and not window.action["previous_photo"].isEnabled()
    window.opening.open_example()
    qtbot.waitUntil(lambda: window.session.path == example_photo() and is_done(window), timeout=WAIT)
    qtbot.waitUntil(lambda: not window.leafing._finder.is_busy(), timeout=WAIT)
    assert not window.action["next_photo"].isEnabled() and window.leafing.place is None
    first.unlink()
    exported = first.with_name("scan-1-colorized-1.png")
    window.open(exported)
    qtbot.waitUntil(lambda: window.session.path == exported and window.action["next_photo"].isEnabled(), timeout=WAIT)
    assert window.leafing.place is None and not window.action["previous_photo"].isEnabled()
    window.leafing.go_on()
    qtbot.waitUntil(lambda: window.session.path == second and is_done(window), timeout=WAIT)


def test_on_a_slider_the_keys_of_a_page_move_it(window, folder_of_four):
    slider, before = window.panel.saturation, window.panel.saturation.value()
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    QTest.keyClick(slider, Qt.Key.Key_PageDown)
    assert slider.value() == before + slider.pageStep() and window.session.path == folder_of_four[0] and window.leafing._at == folder_of_four[0]


def test_on_a_slider_that_was_dragged_the_keys_of_a_page_go_to_other_photographs(window, folder_of_four, qtbot):
    slider = window.panel.saturation
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center() + QPoint(20, 0))
    dragged = slider.value()
    assert slider.hasFocus()
    QTest.keyClick(slider, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: window.session.path == folder_of_four[1] and is_done(window), timeout=WAIT)
    assert slider.value() == dragged
