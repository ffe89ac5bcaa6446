"""An export that is cancelled: what is written stays, a half is nowhere, and what was asked for otherwise goes on."""

import threading
import time

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest

from picgui.gui import jobs
from picgui.writing import write_picture
from tests.windows import WAIT


class Stopped(Exception):
    pass


@pytest.fixture
def endless(monkeypatch):
    """What has "endless" in its name is written until it is cancelled; the event tells that it is begun."""
    begun = threading.Event()

    def writing(path, image, *, meanwhile, **options):
        if "endless" in path.name:
            begun.set()
            while True:
                time.sleep(0.005)
                meanwhile()
        write_picture(path, image, meanwhile=meanwhile, **options)

    monkeypatch.setattr(jobs, "write_picture", writing)
    return begun


@pytest.mark.parametrize("ending", [".png", ".tif", ".jpg"])
def test_a_picture_that_is_cancelled_while_it_is_packed_leaves_what_was_there(ending, tmp_path):
    def until_then():
        calls.append(True)
        if len(calls) > 3:
            raise Stopped

    calls, path = [], tmp_path / f"a{ending}"
    image = np.random.default_rng(0).integers(0, 255, (2000, 3000, 3), dtype=np.uint8)
    for before in ([], [path]):
        for one in before:
            one.write_bytes(b"precious")
        calls.clear()
        with pytest.raises(Stopped):
            write_picture(path, image, meanwhile=until_then)
        assert len(calls) == 4 and list(tmp_path.iterdir()) == before
    assert path.read_bytes() == b"precious"
    calls.clear()
    write_picture(path, image, meanwhile=lambda: calls.append(True))
    assert len(calls) > 8 and cv2.imread(str(path)).shape == image.shape


def test_cancelling_an_export_keeps_what_is_written_and_says_how_much_that_is(drawn, endless, tmp_path, qtbot):
    names = ("a.png", "b.png", "endless.png", "d.png")
    assert not drawn.status.cancel.isVisible()
    (tmp_path / "out").mkdir()
    drawn.exporting.export([(sample, tmp_path / "out" / name) for sample, name in zip(drawn.session.samples, names)])
    qtbot.waitUntil(endless.is_set, timeout=WAIT)
    cancel = drawn.status.cancel
    height = drawn.canvas.height()
    assert cancel.isVisible() and cancel.text() == "Cancel"
    assert QAccessible.queryAccessibleInterface(cancel).text(QAccessible.Text.Name) == "Cancel the export"
    drawn.activateWindow()
    cancel.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(cancel.hasFocus, timeout=WAIT)
    begun = time.monotonic()
    QTest.keyClick(cancel, Qt.Key.Key_Space)
    assert not cancel.isEnabled() and drawn.status.doing.text() == "Cancelling…" and drawn.canvas.hasFocus()
    qtbot.waitUntil(lambda: not drawn.studio.is_exporting, timeout=WAIT)
    assert time.monotonic() - begun < 5
    assert drawn.message.text == "Cancelled: 2 of 4 files were written." and [b.text() for b in drawn.message._buttons if b.isVisible()] == ["Show in folder"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]
    assert not cancel.isVisible() and drawn.status.doing.text() == "" and drawn.canvas.height() == height
    with qtbot.waitSignal(drawn.studio.exported, timeout=WAIT):
        drawn.exporting.export([(drawn.session.selected, tmp_path / "again.png")])
    assert drawn.message.text == "Saved as again.png"


def test_cancelling_ends_exports_that_wait_and_no_copy(drawn, endless, tmp_path, qtbot):
    told = []
    drawn.studio.export_cancelled.connect(lambda paths, wanted: told.append((paths, wanted)))
    QGuiApplication.clipboard().clear()
    for name in ("endless.tif", None, "b.jpg"):
        if name:
            drawn.exporting.export([(drawn.session.selected, tmp_path / name)])
        else:
            drawn.exporting.copy()
    qtbot.waitUntil(endless.is_set, timeout=WAIT)
    with qtbot.waitSignal(drawn.studio.composed, timeout=WAIT):
        drawn.status.cancel.click()
    qtbot.waitUntil(lambda: not drawn.studio.is_exporting, timeout=WAIT)
    assert told == [([], 2)] and not QGuiApplication.clipboard().image().isNull()
    assert "nothing was written" in drawn.message.text and not list(tmp_path.glob("*.tif")) + list(tmp_path.glob("*.jpg"))


def test_a_copy_that_is_cancelled_leaves_the_clipboard_as_it_is(drawn, qtbot, monkeypatch):
    def slow(*of, **options):
        go_on.wait(WAIT / 1000)
        return compose(*of, **options)

    go_on, compose = threading.Event(), jobs.compose
    QGuiApplication.clipboard().setText("a line")
    qtbot.waitUntil(lambda: not drawn.pictures._busy, timeout=WAIT)
    monkeypatch.setattr(jobs, "compose", slow)
    drawn.exporting.copy()
    assert drawn.status.cancel.isVisible() and drawn.status.cancel.accessibleName() == "Cancel the copy"
    drawn.status.cancel.click()
    go_on.set()
    qtbot.waitUntil(lambda: not drawn.studio.is_copying, timeout=WAIT)
    qtbot.wait(50)
    assert QGuiApplication.clipboard().text() == "a line" and not drawn.status.cancel.isVisible()


def test_closing_the_window_still_writes_an_export_to_its_end(drawn, tmp_path):
    drawn.exporting.export([(sample, tmp_path / f"{sample.seed}.tif") for sample in drawn.session.samples])
    drawn.close()
    assert len(list(tmp_path.glob("*.tif"))) == 4
