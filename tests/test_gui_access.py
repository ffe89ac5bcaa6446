"""The window for every eye, hand and screen: by keyboard, by touch, read aloud, in large letters, on a small screen, with little contrast."""

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QObject, QPoint, QPointF, QRectF, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QCompleter,
    QGestureEvent,
    QLabel,
    QLineEdit,
    QPinchGesture,
    QPushButton,
    QScrollArea,
    QScroller,
    QSpinBox,
    QToolButton,
)

from picgui.gui import announcing, theme
from picgui.gui.dialogs import AboutDialog
from picgui.gui.gallery import SampleRole
from picgui.gui.main_window import MainWindow
from picgui.gui.marking import Tool
from picgui.gui.message import MessageBar
from picgui.gui.overlay import Overlay
from picgui.gui.panel import Panel
from picgui.gui.session import Session
from picgui.gui.welcome import Welcome
from picgui.pic.checkpoint import load_checkpoint
from tests.models import checkpoint
from tests.windows import WAIT, as_pixels, is_done

CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def said(monkeypatch):
    """What a screen reader says."""
    said = []
    monkeypatch.setattr(announcing.QAccessible, "updateAccessibility", lambda event: said.append(event.message()))
    return said


@pytest.fixture
def active(drawn, qtbot):
    """The window with drawn samples, in front."""
    drawn.activateWindow()
    qtbot.waitUntil(drawn.isActiveWindow, timeout=WAIT)
    return drawn


@pytest.fixture(params=[theme.DARK, theme.LIGHT], ids=["dark", "light"])
def scheme(request):
    return request.param


@pytest.fixture
def dressed(qapp, scheme):
    """The application in a scheme."""
    before = qapp.styleSheet()
    qapp.setStyleSheet(theme._style_sheet(scheme))
    yield scheme
    qapp.setStyleSheet(before)


def contrast(one, other):
    """How much two colours differ in luminance, from 1 to 21, as the WCAG has it."""

    def luminance(shade):
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in QColor(shade).getRgbF()[:3]]
        return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def rule(selector, scheme):
    """What the style sheet says of a selector."""
    rules = [line.partition("{")[::2] for line in theme._style_sheet(scheme).splitlines()]
    return next(said for selectors, said in rules if selector in map(str.strip, selectors.split(",")))


# room


@pytest.fixture
def enlarge(qapp):
    """Makes all letters larger; a style sheet would keep those that are there."""
    font, sheet = qapp.font(), qapp.styleSheet()

    def enlarge(times):
        qapp.setStyleSheet("")
        larger = QFont(font)
        larger.setPointSizeF(times * font.pointSizeF())
        qapp.setFont(larger)

    yield enlarge
    qapp.setFont(font)
    qapp.setStyleSheet(sheet)


@pytest.mark.parametrize("language", ["english", "german"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_panel_has_room_for_larger_letters(language, when, request, qapp, qtbot, enlarge):
    if language == "german":
        request.getfixturevalue("german")
    enlarge(2.5 if when == "before" else 1)
    panel = Panel(Session())
    qtbot.addWidget(panel)
    panel.show()
    area, count = panel.findChild(QScrollArea), panel.count

    def has_room():
        needed = area.widget().minimumSizeHint().width() + area.verticalScrollBar().sizeHint().width()
        return needed <= area.width() and count.width() >= count.fontMetrics().horizontalAdvance("00") + 22

    enlarge(2.5)
    qtbot.waitUntil(lambda: has_room() and panel.width() > 300, timeout=WAIT)
    width = panel.width()
    panel.show_hints(True)
    qapp.processEvents()
    assert has_room() and panel.width() == width, "whichever page is seen"


def test_the_queue_has_room_for_larger_letters_and_says_its_settings(window, scan, qtbot, enlarge):
    enlarge(2.5)
    window.opening.open_many([scan])
    queue = window.opening.batch
    qtbot.waitUntil(lambda: queue.samples.width() >= queue.samples.fontMetrics().horizontalAdvance("00") + 22, timeout=WAIT)
    for slider, words in ((queue.temperature, "0.85"), (queue.saturation, "100 %")):
        assert slider.value_label.isVisible() and slider.accessibleDescription() == slider.value_label.text() == words
    queue.close()


@pytest.mark.parametrize("room", [QSize(1024, 560), QSize(640, 400)])
def test_at_first_the_window_fits_on_a_small_screen(room, qtbot, tmp_path, model_path, monkeypatch):
    monkeypatch.setattr(QGuiApplication, "primaryScreen", lambda: SimpleNamespace(availableSize=lambda: room))
    window = MainWindow(checkpoint=model_path, device="cpu", settings=QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    window.show()
    assert window.width() <= room.width() and window.height() < room.height()
    window.close()


def shortcuts(window):
    """The page of a window's shortcuts."""
    shown = []
    window._show = shown.append
    window.action["shortcuts"].trigger()
    return shown[0]


@pytest.mark.parametrize("page", ["shortcuts", "about"])
def test_pages_scroll_where_the_screen_is_small(page, drawn, tmp_path, qtbot, monkeypatch):
    def shown():
        if page == "shortcuts":
            dialog = shortcuts(drawn)
        else:
            dialog = AboutDialog(load_checkpoint(checkpoint(tmp_path)), drawn)
        qtbot.addWidget(dialog)
        dialog.show()
        QCoreApplication.processEvents()
        return dialog, dialog.findChild(QScrollArea)

    room = QSize(3000, 2000)
    monkeypatch.setattr(QGuiApplication, "screenAt", lambda _: SimpleNamespace(availableSize=lambda: room))
    dialog, area = shown()
    assert area.verticalScrollBar().maximum() == area.horizontalScrollBar().maximum() == 0
    room = QSize(800, 200)
    dialog, area = shown()
    assert dialog.height() < room.height() and area.verticalScrollBar().maximum() > 0
    close = dialog.findChild(QPushButton)
    assert dialog.rect().contains(close.mapTo(dialog, close.rect().center()))


@pytest.mark.parametrize("width", [500, 900])
def test_names_of_recent_files_are_in_rows_that_fit(qtbot, tmp_path, width, enlarge):
    enlarge(1)
    welcome = Welcome()
    qtbot.addWidget(welcome)
    welcome.resize(width, 500)
    welcome.show()
    welcome.show_recent([tmp_path / f"{'W' * 60}-{n}.jpg" for n in range(4)])
    enlarge(1.5)
    names = [button for button in welcome.findChildren(QPushButton) if button.property("path")]
    qtbot.waitUntil(lambda: len({button.y() for button in names}) > 1, timeout=WAIT)
    QCoreApplication.processEvents()
    for button in names:
        assert welcome.rect().contains(button.geometry()) and button.width() >= button.sizeHint().width() and "…" in button.text()


def test_tab_goes_from_above_to_below_before_there_is_a_photograph(qtbot, tmp_path):
    welcome = Welcome()
    qtbot.addWidget(welcome)
    welcome.show_recent([tmp_path / "a.png", tmp_path / "b.png"])
    welcome.show()
    welcome.activateWindow()
    qtbot.waitUntil(welcome.isActiveWindow, timeout=WAIT)
    welcome.setFocus()
    gone_to = []
    for _ in range(4):
        welcome.focusNextChild()
        gone_to.append(QApplication.focusWidget())
    assert gone_to == [welcome.open, welcome.example, *welcome._recent[:2]]


def test_names_of_recent_files_only_change_their_rows(qtbot, tmp_path):
    welcome = Welcome()
    qtbot.addWidget(welcome)
    welcome.show()
    shown, buttons = [tmp_path / f"{'W' * 60}-{n}.jpg" for n in range(4)], welcome.findChildren(QPushButton)
    for paths, width in ((shown, 900), (shown, 400), (shown[:1], 900), (shown[1:], 500)):
        welcome.show_recent(paths)
        assert welcome.findChildren(QPushButton) == buttons, "none is to be deleted"
        welcome.resize(width, 500)
        names = [button for button in buttons if button.isVisible() and button.property("path")]
        assert [Path(button.property("path")) for button in names] == paths
        qtbot.waitUntil(lambda: all(welcome.rect().contains(button.geometry()) for button in names), timeout=WAIT)


# keys


def test_space_is_the_windows_on_a_button_of_a_message_too_and_enter_presses_it(active):
    pressed, message, canvas = [], active.message, active.canvas
    for show, key in ((True, Qt.Key.Key_Space), (False, Qt.Key.Key_Return)):
        message.tell_error("The disk is full.", ("Try again", lambda: pressed.append(True)))
        message._buttons[0].setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyPress(message._buttons[0], key)
        assert canvas._original is show and bool(pressed) is not show and message.isVisible() is show
        QTest.keyRelease(active.focusWidget(), key)
        assert not canvas._original
    assert active.focusWidget() is canvas


def test_the_focus_never_stays_on_a_message_that_changes(active, scan, qtbot):
    message, canvas = active.message, active.canvas
    for change in (lambda: message.tell_error("The disk is full."), lambda: message._close.click(), lambda: active.open(scan)):
        message.tell_offer("Something was kept.", ("Bring it back", lambda: None))
        message._buttons[0].setFocus()
        change()
        assert active.focusWidget() is canvas
    opened = active.session.opened
    message.tell_offer("Something was kept.", ("Bring it back", lambda: None))  # while it is read
    message._buttons[0].setFocus()
    qtbot.waitUntil(lambda: active.session.opened is not opened, timeout=WAIT)
    assert active.focusWidget() is canvas


def test_before_there_is_a_photograph_the_focus_goes_from_a_message_to_the_welcome(window):
    window.message.tell_offer("Something was kept.", ("Bring it back", lambda: None))
    window.message._buttons[0].setFocus()
    window.message.tell_error("The disk is full.")
    assert window.focusWidget() is window.welcome.open


def test_with_control_keys_go_through_the_gallery_and_take_single_ones_in(active):
    gallery, session, key = active.gallery, active.session, Qt.Key
    assert not any(QKeySequence(keys) in action.shortcuts() for action in active.action.values() for keys in ("Ctrl+Right", "Ctrl+Left"))
    gallery.setFocus(Qt.FocusReason.MouseFocusReason)

    def press(*keys):
        for one in keys:
            QTest.keyClick(gallery, key.Key_Control)
            QTest.keyClick(gallery, one, CONTROL)

    press(key.Key_Right, key.Key_Right)
    assert gallery.currentIndex().row() == 2 and gallery.shows_focus
    assert session.selected is session.samples[0] and gallery.marked == (session.samples[0],)
    press(key.Key_Space)
    assert [s.seed for s in gallery.marked] == [1, 3] and session.selected.seed == 3
    press(key.Key_Home, key.Key_End)
    assert gallery.currentIndex().row() == 3 and session.selected.seed == 3 and len(gallery.marked) == 2
    press(key.Key_Home, key.Key_Space)
    assert gallery.currentIndex().row() == 0 and [s.seed for s in gallery.marked] == [3]
    QTest.keyClick(gallery, key.Key_Right)
    assert session.selected.seed == 2 and gallery.marked == (session.selected,)


def test_a_tool_chosen_by_its_key_shows_its_crosshair_until_the_mouse_is_used(active):
    canvas = active.canvas
    active.action["hint"].trigger()
    assert canvas.tool is Tool.HINT and not canvas.has_crosshair, "by a click"
    QTest.keyClick(canvas, Qt.Key.Key_G)
    assert canvas.tool is Tool.REGION and canvas.has_crosshair and canvas._crosshair == QPointF(0.5, 0.5)
    for place in (QPoint(50, 50), QPoint(60, 60)):
        QTest.mouseMove(canvas, place)
    assert not canvas.has_crosshair
    QTest.keyClick(canvas, Qt.Key.Key_H)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas._crosshair.x() > 0.5, "a step from the middle, which was seen"
    QTest.mouseMove(canvas, QPoint(70, 70))
    assert canvas.has_crosshair, "what a key moved stays"


def test_a_key_while_space_is_held_is_not_that_of_the_next_tool(active):
    QTest.keyPress(active.canvas, Qt.Key.Key_Space)
    QTest.keyClick(active.canvas, Qt.Key.Key_N)
    QTest.keyRelease(active.canvas, Qt.Key.Key_Space)
    assert active.session.selected is active.session.samples[1]
    active.action["hint"].trigger()
    assert active.canvas.tool is Tool.HINT and not active.canvas.has_crosshair


def test_enter_in_the_number_of_samples_shows_where_the_focus_goes(active, qtbot):
    active.panel.count.setFocus()
    QTest.keyClick(active.panel.count, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: active.canvas.hasFocus() and active.canvas._shows_focus, timeout=WAIT)


def test_a_hint_is_given_by_keys_alone(active, qtbot):
    canvas, panel = active.canvas, active.panel
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_H)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    at = QPointF(canvas._crosshair)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    swatch = panel.hints._swatches[0]
    assert QApplication.focusWidget() is swatch
    QTest.keyClick(swatch, Qt.Key.Key_Return)
    assert active.session.hints is not None
    assert canvas.hasFocus() and canvas._shows_focus and canvas._crosshair == at and canvas.tool is Tool.HINT
    panel.hints._likely = lambda mask: []
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is panel.hints.plane
    qtbot.waitUntil(lambda: is_done(active), timeout=WAIT)


@pytest.mark.parametrize("name", ["undo", "delete"])
def test_a_pressed_button_that_has_no_more_to_do_leaves_the_focus_to_the_canvas(active, name, qtbot):
    session = active.session
    if name == "undo":
        session.toggle_pins([session.samples[0]])
        button = next(button for button in active.findChildren(QToolButton) if button.defaultAction() is active.action["undo"])
    else:
        session.delete(session.samples[1:])
        button = active.panel.delete
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert not button.isEnabled() and active.canvas.hasFocus() and active.canvas._shows_focus


# screen readers


def test_what_happens_is_said(drawn, said, qtbot):
    session, gallery = drawn.session, drawn.gallery
    gallery.clearFocus()
    session.select(session.samples[1])
    assert said == ["Seed 2"]
    drawn.action["pin"].trigger()
    drawn.panel.pin.click()
    assert said[1:] == ["Pinned: 2", "No longer pinned: 2"]
    said.clear()
    drawn.canvas.show_caption("Draft")
    drawn.canvas.show_caption("Draft")
    drawn.canvas.show_caption("")
    assert said == ["Draft"]
    said.clear()
    session.resample()
    qtbot.waitUntil(lambda: is_done(drawn) and "Drawn: 4 of 4" in said, timeout=WAIT)
    assert said.count("Drawn: 4 of 4") == 1


def test_the_canvas_and_the_temperature_say_what_is_seen(drawn):
    canvas, slider = drawn.canvas, drawn.panel.temperature
    drawn.session.select(drawn.session.samples[2])
    canvas.show_caption("A few words")
    assert canvas.accessibleDescription().startswith("Seed 3. A few words. ") and "arrow keys" in canvas.accessibleDescription()
    canvas.show_caption("")
    assert "words" not in canvas.accessibleDescription()
    slider.setValue(35)
    assert slider.accessibleDescription() == drawn.panel.temperature.value_label.text() == "0.35"
    drawn.session.set_temperature(0.8)
    assert slider.accessibleDescription() == "0.80"


# colours


def test_words_and_signs_stand_out_from_their_ground(scheme):
    strong = theme._STRONG[scheme]
    assert contrast(scheme.text, scheme.canvas) >= 4.5 and "color: " + scheme.text in rule("QWidget#welcome QPushButton#flat", scheme)
    assert "color: " + scheme.text in rule("QWidget#welcome QLabel", scheme) and scheme.text in rule("QWidget#welcome QPushButton:focus", scheme)
    assert min(contrast(scheme.on_accent, shade) for shade in (scheme.accent, scheme.accent_hovered)) >= 4.5
    for selector in ("QSlider::groove:horizontal", "QProgressBar"):
        assert f"background: {scheme.track}" in rule(selector, scheme)
    assert contrast(scheme.track, scheme.panel) >= 2.9
    for name in ("line", "quiet", "faint"):
        assert contrast(getattr(strong, name), strong.panel) > 1.3 * contrast(getattr(scheme, name), scheme.panel)


def test_what_cannot_be_used_looks_so(dressed, qtbot):
    for made in (QLineEdit("out"), QComboBox(), QCheckBox("Replace"), QLabel("Folder"), QSpinBox()):
        qtbot.addWidget(made)
        made.ensurePolished()
        role = made.foregroundRole()
        assert made.palette().color(role) == QColor(dressed.text)
        made.setEnabled(False)
        assert made.palette().color(role) == QColor(dressed.faint)


def test_what_completes_a_name_is_read_on_a_ground_of_its_own(dressed, qtbot):
    field = QLineEdit()
    field.setCompleter(QCompleter(["first.png", "fifth.png"], field))
    qtbot.addWidget(field)
    field.show()
    QTest.keyClicks(field, "fi")
    popup = field.completer().popup()
    qtbot.waitUntil(popup.isVisible, timeout=WAIT)
    pixel = popup.viewport().grab().toImage().pixelColor(popup.viewport().rect().bottomRight() - QPoint(3, 3))
    assert pixel == QColor(dressed.raised) and pixel.alpha() == 255


def test_what_has_the_focus_is_told_from_what_is_on(scheme):
    assert scheme.accent in rule("QToolButton:focus", scheme) and scheme.accent not in rule("QToolButton:checked", scheme)
    assert contrast(scheme.checked, scheme.panel) > 1.3
    assert scheme.text in rule("QSlider::handle:horizontal:focus", scheme)
    assert scheme.accent in rule("QTreeView:focus", scheme) and scheme.quiet in rule("QMenuBar::item:selected", scheme)


def test_what_is_chosen_in_a_menu_keeps_the_colour_of_its_icon(scheme):
    chosen = rule("QMenu::item:selected", scheme)
    assert scheme.checked in chosen and scheme.quiet in chosen and "; color" not in chosen, "icons are in the colour of text"


def test_rows_of_a_menu_are_equally_high_with_an_icon_and_without(window):
    menu = window.menuBar().actions()[0].menu()
    menu.ensurePolished()
    assert len({menu.actionGeometry(action).height() for action in menu.actions() if not action.isSeparator()}) == 1


def test_what_is_in_the_export_button_is_in_its_middle(window):
    button = window.export_button
    button.setEnabled(True)
    pixels = as_pixels(button.grab().toImage().convertToFormat(QImage.Format.Format_RGB32))
    inside = pixels[8:-8, 8:-8]
    columns = np.flatnonzero((np.abs(inside - inside[0, 0]).max(axis=2) > 60).any(axis=0))
    assert abs(columns[0] - (inside.shape[1] - 1 - columns[-1])) <= 2


def test_high_contrast_is_followed(request, qapp, monkeypatch):
    class Hints(QObject):
        contrastPreferenceChanged = Signal()  # noqa: N815
        colorSchemeChanged = Signal()  # noqa: N815
        preference = Qt.ContrastPreference.NoPreference

        def contrastPreference(self):  # noqa: N802
            return self.preference

        def accessibility(self):
            return self

        def colorScheme(self):  # noqa: N802
            return Qt.ColorScheme.Dark

        def setColorScheme(self, scheme):  # noqa: N802
            pass

    hints = Hints()
    monkeypatch.setattr(theme.QApplication, "styleHints", lambda *_: hints)
    assert theme.current() is theme.DARK and hints.contrastPreferenceChanged in theme.changes()
    request.getfixturevalue("window")
    hints.preference = Qt.ContrastPreference.HighContrast
    hints.contrastPreferenceChanged.emit()
    strong = theme._STRONG[theme.DARK]
    assert theme.current() is strong and strong.line in QApplication.instance().styleSheet()
    older = SimpleNamespace(colorScheme=hints.colorScheme, colorSchemeChanged=hints.colorSchemeChanged, setColorScheme=hints.setColorScheme)
    monkeypatch.setattr(theme.QApplication, "styleHints", lambda *_: older)
    assert theme.current() is theme.DARK and len(theme.changes()) == 1, "of an older Qt"


def test_the_frame_of_the_canvas_has_two_colours(active):
    active.gallery.setFocus()
    active.canvas.setFocus(Qt.FocusReason.TabFocusReason)
    image, colors = active.canvas.grab().toImage(), theme.current()
    ratio = image.devicePixelRatio()
    seen = [image.pixelColor(int(x * ratio), image.height() // 2).name() for x in (0, 1, 2, 3)]
    assert seen[:2] == [colors.text] * 2 and seen[2:] == [colors.accent] * 2


def test_a_selected_thumbnail_has_an_outline(drawn):
    gallery = drawn.gallery
    gallery.mark(drawn.session.samples[:2])
    quiet = QColor(theme.current().quiet)

    def outlined(row):
        image = gallery.viewport().grab(gallery.visualRect(gallery.model().index(row))).toImage()
        return sum(image.pixelColor(x, image.height() // 3) == quiet for x in range(image.width() // 3))

    assert outlined(1) >= 1 and outlined(3) == 0


# messages


def test_a_message_stays_under_the_mouse_and_with_the_focus_and_for_as_long_as_it_takes_to_read(window, qtbot, monkeypatch):
    bar = window.message
    timer = bar._timer
    bar.tell_note("Short.")
    assert timer.interval() == 8000
    bar.tell_note("word " * 60)
    assert timer.interval() == 25000
    bar.tell_done("Saved.", ("Show", lambda: None))
    assert timer.interval() == 20000
    monkeypatch.setattr(MessageBar, "underMouse", lambda _: True)
    timer.stop()
    timer.timeout.emit()
    assert bar.isVisible() and timer.isActive()
    monkeypatch.setattr(MessageBar, "underMouse", lambda _: False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT)
    bar._buttons[0].setFocus()
    timer.stop()
    timer.timeout.emit()
    assert bar.isVisible() and timer.isActive()
    window.panel.setFocus()
    bar._buttons[0].clearFocus()
    timer.timeout.emit()
    assert bar.isHidden()


def test_a_message_is_no_wider_than_its_words_need_and_lies_in_the_middle(window):
    message, pages = window.message, window.pages

    def width():
        QCoreApplication.processEvents()
        assert abs(message.geometry().center().x() - pages.rect().center().x()) <= 1
        return message.width()

    message.tell_note("Copied")
    short = width()
    text = message._text
    assert short < 200 and message.height() < 60 and text.width() >= text.fontMetrics().horizontalAdvance("Copied")
    message.tell_note("Copied", ("Show", lambda: None))
    assert short < width() < 300 and text.width() >= text.fontMetrics().horizontalAdvance("Copied")
    one_line = message.height()
    message.tell_note("What is dragged out is smaller: more would take too long.", ("Show", lambda: None))
    assert message.height() == one_line or width() == 640
    message.tell_note("word " * 90, ("Show", lambda: None))
    assert width() == 640 and message.height() > one_line
    window.resize(window.minimumSize())
    message.tell_note("Something was kept. " * 5, ("Go back to it", lambda: None))
    width()
    assert message._buttons[0].geometry().left() > text.geometry().right()
    message.tell_note("Something was kept. " * 5, ("Go back to landscape_lake_mountain", lambda: None))
    width()
    assert message._buttons[0].geometry().top() > text.geometry().bottom(), "below where it would take the text's width"


def test_a_message_makes_way_for_who_works_on_the_photograph(drawn, qtbot, monkeypatch):
    message, canvas = drawn.message, drawn.canvas
    beside = QPoint(30, canvas.height() - 30)
    message.tell_note("Only the first of 3 pages was read.")
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=beside)
    assert message.isVisible() and 0 < message._timer.interval() < 4000, "as soon as it can be read"
    message.tell_offer("Something was kept.", ("Bring it back", lambda: None))
    assert not message._timer.isActive()
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=beside)
    assert message.isVisible() and message._timer.isActive() and message._timer.interval() == 20000
    message.tell_error("The disk is full.")
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=beside)
    assert message.isVisible() and not message._timer.isActive()
    for pressed in (message, message._text):
        message.tell_error("The disk is full.")
        QTest.mouseClick(pressed, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
        assert message.isVisible()
        drawn.action["hint"].trigger()
        QTest.mouseClick(pressed, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
        assert message.isHidden()
        drawn.action["hint"].trigger()
    monkeypatch.setattr(MessageBar, "underMouse", lambda _: True)
    for tool, stays in (("hint", False), ("hint", True)):
        drawn.action[tool].trigger()
        message.tell_note("Short.")
        message._timer.timeout.emit()
        assert message.isVisible() is stays


def test_a_message_lies_over_the_photograph_and_moves_nothing(window, scan, qtbot):
    message, pages = window.message, window.pages

    def lies_on_top():
        QCoreApplication.processEvents()
        at = message.geometry()
        is_seen = all(message.isAncestorOf(pages.childAt(at.center() + QPoint(x, 0))) for x in (20 - at.width() // 2, at.width() // 2 - 20))
        return is_seen and pages.rect().contains(at) and at.width() <= min(640, pages.width() - 20) and at.height() >= message.heightForWidth(at.width())

    size = pages.size()
    message.tell_offer("Something was kept.", ("Bring it back", lambda: None))
    assert lies_on_top() and pages.size() == size
    window.open(scan)
    message.tell_offer("Something was kept.", ("Bring it back", lambda: None))
    qtbot.waitUntil(lambda: is_done(window), timeout=WAIT)
    canvas, height = window.canvas, message.height()
    before = canvas.size(), canvas.zoom
    assert lies_on_top()
    message.tell_note("Only the first of 3 pages was read. " * 6)
    assert lies_on_top() and message.height() > height
    window.resize(window.minimumSize())
    assert lies_on_top()
    window.resize(1280, 832)
    message.hide()
    QCoreApplication.processEvents()
    assert (canvas.size(), canvas.zoom) == before


# overlays


class _Pen(Mock):
    """Keeps what it is to write."""

    def drawText(self, box, where, words):  # noqa: N802
        self.told.append((QRectF(box), where, words))

    def drawImage(self, *_):  # noqa: N802
        pass


def legend(canvas):
    pen = _Pen()
    pen.told = []
    canvas._overlay.paint_legend(pen, canvas, canvas._read_at())
    return pen.told


@pytest.mark.parametrize("size", [1, 2.5])
@pytest.mark.parametrize("width", [260, 1200])
def test_the_words_of_the_legend_never_overlap(drawn, size, width):
    canvas = drawn.canvas
    font = QFont(canvas.font())
    font.setPointSizeF(size * font.pointSizeF())
    canvas.setFont(font)
    canvas.resize(width, 600)
    canvas.show_overlay(Overlay(np.full((4, 6), 15.5), 0, 16, "as was expected", "very surprising", "bits"))
    canvas._pointed = canvas._view.target(canvas._view.panes[0]).center()
    spans = []
    for box, where, words in legend(canvas):
        advance = canvas.fontMetrics().horizontalAdvance(words)
        left = {Qt.AlignmentFlag.AlignLeft: box.left(), Qt.AlignmentFlag.AlignRight: box.right() - advance}.get(
            where & Qt.AlignmentFlag.AlignHorizontal_Mask & ~Qt.AlignmentFlag.AlignAbsolute, box.center().x() - advance / 2
        )
        spans.append((left, left + advance, box.top()))
        assert canvas._overlay.legend_box(canvas).contains(box) and box.height() >= canvas.fontMetrics().height()
    assert len(spans) == 3
    for index, (left, right, top) in enumerate(spans):
        for other_left, other_right, other_top in spans[:index]:
            assert right <= other_left or other_right <= left or abs(top - other_top) >= canvas.fontMetrics().height()
    assert canvas.rect().contains(canvas._overlay.legend_box(canvas).toRect())


def test_an_overlay_is_read_at_the_crosshair_of_the_keys(active):
    canvas = active.canvas
    canvas.show_overlay(Overlay(np.arange(100.0).reshape(10, 10), 0, 100, "low", "high", "bits"))
    assert len(legend(canvas)) == 2
    QTest.keyClick(canvas, Qt.Key.Key_H)
    assert legend(canvas)[-1][2] == "55.0 bits"
    for _ in range(60):
        QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert legend(canvas)[-1][2] == "59.0 bits", "at the edge, too"


# touch and wheel


def test_two_fingers_zoom_where_they_are(drawn, monkeypatch):
    canvas = drawn.canvas
    at = QPointF(canvas.width() / 2 + 40, canvas.height() / 2 - 10)
    before, zoom = canvas._view.to_photo(at, canvas._view.panes[0]), canvas.zoom
    pinch = QPinchGesture()
    pinch.setScaleFactor(2.0)
    pinch.setCenterPoint(QPointF(canvas.mapToGlobal(at)))
    for state in (Qt.GestureState.GestureUpdated, Qt.GestureState.GestureFinished):  # whose factor is that of the last step
        monkeypatch.setattr(pinch, "state", lambda state=state: state, raising=False)
        QCoreApplication.sendEvent(canvas, QGestureEvent([pinch]))
    assert canvas.zoom == pytest.approx(2 * zoom)
    assert (canvas._view.to_photo(at, canvas._view.panes[0]) - before).manhattanLength() < 0.01


def test_the_gallery_is_moved_by_a_finger_and_by_the_larger_way_of_a_wheel(drawn, qtbot):
    gallery = drawn.gallery
    qtbot.waitUntil(lambda: QScroller.hasScroller(gallery.viewport()), timeout=WAIT)
    drawn.session.set_sample_count(16)
    qtbot.waitUntil(lambda: gallery.horizontalScrollBar().maximum() > 300, timeout=WAIT)
    bar = gallery.horizontalScrollBar()
    bar.setValue(0)
    event = QWheelEvent(QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(2, -120), Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False)
    QCoreApplication.sendEvent(gallery.viewport(), event)
    assert bar.value() == 120
    qtbot.waitUntil(lambda: is_done(drawn), timeout=WAIT)


def test_a_finger_that_scrolls_the_gallery_neither_chooses_nor_drags_out_and_a_tap_chooses(drawn, qtbot):
    gallery, viewport, device = drawn.gallery, drawn.gallery.viewport(), QTest.createTouchDevice()
    qtbot.waitUntil(lambda: QScroller.hasScroller(viewport), timeout=WAIT)
    drawn.session.set_sample_count(16)
    bar, dragged = gallery.horizontalScrollBar(), []
    qtbot.waitUntil(lambda: bar.maximum() > 300 and is_done(drawn), timeout=WAIT)
    gallery.drag_files_with(lambda: dragged.append(gallery.marked) or [])
    before, at = drawn.session.selected, QPoint(600, 50)
    assert gallery.indexAt(at).data(SampleRole) is not before
    QTest.touchEvent(viewport, device).press(0, at, viewport).commit()
    for _ in range(12):
        qtbot.wait(10)
        at -= QPoint(20, 0)
        QTest.touchEvent(viewport, device).move(0, at, viewport).commit()
    QTest.touchEvent(viewport, device).release(0, at, viewport).commit()
    assert bar.value() > 100 and drawn.session.selected is before and gallery.marked == (before,) and not dragged
    QScroller.scroller(viewport).stop()
    tapped = gallery.indexAt(at).data(SampleRole)
    QTest.touchEvent(viewport, device).press(0, at, viewport).commit()
    assert drawn.session.selected is before
    QTest.touchEvent(viewport, device).release(0, at, viewport).commit()
    assert drawn.session.selected is tapped is not before and gallery.marked == (tapped,)


def test_the_shortcuts_tell_of_the_keys_of_tools_and_gallery(drawn, qtbot):
    dialog = shortcuts(drawn)
    qtbot.addWidget(dialog)
    words = [label.text() for label in dialog.findChildren(QLabel)]
    assert any(text.startswith("arrow keys, then Enter") for text in words) and "Ctrl and Space" in words and "Shift and arrow keys" in words
    assert "drag with the middle button" in words and {"[", "]"} <= set(words)
    headings = [label.text() for label in dialog.findChildren(QLabel) if label.objectName() == "heading"]
    assert headings == ["File", "Edit", "Samples", "View", "Help", "The photograph", "With a tool", "Samples and settings"]
    assert words.index("Samples") < words.index("Colour hints") < words.index("View") and words.index("With a tool") < words.index("Narrower brush")
    missing = {action.property("name") or action.text().replace("&", "").rstrip("…") for action in drawn.action.values() if action.shortcuts()} - set(words)
    assert not missing
