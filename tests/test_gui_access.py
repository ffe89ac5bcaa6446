"""The window for every eye, hand and screen: by keyboard, by touch, read aloud, in large letters, on a small screen, with little contrast."""

from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, QRectF, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGestureEvent, QLabel, QPinchGesture, QPushButton, QScrollArea, QScroller, QToolButton

from picgui.gui import announcing, theme
from picgui.gui.canvas import Overlay, Tool
from picgui.gui.controls import MessageBar, Panel, Welcome
from picgui.gui.dialogs import AboutDialog, ShortcutsDialog
from picgui.gui.main_window import MainWindow
from picgui.gui.session import Session
from picgui.pic.checkpoint import load_checkpoint
from tests.models import checkpoint
from tests.windows import WAIT, is_done

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


# room


# screen readers


def test_what_happens_is_said(drawn, said, qtbot):
    session, gallery = drawn.session, drawn.gallery
    gallery.clearFocus()
    session.select(session.samples[1])
    assert said == ["Seed 2"]
    drawn._actions["pin"].trigger()
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
    assert slider.accessibleDescription() == drawn.panel.temperature_value.text() == "0.35"
    drawn.session.set_temperature(0.8)
    assert slider.accessibleDescription() == "0.80"
