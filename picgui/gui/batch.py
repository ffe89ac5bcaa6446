"""The window of a queue: what is drawn of many photographs and where to, how it is with each, and what went wrong."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSettings, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QAction, QColor, QDesktopServices, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
)

from picgui.batch import Found, size_words
from picgui.gui import theme
from picgui.gui.controls import NumberField, saturation_slider, temperature_slider
from picgui.gui.pace import time_left
from picgui.gui.preferences import KINDS
from picgui.gui.queue import Inside, Plan, Queue, State, Wanted
from picgui.gui.rows import in_a_row
from picgui.gui.session import MAX_SAMPLES, MAX_SATURATION, MAX_TEMPERATURE
from picgui.gui.words import breakable, number, told
from picgui.paths import is_folder
from picgui.pipeline import Model

_STEPS = 1000  # of the progress bar, for each photograph
_WITH_RESULTS = (State.DONE, State.SKIPPED)


class _Tinted(QStyledItemDelegate):
    """Shows how it is with a photograph in the colour of that."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # noqa: N802
        super().initStyleOption(option, index)
        colors = theme.current()
        shades = {State.DONE: colors.done, State.FAILED: colors.warning, State.RUNNING: colors.accent}
        queue, row = index.model(), index.row()
        shade = colors.warning if queue.has_notes(row) else shades.get(queue.state(row), colors.quiet)
        option.palette.setColor(QPalette.ColorRole.Text, QColor(shade))


class BatchDialog(QDialog):
    """Colorizes photographs into a folder while the window stays free for other work. A window of its own, which any other may cover."""

    results_wanted = Signal(object, list)  # a photograph and its results, to be looked at

    def __init__(
        self,
        found: Found,
        model: Model,
        *,
        searched: Collection[Path],
        wanted: Wanted,
        at_start: bool,
        threads: int,
        settings: QSettings,
        turned: Callable[[], Mapping[str, int]],
    ):
        """``found`` is what there was in what was ``searched``. ``at_start`` says that what is wanted is what the program began with: no choice of a person's;
        ``turned`` gives `Photo.turns` by the digests of files."""
        super().__init__(None, Qt.WindowType.Window)
        self._found, self._searched, self._settings, self._now = found, frozenset(searched), settings, wanted
        self.queue = Queue(found.photos, model, searched=self._searched, threads=threads, turned=turned, parent=self)
        self._sources = sorted({str(path.absolute().parent) for path in (*found.photos, *found.folders)})
        results = [Path(source) / self._proposed_folder() for source in self._sources]  # of earlier queues: they are no photographs
        self.inside = Inside(found.folders, but=results, parent=self)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._last = self._last_wanted()
        self.resize(620, 520)
        self._make_widgets(at_start)
        self.queue.changed.connect(self._show_progress)
        self.queue.turned_to.connect(self._turn_to)
        for changed in (self.queue.dataChanged, self.queue.rowsInserted, self.queue.rowsRemoved):
            changed.connect(self._show_details)
        for changed in (self.queue.rowsInserted, self.queue.rowsRemoved):
            changed.connect(self._show_number)
        self.inside.advanced.connect(self._take_inside)
        self.inside.ended.connect(self._explain)
        self.inside.ended.connect(self._show_inside)
        self._show_inside()
        self._show_number()

    def _make_widgets(self, at_start: bool) -> None:
        self.explained = QLabel()
        self.explained.setObjectName("quiet")
        self.explained.setTextFormat(Qt.TextFormat.PlainText)
        self.explained.setWordWrap(True)
        self.with_inside = QCheckBox(self)
        self.with_inside.setToolTip(self.tr("Their results go into folders of the same names in the folder for the results."))
        self.with_inside.setChecked(not self._found.photos or (self._is_of_last and self._settings.value("batch_inside", "") == "yes"))
        self.with_inside.toggled.connect(self._use_inside)
        self.list = QTreeView()
        self.list.setModel(self.queue)
        self.list.setItemDelegateForColumn(1, _Tinted(self.list))
        self.list.setRootIsDecorated(False)
        self.list.ensurePolished()  # else rows are as high as without the style sheet, until one changes
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.list.setAccessibleName(self.tr("Photographs"))
        self.list.selectionModel().selectionChanged.connect(self._show_details)
        self.list.selectionModel().selectionChanged.connect(self._show_progress)
        self.list.doubleClicked.connect(self._ask_for_results)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._open_action = self._row_action(self.tr("Open in the window"), self._open_chosen)
        self._again_action = self._row_action(self.tr("Try again"), self._try_chosen_again)
        self._take_out_action = self._row_action(self.tr("Take out of the queue"), self._take_out, QKeySequence.StandardKey.Delete)
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
        self.kind = QComboBox()
        for ending, name in KINDS.items():
            self.kind.addItem(name, ending)
        if self._is_of_last:
            self.kind.setCurrentIndex(max(0, self.kind.findData(self._settings.value("batch_kind", ""))))
        self.kind.setAccessibleName(self.tr("Kind of file"))
        self.kind.setToolTip(self.tr("Only PNG brings the colours back when it is opened in picgui; JPEG is the smallest."))
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
        self.skip.clicked.connect(self.queue.skip)
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
        column.addLayout(in_a_row(QLabel(self.tr("Samples of each")), self.samples, 1))
        sliders = QHBoxLayout()
        sliders.setSpacing(32)
        for name, slider in ((self.tr("Temperature"), self.temperature), (self.tr("Saturation"), self.saturation)):
            sliders.addLayout(in_a_row(QLabel(name), slider, slider.value_label), 1)
        column.addLayout(sliders)
        column.addWidget(self.with_inside)
        column.addWidget(self.list, 1)
        told_of_one = in_a_row(self.details, self.try_again)
        told_of_one.setStretch(0, 1)
        column.addLayout(told_of_one)
        column.addLayout(in_a_row(QLabel(self.tr("Write to")), self.folder, self.choose, QLabel(self.tr("as")), self.kind))
        column.addWidget(self.overwrite)
        column.addWidget(self.room)
        column.addWidget(self.progress)
        column.addWidget(self.summary)
        column.addLayout(in_a_row(self.show_results, self.open_results, 1, self.skip, close, self.start))

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
        if not self._found.photos and not self.inside.found.photos:
            words = self.tr("Looking for photographs in the folders inside…")
            if not self.inside.is_searching:
                words = self.tr("There are no photographs in this folder or in the folders inside. Choose another.")
        found, errors = Found(), []
        found.extend(self._found)
        if self.with_inside.isChecked():
            found.extend(self.inside.found)
            errors = self.inside.found.errors  # the others were told
        self.explained.setText(breakable(" ".join([words, *map(told, found.left_out), *map(told, errors)])))

    # the folders inside

    @Slot(list)
    def _take_inside(self, photos: list[Path]) -> None:
        """More photographs were found in the folders inside."""
        if self.with_inside.isChecked():
            self.queue.add(photos)
            self._explain()
        self._show_inside()

    @Slot(bool)
    def _use_inside(self, wanted: bool) -> None:
        """Let the photographs of the folders inside be in the queue, or take those out that wait."""
        photos = self.inside.found.photos
        if wanted:
            self.queue.add(photos)
        else:
            gone = set(photos).difference(self._found.photos)
            self.queue.take_out([row for row in range(self.queue.rowCount()) if self.queue.path(row) in gone])
        self._explain()

    @Slot()
    def _show_inside(self) -> None:
        """Say how many photographs there are in the folders inside; where there are no others, that is no choice."""
        found = len(self.inside.found.photos)
        words = self.tr("Also the %1 photographs in the folders inside") if found != 1 else self.tr("Also the photograph in the folders inside")
        if self.inside.is_searching:
            words = self.tr("Also the photographs in the folders inside, %1 so far…")
        self.with_inside.setText(words.replace("%1", str(found)))
        self.with_inside.setVisible(bool(found and self._found.photos))

    # what a person does

    @Slot()
    def _choose_folder(self) -> None:
        begun = Path(self._sources[0]) / os.path.expanduser(self.folder.text().strip())
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder for the results"), str(begun))
        if folder:
            self.folder.setText(folder)

    @Slot()
    def _start_or_pause(self) -> None:
        self._settings.setValue("batch_source", os.pathsep.join(self._sources))
        self._settings.setValue("batch_folder", os.path.expanduser(self.folder.text().strip()))
        self._settings.setValue("batch_kind", self.kind.currentData())
        self._settings.setValue("batch_wanted", " ".join(map(repr, self._wanted)))
        self._settings.setValue("batch_inside", "yes" if self.with_inside.isChecked() else "no")
        if self.queue.is_going:
            self.queue.pause()
        else:
            self.queue.start(Plan(self._wanted, self.folder.text(), self.kind.currentData(), self.overwrite.isChecked()))

    @Slot()
    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._results_folder)))

    @property
    def _results_folder(self) -> Path | None:
        """Where the results are of the photograph that is chosen in the list, or else of the last one that has some; None where there are none."""
        chosen = self._chosen(*_WITH_RESULTS) or self.queue.rows(*_WITH_RESULTS)[-1:]
        return self.queue.results(chosen[0])[0].parent if chosen else None

    @Slot(QModelIndex)
    def _ask_for_results(self, index: QModelIndex) -> bool:
        """Let the window open a photograph with its results; whether it has some that bring their colours back."""
        row = index.row()
        if self.queue.can_open(row):
            self.results_wanted.emit(self.queue.path(row), list(self.queue.results(row)))
        return self.queue.can_open(row)

    def _chosen(self, *states: State) -> list[int]:
        """The chosen rows from above, of these states."""
        rows = sorted(index.row() for index in self.list.selectionModel().selectedRows())
        return [row for row in rows if self.queue.state(row) in states]

    @Slot()
    def _open_chosen(self) -> None:
        for row in self._chosen(*_WITH_RESULTS)[:1]:
            self._ask_for_results(self.queue.index(row, 0))

    @Slot()
    def _try_chosen_again(self) -> None:
        self._try(self._chosen(State.FAILED))

    @Slot()
    def _try_all_again(self) -> None:
        self._try(self.queue.rows(State.FAILED))

    def _try(self, rows: Sequence[int]) -> None:
        """Let rows that failed have their turn again: at once, unless the queue is at work or a person had it pause."""
        self.queue.try_again(rows)
        if not self.queue.is_going and not self.queue.is_running:
            self.start.click()

    @Slot()
    def _take_out(self) -> None:
        """Leave out the chosen rows that wait, and choose what comes after them."""
        rows = self._chosen(State.WAITING)
        self.queue.take_out(rows)
        self.list.setCurrentIndex(self.queue.index(min(rows[0], self.queue.rowCount() - 1), 0))

    def keyPressEvent(self, event) -> None:  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Cancel):
            if not self.queue.is_running:  # a key struck by mistake must not end a night's work
                self.close()  # as its button does: of what is only rejected Qt would let the closing window delete it while `done` waits
            return
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.list.hasFocus() and self.list.currentIndex().isValid()
        if not is_enter or not self._ask_for_results(self.list.currentIndex()):
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """However the dialog is closed, it waits for what is just being written."""
        self.hide()
        self.inside.close()
        self.queue.close()
        super().done(result)

    # what is shown

    @Slot(int)
    def _turn_to(self, row: int) -> None:
        self.list.scrollTo(self.queue.index(row, 0))

    def retint(self) -> None:
        """Follow a change of the theme."""
        self.list.viewport().update()

    @Slot()
    def _show_details(self) -> None:
        """Tell under the list, in full, how it is with the photograph chosen there, or with the last that failed."""
        rows = [index.row() for index in self.list.selectionModel().selectedRows()] + [self.queue.last_failed]
        name, words = (self.queue.index(rows[0], column).data() for column in (0, 1)) if rows[0] is not None else ("", "")
        self.details.setText(breakable(words if name in words else f"{name}: {words}"))
        self.details.setVisible(rows[0] is not None)

    @Slot()
    def _show_number(self) -> None:
        """Say how many photographs there are, and how far they are."""
        photos = self.queue.rowCount()
        title = self.tr("Colorize %1 photographs") if photos != 1 else self.tr("Colorize a photograph")
        self.setWindowTitle(title.replace("%1", str(photos)))
        self.progress.setRange(0, max(1, photos) * _STEPS)
        self._show_progress()

    @Slot()
    def _show_progress(self) -> None:
        queue = self.queue
        photos, ended, failed = queue.rowCount(), queue.ended, queue.failed
        rests = not queue.is_going and not queue.is_running
        self.progress.setValue(round((ended + queue.share) * _STEPS))
        self.skip.setEnabled(queue.is_running)
        self.show_results.setEnabled((folder := self._results_folder) is not None and is_folder(folder))
        self.open_results.setEnabled(any(map(queue.can_open, self._chosen(*_WITH_RESULTS)[:1])))
        self._open_action.setEnabled(self.open_results.isEnabled())
        self._again_action.setEnabled(bool(self._chosen(State.FAILED)))
        self._take_out_action.setEnabled(bool(self._chosen(State.WAITING)))
        self.try_again.setVisible(failed > 0)
        self.start.setEnabled(not queue.has_ended and bool(self.folder.text().strip()))
        self.start.setText(self.tr("Pause") if queue.is_going else self.tr("Start") if ended == 0 and not queue.is_running else self.tr("Go on"))
        self.start.setVisible(not queue.has_ended)
        self.with_inside.setEnabled(rests)
        for widget in (self.folder, self.choose, self.kind, self.as_last, self.samples, self.temperature, self.saturation, self.overwrite):
            widget.setEnabled(rests and (not queue.has_ended or failed > 0))  # a full disk may be why it rests
        self.room.setText(breakable(told(queue.room)) if queue.room else "")
        self.room.setVisible(queue.room is not None)
        words = self.tr("%1 of %2 photographs") if photos != 1 else self.tr("%1 of %2 photograph")
        words = words.replace("%1", str(ended)).replace("%2", str(photos))
        if failed:
            words += ", " + self.tr("%1 failed").replace("%1", str(failed))
        if left := time_left(queue.seconds_left):
            words += ", " + left
        if size := queue.size_left:
            words += ", " + self.tr("some %1 still to be written").replace("%1", told(size_words(size)))
        self.summary.setText(words)
