"""Many photographs one after the other: a queue with progress, pause, skip, and what went wrong at the end."""

import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEventLoop, QSettings, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QAction, QColor, QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QFileDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from picgui.batch import Drawn, Projection, Written, colorize_file, namesakes, result_name, size_words
from picgui.errors import DestinationError, PicError
from picgui.gui import theme
from picgui.gui.controls import NumberField, saturation_slider, temperature_slider
from picgui.gui.pace import Pace, time_left
from picgui.gui.rows import in_a_row
from picgui.gui.session import MAX_SAMPLES, MAX_SATURATION, MAX_TEMPERATURE
from picgui.gui.words import breakable, number, told
from picgui.gui.worker import LONGEST_READING, Worker
from picgui.paths import is_folder
from picgui.photo import Photo
from picgui.pipeline import Model
from picgui.threads import give_way, use_threads

_STEPS = 1000  # of the progress bar, for each photograph


def _prepare(threads: int) -> None:
    """Work in so many threads, behind what a person looks at meanwhile."""
    give_way()
    use_threads(threads)


class State(Enum):
    """Where a photograph of the queue is."""

    WAITING = auto()
    RUNNING = auto()
    DONE = auto()
    SKIPPED = auto()  # as it has results
    PASSED = auto()  # by the person
    FAILED = auto()


_WITH_RESULTS = (State.DONE, State.SKIPPED)


class Wanted(NamedTuple):
    """What is drawn of each photograph."""

    samples: int
    temperature: float
    saturation: float


class BatchDialog(QDialog):
    """Colorizes photographs into a folder while the window stays free for other work. A window of its own, which any other may cover."""

    results_wanted = Signal(object, list)  # a photograph and its results, to be looked at

    def __init__(
        self,
        paths: Sequence[Path],
        model: Model,
        *,
        wanted: Wanted,
        at_start: bool,
        threads: int,
        settings: QSettings,
        turned: Callable[[], Mapping[str, int]],
        left_out: str = "",
    ):
        """``at_start`` says that what is wanted is what the program began with: no choice of a person's; ``turned`` gives `Photo.turns` by the digests of files,
        ``left_out`` says what was among the photographs and is none."""
        super().__init__(None, Qt.WindowType.Window)
        self._paths, self._model, self._settings = list(paths), model, settings
        self._now, self._turned, self._left_out = wanted, turned, left_out
        self._states = [State.WAITING] * len(self._paths)
        self._current: int | None = None
        self._namesakes: dict[Path, Path] = {}
        self._last_failed: QTreeWidgetItem | None = None
        self._targets: list[Path] = []  # of the current photograph
        self._results: dict[Path, list[Path]] = {}  # of the photographs that have them
        self._written = 0
        self._size = 0  # bytes of what was written of the current photograph
        self._projection = Projection()
        self._notes = ""  # about the current photograph
        self._share = 0.0  # of the current photograph that is drawn
        self._is_reading = False  # the current photograph, and has written nothing
        self._drawn = 0.0  # photographs, as far as they were drawn here
        self._pace = Pace()
        self._paused = True
        self._worker = Worker(self, prepare=partial(_prepare, threads))
        self._worker.produced.connect(self._take)
        self._worker.finished_job.connect(self._photo_finished)
        self._worker.failed.connect(self._photo_failed)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._sources = sorted({str(path.absolute().parent) for path in self._paths})
        self._last = self._last_wanted()
        self.resize(620, 480)
        self._make_widgets(at_start)
        self._show_number()

    def _make_widgets(self, at_start: bool) -> None:
        self.explained = QLabel()
        self.explained.setObjectName("quiet")
        self.explained.setTextFormat(Qt.TextFormat.PlainText)
        self.explained.setWordWrap(True)
        self.list = QTreeWidget()
        self.list.setHeaderLabels([self.tr("Photograph"), self.tr("State")])
        self.list.setRootIsDecorated(False)
        self.list.ensurePolished()  # else rows are as high as without the style sheet, until one changes
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.list.setAccessibleName(self.tr("Photographs"))
        self.list.itemSelectionChanged.connect(self._show_details)
        self.list.itemSelectionChanged.connect(self._show_progress)
        self.list.itemDoubleClicked.connect(self._ask_for_results)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._open_action = self._row_action(self.tr("Open in the window"), self._open_chosen)
        self._again_action = self._row_action(self.tr("Try again"), self._try_chosen_again)
        self._take_out_action = self._row_action(self.tr("Take out of the queue"), self._take_out, QKeySequence.StandardKey.Delete)
        for path in self._paths:
            item = QTreeWidgetItem([path.name, self.tr("waiting")])
            item.setToolTip(0, str(path))
            self._tint(item, State.WAITING)
            self.list.addTopLevelItem(item)
        self.details = QLabel()
        self.details.setTextFormat(Qt.TextFormat.PlainText)
        self.details.setWordWrap(True)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.hide()
        self.try_again = QPushButton(self.tr("Try again"))
        self.try_again.setToolTip(self.tr("Colorize those that failed once more"))
        self.try_again.clicked.connect(self._try_all_again)
        self.folder = QLineEdit(self._proposed_folder())
        self.folder.setAccessibleName(self.tr("Folder for the results"))
        self.folder.setToolTip(self.tr("A name alone is a folder beside each photograph."))
        self.folder.textChanged.connect(self._show_progress)
        self.choose = QPushButton(self.tr("Choose…"))
        self.choose.clicked.connect(self._choose_folder)
        self.as_last = QCheckBox(self.tr("Go on with the settings of this folder's last queue"), self)
        self.as_last.setChecked(at_start)
        self.as_last.setVisible(self._last is not None)
        self.as_last.toggled.connect(self._propose)
        self.samples = NumberField(1, MAX_SAMPLES, self._now.samples)
        self.samples.setAccessibleName(self.tr("Samples of each"))
        self.samples.setToolTip(self.tr("How many samples of each photograph are written. Each is one believable colouring."))
        self.temperature = temperature_slider(self._now.temperature)
        self.saturation = saturation_slider(self.tr("How strong the colours are written.\nDouble-click to reset."))
        self._propose()
        self.samples.value_changed.connect(self._explain)
        for slider in (self.temperature, self.saturation):
            slider.valueChanged.connect(self._explain)
        self.overwrite = QCheckBox(self.tr("Replace earlier results that were drawn with other settings"))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.room = QLabel()
        self.room.setObjectName("warning")
        self.room.setTextFormat(Qt.TextFormat.PlainText)
        self.room.setWordWrap(True)
        self.room.hide()
        self.summary = QLabel()
        self.summary.setObjectName("quiet")
        self.start = QPushButton(self.tr("Start"))
        self.start.setObjectName("primary")
        self.start.clicked.connect(self._start_or_pause)
        self.skip = QPushButton(self.tr("Skip this one"))
        self.skip.clicked.connect(self._skip)
        self.skip.setEnabled(False)
        self.show_results = QPushButton(self.tr("Show results"))
        self.show_results.clicked.connect(self._show_folder)
        self.open_results = QPushButton(self._open_action.text())
        self.open_results.setToolTip(self.tr("Look at the chosen photograph with its results in the window"))
        self.open_results.clicked.connect(self._open_chosen)
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.close)
        for button in (self.choose, self.try_again, self.skip, self.show_results, self.open_results, close):
            button.setAutoDefault(False)
        self.start.setDefault(True)  # of Enter
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(12)
        column.addWidget(self.explained)
        column.addWidget(self.as_last)
        settings = in_a_row(QLabel(self.tr("Samples of each")), self.samples)
        settings.addSpacing(12)
        for name, slider in ((self.tr("Temperature"), self.temperature), (self.tr("Saturation"), self.saturation)):
            settings.addWidget(QLabel(name))
            settings.addWidget(slider, 1)
            settings.addWidget(slider.value_label)
        column.addLayout(settings)
        column.addWidget(self.list, 1)
        told_of_one = in_a_row(self.details, 0, self.try_again, self.open_results)
        told_of_one.setStretch(0, 1)
        column.addLayout(told_of_one)
        column.addLayout(in_a_row(QLabel(self.tr("Write to")), self.folder, self.choose))
        column.addWidget(self.overwrite)
        column.addWidget(self.room)
        column.addWidget(self.progress)
        column.addWidget(self.summary)
        column.addLayout(in_a_row(self.show_results, 1, self.skip, close, self.start))

    def _row_action(self, text: str, do: Callable[[], None], keys: QKeySequence.StandardKey | None = None) -> QAction:
        """Something to be done with the chosen rows of the list, by its menu or a key."""
        action = QAction(text, self.list, shortcutContext=Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(do)
        if keys is not None:
            action.setShortcuts(keys)
        self.list.addAction(action)
        return action

    def _proposed_folder(self) -> str:
        """Beside the photographs, in each of their folders, or where the last ones of their folders went: others may have photographs of the same names."""
        last = str(self._settings.value("batch_folder", "") or "") if self._is_of_last else ""
        last = last or "colorized"
        return last if len(self._sources) > 1 else str(Path(self._sources[0]) / last)

    @property
    def _is_of_last(self) -> bool:
        """Whether the last queue was of the same folders."""
        return self._settings.value("batch_source", "") == os.pathsep.join(self._sources)

    def _last_wanted(self) -> Wanted | None:
        """What the last queue of the same folder wanted, where it was something else."""
        if not self._is_of_last:
            return None
        values = str(self._settings.value("batch_wanted", "")).split()
        try:
            last = Wanted(int(values[0]), float(values[1]), float(values[2]))
        except (IndexError, ValueError):
            return None
        fits = 1 <= last.samples <= MAX_SAMPLES and 0 <= last.temperature <= MAX_TEMPERATURE and 0 <= last.saturation <= MAX_SATURATION
        return last if fits and last != self._now else None

    @property
    def _wanted(self) -> Wanted:
        return Wanted(self.samples.value(), self.temperature.value() / 100, self.saturation.value() / 100)

    @Slot()
    def _propose(self) -> None:
        """Put the settings of this folder's last queue into the fields, or those of the window."""
        wanted = self._last if self._last is not None and self.as_last.isChecked() else self._now
        self.samples.set_value(wanted.samples)
        self.temperature.setValue(round(wanted.temperature * 100))
        self.saturation.setValue(round(wanted.saturation * 100))
        self._explain()

    @property
    def _folder(self) -> Path:
        """Where the results of the first photograph go."""
        return self._folder_of(self._paths[0])

    def _folder_of(self, path: Path) -> Path:
        """Where the results of a photograph go; what is typed may begin at home, or else in the photograph's own folder."""
        return path.absolute().parent / os.path.expanduser(self.folder.text().strip())

    @Slot()
    def _explain(self) -> None:
        """Say what is drawn of each photograph, and what was left out."""
        wanted = self._wanted
        if wanted.samples > 1:
            words = self.tr("%1 samples of each photograph are written at full size, at temperature %2.")
        else:
            words = self.tr("%1 sample of each photograph is written at full size, at temperature %2.")
        words = words.replace("%1", str(wanted.samples)).replace("%2", number(wanted.temperature, 2))
        if wanted.saturation != 1:
            words += " " + self.tr("Their saturation is %1.").replace("%1", number(wanted.saturation, 2))
        self.explained.setText(breakable(f"{words} {self._left_out}".rstrip()))

    # what a person does

    @Slot()
    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder for the results"), str(self._folder))
        if folder:
            self.folder.setText(folder)

    @Slot()
    def _start_or_pause(self) -> None:
        """A pause takes effect after the row being drawn."""
        self._settings.setValue("batch_source", os.pathsep.join(self._sources))
        self._settings.setValue("batch_folder", os.path.expanduser(self.folder.text().strip()))
        self._settings.setValue("batch_wanted", " ".join(map(repr, self._wanted)))
        if not self._paused:
            self._pause()
        else:
            self._paused = False
            self._namesakes = self._all_namesakes()
            self._worker.go_on()
            self._pace.go()
            if self._current is None:  # else nothing that is wanted was changed
                self._projection = Projection()
                self._next()
        self._show_progress()

    def _pause(self) -> None:
        self._paused = True
        self._worker.pause()
        self._pace.rest()

    @Slot()
    def _skip(self) -> None:
        if self._current is not None:
            self._worker.stop()
            self._end(State.PASSED, self.tr("skipped"))

    @Slot()
    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._results_folder)))

    @property
    def _results_folder(self) -> Path:
        """Where the results are of the photograph that is chosen in the list, or else of the last one that has some."""
        chosen = self._chosen()
        have = [row for row, state in enumerate(self._states) if state in _WITH_RESULTS]
        return self._folder_of(self._paths[chosen[0] if chosen else have[-1] if have else 0])

    @Slot(QTreeWidgetItem)
    def _ask_for_results(self, item: QTreeWidgetItem) -> bool:
        """Let the window open a photograph with its results; whether it has them."""
        path = self._paths[self.list.indexOfTopLevelItem(item)]
        if path in self._results:
            self.results_wanted.emit(path, self._results[path])
        return path in self._results

    def _chosen(self, *states: State) -> list[int]:
        """The chosen rows from above, of these states or of any."""
        rows = sorted(map(self.list.indexOfTopLevelItem, self.list.selectedItems()))
        return [row for row in rows if not states or self._states[row] in states]

    @Slot()
    def _open_chosen(self) -> None:
        for row in self._chosen(*_WITH_RESULTS)[:1]:
            self._ask_for_results(self.list.topLevelItem(row))

    @Slot()
    def _try_chosen_again(self) -> None:
        self._wait_again(self._chosen(State.FAILED))

    @Slot()
    def _try_all_again(self) -> None:
        self._wait_again([row for row, state in enumerate(self._states) if state is State.FAILED])

    def _wait_again(self, rows: Sequence[int]) -> None:
        """Let rows that failed have their turn again: at once, unless the queue is at work or a person had it pause."""
        self._last_failed = None
        for row in rows:
            self._set(row, State.WAITING, self.tr("waiting"))
        self._show_progress()
        if self._paused and self._current is None:
            self.start.click()

    @Slot()
    def _take_out(self) -> None:
        """Leave out the chosen rows that wait, and choose what comes after them."""
        for row in reversed(self._chosen(State.WAITING)):
            item = self.list.takeTopLevelItem(row)
            if item is self._last_failed:
                self._last_failed = None
            del self._paths[row], self._states[row]
            if self._current is not None and self._current > row:
                self._current -= 1
            self.list.setCurrentItem(self.list.topLevelItem(min(row, len(self._paths) - 1)))
        self._namesakes = self._all_namesakes()
        self._show_details()
        self._show_number()

    def keyPressEvent(self, event) -> None:  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Cancel):
            if self._current is None:  # a key struck by mistake must not end a night's work
                self.close()  # as its button does: of what is only rejected Qt would let the closing window delete it while `done` waits
            return
        item = self.list.currentItem() if self.list.hasFocus() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) else None
        if item is None or not self._ask_for_results(item):
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Stop within a row, however the dialog is closed; what is just being written is waited for while events go on, reading for a while."""
        self._worker.stop()
        self.hide()
        awake = QTimer(self, interval=20)
        awake.start()
        until = QDeadlineTimer(round(1000 * LONGEST_READING) if self._is_reading else QDeadlineTimer.ForeverConstant.Forever)
        while self._worker.is_busy() and not until.hasExpired():
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        awake.stop()
        self._worker.close(0 if until.hasExpired() else None)
        super().done(result)

    # what is done

    def _next(self) -> None:
        waiting = [index for index, state in enumerate(self._states) if state is State.WAITING]
        while waiting and not self._paused and (other := self._namesake(self._paths[waiting[0]])):
            self._turn_to(waiting.pop(0))
            words = self.tr("would be written under the names of %1; colorize it into another folder")
            self._set(self._current, State.FAILED, words.replace("%1", str(other)))
            self._current = None
        if self._paused or not waiting:
            self._pause()
            self._show_progress()
            return
        self._turn_to(waiting[0])
        self._written, self._size, self._notes, self._share = 0, 0, "", 0.0
        path, wanted = self._paths[self._current], self._wanted
        targets = {seed: self._folder_of(path) / result_name(path.stem, seed) for seed in range(1, wanted.samples + 1)}
        self._targets = list(targets.values())
        self._set(self._current, State.RUNNING, self.tr("reading…"))
        self._is_reading = not self._worker.is_busy()  # with what was skipped, which may be half written
        self._worker.queue(
            colorize_file(
                path,
                self._model,
                targets=targets,
                temperature=wanted.temperature,
                saturation=wanted.saturation,
                remembered=self._turned(),
                overwrite=self.overwrite.isChecked(),
            )
        )
        self._show_progress()

    def _all_namesakes(self) -> dict[Path, Path]:
        """`namesakes` of those whose results go into one folder."""
        together: dict[Path, list[Path]] = {}
        for path in self._paths:
            together.setdefault(self._folder_of(path), []).append(path)
        return {path: other for paths in together.values() for path, other in namesakes(paths).items()}

    def _namesake(self, path: Path) -> Path | None:
        """The photograph whose results have the names of this one's, unless it has none."""
        other = self._namesakes.get(path)
        return other if other and self._states[self._paths.index(other)] not in (State.FAILED, State.PASSED) else None

    def _turn_to(self, index: int) -> None:
        self._current = index
        self.list.scrollToItem(self.list.topLevelItem(index))

    def _set(self, row: int, state: State, words: str) -> None:
        self._states[row] = state
        item = self.list.topLevelItem(row)
        item.setText(1, words)
        item.setToolTip(1, words)
        self._tint(item, state)
        if state is State.FAILED:
            self._last_failed = item
        self._show_details()

    @staticmethod
    def _tint(item: QTreeWidgetItem, state: State) -> None:
        colors = theme.current()
        shade = {State.DONE: colors.done, State.FAILED: colors.warning, State.RUNNING: colors.accent}.get(state, colors.quiet)
        item.setForeground(1, QColor(shade))

    def retint(self) -> None:
        """Follow a change of the theme."""
        for row, state in enumerate(self._states):
            self._tint(self.list.topLevelItem(row), state)

    @Slot()
    def _show_details(self) -> None:
        """Tell under the list, in full, how it is with the photograph chosen there, or with the last that failed."""
        item = next(iter(self.list.selectedItems()), self._last_failed)
        name, words = (item.text(0), item.text(1)) if item else ("", "")
        self.details.setText(breakable(words if name in words else f"{name}: {words}"))
        self.details.setVisible(item is not None)

    def _end(self, state: State, words: str) -> None:
        self._set(self._current, state, words)
        self._drawn += self._share
        self._warn_of_room(self._folder_of(self._paths[self._current]))
        self._current = None
        self._show_progress()
        self._next()

    def _warn_of_room(self, folder: Path) -> None:
        """Tell where the disk of a folder has not enough room for what is left."""
        warning = self._projection.warning(folder, self._states.count(State.WAITING))
        self.room.setText(breakable(told(warning)) if warning else "")
        self.room.setVisible(warning is not None)

    @Slot(int, object)
    def _take(self, job: int, item: object) -> None:
        if not self._worker.is_current(job) or self._current is None:
            return
        if isinstance(item, Photo):
            self._is_reading = False
            self._notes = " ".join(map(told, item.notes))
        elif isinstance(item, Drawn):
            self._share = item.share
            drawing = self.tr("drawing, %1 %").replace("%1", str(int(100 * item.share)))
            self._set(self._current, State.RUNNING, drawing if item.share < 1 else self.tr("writing…"))
        elif isinstance(item, Written):
            self._written, self._size = self._written + 1, self._size + item.size
            words = self.tr("%1 of %2 written").replace("%1", str(self._written)).replace("%2", str(self._wanted.samples))
            self._set(self._current, State.RUNNING, words)
        self._show_progress()

    @Slot(int)
    def _photo_finished(self, job: int) -> None:
        if self._worker.is_current(job) and self._current is not None:
            self._results[self._paths[self._current]] = self._targets
            words = str(self._paths[self._current]) + "\n" + self.tr("Double-click to open it with its results")
            self.list.topLevelItem(self._current).setToolTip(0, words)
            if self._written:
                self._projection.take(self._size)
                self._end(State.DONE, f"{self.tr('done')}. {self._notes}" if self._notes else self.tr("done"))
            else:
                self._end(State.SKIPPED, self.tr("has results already"))

    @Slot(int, object)
    def _photo_failed(self, job: int, error: PicError) -> None:
        if not self._worker.is_current(job) or self._current is None:
            return
        if isinstance(error, DestinationError):  # as of a full disk: the others would fail too
            self._last_failed = self.list.topLevelItem(self._current)
            self._set(self._current, State.WAITING, told(error))
            self._current = None
            self._pause()
            self._show_progress()
        else:
            self._end(State.FAILED, told(error))

    def _show_number(self) -> None:
        """Say how many photographs there are, and how far they are."""
        title = self.tr("Colorize %1 photographs") if len(self._paths) != 1 else self.tr("Colorize a photograph")
        self.setWindowTitle(title.replace("%1", str(len(self._paths))))
        self.progress.setRange(0, max(1, len(self._paths)) * _STEPS)
        self._show_progress()

    @Slot()
    def _show_progress(self) -> None:
        ended = sum(state not in (State.WAITING, State.RUNNING) for state in self._states)
        running = self._current is not None
        share = self._share if running else 0.0
        self.progress.setValue(round((ended + share) * _STEPS))
        self.skip.setEnabled(running)
        self.show_results.setEnabled(ended > 0 and is_folder(self._results_folder))
        self.open_results.setEnabled(bool(self._chosen(*_WITH_RESULTS)))
        self._open_action.setEnabled(self.open_results.isEnabled())
        self._again_action.setEnabled(bool(self._chosen(State.FAILED)))
        self._take_out_action.setEnabled(bool(self._chosen(State.WAITING)))
        all_ended, failed = ended == len(self._states), self._states.count(State.FAILED)
        self.try_again.setVisible(failed > 0)
        self.start.setEnabled(not all_ended and bool(self.folder.text().strip()))
        self.start.setText(self.tr("Pause") if not self._paused else self.tr("Start") if ended == 0 and not running else self.tr("Go on"))
        self.start.setVisible(not all_ended)
        for widget in (self.folder, self.choose, self.as_last, self.samples, self.temperature, self.saturation, self.overwrite):
            widget.setEnabled(self._paused and not running and (not all_ended or failed > 0))  # a full disk may be why it rests
        words = self.tr("%1 of %2 photographs") if len(self._states) != 1 else self.tr("%1 of %2 photograph")
        words = words.replace("%1", str(ended)).replace("%2", str(len(self._states)))
        if failed:
            words += ", " + self.tr("%1 failed").replace("%1", str(failed))
        if left := time_left(self._pace.seconds_left(self._drawn + share, len(self._states) - ended - share)):
            words += ", " + left
        if size := self._projection.size(len(self._states) - ended - share):
            words += ", " + self.tr("some %1 still to be written").replace("%1", told(size_words(size)))
        self.summary.setText(words)
