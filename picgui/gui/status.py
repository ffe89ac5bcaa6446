"""What the bottom of the window tells: what there is, what is being done, and how far that is."""

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStatusBar

from picgui.gui.leafing import Leafing
from picgui.gui.pace import time_left
from picgui.gui.studio import Activity, Progress, Studio
from picgui.gui.words import number

_PROGRESS_MILLISECONDS = 50  # between two looks at how far the samples are


class Status(QObject):
    """Keeps a status bar to what studio and session are about."""

    advanced = Signal()  # the samples being drawn are further: not at every row, as a moving progress bar paints the whole window at once

    def __init__(self, studio: Studio, leafing: Leafing, bar: QStatusBar):
        super().__init__(bar)
        self._studio, self._session, self._leafing = studio, studio.session, leafing
        self._progress = Progress(0.0, 0, 0.0)  # of the last samples that were drawn, or are being drawn
        self._export: tuple[float, float | None] | None = None  # the share of what is being exported or copied, and the seconds left for it, once it is begun
        self._seconds_a_sample: float | None = None
        self._timer = QTimer(self, interval=_PROGRESS_MILLISECONDS, singleShot=True)
        self._timer.timeout.connect(self._advance)
        self.facts, self.doing, self.progress, self.cancel = QLabel(), QLabel(), QProgressBar(), QPushButton(self.tr("Cancel"))
        self._lay_out(bar)
        session = self._session
        session.photo_changed.connect(self._forget_pace)
        for changed in (session.samples_changed, leafing.changed, studio.activity_changed, studio.model_changed, studio.reading_changed):
            changed.connect(self.show)
        studio.progressed.connect(self._progressed)
        studio.sampled.connect(self._sampled)
        studio.export_progressed.connect(self._export_progressed)
        self.cancel.clicked.connect(studio.cancel_export)
        self.show()

    def _lay_out(self, bar: QStatusBar) -> None:
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(160)
        self.progress.setAccessibleName(self.tr("Progress"))
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(6, 0, 12, 0)
        bar.addWidget(self.facts, 1)
        bar.addPermanentWidget(self.doing)
        bar.addPermanentWidget(self.progress)
        bar.addPermanentWidget(self.cancel)

    @Slot()
    def show(self) -> None:
        """Tell how it is now."""
        if not (self._studio.is_exporting or self._studio.is_copying):
            self._export = None
        self.facts.setText("  ·  ".join(self._facts()))
        drawing = self._drawing()
        writing = None if drawing else self._writing()
        words, share = drawing or writing or ("", None)
        self.doing.setText(words)
        self.progress.setVisible(bool(words))
        self.progress.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self.progress.setValue(round(1000 * share))
        self.cancel.setAccessibleName(self.tr("Cancel the export") if self._studio.is_exporting else self.tr("Cancel the copy"))
        self.cancel.setEnabled(writing is not None and not self._studio.is_cancelling)  # before it is hidden, or the next button would get its focus
        self.cancel.setVisible(writing is not None)

    def _facts(self) -> list[str]:
        """The device, the network, the photograph, its place in the folder, and the pace."""
        facts, model, opened = [], self._studio.model, self._session.opened
        if model is not None:
            facts += [_device_name(model.device), model.checkpoint.config.name]
        if opened is not None:
            facts.append(f"{opened.photo.width} × {opened.photo.height}")
        at, photos = self._leafing.place or (0, 0)
        if photos > 1:
            facts.append(self.tr("%1 of %2 in the folder").replace("%1", str(at)).replace("%2", str(photos)))
        if self._seconds_a_sample is not None:
            facts.append(self.tr("%1 s per sample").replace("%1", number(self._seconds_a_sample, 1)))
        return facts

    def _drawing(self) -> tuple[str, float | None] | None:
        """What comes in or is drawn, in words, and how much of it is done, from 0 to 1, None where that is not known; None where there is nothing."""
        studio = self._studio
        if studio.is_reading:
            return self.tr("Reading…"), None
        if studio.activity is Activity.LOADING:
            return self.tr("Loading the model…"), None
        if studio.activity is Activity.EMBEDDING:
            return self.tr("Looking at the photograph…"), None
        if studio.activity is Activity.SAMPLING:
            drawn = min(self._progress.samples, sum(not sample.has_ended for sample in self._session.samples))  # some may have been deleted
            words = self.tr("Drawing %1 samples").replace("%1", str(drawn)) if drawn > 1 else self.tr("Drawing 1 sample")
            left = time_left(self._progress.seconds_left)
            return f"{words}, {left}" if left else words, self._progress.share
        return None

    def _writing(self) -> tuple[str, float | None] | None:
        """What goes out, as `_drawing`."""
        share, seconds_left = self._export or (None, None)
        if self._studio.is_cancelling:
            return self.tr("Cancelling…"), None
        if self._studio.is_exporting:
            left = time_left(seconds_left)
            return self.tr("Exporting, %1").replace("%1", left) if left else self.tr("Exporting…"), share
        return (self.tr("Copying…"), share) if self._studio.is_copying else None

    @Slot()
    def _forget_pace(self) -> None:
        """It was that of another photograph."""
        self._seconds_a_sample = None
        self.show()

    @Slot(object)
    def _progressed(self, progress: Progress) -> None:
        self._progress = progress
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _advance(self) -> None:
        if self._studio.activity is Activity.SAMPLING:
            self.show()
            self.advanced.emit()

    @Slot(object)
    def _sampled(self, progress: Progress) -> None:
        self._seconds_a_sample = progress.seconds / progress.samples

    @Slot(float, object)
    def _export_progressed(self, share: float, seconds_left: float | None) -> None:
        self._export = share, seconds_left
        self.show()


def _device_name(device) -> str:
    if device.type == "cpu":
        return "CPU"
    import torch

    return torch.cuda.get_device_name(device)
