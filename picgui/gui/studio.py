"""What happens when: the model, the photograph and its samples, each loaded, read or drawn by a worker. No widgets."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from picgui import record
from picgui.errors import PicError
from picgui.gui import jobs, records
from picgui.gui.jobs import Composed, Exported, Exporting, ExportWanted, Measured, ModelLoaded, PhotoOpened
from picgui.gui.pace import Pace
from picgui.gui.session import Restored, Sample, Session
from picgui.gui.words import told
from picgui.gui.worker import Worker
from picgui.pipeline import Embedded, Model, png_text, work_done


class Activity(Enum):
    """What the network is doing."""

    IDLE = auto()
    LOADING = auto()
    EMBEDDING = auto()
    SAMPLING = auto()


@dataclass(frozen=True)
class Progress:
    """How far the samples being drawn are."""

    share: float  # of the work that is done, from 0 to 1
    samples: int
    seconds: float

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None before anything is done."""
        return self.seconds * (1 - self.share) / self.share if self.share else None


class Studio(QObject):
    """Keeps a session supplied: opens photographs, draws the samples it asks for, exports them."""

    activity_changed = Signal()
    progressed = Signal(object)  # Progress
    sampled = Signal(object)  # Progress, when all rows are there
    model_changed = Signal()
    photo_noted = Signal(str)  # a sentence about the photograph
    failed = Signal(object)  # PicError
    composed = Signal(object)  # (height, width, 4) uint8, as `jobs.for_screen` makes it
    exported = Signal(list)  # paths, when all of one request are written
    export_progressed = Signal(float, object)  # share that is done, seconds left or None
    measured = Signal(object)  # Measured
    reading_changed = Signal(bool)
    unmeasured = Signal(str)  # what could not be measured: "uncertainty" or "surprise"

    def __init__(self, parent: QObject | None = None, *, checkpoint: Path | None = None, device: str | None = None, threads: int = 0):
        super().__init__(parent)
        self.session = Session(self)
        self.session.sampling_wanted.connect(self._draw)
        self.model: Model | None = None
        self.activity = Activity.LOADING
        self._network = Worker(self, prepare=partial(jobs.use_threads, threads))
        self._network.produced.connect(self._take_from_network)
        self._network.finished_job.connect(self._network_finished)
        self._network.failed.connect(self._network_failed)
        self._reader = Worker(self, prepare=jobs.use_one_thread)
        self._reader.produced.connect(self._take_photo)
        self._reader.finished_job.connect(self._reading_ended)
        self._reader.failed.connect(self._reading_failed)
        self._writer = Worker(self, prepare=jobs.use_one_thread)
        self._writer.produced.connect(self._take_export)
        self._writer.finished_job.connect(self._export_finished)
        self._writer.failed.connect(self._export_failed)
        self._drawing: tuple[Sample, ...] = ()
        self._restored: Restored | None = None
        self._started = 0.0
        self._written: dict[int, list[Path]] = {}  # by each export's job
        self._promised: dict[int, list[Path]] = {}
        self._export_pace = Pace()
        self._checkpoint = checkpoint
        self._interrupted: tuple[Sample, ...] | None = None  # samples that wait for the processor
        self._measured: dict[str, np.ndarray | None] = {}  # of the present embedding; None while it is measured
        self.session.photo_changed.connect(self._measured.clear)
        self.session.draft_ready.connect(self._measured.clear)
        self._network.queue(jobs.load(checkpoint, device=device))

    # intentions

    def open(self, path: Path, *, restored: Restored | None = None) -> None:
        """Read a photograph, and take up earlier samples of it; the present one stays until it is read."""
        self.reading_changed.emit(True)
        self._restored = restored
        self._reader.replace(jobs.open_photo(Path(path)))

    def paste(self, pixels: np.ndarray) -> None:
        """Take a picture, (height, width, 3) uint8 sRGB, that is in no file."""
        self.reading_changed.emit(True)
        self._restored = None
        self._reader.replace(jobs.open_pixels(pixels))

    def open_picture(self, picture: bytes, *, restored: Restored) -> None:
        """Take up a pasted picture, a PNG, with earlier samples of it."""
        self.reading_changed.emit(True)
        self._restored = restored
        self._reader.replace(jobs.open_picture(picture))

    def use_model(self, checkpoint: Path | None, *, device: str | None) -> None:
        """Load another checkpoint, and draw the photograph's samples with it; the present one stays if that fails."""
        self._checkpoint, self._interrupted = checkpoint, None
        self._network.replace(jobs.load(checkpoint, device=device))
        self._set_activity(Activity.LOADING)

    def uncertainty(self) -> np.ndarray | None:
        """How unsure the model is of each pixel, (h, w) in bits; None at first, until `measured` tells that it is there."""
        return self._measure("uncertainty", lambda: jobs.measure_uncertainty(self.session.embedded, self.model))

    def surprise(self) -> np.ndarray | None:
        """How the photograph's own colours surprise the model, as `uncertainty`; None, too, where it has none."""
        return self._measure("surprise", lambda: jobs.measure_surprise(self.session.opened, self.session.embedded, self.model))

    def _measure(self, what: str, job: Callable[[], Iterator[Measured]]) -> np.ndarray | None:
        if what not in self._measured and self.session.embedded is not None:
            self._measured[what] = None
            self._reader.queue(job())
        return self._measured.get(what)

    def use_processor(self) -> None:
        """Go on with the same model on the processor (CPU): samples stay, and those that memory did not suffice for are drawn."""
        interrupted = self._drawing
        self.use_model(self._checkpoint, device="cpu")
        self._interrupted = interrupted

    def draw_fewer(self) -> None:
        """Want half as many samples, and go on with those of them that memory did not suffice for."""
        interrupted = self._drawing
        self.session.set_sample_count(self.session.sample_count // 2)
        self.session.resume(interrupted)

    @property
    def can_draw_fewer(self) -> bool:
        """Whether several samples were being drawn together when memory ran out."""
        return len(self._drawing) > 1 and self.session.sample_count > 1

    def use_threads(self, number: int) -> None:
        """Compute in so many threads from the next photograph or sample on; 0 for as many as there are cores."""
        self._network.queue(jobs.change_threads(number))

    def stop(self) -> None:
        """Stop drawing; what is drawn is kept."""
        if self.activity is Activity.SAMPLING:
            self._network.stop()
            self.session.stop()
            self._set_activity(Activity.IDLE)

    def export(self, targets: Sequence[tuple[Sample, Path]], *, deep: bool = False) -> None:
        """Write samples at full size, away from the window; ``deep`` with 16 bits where the scan has 8."""
        photo, saturation = self.session.opened.photo, self.session.saturation
        dtype = np.uint16 if deep else photo.dtype
        wanted = [
            ExportWanted(path, photo, sample.chroma.copy(), saturation, self.text_of(sample), dtype)
            for sample, path in targets
        ]
        self._promised[self._writer.queue(jobs.export(wanted))] = [one.path for one in wanted]
        self.activity_changed.emit()

    def is_promised(self, path: Path) -> bool:
        """Whether a file of that name will be written."""
        return any(path in paths for paths in self._promised.values())

    def compose(self, sample: Sample) -> None:
        """Compose a sample at full size, away from the window."""
        photo, saturation = self.session.opened.photo, self.session.saturation
        self._writer.queue(jobs.compose_whole(photo, sample.chroma.copy(), saturation=saturation))

    def text_of(self, sample: Sample) -> dict[str, str]:
        """The texts that an exported sample carries."""
        text = png_text(
            checkpoint=sample.checkpoint,
            seed=sample.seed,
            temperature=sample.temperature,
            candidates=sample.candidates,
            saturation=self.session.saturation,
            source=self.session.path,
        )
        return text | {record.KEY: records.sample_text(sample, self.session.opened.photo)}

    @property
    def is_exporting(self) -> bool:
        """Whether files are being written."""
        return self._writer.is_busy()

    def close(self) -> None:
        """End all threads; what is to be exported is written before."""
        self._network.close()
        self._reader.close()
        self._writer.finish()

    # photographs

    @Slot(int, object)
    def _take_photo(self, job: int, opened: PhotoOpened | Measured) -> None:
        if not self._reader.is_current(job):
            return
        if isinstance(opened, Measured):
            self._measured[opened.what] = opened.values
            self.measured.emit(opened)
            return
        if self.activity is not Activity.LOADING:
            self._network.stop()
        self.session.set_photo(opened)
        if self._restored is not None:
            self.session.restore(self._restored)
            if self._restored.photo and self._restored.photo != opened.photo.fingerprint:
                words = self.tr("%1 looks like another photograph than the one these colours were drawn for.")
                self.photo_noted.emit(words.replace("%1", opened.path.name if opened.path else self.tr("This")))
        for note in opened.photo.notes:
            self.photo_noted.emit(told(note))
        self._embed()

    @Slot(int)
    def _reading_ended(self, job: int) -> None:
        if self._reader.is_current(job):
            self.reading_changed.emit(False)

    @Slot(int, object)
    def _reading_failed(self, job: int, error: PicError) -> None:
        if self._reader.is_current(job):
            self.failed.emit(error)
            for what in [what for what, values in self._measured.items() if values is None]:
                self.unmeasured.emit(what)
                del self._measured[what]  # to be measured when it is asked for again
            self.reading_changed.emit(False)

    # the network

    def _embed(self) -> None:
        if self.model is None or self.activity is Activity.LOADING or self.session.opened is None:
            return
        self._set_activity(Activity.EMBEDDING)
        self._network.replace(jobs.draft(self.session.opened.photo, self.model))

    @Slot(list)
    def _draw(self, samples: list[Sample]) -> None:
        if self.activity in (Activity.LOADING, Activity.EMBEDDING):
            return  # asked for again with the embedding that comes
        self._drawing = tuple(samples)
        if not samples:
            self._network.stop()
            self._set_activity(Activity.IDLE)
            return
        for sample in samples:
            sample.checkpoint = self.model.checkpoint.sha256
        self._started = time.perf_counter()
        self._set_activity(Activity.SAMPLING)
        self._network.replace(
            jobs.draw(
                self.session.embedded,
                self.model,
                seeds=[s.seed for s in samples],
                temperature=samples[0].temperature,
                candidates=samples[0].candidates,
                known=samples[0].known,
            )
        )

    @Slot(int, object)
    def _take_from_network(self, job: int, item) -> None:
        if not self._network.is_current(job):
            return
        if isinstance(item, ModelLoaded):
            self.model = item.model
            self.model_changed.emit()
            self._set_activity(Activity.IDLE)
            self._embed()
        elif isinstance(item, Embedded):
            self._set_activity(Activity.IDLE)
            self._take_embedding(item)
        else:
            self.session.take(self._drawing, item)
            share = work_done(self.session.embedded, item, candidates=self._drawing[0].candidates)
            self.progressed.emit(self._progress(share))

    def _take_embedding(self, embedded: Embedded) -> None:
        interrupted, self._interrupted = self._interrupted, None
        if interrupted is None or self.session.embedded is None:
            self.session.set_embedded(embedded)
        else:
            self.session.move_to(embedded)
            self.session.resume(interrupted)

    def _progress(self, share: float) -> Progress:
        return Progress(share, len(self._drawing), time.perf_counter() - self._started)

    @Slot(int)
    def _network_finished(self, job: int) -> None:
        if self._network.is_current(job) and self.activity is Activity.SAMPLING:
            self.sampled.emit(self._progress(1.0))
            self._drawing = ()
            self._set_activity(Activity.IDLE)
            self.session.ask_for_missing()

    @Slot(int, object)
    def _network_failed(self, job: int, error: PicError) -> None:
        if not self._network.is_current(job):
            return
        interrupted = self.activity is Activity.LOADING and self.model is not None
        self._set_activity(Activity.IDLE)
        if not interrupted:
            self.session.stop()
        self.failed.emit(error)
        if interrupted:  # another checkpoint could not be loaded: the present one goes on
            self._checkpoint = self.model.checkpoint.path
            if self.session.embedded is None:
                self._embed()
            else:
                self.session.resume(self._drawing)

    def _set_activity(self, activity: Activity) -> None:
        if activity is not self.activity:
            self.activity = activity
            self.activity_changed.emit()

    # files

    @Slot(int, object)
    def _take_export(self, job: int, item: Exporting | Exported | Composed) -> None:
        if isinstance(item, Composed):
            self.composed.emit(item.pixels)
        elif isinstance(item, Exported):
            self._written.setdefault(job, []).append(item.path)
        else:
            if item.share == 0:
                self._export_pace = Pace()
                self._export_pace.go()
            self.export_progressed.emit(item.share, self._export_pace.seconds_left(item.share, 1 - item.share))

    @Slot(int)
    def _export_finished(self, job: int) -> None:
        self._promised.pop(job, None)
        self.activity_changed.emit()
        self.exported.emit(self._written.pop(job, []))

    @Slot(int, object)
    def _export_failed(self, job: int, error: PicError) -> None:
        self._written.pop(job, None)
        self._promised.pop(job, None)
        self.activity_changed.emit()
        self.failed.emit(error)

