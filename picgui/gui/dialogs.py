"""Preferences with the checkpoints, the page of shortcuts, and what the program is."""

import filecmp
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPoint, QSettings, QSignalBlocker, QSize, Qt, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMenu,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from picgui import __version__
from picgui.errors import CheckpointError
from picgui.files import whole
from picgui.gui import preferences, theme
from picgui.gui.rows import in_a_row, label
from picgui.gui.session import MAX_SAMPLES, MAX_TEMPERATURE
from picgui.gui.words import bare, number, told
from picgui.paths import checkpoint_dir, default_checkpoint
from picgui.pic.checkpoint import Checkpoint, load_checkpoint


def _quiet(text: str) -> QLabel:
    quiet = label(text, "quiet")
    quiet.setWordWrap(True)
    return quiet


class _Page(QDialog):
    """Something to read, with a button to close it; it can be scrolled where the screen is too small for it."""

    def show_page(self, inside: QLayout, *, width: int = 0) -> None:
        """Lay it out, as wide as it is or with this width."""
        page = QWidget()
        page.setObjectName("plainPanel")
        page.setLayout(inside)
        inside.setContentsMargins(24, 24, 24, 0)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        foot = QVBoxLayout()
        foot.setContentsMargins(24, 20, 24, 20)
        foot.addWidget(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(area)
        column.addLayout(foot)
        width = width or inside.totalSizeHint().width()
        height = max(inside.totalSizeHint().height(), inside.totalHeightForWidth(width)) + foot.totalSizeHint().height()
        middle = self.parentWidget().geometry().center() if self.parentWidget() else QPoint()
        screen = QGuiApplication.screenAt(middle) or QGuiApplication.primaryScreen()  # that of `QWidget.screen` Python deletes with the widget
        room = screen.availableSize() * 0.9
        scroll_bar = area.verticalScrollBar().sizeHint().width() if height > room.height() else 0
        self.resize(QSize(width + scroll_bar, height).boundedTo(room))


class ShortcutsDialog(_Page):
    """Every action that has keys, by its menu, and what else keys and the mouse do."""

    def __init__(self, menus: Sequence[QMenu], brushes: Sequence[QAction], parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        groups = [(bare(menu.title()), _with_keys(menu.actions())) for menu in menus]
        groups += [
            (self.tr("The photograph"), self._of_photograph()),
            (self.tr("With a tool"), self._of_tools() + _with_keys(brushes)),
            (self.tr("Samples and settings"), self._of_samples()),
        ]
        lines = [1 + len(rows) for _, rows in groups]
        half = min(range(len(lines)), key=lambda place: max(sum(lines[:place]), sum(lines[place:])))
        columns = QHBoxLayout()
        columns.setSpacing(48)
        for column in (groups[:half], groups[half:]):
            columns.addLayout(_in_groups(column))
        self.show_page(columns)

    def _of_photograph(self) -> list[tuple[str, str]]:
        return [
            (self.tr("The photograph as it was"), self.tr("hold Space")),
            (self.tr("Zoom at the cursor"), self.tr("wheel")),
            (self.tr("Move the photograph"), self.tr("drag, or arrow keys")),
            (self.tr("Move the line between before and after"), self.tr("Shift and arrow keys")),
        ]

    def _of_tools(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Mark with a tool"), self.tr("arrow keys, then Enter (of a part: at two corners)")),
            (self.tr("Add to the place marked for a hint"), self.tr("Shift and drag, or Shift and Enter")),
            (self.tr("Take a hint's colour from the picture"), self.tr("Command and click") if sys.platform == "darwin" else self.tr("Ctrl and click")),
            (self.tr("Move the photograph with a tool"), self.tr("drag with the middle button")),
            (self.tr("Leave a tool"), self.tr("Esc")),
        ]

    def _of_samples(self) -> list[tuple[str, str]]:
        is_mac = sys.platform == "darwin"
        rows = [(self.tr("Select several samples"), self.tr("Command or Shift and click") if is_mac else self.tr("Ctrl or Shift and click"))]
        if not is_mac:  # whose own Command and Space is
            rows += [
                (self.tr("Go through the samples without choosing"), self.tr("Ctrl and arrow keys")),
                (self.tr("Take one in or out"), self.tr("Ctrl and Space")),
            ]
        return [*rows, (self.tr("Reset a slider"), self.tr("double click"))]


def _in_groups(groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> QLayout:
    """Names and keys side by side, under the headings of their groups."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(6)
    for heading, rows in groups:
        if grid.count():
            grid.setRowMinimumHeight(grid.rowCount(), 10)
        grid.addWidget(label(heading, "heading"), grid.rowCount(), 0, 1, 2)
        for name, keys in rows:
            at = grid.rowCount()
            grid.addWidget(QLabel(name), at, 0)
            grid.addWidget(label(keys, "quiet"), at, 1)
    grid.setRowStretch(grid.rowCount(), 1)
    grid.setColumnStretch(1, 1)
    return grid


def _with_keys(actions: Sequence[QAction]) -> list[tuple[str, str]]:
    """The names of actions that have keys, and those."""
    return [(a.property("name") or bare(a.text()), _keys(a)) for a in actions if a.shortcuts()]


def _keys(action: QAction) -> str:
    texts = (key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts())
    return ", ".join(dict.fromkeys(text for text in texts if text and len(text) < 18))


class AboutDialog(_Page):
    """What the program is, and what its model was trained on."""

    def __init__(self, checkpoint: Checkpoint | None, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("About picgui"))
        picture = QLabel()
        picture.setPixmap(theme.application_icon().pixmap(72, 72))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(label("picgui", "title"))
        words.addWidget(_quiet(self.tr("Version %1").replace("%1", __version__)))
        words.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(picture)
        head.addLayout(words)
        head.addStretch(1)
        text = QLabel(
            self.tr(
                "Colour for old photographs. Nobody can know the colours of a black-and-white photograph; what you see are "
                "believable ones, drawn from a model (Probabilistic Image Colorization; Royer, Kolesnikov and Lampert, 2017). "
                "Everything is computed on this computer, and your photographs never leave it."
            )
        )
        text.setWordWrap(True)
        column = QVBoxLayout()
        column.setSpacing(16)
        column.addLayout(head)
        column.addWidget(text)
        if checkpoint is not None:
            column.addWidget(_quiet("\n".join(facts(checkpoint))))
        column.addWidget(_quiet(self.tr("MIT licence. Qt is used under the LGPL.")))
        self.show_page(column, width=460)


def facts(checkpoint: Checkpoint) -> list[str]:
    """What a checkpoint says of itself, in a few lines."""
    millions = sum(tensor.numel() for tensor in checkpoint.tensors.values()) / 1e6
    translate = QCoreApplication.translate
    words = translate("Facts", "%1, %2 million weights")
    lines = [words.replace("%1", checkpoint.config.name).replace("%2", number(millions, 1))]
    data = checkpoint.metadata.get("data")
    if isinstance(data, dict) and data.get("images"):
        lines.append(translate("Facts", "Trained on %1 photographs").replace("%1", number(data["images"])))
    elif isinstance(data, str):
        lines.append(translate("Facts", "Trained on: %1").replace("%1", data))
    runs = _runs(checkpoint.metadata.get("training"))
    if runs:
        words = translate("Facts", "%1 pictures seen in %2 minutes of training")
        pictures, seconds = (sum(run[name] for run in runs) for name in ("images", "seconds"))
        lines.append(words.replace("%1", number(pictures)).replace("%2", number(seconds / 60)))
    bits = checkpoint.metadata.get("bits_per_dim")
    if isinstance(bits, (int, float)):
        lines.append(translate("Facts", "%1 bits per dimension (lower is better)").replace("%1", number(bits, 3)))
    lines.append(f"SHA-256 {checkpoint.sha256[:16]}…")
    return lines


def _runs(training: object) -> list[dict]:
    """The runs that a checkpoint is the end of, the last first; those that say how long they were."""
    runs = []
    while isinstance(training, dict):
        if all(isinstance(training.get(name), (int, float)) for name in ("images", "seconds")):
            runs.append(training)
        before = training.get("init")
        training = before.get("training") if isinstance(before, dict) else None
    return runs


class PreferencesDialog(QDialog):
    """Model, device and what the program begins with. Written to the settings when it is accepted."""

    def __init__(self, settings: QSettings, *, in_use: Path, cuda: bool, parent: QWidget | None = None):
        super().__init__(parent)
        self._settings = settings
        self._in_use = "" if in_use == default_checkpoint() else str(in_use)
        self.setWindowTitle(self.tr("Preferences"))
        self.setMinimumWidth(500)
        self.model = QComboBox()
        self.model.setAccessibleName(self.tr("Model"))
        self.add = QPushButton(self.tr("Add a model…"))
        self.add.clicked.connect(self._add_checkpoint)
        self.remove = QPushButton(self.tr("Remove"))
        self.remove.clicked.connect(self._remove_checkpoint)
        self._facts: dict[Path, tuple[str, bool]] = {}  # by checkpoint: what is to be told of it, and whether it can be used
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.ok = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.facts = _quiet("")
        self.facts.setMinimumHeight(90)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.device = QComboBox()
        self.device.setAccessibleName(self.tr("Device"))
        for name, text in (
            ("auto", self.tr("Graphics card where there is one")),
            ("cpu", self.tr("Processor (CPU)")),
            ("cuda", self.tr("Graphics card (CUDA)")),
        ):
            if name != "cuda" or cuda:
                self.device.addItem(text, name)
        self.threads = QComboBox()
        self.threads.setAccessibleName(self.tr("Processor threads"))
        self.threads.addItem(self.tr("As many as there are cores"), 0)
        for threads in range(1, (os.cpu_count() or 1) + 1):
            self.threads.addItem(str(threads), threads)
        self.samples = QComboBox()
        self.samples.setAccessibleName(self.tr("Samples"))
        for samples in range(1, MAX_SAMPLES + 1):
            self.samples.addItem(str(samples), samples)
        self.temperature = QComboBox()
        self.temperature.setAccessibleName(self.tr("Temperature"))
        for hundredths in range(0, round(100 * MAX_TEMPERATURE) + 1, 5):
            self.temperature.addItem(number(hundredths / 100, 2), hundredths)
        self._choose(self.device, str(settings.value("device", "auto")))
        self._choose(self.threads, preferences.threads(settings))
        self._choose(self.samples, preferences.samples(settings))
        self._choose(self.temperature, 5 * round(20 * preferences.temperature(settings)))
        self._fill_models(self._in_use)
        self.model.currentIndexChanged.connect(self._show_facts)
        self._lay_out()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(24)
        form.setVerticalSpacing(12)
        form.addRow(self.tr("Model"), self.model)
        form.addRow("", self.facts)
        form.addRow("", in_a_row(self.add, self.remove, 1))
        form.addRow(self.tr("Compute on"), self.device)
        form.addRow(self.tr("Processor threads"), self.threads)
        form.addRow(self.tr("Samples at first"), self.samples)
        form.addRow(self.tr("Temperature at first"), self.temperature)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 20)
        column.setSpacing(20)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(self._buttons)

    @staticmethod
    def _choose(box: QComboBox, value: object) -> None:
        box.setCurrentIndex(max(0, box.findData(value)))

    def _fill_models(self, chosen: str) -> None:
        models = {"": self.tr("The one that comes with picgui")}
        models |= {str(path): path.stem for path in sorted(checkpoint_dir().glob("*.safetensors"))}
        models.setdefault(self._in_use, Path(self._in_use).stem)  # its file may be gone
        with QSignalBlocker(self.model):
            self.model.clear()
            for path, name in models.items():
                self.model.addItem(self.tr("%1 (in use)").replace("%1", name) if path == self._in_use else name, path)
            self._choose(self.model, chosen)
        self._show_facts()

    @property
    def checkpoint(self) -> Path:
        """The one that is chosen."""
        return Path(self.model.currentData() or default_checkpoint())

    @Slot()
    def _show_facts(self) -> None:
        self.remove.setEnabled(self.model.currentData() not in ("", None, self._in_use))
        path = self.checkpoint
        if path not in self._facts:  # reading a checkpoint takes a while
            try:
                self._facts[path] = "\n".join(facts(load_checkpoint(path))), True
            except CheckpointError as error:
                self._facts[path] = told(error), False
        text, is_usable = self._facts[path]
        self.facts.setText(text)
        self.ok.setEnabled(is_usable)

    @Slot()
    def _add_checkpoint(self) -> None:
        """Keep a copy of a checkpoint with the person's own data, if it is one."""
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Add a model"), "", self.tr("Models (*.safetensors)"))
        if not chosen:
            return
        try:
            load_checkpoint(chosen)
            target = checkpoint_dir() / Path(chosen).name
            target.parent.mkdir(parents=True, exist_ok=True)
            number = 2
            while target.exists() and not filecmp.cmp(chosen, target, shallow=False):  # another one of that name is kept
                target = checkpoint_dir() / f"{Path(chosen).stem}-{number}.safetensors"
                number += 1
            if not target.exists():
                with open(chosen, "rb") as source, whole(target) as file:
                    shutil.copyfileobj(source, file)
        except CheckpointError as error:
            self.facts.setText(told(error))
        except OSError as error:
            self.facts.setText(self.tr("The model could not be copied: %1.").replace("%1", str(error.strerror)))
        else:
            self._fill_models(str(target))

    @Slot()
    def _remove_checkpoint(self) -> None:
        """Delete the copy of a checkpoint that was added, when a person agrees."""
        path = self.checkpoint
        question = self.tr("Delete picgui's copy of the model %1?").replace("%1", path.stem)
        if QMessageBox.question(self, self.tr("Remove"), question) is QMessageBox.StandardButton.Yes:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                self.facts.setText(self.tr("The model could not be removed: %1.").replace("%1", str(error.strerror)))
                return
            self._facts.pop(path, None)  # another one may get its name
            self._fill_models(self._in_use)

    def accept(self) -> None:
        """Keep what was chosen."""
        self._settings.setValue("checkpoint", self.model.currentData())
        self._settings.setValue("device", self.device.currentData())
        self._settings.setValue("threads", self.threads.currentData())
        self._settings.setValue("samples", self.samples.currentData())
        self._settings.setValue("temperature", self.temperature.currentData() / 100)
        super().accept()
