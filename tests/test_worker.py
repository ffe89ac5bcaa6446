"""The thread behind the window: one job at a time, replaced, paused, closed and finished without a hang or a stale report."""

import gc
import threading
import time
import weakref

import pytest
import torch
from PySide6.QtCore import Qt

from picgui.errors import PicError
from picgui.gui.worker import GarbageCollector, Worker
from picgui.threads import use_one_thread, use_threads
from tests.windows import WAIT


@pytest.fixture
def worker(qapp):
    worker = Worker()
    worker.seen = []
    worker.produced.connect(lambda _job, item: worker.seen.append(item), type=Qt.ConnectionType.QueuedConnection)
    yield worker
    worker.close()


def gated(items, gate):
    for item in items:
        gate.acquire()
        yield item


def test_a_pause_holds_within_a_job_and_ends(worker, qtbot):
    gate = threading.Semaphore(2)
    with qtbot.waitSignal(worker.produced, timeout=WAIT):
        worker.pause()
        worker.queue(gated("abc", gate))
    qtbot.wait(100)
    assert worker.seen == ["a"]
    gate.release()
    with qtbot.waitSignal(worker.finished_job, timeout=WAIT):
        worker.go_on()
    assert worker.seen == ["a", "b", "c"]


def test_a_paused_worker_can_be_closed_and_its_job_ends_there(worker, qtbot):
    ended = []

    def items():
        try:
            yield from "abc"
        finally:
            ended.append(True)

    worker.pause()
    with qtbot.waitSignal(worker.produced, timeout=WAIT):
        worker.queue(items())
    worker.close()
    qtbot.wait(20)
    assert not worker._thread.is_alive() and worker.seen == ["a"] and ended == [True]


def test_finishing_does_all_that_waits_even_after_a_pause(worker, qtbot):
    worker.pause()
    worker.queue(iter("ab"))
    worker.queue(iter("cd"))
    worker.finish()
    qtbot.wait(20)
    assert not worker._thread.is_alive() and worker.seen == ["a", "b", "c", "d"]


def test_a_replaced_job_reports_nothing_more(worker, qtbot):
    gate = threading.Semaphore(1)
    with qtbot.waitSignal(worker.produced, timeout=WAIT):
        first = worker.queue(gated("abc", gate))
    with qtbot.waitSignal(worker.finished_job, timeout=WAIT) as finished:
        second = worker.replace(iter("x"))
        gate.release(2)
    assert finished.args == [second] and not worker.is_current(first) and worker.seen == ["a", "x"]


def test_a_closed_worker_is_deleted_at_once_whatever_its_thread_still_does(qapp):
    started = time.monotonic()
    for _ in range(100):
        worker = Worker()
        gone = weakref.ref(worker)
        worker.queue(iter("ab"))
        worker.close()
        del worker
        assert gone() is None
    assert time.monotonic() - started < 10


def test_garbage_is_collected_in_the_thread_of_the_event_loop_alone(worker, qtbot):
    class Thing:
        def __init__(self):
            self.itself = self

    def litter():
        for _ in range(30):
            yield len([Thing() for _ in range(1_000)])

    gc.enable()  # as it is where a program begins; the tests' own surroundings turn it off
    GarbageCollector(worker)
    collected_in = []
    weakref.finalize(Thing(), lambda: collected_in.append(threading.current_thread()))
    with qtbot.waitSignal(worker.finished_job, timeout=WAIT):
        worker.queue(litter())
    qtbot.waitUntil(lambda: len(collected_in) > 0, timeout=WAIT)
    assert collected_in == [threading.main_thread()] and not gc.isenabled()


def test_who_hears_of_a_jobs_end_finds_the_worker_idle(worker, qtbot):
    busy = []
    for signal in (worker.finished_job, worker.failed):
        signal.connect(lambda *_: busy.append(worker.is_busy()), type=Qt.ConnectionType.DirectConnection)

    def failing():
        yield 1
        raise ValueError

    for number, items in enumerate((iter("a"), failing())):
        worker.queue(items)
        qtbot.waitUntil(lambda: len(busy) > number, timeout=WAIT)
    assert busy == [False, False]


def test_each_thread_keeps_its_own_number_of_threads(qapp, qtbot):
    asked = threading.Event()

    def numbers():
        asked.wait()
        yield torch.get_num_threads()

    first, seen = Worker(prepare=lambda: use_threads(2)), []
    first.produced.connect(lambda _job, number: seen.append(number), type=Qt.ConnectionType.QueuedConnection)
    first.queue(numbers())  # it is prepared, but has not computed yet
    qtbot.waitUntil(lambda: first._running, timeout=WAIT)
    second = Worker(prepare=use_one_thread)
    second.queue(iter([None]))
    second.finish()
    asked.set()
    first.finish()
    qtbot.waitUntil(lambda: seen == [2], timeout=WAIT)


def test_a_failed_job_lets_go_of_what_it_had_in_hand(worker, qtbot):
    class Large:
        pass

    alive = []

    def failing():
        large = Large()
        alive.append(weakref.ref(large))
        yield 1
        raise PicError("no")

    gc.collect()
    gc.disable()
    try:
        with qtbot.waitSignal(worker.failed, timeout=WAIT) as told:
            worker.queue(failing())
        qtbot.waitUntil(lambda: alive[0]() is None, timeout=WAIT)
        assert "no" in str(told.args[1])
    finally:
        gc.enable()


def test_a_job_that_is_stopped_in_a_pause_begins_nothing_more(worker, qtbot):
    begun = []

    def job():
        for number in range(3):
            begun.append(number)
            yield number

    worker.pause()
    worker.queue(job())
    qtbot.waitUntil(lambda: bool(begun), timeout=WAIT)
    worker.stop()
    worker.go_on()
    qtbot.waitUntil(lambda: not worker.is_busy(), timeout=WAIT)
    assert begun == [0]
