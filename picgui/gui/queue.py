"""Many photographs one after the other: what is done next, how it is with each, and how far all are. No widgets."""

import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QDeadlineTimer, QEventLoop, QModelIndex, QObject, Qt, QTimer, Signal, Slot

from picgui.batch import Drawn, Found, Projection, Written, colorize_file, namesakes, photos_inside, place_in, result_name
from picgui.errors import DestinationError, PicError, Sentence
from picgui.gui.pace import Pace
from picgui.gui.words import told
from picgui.gui.worker import LONGEST_READING, Worker
from picgui.photo import Photo
from picgui.pipeline import Model
from picgui.threads import give_way, use_threads


class State(Enum):
    """Where a photograph of the queue is."""

    WAITING = auto()
    RUNNING = auto()
    DONE = auto()
    SKIPPED = auto()  # as it has results
    PASSED = auto()  # by the person
    FAILED = auto()


class Wanted(NamedTuple):
    """What is drawn of each photograph."""

    samples: int
    temperature: float
    saturation: float


class Plan(NamedTuple):
    """What is done with photographs from now on."""

    wanted: Wanted
    folder: str  # for the results, as of `results_folder`
    ending: str = ".png"  # of the results
    overwrite: bool = False  # earlier results that were drawn with other settings


@dataclass(eq=False)
class _Row:
    """A photograph, and how it is with it."""

    path: Path
    words: str
    state: State = State.WAITING
    results: tuple[Path, ...] = ()
    notes: str = ""  # of what was wrong with it, though it was drawn


@dataclass
class _Running:
    """The photograph that is worked on."""

    row: _Row
    targets: tuple[Path, ...]
    written: int = 0
    size: int = 0  # bytes of what was written
    notes: str = ""
    share: float = 0.0  # that is drawn


def results_folder(path: Path, folder: str, *, searched: Collection[Path]) -> Path:
    """Where the results of a photograph go: ``folder`` may begin at home, or else in the folder that it was found in, and has the folders in that one in it."""
    way = place_in(searched, path)
    found_in = path.absolute().parents[len(way.parts)]
    return found_in / os.path.expanduser(folder.strip()) / way


def _prepare(threads: int) -> None:
    """Work in so many threads, behind what a person looks at meanwhile."""
    give_way()
    use_threads(threads)


class Queue(QAbstractTableModel):
    """Colorizes photographs in a thread of its own. A table of them, by their names, and of how it is with each, in words."""

    changed = Signal()  # how far it is, or what can be done
    turned_to = Signal(int)  # the row that comes next

    def __init__(
        self,
        photos: Sequence[Path],
        model: Model,
        *,
        searched: Collection[Path] = (),
        threads: int = 0,
        turned: Callable[[], Mapping[str, int]] = dict,
        parent: QObject | None = None,
    ):
        """``searched`` are the folders that photographs were looked for in, ``turned`` gives `Photo.turns` by the digests of files."""
        super().__init__(parent)
        self._model, self._searched, self._turned = model, frozenset(searched), turned
        self._rows: list[_Row] = []
        self._counts: Counter[State] = Counter()  # of the rows
        self._running: _Running | None = None
        self._is_reading = False  # what was begun last, and has written nothing
        self._last_failed: _Row | None = None
        self._plan = Plan(Wanted(1, 0.0, 1.0), "")
        self._namesakes: dict[Path, Path] | None = None  # None until they are looked for
        self._projection = Projection()
        self._drawn = 0.0  # photographs, as far as they were drawn here
        self._pace = Pace()
        self.is_going = False  # and not paused
        self.room: Sentence | None = None  # what is told where a disk has not enough
        self._worker = Worker(self, prepare=partial(_prepare, threads))
        self._worker.produced.connect(self._take)
        self._worker.finished_job.connect(self._photo_finished)
        self._worker.failed.connect(self._photo_failed)
        self.add(photos)

    # the table

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802
        return 0 if parent.isValid() else 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:  # noqa: N802
        if role != Qt.ItemDataRole.DisplayRole or orientation is not Qt.Orientation.Horizontal:
            return None
        return self.tr("Photograph") if section == 0 else self.tr("State")

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return str(place_in(self._searched, row.path) / row.path.name) if index.column() == 0 else row.words
        if role == Qt.ItemDataRole.ToolTipRole:
            about = f"{row.path}\n" + self.tr("Double-click to open it with its results") if self.can_open(index.row()) else str(row.path)
            return about if index.column() == 0 else row.words
        return None

    def path(self, row: int) -> Path:
        """The photograph."""
        return self._rows[row].path

    def state(self, row: int) -> State:
        """Where it is."""
        return self._rows[row].state

    def has_notes(self, row: int) -> bool:
        """Whether something was wrong with it, though it was drawn."""
        return bool(self._rows[row].notes)

    def results(self, row: int) -> tuple[Path, ...]:
        """The files that it has; none before it is done."""
        return self._rows[row].results

    def can_open(self, row: int) -> bool:
        """Whether it has results that bring their colours back."""
        return any(path.suffix == ".png" for path in self.results(row))

    def rows(self, *states: State) -> list[int]:
        """The rows in one of these states, from above."""
        return [number for number, row in enumerate(self._rows) if row.state in states]

    @property
    def last_failed(self) -> int | None:
        """What failed last, and was not tried again since."""
        return None if self._last_failed is None else self._rows.index(self._last_failed)

    # how far it is

    @property
    def is_running(self) -> bool:
        """Whether a photograph is worked on, be it paused or not."""
        return self._running is not None

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing to be done any more."""
        return self.ended == len(self._rows)

    @property
    def ended(self) -> int:
        """How many photographs are done, or never will be."""
        return len(self._rows) - self._counts[State.WAITING] - self._counts[State.RUNNING]

    @property
    def failed(self) -> int:
        """How many could not be colorized."""
        return self._counts[State.FAILED]

    @property
    def share(self) -> float:
        """How much of the photograph that is worked on is drawn, from 0 to 1."""
        return self._running.share if self._running else 0.0

    @property
    def seconds_left(self) -> float | None:
        """As of `Pace`."""
        return self._pace.seconds_left(self._drawn + self.share, self._left)

    @property
    def size_left(self) -> int:
        """Bytes that are still to be written, about; 0 where that is not known."""
        return self._projection.size(self._left)

    @property
    def _left(self) -> float:
        return len(self._rows) - self.ended - self.share

    # what a person does

    def add(self, photos: Sequence[Path]) -> None:
        """Let these come last, but for those that are there already."""
        there = {row.path for row in self._rows}
        more = [_Row(path, self.tr("waiting")) for path in dict.fromkeys(photos) if path not in there]
        if more:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(more) - 1)
            self._rows += more
            self._counts[State.WAITING] += len(more)
            self._namesakes = None
            self.endInsertRows()
            self.changed.emit()

    def take_out(self, rows: Sequence[int]) -> None:
        """Leave out those of these rows that wait."""
        for number in sorted(rows, reverse=True):
            if self.state(number) is State.WAITING:
                self.beginRemoveRows(QModelIndex(), number, number)
                row = self._rows.pop(number)
                self._counts[State.WAITING] -= 1
                if row is self._last_failed:
                    self._last_failed = None
                self.endRemoveRows()
        self._namesakes = None
        self.changed.emit()

    def start(self, plan: Plan) -> None:
        """Begin, or go on; what is being worked on goes on as it was begun."""
        self.is_going = True
        self._worker.go_on()
        self._pace.go()
        if self._running is None:
            self._plan, self._projection, self._namesakes = plan, Projection(), None
            self._next()
        self.changed.emit()

    def pause(self) -> None:
        """Rest after the row being drawn, until `start`."""
        self.is_going = False
        self._worker.pause()
        self._pace.rest()
        self.changed.emit()

    def skip(self) -> None:
        """Leave the photograph that is worked on as it is, and go on with the next one."""
        if self._running is not None:
            self._worker.stop()
            self._end(State.PASSED, self.tr("skipped"))

    def try_again(self, rows: Sequence[int]) -> None:
        """Let those of these rows that failed have their turn again."""
        self._last_failed = None
        for number in rows:
            if self.state(number) is State.FAILED:
                self._set(self._rows[number], State.WAITING, self.tr("waiting"))
        self.changed.emit()

    def close(self) -> None:
        """Stop within a row; what is just being written is waited for while events go on, reading for a while."""
        self._worker.stop()
        awake = QTimer(self, interval=20)
        awake.start()
        until = QDeadlineTimer(round(1000 * LONGEST_READING) if self._is_reading else QDeadlineTimer.ForeverConstant.Forever)
        while self._worker.is_busy() and not until.hasExpired():
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        awake.stop()
        self._worker.close(0 if until.hasExpired() else None)

    # what is done

    def _next(self) -> None:
        """Work on the next photograph that waits, or rest where there is none."""
        while self.is_going:
            row = next((row for row in self._rows if row.state is State.WAITING), None)
            if row is None:
                self.pause()
                return
            self.turned_to.emit(self._rows.index(row))
            other = self._namesake(row)
            if other is None:
                self._begin(row)
                return
            words = self.tr("would be written under the names of %1; colorize it into another folder")
            self._set(row, State.FAILED, words.replace("%1", str(other)))

    def _begin(self, row: _Row) -> None:
        wanted = self._plan.wanted
        folder = self._folder_of(row)
        targets = {seed: folder / result_name(row.path.stem, seed, self._plan.ending) for seed in range(1, wanted.samples + 1)}
        self._running = _Running(row, tuple(targets.values()))
        self._is_reading = not self._worker.is_busy()  # with what was skipped, which may be half written
        self._set(row, State.RUNNING, self.tr("reading…"))
        self._worker.queue(
            colorize_file(
                row.path,
                self._model,
                targets=targets,
                temperature=wanted.temperature,
                saturation=wanted.saturation,
                remembered=self._turned(),
                overwrite=self._plan.overwrite,
            )
        )
        self.changed.emit()

    def _folder_of(self, row: _Row) -> Path:
        return results_folder(row.path, self._plan.folder, searched=self._searched)

    def _namesake(self, row: _Row) -> Path | None:
        """The photograph whose results have the names of this one's, unless it has none."""
        if self._namesakes is None:
            self._namesakes = namesakes({one.path: self._folder_of(one) for one in self._rows})
        path = self._namesakes.get(row.path)
        if path is None:
            return None
        other = next(other for other in self._rows if other.path == path)
        return None if other.state in (State.FAILED, State.PASSED) else path

    def _set(self, row: _Row, state: State, words: str) -> None:
        self._counts[row.state] -= 1
        self._counts[state] += 1
        row.state, row.words = state, words
        if state is State.FAILED:
            self._last_failed = row
        number = self._rows.index(row)
        self.dataChanged.emit(self.index(number, 0), self.index(number, 1))

    def _end(self, state: State, words: str) -> None:
        row, self._drawn = self._running.row, self._drawn + self._running.share
        self._running = None
        self._set(row, state, words)
        self.room = self._projection.warning(self._folder_of(row), self._counts[State.WAITING])
        self.changed.emit()
        self._next()

    @Slot(int, object)
    def _take(self, job: int, item: object) -> None:
        running = self._running
        if not self._worker.is_current(job) or running is None:
            return
        if isinstance(item, Photo):
            self._is_reading = False
            running.notes = " ".join(map(told, item.notes))
        elif isinstance(item, Drawn):
            running.share = item.share
            drawing = self.tr("drawing, %1 %").replace("%1", str(int(100 * item.share)))
            self._set(running.row, State.RUNNING, drawing if item.share < 1 else self.tr("writing…"))
        elif isinstance(item, Written):
            running.written, running.size = running.written + 1, running.size + item.size
            words = self.tr("%1 of %2 written").replace("%1", str(running.written)).replace("%2", str(len(running.targets)))
            self._set(running.row, State.RUNNING, words)
        self.changed.emit()

    @Slot(int)
    def _photo_finished(self, job: int) -> None:
        running = self._running
        if not self._worker.is_current(job) or running is None:
            return
        running.row.results = running.targets
        if running.written:
            self._projection.take(running.size)
            running.row.notes = running.notes
            self._end(State.DONE, f"{self.tr('done')}. {running.notes}" if running.notes else self.tr("done"))
        else:
            self._end(State.SKIPPED, self.tr("has results already"))

    @Slot(int, object)
    def _photo_failed(self, job: int, error: PicError) -> None:
        if not self._worker.is_current(job) or self._running is None:
            return
        if isinstance(error, DestinationError):  # as of a full disk: the others would fail too
            row, self._running = self._running.row, None
            self._last_failed = row
            self._set(row, State.WAITING, told(error))
            self.pause()
        else:
            self._end(State.FAILED, told(error))


class Inside(QObject):
    """Looks for photographs in the folders of folders, in a thread of its own: a drive may be slow, or gone."""

    advanced = Signal(list)  # the photographs that were found in one more folder
    ended = Signal()

    def __init__(self, folders: Sequence[Path], *, but: Sequence[Path], parent: QObject | None = None):
        """Looks into these folders and all in them, but for some, where the results go."""
        super().__init__(parent)
        self.found = Found()
        self.is_searching = bool(folders)
        self._worker = Worker(self, prepare=give_way)
        self._worker.produced.connect(self._take)
        self._worker.finished_job.connect(self._end)
        self._worker.failed.connect(self._fail)
        if folders:
            self._worker.queue(photos_inside(folders, but=but))

    @Slot(int, object)
    def _take(self, job: int, found: Found) -> None:
        if self._worker.is_current(job):
            self.found.extend(found)
            self.advanced.emit(found.photos)

    @Slot(int)
    def _end(self, _job: int) -> None:
        self.is_searching = False
        self.ended.emit()

    @Slot(int, object)
    def _fail(self, job: int, error: PicError) -> None:
        self.found.errors.append(error)
        self._end(job)

    def close(self) -> None:
        """Look no further."""
        self._worker.close(0)
