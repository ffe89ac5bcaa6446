"""The queue without a window: what comes next, how it is with each photograph, and what is looked for beside it."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from picgui.batch import Drawn, Found, Kept, Written
from picgui.errors import DestinationError, PhotoError, Sentence
from picgui.gui import queue as queue_module
from picgui.gui.queue import Inside, Plan, Queue, State, Wanted, results_folder
from picgui.photo import photo_from_rgb
from tests.windows import WAIT

PLAN = Plan(Wanted(2, 0.75, 1.0), "out")
WAITING, RUNNING, DONE, SKIPPED, PASSED, FAILED = State


class Hands:
    """What colorizes, in place of a network: each photograph does what its name says."""

    def __init__(self):
        self.begun, self.options, self.go_on = [], [], threading.Event()
        self.is_repaired = False

    def colorize_file(self, path, _model, *, targets, **options):
        self.begun.append(path.stem)
        self.options.append(options | {"targets": targets})
        if not self.is_repaired and "bad" in path.stem:
            raise PhotoError("{name} is damaged.", name=path.name)
        if not self.is_repaired and "full" in path.stem:
            raise DestinationError("The disk is full.")
        if "kept" in path.stem:
            yield from map(Kept, targets.values())
            return
        yield photo_from_rgb(FLAT)
        while "held" in path.stem and not self.go_on.is_set():
            time.sleep(0.002)
            yield Drawn(0.5)
        for seed, target in targets.items():
            yield Drawn(1.0)
            yield Written(target, seed, 1_000_000)


FLAT = np.zeros((16, 16), np.uint8)


@pytest.fixture
def hands(monkeypatch):
    hands = Hands()
    monkeypatch.setattr(queue_module, "colorize_file", hands.colorize_file)
    yield hands
    hands.go_on.set()


@pytest.fixture
def queue_of(qapp):
    """Makes queues of photographs by their names in a box."""
    made = []

    def make(*names, **options):
        made.append(Queue([Path("box") / f"{name}.jpg" for name in names], None, **options))
        return made[-1]

    yield make
    for queue in made:
        queue.close()


def states(queue):
    return [queue.state(row) for row in range(queue.rowCount())]


def words(queue):
    return [queue.index(row, 1).data() for row in range(queue.rowCount())]


def ended(queue, qtbot):
    qtbot.waitUntil(lambda: not queue.is_going, timeout=WAIT)


def test_the_queue_is_a_table_of_names_and_words(queue_of, hands, qtbot, qtmodeltester):
    queue = queue_of("a", "bad", "kept", "b")
    qtmodeltester.check(queue, force_py=True)
    assert [queue.index(row, 0).data() for row in range(4)] == ["a.jpg", "bad.jpg", "kept.jpg", "b.jpg"] and set(words(queue)) == {"waiting"}
    assert [queue.headerData(column, queue_module.Qt.Orientation.Horizontal) for column in (0, 1)] == ["Photograph", "State"]
    changed = []
    queue.dataChanged.connect(lambda first, last: changed.append((first.row(), last.column())))
    queue.start(PLAN)
    ended(queue, qtbot)
    assert states(queue) == [DONE, FAILED, SKIPPED, DONE] and words(queue) == ["done", "bad.jpg is damaged.", "has results already", "done"]
    assert {row for row, _ in changed} == {0, 1, 2, 3} and {column for _, column in changed} == {1}
    assert (queue.ended, queue.failed, queue.last_failed, queue.has_ended, queue.share) == (4, 1, 1, True, 0.0)
    tip = queue_module.Qt.ItemDataRole.ToolTipRole
    assert "Double-click" in queue.index(0, 0).data(tip) and queue.index(1, 0).data(tip) == str(Path("box/bad.jpg"))
    assert queue.index(1, 1).data(tip) == "bad.jpg is damaged."


def test_what_is_wanted_and_where_it_goes_is_that_of_the_plan(queue_of, hands, qtbot):
    queue = queue_of("a", turned=lambda: {"digest": 1})
    queue.start(Plan(Wanted(2, 0.3, 1.2), " out ", ".jpg", True))
    ended(queue, qtbot)
    (options,), out = hands.options, Path("box").absolute() / "out"
    assert options.pop("targets") == {1: out / "a-colorized-1.jpg", 2: out / "a-colorized-2.jpg"}
    assert options == {"temperature": 0.3, "saturation": 1.2, "remembered": {"digest": 1}, "overwrite": True}
    assert queue.results(0) == (out / "a-colorized-1.jpg", out / "a-colorized-2.jpg") and not queue.can_open(0), "only PNG brings colours back"


def test_how_far_it_is_is_told(queue_of, hands, qtbot):
    queue = queue_of("a", "held", "b")
    queue.start(PLAN)
    qtbot.waitUntil(lambda: queue.share == 0.5, timeout=WAIT)
    assert (queue.ended, queue.is_running, queue.has_ended) == (1, True, False) and words(queue) == ["done", "drawing, 50 %", "waiting"]
    assert queue.size_left == 3_000_000, "of one and a half more, as large as the first"
    assert states(queue) == [DONE, RUNNING, WAITING] and queue.rows(DONE, WAITING) == [0, 2]
    hands.go_on.set()
    ended(queue, qtbot)
    assert queue.size_left == 0


def test_a_pause_holds_what_is_drawn_and_it_goes_on_as_it_was_begun(queue_of, hands, qtbot):
    queue = queue_of("held", "b")
    queue.start(PLAN)
    qtbot.waitUntil(lambda: queue.share == 0.5, timeout=WAIT)
    queue.pause()
    hands.go_on.set()
    qtbot.wait(50)
    assert not queue.is_going and queue.is_running and states(queue) == [RUNNING, WAITING]
    queue.start(Plan(Wanted(1, 0.0, 1.0), "elsewhere"))
    ended(queue, qtbot)
    assert [len(options["targets"]) for options in hands.options] == [2, 2] and states(queue) == [DONE, DONE]


def test_one_that_is_skipped_lets_the_next_begin(queue_of, hands, qtbot):
    queue = queue_of("held", "b")
    queue.start(PLAN)
    qtbot.waitUntil(lambda: queue.share == 0.5, timeout=WAIT)
    queue.skip()
    assert words(queue)[0] == "skipped" and queue.share == 0.0
    ended(queue, qtbot)
    assert states(queue) == [PASSED, DONE] and not queue.results(0)
    queue.skip()
    assert states(queue) == [PASSED, DONE]


def test_what_failed_has_its_turn_again(queue_of, hands, qtbot):
    queue = queue_of("bad", "a", "worse-bad")
    queue.start(PLAN)
    ended(queue, qtbot)
    assert queue.last_failed == 2
    hands.is_repaired = True
    queue.try_again([0, 1])
    assert states(queue) == [WAITING, DONE, FAILED] and queue.last_failed is None and queue.ended == 2
    queue.start(PLAN)
    ended(queue, qtbot)
    assert states(queue) == [DONE, DONE, FAILED] and hands.begun == ["bad", "a", "worse-bad", "bad"]


def test_only_what_waits_is_taken_out(queue_of, hands, qtbot, qtmodeltester):
    queue = queue_of("a", "held", "b", "bad", "c")
    qtmodeltester.check(queue, force_py=True)
    queue.take_out([0])
    queue.start(PLAN)
    qtbot.waitUntil(lambda: queue.share == 0.5, timeout=WAIT)
    queue.take_out([0, 1])
    assert [queue.path(row).stem for row in range(3)] == ["held", "bad", "c"] and states(queue) == [RUNNING, WAITING, WAITING]
    hands.go_on.set()
    ended(queue, qtbot)
    assert hands.begun == ["held", "bad", "c"] and states(queue) == [DONE, FAILED, DONE] and queue.last_failed == 1
    queue.take_out([0, 1, 2])
    assert queue.rowCount() == 3


def test_what_comes_later_is_colorized_too_and_once(queue_of, hands, qtbot):
    queue = queue_of("held")
    queue.start(PLAN)
    qtbot.waitUntil(lambda: queue.share == 0.5, timeout=WAIT)
    queue.add([Path("box/held.jpg"), Path("box/b.jpg"), Path("box/b.jpg")])
    assert queue.rowCount() == 2
    hands.go_on.set()
    ended(queue, qtbot)
    assert hands.begun == ["held", "b"]
    queue.add([Path("box/c.jpg")])
    assert not queue.has_ended and not queue.is_going, "it rests until it is started"


def test_a_full_disk_rests_the_queue_until_there_is_another(queue_of, hands, qtbot):
    queue = queue_of("full", "b")
    queue.start(PLAN)
    ended(queue, qtbot)
    assert states(queue) == [WAITING, WAITING] and words(queue) == ["The disk is full.", "waiting"] and queue.last_failed == 0 and not queue.is_running
    hands.is_repaired = True
    queue.start(Plan(PLAN.wanted, "roomy"))
    ended(queue, qtbot)
    assert states(queue) == [DONE, DONE] and {path.parent.name for row in (0, 1) for path in queue.results(row)} == {"roomy"}


def test_a_disk_without_room_for_the_rest_is_told(queue_of, hands, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(queue_module.Projection, "warning", lambda self, folder, photos: asked.append((folder.name, photos)) or Sentence("No room."))
    queue = queue_of("a", "b")
    assert queue.room is None
    queue.start(PLAN)
    ended(queue, qtbot)
    assert queue.room == "No room." and asked == [("out", 1), ("out", 0)]


def test_results_of_the_folders_inside_lie_in_folders_of_the_same_names(queue_of, hands, qtbot):
    names = ("scan", "album/scan", "album/older/scan", "album/older/Scan")
    box = Path("box").absolute()
    queue = queue_of(*names, searched=[Path("box")])
    queue.start(PLAN)
    ended(queue, qtbot)
    assert states(queue) == [DONE] * 4, "none has the name of another"
    assert [queue.results(row)[0].parent for row in range(3)] == [box / "out", box / "out/album", box / "out/album/older"]
    assert queue.index(1, 0).data() == str(Path("album/scan.jpg")), "which tells it from the first"
    assert results_folder(Path("box/album/a.jpg"), "/far", searched=[Path("box")]) == Path("/far/album")
    assert results_folder(Path("box/album/a.jpg"), "out", searched=[]) == box / "album/out"
    assert results_folder(Path("box/album/a.jpg"), "~/out", searched=[Path("box")]) == Path.home() / "out/album"


def test_namesakes_do_not_take_each_others_results(queue_of, hands, qtbot):
    queue = Queue([Path(f"box/{name}") for name in ("bad.jpg", "bad.png", "a.jpg", "a.png")], None)
    queue.start(PLAN)
    ended(queue, qtbot)
    assert states(queue) == [FAILED, FAILED, DONE, FAILED] and hands.begun == ["bad", "bad", "a"]
    assert words(queue)[3] == f"would be written under the names of {Path('box/a.jpg')}; colorize it into another folder"
    queue.close()


def test_a_queue_that_is_closed_stops_within_a_row_while_events_go_on(queue_of, hands, qtbot):
    queue, beats = queue_of("held", "b"), []
    queue.start(PLAN)
    qtbot.waitUntil(lambda: queue.share == 0.5, timeout=WAIT)
    timer = QTimer(interval=1)
    timer.timeout.connect(lambda: beats.append(True))
    timer.start()
    queue.close()
    assert hands.begun == ["held"] and not queue._worker.is_busy()


def test_folders_are_looked_into_beside_the_window_and_that_can_be_left(qapp, qtbot, monkeypatch):
    def stalled(folders, *, but):
        asked.append((folders, but))
        yield Found([Path("box/album/a.jpg")], others=[Path("box/album/b.heic")])
        go_on.wait(WAIT / 1000)
        yield Found([Path("box/c/c.jpg")], [PhotoError("No.")])

    asked, told, go_on = [], [], threading.Event()
    monkeypatch.setattr(queue_module, "photos_inside", stalled)
    for is_left in (True, False):
        inside = Inside([Path("box/album")], but=[Path("box/out")])
        inside.advanced.connect(told.append)
        qtbot.waitUntil(lambda: bool(inside.found.photos), timeout=WAIT)
        assert inside.is_searching and inside.found.photos == told[-1] == [Path("box/album/a.jpg")]
        if is_left:
            inside.close()
            assert inside._worker._thread.is_alive(), "nobody waits for a drive"
            go_on.set()
            inside._worker._thread.join()
            qtbot.wait(20)
            assert len(told) == 1
            go_on.clear()
    with qtbot.waitSignal(inside.ended, timeout=WAIT):
        go_on.set()
    assert not inside.is_searching and [str(error) for error in inside.found.errors] == ["No."] and len(inside.found.photos) == 2
    assert asked[-1] == ([Path("box/album")], [Path("box/out")]) and len(told) == 3
    inside.close()
    none = Inside([], but=[])
    assert not none.is_searching
    none.close()


def test_a_search_that_nobody_expected_to_fail_ends(qapp, qtbot, monkeypatch):
    def failing(folders, *, but):
        raise ValueError("no such folder")
        yield

    monkeypatch.setattr(queue_module, "photos_inside", failing)
    inside = Inside([Path("box")], but=[])
    with qtbot.waitSignal(inside.ended, timeout=WAIT):
        pass
    assert not inside.is_searching and "unexpected" in str(inside.found.errors[0])
    inside.close()
