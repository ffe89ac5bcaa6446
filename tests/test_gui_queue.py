"""The window of a queue: folders inside those that are chosen, and kinds of files."""

import threading
from pathlib import Path

import numpy as np
import pytest

from picgui.batch import Found
from picgui.errors import PhotoError
from picgui.gui import queue as queue_module
from picgui.gui.queue import State
from picgui.opencv import cv2
from tests.windows import WAIT, choose_row, drop, photos, states


@pytest.fixture
def box(tmp_path, window):
    """A folder with a photograph, and one with two albums in it."""
    window.session.set_sample_count(1)
    folder = tmp_path / "box"
    for number, name in enumerate(("scan.png", "album/scan.png", "album/older/scan.png")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.random.default_rng(number).integers(0, 255, (40, 30), dtype=np.uint8))
    return folder


def dropped(window, folder, qtbot):
    """The queue of a folder, once that is looked into."""
    drop(window, folder)
    qtbot.waitUntil(lambda: window.opening.batch is not None, timeout=WAIT)
    return window.opening.batch


def opened(window, folder, qtbot):
    """The queue of a folder, once all of it is searched."""
    batch = dropped(window, folder, qtbot)
    qtbot.waitUntil(lambda: not batch.inside.is_searching, timeout=WAIT)
    return batch


def colorized(batch, qtbot):
    batch.start.click()
    qtbot.waitUntil(lambda: not batch.start.isVisible(), timeout=WAIT)


def test_photographs_of_the_folders_inside_come_along_where_that_is_chosen(window, box, qtbot):
    batch = opened(window, box, qtbot)
    assert batch.with_inside.isVisible() and not batch.with_inside.isChecked() and batch.with_inside.text() == "Also the 2 photographs in the folders inside"
    assert photos(batch) == [box / "scan.png"] and batch.windowTitle() == "Colorize a photograph"
    batch.with_inside.click()
    assert photos(batch) == [box / "scan.png", box / "album/scan.png", box / "album/older/scan.png"] and batch.windowTitle() == "Colorize 3 photographs"
    batch.with_inside.click()
    assert photos(batch) == [box / "scan.png"]
    batch.with_inside.click()
    batch.start.click()
    assert not batch.with_inside.isEnabled()
    qtbot.waitUntil(lambda: not batch.start.isVisible(), timeout=WAIT)
    assert states(batch) == [State.DONE] * 3 and batch.with_inside.isEnabled()
    found = sorted(path.relative_to(box / "colorized") for path in (box / "colorized").rglob("*.png"))
    assert found == [Path("album/older/scan-colorized-1.png"), Path("album/scan-colorized-1.png"), Path("scan-colorized-1.png")]
    choose_row(batch, 2)
    assert batch._results_folder == box / "colorized/album/older"
    batch.close()
    batch = opened(window, box, qtbot)
    assert batch.with_inside.isChecked() and len(photos(batch)) == 3, "as the last time, and no result is a photograph"
    colorized(batch, qtbot)
    assert states(batch) == [State.SKIPPED] * 3
    batch.close()
    batch = opened(window, box / "album", qtbot)
    assert not batch.with_inside.isChecked(), "another folder"
    batch.close()


def test_what_lies_where_the_results_go_is_no_photograph(window, box, qtbot):
    edited = box / "colorized" / "edited.png"
    edited.parent.mkdir()
    edited.write_bytes((box / "scan.png").read_bytes())
    batch = opened(window, box, qtbot)
    assert batch.inside.found.photos == [box / "album/scan.png", box / "album/older/scan.png"]
    batch.close()


def test_photographs_of_the_folders_inside_may_come_after_the_others_are_done(window, box, qtbot):
    batch = opened(window, box, qtbot)
    colorized(batch, qtbot)
    assert states(batch) == [State.DONE] and not batch.folder.isEnabled()
    batch.with_inside.click()
    assert batch.start.isVisible() and batch.start.text() == "Go on" and batch.folder.isEnabled()
    colorized(batch, qtbot)
    assert states(batch) == [State.DONE] * 3
    batch.with_inside.click()
    assert len(photos(batch)) == 3, "what is done stays"
    batch.close()


def test_of_a_folder_that_only_has_folders_theirs_are_taken(window, box, qtbot):
    (box / "scan.png").unlink()
    batch = opened(window, box, qtbot)
    assert photos(batch) == [box / "album/scan.png", box / "album/older/scan.png"] and not batch.with_inside.isVisible()
    assert batch.folder.text() == str(box / "colorized") and batch.explained.text().startswith("1 sample of each")
    batch.close()
    for path in box.rglob("*.png"):
        path.unlink()
    (box / "album/phone.heic").touch()
    batch = opened(window, box, qtbot)
    assert batch.explained.text() == "There are no photographs in this folder or in the folders inside. Choose another. 1 file of another kind was left out (.heic)."
    assert not batch.start.isVisible() and not batch.with_inside.isVisible() and photos(batch) == []
    batch.close()
    empty = box / "album/older"
    drop(window, empty)
    qtbot.waitUntil(window.message.isVisible, timeout=WAIT)
    assert window.opening.batch is None and window.message.text == "There are no photographs in this folder. Choose another."


def test_a_queue_begins_while_folders_inside_are_looked_into_and_closes_at_once(window, box, qtbot, monkeypatch):
    def stalled(folders, *, but):
        yield Found([box / "album/scan.png"])
        go_on.wait(WAIT / 1000)
        yield Found([box / "album/older/scan.png"], [PhotoError("The folder locked cannot be read.")])

    go_on = threading.Event()
    monkeypatch.setattr(queue_module, "photos_inside", stalled)
    batch = dropped(window, box, qtbot)
    qtbot.waitUntil(batch.with_inside.isVisible, timeout=WAIT)
    assert batch.with_inside.text() == "Also the photographs in the folders inside, 1 so far…"
    batch.with_inside.click()
    colorized(batch, qtbot)
    assert states(batch) == [State.DONE] * 2 and batch.inside.is_searching
    go_on.set()
    qtbot.waitUntil(lambda: not batch.inside.is_searching, timeout=WAIT)
    assert states(batch)[2:] == [State.WAITING] and batch.start.text() == "Go on" and batch.explained.text().endswith("The folder locked cannot be read.")
    batch.with_inside.setChecked(False)
    assert "locked" not in batch.explained.text()
    batch.close()
    go_on.clear()
    (box / "scan.png").unlink()
    batch = dropped(window, box, qtbot)
    assert batch.explained.text() == "Looking for photographs in the folders inside…" and not batch.start.isVisible()
    batch.close()
    assert window.opening.batch is None and batch.inside.is_searching
    go_on.set()


def test_results_are_written_as_what_is_chosen_and_known_again(window, box, qtbot):
    batch = opened(window, box, qtbot)
    assert batch.kind.currentText() == "PNG"
    batch.kind.setCurrentIndex(batch.kind.findText("JPEG"))
    colorized(batch, qtbot)
    assert [path.name for path in (box / "colorized").iterdir()] == ["scan-colorized-1.jpg"] and states(batch) == [State.DONE]
    choose_row(batch, 0)
    assert not batch.open_results.isEnabled() and batch.show_results.isEnabled() and "Double-click" not in batch.queue.index(0, 0).data(queue_module.Qt.ItemDataRole.ToolTipRole)
    asked = []
    batch.results_wanted.connect(asked.append)
    batch.list.doubleClicked.emit(batch.queue.index(0, 0))
    assert not asked
    batch.close()
    batch = opened(window, box, qtbot)
    assert batch.kind.currentText() == "JPEG", "as the last time"
    before = (box / "colorized/scan-colorized-1.jpg").read_bytes()
    colorized(batch, qtbot)
    assert states(batch) == [State.SKIPPED] and (box / "colorized/scan-colorized-1.jpg").read_bytes() == before
    batch.close()
    window.session.set_temperature(0.3)
    batch = opened(window, box, qtbot)
    colorized(batch, qtbot)
    assert states(batch) == [State.FAILED] and "other settings" in batch.details.text()
    batch.close()
    batch = opened(window, box / "album", qtbot)
    assert batch.kind.currentText() == "PNG", "another folder"
    batch.close()
