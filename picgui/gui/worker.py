"""The only file of the window that knows threads: a long-lived thread that runs one generator at a time, and what must not happen in it."""

import gc
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

from picgui.errors import PicError, is_out_of_memory

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
LONGEST_READING = 5.0  # seconds that an end waits for what is only read: a drive that is gone may hold it for ever


def explained(error: Exception) -> PicError:
    """An exception as one that can be told to a person."""
    if isinstance(error, PicError):
        return error
    if is_out_of_memory(error):
        return PicError("There is not enough memory for this. Close other programs, and try again.")
    _log.error("A job failed", exc_info=error)
    return PicError(
        "Something unexpected went wrong, but nothing you have is lost. Please try again. ({kind}: {detail})",
        kind=type(error).__name__,
        detail=str(error),
    )


class Worker(QObject):
    """Runs generators in a thread of its own and reports what they yield, each with the number of its job.

    The thread is Python's: a QThread that the garbage collector deletes waits, under the interpreter lock, for a thread that needs
    that lock for its end. Close or finish a worker before it is deleted.

    A replaced or stopped job ends before its next item and reports nothing more. Connect bound slots of objects that
    live in the GUI thread, and let `is_current` drop what was already on its way when a job was replaced.
    """

    produced = Signal(int, object)  # job, item
    finished_job = Signal(int)
    failed = Signal(int, object)  # job, PicError

    def __init__(self, parent: QObject | None = None, *, prepare: Callable[[], None] = lambda: None):
        """``prepare`` runs once in the new thread, before any job."""
        super().__init__(parent)
        self._prepare = prepare
        self._condition = threading.Condition()
        self._waiting: deque[tuple[int, Iterator]] = deque()
        self._last_job = 0
        self._valid_from = 1  # jobs before this one were replaced or stopped
        self._running = False
        self._paused = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def replace(self, items: Iterator) -> int:
        """Stop whatever runs or waits and start this instead; returns the number of the job."""
        with self._condition:
            self._drop()
            return self._append(items)

    def queue(self, items: Iterator) -> int:
        """Run this after whatever runs or waits; returns the number of the job."""
        with self._condition:
            return self._append(items)

    def stop(self) -> None:
        """Drop all that runs or waits."""
        with self._condition:
            self._drop()

    def pause(self) -> None:
        """Hold what runs after its next item, until `go_on`."""
        with self._condition:
            self._paused = True

    def go_on(self) -> None:
        """End a pause."""
        with self._condition:
            self._paused = False
            self._condition.notify()

    def close(self, seconds: float | None = None) -> None:
        """Stop, and return once the thread has ended, or after so many seconds: a drive that is gone may hold it for ever."""
        with self._condition:
            self._closing = True
            self._drop()
        self._thread.join(seconds)

    def finish(self) -> None:
        """Do all that runs or waits, and return once the thread has ended."""
        with self._condition:
            self._closing, self._paused = True, False
            self._condition.notify()
        self._thread.join()

    def is_current(self, job: int) -> bool:
        """Whether a job was neither replaced nor stopped."""
        return job >= self._valid_from

    def is_busy(self) -> bool:
        """Whether something runs or waits."""
        with self._condition:
            return self._running or bool(self._waiting)

    def _drop(self) -> None:
        """Invalidate every job; the condition is held."""
        self._valid_from = self._last_job + 1
        self._waiting.clear()
        self._condition.notify()

    def _append(self, items: Iterator) -> int:
        self._last_job += 1
        self._waiting.append((self._last_job, items))
        self._condition.notify()
        return self._last_job

    def _run(self) -> None:
        self._prepare()
        while True:
            with self._condition:
                while not self._waiting and not self._closing:
                    self._condition.wait()
                if not self._waiting:
                    return
                job, items = self._waiting.popleft()
                self._running = True
            self._run_job(job, items)

    def _run_job(self, job: int, items: Iterator) -> None:
        failure = None
        try:
            for item in items:
                if not self.is_current(job):
                    break
                self.produced.emit(job, item)
                with self._condition:
                    self._condition.wait_for(lambda: not self._paused or not self.is_current(job))
                if not self.is_current(job):
                    break
            close = getattr(items, "close", None)
            if close is not None:
                close()
        except Exception as error:  # noqa: BLE001 - a failed job must never end the thread
            failure = explained(error)
            failure.__cause__ = failure.__context__ = failure.__traceback__ = None  # they hold all that the job had in hand
        with self._condition:  # who hears of the end finds it ended
            self._running = False
        if not self.is_current(job):
            return
        if failure is None:
            self.finished_job.emit(job)
        else:
            self.failed.emit(job, failure)


def while_painting(function: Callable[[], _Result]) -> _Result:
    """What a function returns or raises that may take a while, as on a network drive: the window is painted meanwhile, and takes no input."""
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(function)
        loop, timer = QEventLoop(), QTimer(interval=10)
        timer.timeout.connect(lambda: result.done() and loop.quit())
        timer.start()
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            if not result.done():
                loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        finally:
            QGuiApplication.restoreOverrideCursor()
        return result.result()


class GarbageCollector(QObject):
    """From its making on, Python's cyclic garbage is collected in the thread of the event loop alone.

    Python collects in whichever thread happens to allocate; in a worker's it would delete windows and timers there, which ends in a
    crash of Qt's event loop.
    """

    def __init__(self, parent: QObject):
        super().__init__(parent)
        gc.disable()
        timer = QTimer(self, interval=500)
        timer.timeout.connect(self._collect)
        timer.start()

    @Slot()
    def keep(self) -> None:
        """Never look again at what is there now: the libraries and the window, which take long to go through and stay."""
        gc.freeze()

    @Slot()
    def _collect(self) -> None:
        full = [count > threshold for count, threshold in zip(gc.get_count(), gc.get_threshold())]
        if full[0]:
            gc.collect(2 if full[2] else 1 if full[1] else 0)
