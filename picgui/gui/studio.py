"""What happens when: the model, the photograph and its samples, each loaded, read or drawn by a worker. No widgets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Signal, Slot

from picgui import record
from picgui.errors import PicError
from picgui.gui import jobs, records
from picgui.gui.jobs import Composed, Exported, ExportProgress, ExportWanted, Measured, ModelLoaded, OwnColors, PhotoOpened
from picgui.gui.pace import Pace
from picgui.gui.session import Record, Sample, Session
from picgui.gui.worker import LONGEST_READING, Worker
from picgui.pipeline import Embedded, Model, png_text, work_done
from picgui.threads import give_way, use_one_thread


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
    seconds_left: float | None = None  # as of `Pace`


@dataclass(frozen=True)
class Subject:
    """What samples are exported of; it stays the same though another photograph is opened."""

    opened: PhotoOpened
    saturation: float


@dataclass
class _Promise:
    """Files that will be written; none for a picture that is copied."""

    paths: tuple[Path, ...] = ()
    holds_drafts: bool = False  # some of them are of samples that are not drawn to their end
    is_cancelled: bool = False  # looked at by the one who writes them


@dataclass(frozen=True)
class Reading:
    """What is being read, and what is known of it already."""

    turning: int = 0  # quarter turns clockwise of the photograph that is open; 0 where it is another one
    record: Record | None = None  # samples that come with it
    sought: Record | None = None  # the same as it was before a person showed where its photograph is
    is_anew: bool = False  # no earlier samples of it come by themselves
    is_beside: bool = False  # it is next to the one that is open, which is a key away
    note: str = ""  # to be told with it
    offers: tuple[tuple[str, Callable[[], object]], ...] = ()  # what can be done about that


class Studio(QObject):
    """Keeps a session supplied: opens photographs, draws the samples it asks for, exports them."""

    activity_changed = Signal()
    progressed = Signal(object)  # Progress
    sampled = Signal(object)  # Progress, when all rows are there
    model_changed = Signal()
    found = Signal(object, object)  # what a job read that is no photograph, and its Reading, which goes on until something else is read, or nothing
    photo_taken = Signal(object, object)  # its Reading, and a Record of the samples whose place it took, or None; what it has to draw follows
    failed = Signal(object)  # PicError
    composed = Signal(object)  # Composed
    exported = Signal(list, bool)  # paths, when all of one request are written, and whether parts of them are drafts
    export_cancelled = Signal(list, int)  # paths that were written all the same, and how many there would have been
    export_progressed = Signal(float, object)  # share that is done, seconds left or None
    measured = Signal(object)  # Measured
    reading_changed = Signal()
    unmeasured = Signal(str)  # what could not be measured: "uncertainty" or "surprise"

    def __init__(self, parent: QObject | None = None, *, checkpoint: Path | None = None, device: str | None = None, threads: int = 0):
        super().__init__(parent)
        self.session = Session(self)
        self.session.sampling_wanted.connect(self._draw)
        self.model: Model | None = None
        self.activity = Activity.LOADING
        self.reading: Reading | None = None
        self._threads = threads  # 0 for as many as there are cores
        self._network = Worker(self, prepare=give_way)
        self._network.produced.connect(self._take_from_network)
        self._network.finished_job.connect(self._network_finished)
        self._network.failed.connect(self._network_failed)
        self._reader = Worker(self, prepare=use_one_thread)
        self._reader.produced.connect(self._take_read)
        self._reader.failed.connect(self._reading_failed)
        self._measurer = Worker(self, prepare=use_one_thread)  # of what a photograph can wait for: opening one does not wait for it
        self._measurer.produced.connect(self._take_measured)
        self._measurer.failed.connect(self._measuring_failed)
        self._writer = Worker(self)
        self._writer.produced.connect(self._take_export)
        self._writer.finished_job.connect(self._export_finished)
        self._writer.failed.connect(self._export_failed)
        self._drawing: tuple[Sample, ...] = ()
        self._failed: tuple[Sample, ...] = ()  # whose drawing failed, until others are drawn
        self._pace = Pace()
        self._written: dict[int, list[Path]] = {}  # by each export's job
        self._promised: dict[int, _Promise] = {}
        self._cancelled: list[tuple[list[Path], int]] = []  # as `export_cancelled` tells it, until all that was cancelled has ended
        self.network_error: PicError | None = None  # the last one of loading, looking or drawing
        self._export_error: PicError | None = None  # the last one
        self._export_pace = Pace()
        self.checkpoint = checkpoint  # in use, or being loaded
        self._embedded_by: Model | None = None  # the session's embedding
        self._looked_at: PhotoOpened | None = None  # for the colours that it came with, or will be as soon as the measurer comes to it
        self._measured: dict[str, np.ndarray | None] = {}  # of the present embedding; None while it is measured
        self.session.photo_changed.connect(self._measured.clear)
        self.session.draft_ready.connect(self._measured.clear)
        self._compute(jobs.load(checkpoint, device=device))

    # intentions

    def open(self, path: Path, reading: Reading = Reading(), *, turns: int = 0, remembered: Mapping[str, int] = MappingProxyType({})) -> None:
        """Read a photograph, and turn it as `jobs.open_photo` does; the present one stays until it is read."""
        self.read(jobs.open_photo(Path(path), turns=turns, remembered=remembered), reading)

    def paste(self, pixels: np.ndarray) -> None:
        """Take a picture, (height, width, 3) uint8 sRGB, that is in no file."""
        self.read(jobs.open_pixels(pixels))

    def read(self, job: Iterator, reading: Reading = Reading()) -> None:
        """Read what a job yields, in place of anything that is still read: a photograph, which is taken, or something else, which is `found`."""
        self.reading = reading
        self._reader.replace(job)
        self.reading_changed.emit()

    def stay(self) -> None:
        """Read no more: the photograph that is open stays as it lies."""
        self.reading = None
        self._reader.stop()
        self.reading_changed.emit()

    def turn(self, quarter_turns: int) -> None:
        """Turn the photograph, and its hints with it, clockwise by so many quarters, -1 to the left, beyond those that it is being turned by already."""
        turning = ((self.reading.turning if self.reading else 0) + quarter_turns) % 4
        if turning:
            self.read(jobs.turn(self.session.opened, turning), Reading(turning=turning))
        else:  # it lies so still
            self.stay()

    @property
    def is_reading(self) -> bool:
        """Whether something is being read."""
        return self.reading is not None

    @property
    def can_turn(self) -> bool:
        """Whether there is a photograph, and no other one is being read."""
        return self.session.opened is not None and not self.is_leaving

    @property
    def is_leaving(self) -> bool:
        """Whether another photograph is being read."""
        return self.reading is not None and not self.reading.turning

    def use_model(self, checkpoint: Path | None, *, device: str | None) -> None:
        """Draw with another checkpoint or on another device from now on; the present model stays if it cannot be loaded.

        Of another checkpoint the samples that are not pinned are drawn again, which can be undone; of the same all samples stay.
        """
        in_use = (self.checkpoint, self.model.device.type) if self.model and self.activity is not Activity.LOADING else None
        if (checkpoint, device) != in_use:
            self._load(checkpoint, device=device)

    def _load(self, checkpoint: Path | None, *, device: str | None) -> None:
        self.checkpoint = checkpoint
        self._compute(jobs.load(checkpoint, device=device))
        self._set_activity(Activity.LOADING)

    def uncertainty(self) -> np.ndarray | None:
        """How unsure the model is of each pixel, (h, w) in bits; None at first, until `measured` tells that it is there."""
        return self._measure("uncertainty", lambda: jobs.measure_uncertainty(self.session.embedded, self.model))

    def surprise(self) -> np.ndarray | None:
        """How the photograph's own colours surprise the model, as `uncertainty`; None, too, where it has none."""
        return self._measure("surprise", lambda: jobs.measure_surprise(self.session.opened, self.session.embedded, self.model))

    def _measure(self, what: str, job: Callable[[], Iterator[Measured]]) -> np.ndarray | None:
        if what not in self._measured and self.session.embedded is not None and self._embedded_by is self.model:
            self._measured[what] = None
            self._measurer.queue(job())
        return self._measured.get(what)

    @property
    def can_look_again(self) -> bool:
        """Whether the photograph is there and the model, but looking at it failed."""
        return self.session.opened is not None and self.session.embedded is None and self.model is not None and self.activity is Activity.IDLE

    def look_again(self) -> None:
        """Look at the photograph once more."""
        self._embed()

    def use_processor(self) -> None:
        """Go on with the same model on the processor (CPU): samples stay, and those that memory did not suffice for are drawn."""
        self._load(self.checkpoint, device="cpu")
        self.session.resume(self._failed)

    def draw_fewer(self) -> None:
        """Let half of the samples go that memory did not suffice for, and go on with the others; nothing where they are gone."""
        if self.can_draw_fewer:
            failed = self._undrawn()
            self.session.do_without(failed[-(len(failed) // 2) :])
            self.session.resume(failed)

    @property
    def can_draw_fewer(self) -> bool:
        """Whether several samples were being drawn together when memory ran out, and are still there."""
        return len(self._undrawn()) > 1

    def draw_again(self) -> None:
        """Draw what failed once more."""
        self.session.resume(self._undrawn())

    @property
    def can_draw_again(self) -> bool:
        """Whether samples whose drawing failed are still there."""
        return bool(self._undrawn())

    def _undrawn(self) -> list[Sample]:
        """What failed and is still there, incomplete."""
        return [s for s in self._failed if s in self.session.samples and not s.is_complete]

    def use_threads(self, number: int) -> None:
        """Compute in so many threads from the next photograph or sample on; 0 for as many as there are cores."""
        self._threads = number

    def stop(self) -> None:
        """Stop drawing; what is drawn is kept."""
        if self.activity is Activity.SAMPLING:
            self._network.stop()
            self._drawing = ()
            self.session.stop()
            self._set_activity(Activity.IDLE)
            self._look_at_own_colors()

    @property
    def subject(self) -> Subject:
        """What samples are exported of now."""
        return Subject(self.session.opened, self.session.saturation)

    def export(
        self, targets: Sequence[tuple[Sample, Path]], *, subject: Subject | None = None, deep: bool = False, exclusive: bool = False
    ) -> None:
        """Write samples of a subject (default the present one) at full size, away from the window; ``deep`` with 16 bits where the scan has 8,
        ``exclusive`` replacing nothing."""
        subject = subject or self.subject
        photo = subject.opened.photo
        dtype = np.uint16 if deep else photo.dtype
        wanted = [
            ExportWanted(path, photo, sample.chroma.copy(), subject.saturation, self.text_of(sample, subject), dtype, exclusive)
            for sample, path in targets
        ]
        promise = _Promise(tuple(one.path for one in wanted), not all(sample.is_complete for sample, _ in targets))
        self._write(jobs.export(wanted, is_cancelled=lambda: promise.is_cancelled), promise)

    def _write(self, job: Iterator, promise: _Promise) -> None:
        self._promised[self._writer.queue(jobs.in_threads(self._threads, job))] = promise
        self.activity_changed.emit()

    @Slot()
    def cancel_export(self) -> None:
        """End all that is exported, or else copied, be it in the midst of a picture; files that were written stay."""
        for promise in self._shown_promises:
            promise.is_cancelled = True
        self.activity_changed.emit()

    @property
    def _shown_promises(self) -> list[_Promise]:
        """What a person is told of: exports, or else copies."""
        promises = list(self._promised.values())
        return [promise for promise in promises if promise.paths] or promises

    @property
    def is_cancelling(self) -> bool:
        """Whether what is exported or copied ends as soon as it can."""
        return bool(self._promised) and all(promise.is_cancelled for promise in self._shown_promises)

    def is_promised(self, path: Path) -> bool:
        """Whether a file of that name will be written."""
        return any(path in promise.paths for promise in self._promised.values())

    @property
    def last_promised(self) -> Path | None:
        """The last of the files that will be written."""
        return next((promise.paths[-1] for promise in reversed(self._promised.values()) if promise.paths), None)

    def finish_exports(self) -> PicError | None:
        """Write all that is to be exported while events go on; the error where something could not be written."""
        self._export_error = None
        self._network.pause()
        while self._promised:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        self._network.go_on()
        return self._export_error

    def compose(self, sample: Sample) -> None:
        """Compose a sample at full size, away from the window."""
        photo, saturation = self.session.opened.photo, self.session.saturation
        promise = _Promise(holds_drafts=not sample.is_complete)
        composing = jobs.compose_whole(
            photo, sample.chroma.copy(), saturation=saturation, holds_drafts=promise.holds_drafts, is_cancelled=lambda: promise.is_cancelled
        )
        self._write(composing, promise)

    def text_of(self, sample: Sample, subject: Subject | None = None) -> dict[str, str]:
        """The texts that an exported sample of a subject (default the present one) carries."""
        subject = subject or self.subject
        original = subject.opened.original
        text = png_text(
            checkpoint=sample.checkpoint,
            seed=sample.seed,
            temperature=sample.temperature,
            candidates=sample.candidates,
            saturation=subject.saturation,
            long_side=sample.long_side,
            turns=original.turns,
            source=Path(original.name) if original.name else None,
        )
        if original.digest:
            text[record.SOURCE_DIGEST] = original.digest
        return text | {record.KEY: records.sample_text(sample, original.photo)}

    @property
    def is_exporting(self) -> bool:
        """Whether files are being written."""
        return any(promise.paths for promise in self._promised.values())

    @property
    def is_copying(self) -> bool:
        """Whether a picture is being composed for the clipboard, and no file is written."""
        return bool(self._promised) and not self.is_exporting

    def close(self) -> None:
        """End all threads; what is to be exported is written before."""
        self._network.close()
        self._reader.close(LONGEST_READING)
        self._measurer.close(LONGEST_READING)
        self._writer.finish()

    # photographs

    @Slot(int, object)
    def _take_read(self, job: int, item: object) -> None:
        if not self._reader.is_current(job):
            return
        if isinstance(item, PhotoOpened):
            self._take_photo(item)
        else:
            self.found.emit(item, self.reading)

    def _take_photo(self, opened: PhotoOpened) -> None:
        reading, self.reading = self.reading, None
        self._measurer.stop()
        self._looked_at = None
        if self.activity is not Activity.LOADING:
            self._network.stop()
        left = self.session.kept() if self.session.holds_work else None
        before = self.session.kept().state if reading.turning else None
        hints = before.hints.turned(reading.turning) if before and before.hints else None
        self.session.set_photo(opened, hints=hints, settings=before)
        self.photo_taken.emit(reading, left)
        self.reading_changed.emit()
        self._embed()

    @Slot(int, object)
    def _reading_failed(self, job: int, error: PicError) -> None:
        if self._reader.is_current(job):
            self.stay()
            self.failed.emit(error)

    @Slot(int, object)
    def _take_measured(self, job: int, item: OwnColors | Measured) -> None:
        if not self._measurer.is_current(job):
            return
        if isinstance(item, OwnColors):
            if item.opened is self.session.opened:
                self.session.set_own_chroma(item.chroma)
        elif item.embedded is self.session.embedded:  # else it is of what was there before
            self._measured[item.what] = item.values
            if item.values is None:
                del self._measured[item.what]  # asked for again, it is told again
            self.measured.emit(item)

    @Slot(int, object)
    def _measuring_failed(self, job: int, error: PicError) -> None:
        if self._measurer.is_current(job):
            self.failed.emit(error)
            for what in [what for what, values in self._measured.items() if values is None]:
                self.unmeasured.emit(what)
                del self._measured[what]  # to be measured when it is asked for again

    # the network

    def _compute(self, job: Iterator) -> None:
        """Let the network do this in place of what it does."""
        self._network.replace(jobs.in_threads(self._threads, job))

    def _embed(self) -> None:
        if self.model is None or self.activity is Activity.LOADING or self.session.opened is None:
            return
        self._set_activity(Activity.EMBEDDING)
        self._compute(jobs.draft(self.session.opened.photo, self.model))

    @Slot(list)
    def _draw(self, samples: list[Sample]) -> None:
        if self.activity in (Activity.LOADING, Activity.EMBEDDING):
            return  # asked for again with the embedding that comes
        if samples and self._embedded_by is not self.model:
            self._embed()
            return
        if self.activity is Activity.SAMPLING and set(samples) & set(self._drawing):
            return  # they go on, and the others are asked for again when these are drawn
        self._drawing = tuple(samples)
        if not samples:
            self._network.stop()
            self._set_activity(Activity.IDLE)
            return
        self._failed = ()
        for sample in samples:
            sample.begin()
            sample.checkpoint = self.model.checkpoint.sha256
        self._pace = Pace()
        self._pace.go()
        self.progressed.emit(self._progress(0.0))
        self._set_activity(Activity.SAMPLING)
        self._compute(
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
            self._set_activity(Activity.IDLE)
            self.model_changed.emit()
            self._embed()
        elif isinstance(item, Embedded):
            self._set_activity(Activity.IDLE)
            self._take_embedding(item)
        else:
            self.session.take(self._drawing, item)
            share = work_done(self.session.embedded, item, candidates=self._drawing[0].candidates)
            self.progressed.emit(self._progress(share))

    def _take_embedding(self, embedded: Embedded) -> None:
        before, self._embedded_by = self._embedded_by, self.model
        if self.session.embedded is not None and before.checkpoint.sha256 == self.model.checkpoint.sha256:
            self.session.move_to(embedded)
            self.session.ask_for_missing()
        else:
            self.session.set_embedded(embedded)
        self._look_at_own_colors()

    def _look_at_own_colors(self) -> None:
        """Once a photograph has its samples: until then nothing may take the processor from them."""
        opened = self.session.opened
        if self.activity is Activity.IDLE and opened is not None and opened is not self._looked_at:
            self._looked_at = opened
            self._measurer.queue(jobs.read_own_colors(opened))

    def _progress(self, share: float) -> Progress:
        return Progress(share, len(self._drawing), self._pace.seconds, self._pace.seconds_left(share, 1 - share))

    @Slot(int)
    def _network_finished(self, job: int) -> None:
        if self._network.is_current(job) and self.activity is Activity.SAMPLING:
            self.sampled.emit(self._progress(1.0))
            self._drawing = ()
            self._set_activity(Activity.IDLE)
            self.session.ask_for_missing()
            self._look_at_own_colors()

    @Slot(int, object)
    def _network_failed(self, job: int, error: PicError) -> None:
        if not self._network.is_current(job):
            return
        interrupted = self.activity is Activity.LOADING and self.model is not None
        self.network_error, self._drawing = error, ()
        if not interrupted:
            unfinished = tuple(sample for sample in self.session.samples if not sample.has_ended)  # those that waited, too
            self._failed = unfinished or self._failed
            self.session.stop()
        self._set_activity(Activity.IDLE)
        if interrupted:  # another checkpoint could not be loaded: the present one goes on
            self.checkpoint = self.model.checkpoint.path
            if self.session.embedded is None:
                self._embed()
            else:
                self.session.ask_for_missing()
        self.failed.emit(error)

    def _set_activity(self, activity: Activity) -> None:
        if activity is not self.activity:
            self.activity = activity
            self.activity_changed.emit()

    # files

    @Slot(int, object)
    def _take_export(self, job: int, item: ExportProgress | Exported | Composed) -> None:
        if isinstance(item, Composed):
            self.composed.emit(item)
        elif isinstance(item, Exported):
            self._written.setdefault(job, []).append(item.path)
        else:
            if item.share == 0:
                self._export_pace = Pace()
                self._export_pace.go()
            self.export_progressed.emit(item.share, self._export_pace.seconds_left(item.share, 1 - item.share))

    @Slot(int)
    def _export_finished(self, job: int) -> None:
        promise = self._promised.pop(job)
        self.activity_changed.emit()
        self._tell_written(promise, self._written.pop(job, []))

    @Slot(int, object)
    def _export_failed(self, job: int, error: PicError) -> None:
        promise = self._promised.pop(job)
        if promise.paths:
            self._export_error = error
        self.activity_changed.emit()
        self.failed.emit(error)
        self._tell_written(promise, self._written.pop(job, []))  # below the error

    def _tell_written(self, promise: _Promise, written: list[Path]) -> None:
        if promise.is_cancelled and len(written) < len(promise.paths):
            self._cancelled.append((written, len(promise.paths)))
        elif written:
            self.exported.emit(written, promise.holds_drafts)
        if self._cancelled and not any(other.is_cancelled for other in self._promised.values()):
            paths = [path for written, _ in self._cancelled for path in written]
            wanted = sum(number for _, number in self._cancelled)
            self._cancelled = []
            self.export_cancelled.emit(paths, wanted)

