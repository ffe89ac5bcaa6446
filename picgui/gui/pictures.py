"""The samples as pictures for the screen, composed away from the GUI thread and no faster than they can be."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from picgui.errors import PicError
from picgui.gui import jobs
from picgui.gui.jobs import StripComposed, StripWanted
from picgui.gui.session import Sample, Session
from picgui.gui.worker import Worker
from picgui.threads import use_one_thread

BAND_ROWS = 256  # rows of a level of the photograph that are composed and kept together
BAND_BYTES = 400_000_000  # of all that are kept
_PREVIEWS = 10  # that are kept, beside those on the canvas
_KEPT_FOR_UNDO = 40  # pictures of samples that have gone
_REPAINT_MILLISECONDS = 33
_SECOND_TRY_MILLISECONDS = 1000  # after composing failed
_LONGEST_PAUSE = 500  # milliseconds; the first composing may have waited for the compiler
_GREY = np.zeros((2, 1, 1), np.float32)


class _Key(NamedTuple):
    """Which picture: of a sample (0 for the photograph as it was), at a size, drawn for one saturation."""

    kind: str
    sample: int
    level: int = 0
    band: int = 0
    rows: int = 0  # of chroma that were drawn when it was composed
    saturation: float = 1.0
    is_draft: bool = False  # nothing is the sample's own yet
    is_final: bool = False  # it has ended


class Pictures(QObject):
    """Keeps a thumbnail of every sample, a preview of those on the canvas, and bands of larger levels of what is looked at closely."""

    preview_changed = Signal(int)  # number of a sample
    thumbnail_changed = Signal(int)
    bands_changed = Signal()
    failed = Signal(object)  # PicError, when composing failed twice: what is shown may be older than what is drawn

    def __init__(self, session: Session, parent: QObject | None = None):
        super().__init__(parent)
        self._session = session
        self._worker = Worker(self, prepare=use_one_thread)
        self._worker.produced.connect(self._take)
        self._worker.finished_job.connect(self._finished)
        self._worker.failed.connect(self._failed)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._compose)
        self._since_began = QElapsedTimer()  # to compose, the last time
        self._pause = 0  # milliseconds from then on until it begins again
        self._busy = False
        self._grey: dict[str, QImage] = {}
        self._before: QImage | None = None
        self._images: dict[tuple[str, int], QImage] = {}
        self._final: set[tuple[str, int]] = set()  # those of samples that had ended
        self._drafts: dict[str, QImage] = {}  # what every sample begins with
        self._composed_rows: dict[int, int] = {}  # of chroma, by sample
        self._dirty: dict[tuple[str, int], tuple[int, int]] = {}  # rows of chroma
        self._composing: dict[tuple[str, int], tuple[int, int]] = {}  # those that the worker has
        self._failures = 0  # in a row
        self._outdated: set[int] = set()  # samples that were drawn further while their previews were not on the canvas
        self._bands: OrderedDict[tuple[int, int, int], QImage] = OrderedDict()
        self._wanted_bands: list[tuple[Sample | None, int, int]] = []
        self._shown: tuple[Sample, ...] = ()
        session.photo_changed.connect(self._start_anew)
        session.samples_changed.connect(self._follow_samples)
        session.sample_advanced.connect(self._advance)
        session.saturation_changed.connect(self._recolor)
        session.draft_ready.connect(self._drafts.clear)
        session.own_chroma_changed.connect(self._take_own_chroma)

    # what there is

    @property
    def grey(self) -> QImage | None:
        """The photograph without colour, at preview size."""
        return self._grey.get("preview")

    @property
    def before(self) -> QImage | None:
        """The photograph as it was, at preview size; grey until the colours with which it came are known."""
        return self._before or self.grey

    def preview(self, sample: Sample) -> QImage | None:
        """A sample at preview size; smaller, the draft, or grey until its colours are composed."""
        own = self._images.get(("preview", sample.number)) or self._images.get(("thumbnail", sample.number))
        return own or self._drafts.get("preview", self.grey)

    def thumbnail(self, sample: Sample) -> QImage | None:
        """A sample at thumbnail size; the draft, or grey, until its colours are composed."""
        return self._images.get(("thumbnail", sample.number)) or self._drafts.get("thumbnail", self._grey.get("thumbnail"))

    def part(self, sample: Sample, mask: np.ndarray, long_side: int) -> QImage:
        """A sample where a (h, w) mask at the resolution of the chroma lies, and a little around it; composed at once, and its longer side so long."""
        chroma, saturation = self._session.colors_of(sample), self._session.saturation
        pixels = jobs.compose_part(self._session.opened.preview, chroma, mask, saturation=saturation, long_side=long_side)
        return image_of(pixels).scaled(long_side, long_side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)

    def band(self, sample: Sample | None, level: int, index: int) -> QImage | None:
        """Rows ``index * BAND_ROWS`` on of a level of the photograph, of a sample or as it was; None where not composed."""
        key = (sample.number if sample else 0, level, index)
        if key in self._bands:
            self._bands.move_to_end(key)
        return self._bands.get(key)

    def show(self, samples: Sequence[Sample]) -> None:
        """Keep the previews of these samples as they grow."""
        self._shown = tuple(samples)
        keep = {s.number for s in self._shown}
        old = [key for key in self._images if key[0] == "preview" and key[1] not in keep]
        for key in old[: max(0, len(old) - _PREVIEWS)]:
            del self._images[key]
            self._dirty.pop(key, None)
        for sample in self._shown:
            if self._lacks_preview(sample):
                self._mark("preview", sample, 0, sample.chroma.shape[1])
        self._outdated -= keep

    def want_bands(self, wanted: Sequence[tuple[Sample | None, int, int]]) -> None:
        """Compose these bands next, each of a sample, level and index, in this order; replaces what was wanted before."""
        self._wanted_bands = list(wanted)
        self._schedule()

    def close(self) -> None:
        """End the thread."""
        self._timer.stop()
        self._timer.blockSignals(True)
        self._worker.close()

    # what changes

    @Slot()
    def _start_anew(self) -> None:
        self._forget()
        self._images.clear()
        self._final.clear()
        self._drafts.clear()
        self._composed_rows.clear()
        self._outdated.clear()
        self._shown = ()
        opened, self._before = self._session.opened, None
        self._grey = {"preview": image_of(opened.grey), "thumbnail": image_of(opened.small_grey)} if opened else {}

    @Slot()
    def _follow_samples(self) -> None:
        present = {s.number for s in self._session.samples}
        absent = [key for key in self._images if key[1] not in present]
        kept = [key for key in absent if key in self._final and key not in self._dirty and key[1] not in self._outdated]
        for key in set(absent) - set(kept[-_KEPT_FOR_UNDO:]):  # undo may bring these back
            del self._images[key]
        for key in [key for key in self._dirty if key[1] not in present]:
            del self._dirty[key]
        self._outdated &= present
        for sample in self._session.samples:
            if ("thumbnail", sample.number) not in self._images:
                self._mark("thumbnail", sample, 0, sample.chroma.shape[1])

    @Slot(object, int, int)
    def _advance(self, sample: Sample, first: int, last: int) -> None:
        self._mark("thumbnail", sample, first, last)
        if sample in self._shown:
            if sample.has_ended:  # whatever was lost meanwhile
                first, last = 0, sample.chroma.shape[1]
            self._mark("preview", sample, first, last)
        else:
            self._outdated.add(sample.number)
        self._drop_bands(sample.number)

    @Slot()
    def _take_own_chroma(self) -> None:
        self._before = None
        self._drop_bands(0)
        self._schedule()

    def _drop_bands(self, number: int) -> None:
        for key in [key for key in self._bands if key[0] == number]:
            del self._bands[key]

    @Slot()
    def _recolor(self) -> None:
        self._drafts.clear()
        self._bands.clear()
        self._wanted_bands = []
        for sample in self._session.samples:
            self._mark("thumbnail", sample, 0, sample.chroma.shape[1])
        kept = {"thumbnail": {s.number for s in self._session.samples}, "preview": {s.number for s in self._shown}}
        for kind, number in [key for key in self._images if key[1] not in kept[key[0]]]:
            del self._images[kind, number]
        for sample in self._shown:
            self._mark("preview", sample, 0, sample.chroma.shape[1])
        self.bands_changed.emit()

    def _forget(self) -> None:
        """Drop what is being composed, and every band."""
        self._worker.stop()
        self._busy, self._failures = False, 0
        self._composing = {}
        self._dirty.clear()
        self._bands.clear()
        self._wanted_bands = []

    def _mark(self, kind: str, sample: Sample, first: int, last: int) -> None:
        self._add_dirty((kind, sample.number), first, last)
        self._schedule()

    def _add_dirty(self, place: tuple[str, int], first: int, last: int) -> None:
        before = self._dirty.get(place, (first, last))
        self._dirty[place] = min(first, before[0]), max(last, before[1])

    def _schedule(self) -> None:
        if not self._timer.isActive():
            since = self._since_began.elapsed() if self._since_began.isValid() else self._pause
            self._timer.start(max(0, self._pause - since))

    def composed_rows(self, sample: Sample) -> int:
        """Rows of a sample's chroma that its preview shows already."""
        return min(sample.rows, self._composed_rows.get(sample.number, 0))

    # composing

    @Slot()
    def _compose(self) -> None:
        """Hand everything that has changed to the worker, unless it still works on the last."""
        if self._busy or self._session.opened is None:
            return
        self._composing = {}
        strips = self._changed_strips() or self._band_strip() or self._strip_before() or self._preview_ahead()
        if strips:
            self._busy = True
            self._since_began.start()
            self._pause = _REPAINT_MILLISECONDS
            self._worker.replace(jobs.compose_strips(strips))

    def _changed_strips(self) -> list[StripWanted]:
        opened, samples = self._session.opened, {s.number: s for s in self._session.samples}
        photos = {"preview": opened.preview, "thumbnail": opened.thumbnail}
        strips, drafts, later = [], set(), {}
        for (kind, number), (first, last) in sorted(self._dirty.items()):  # what is on the canvas first
            sample = samples.get(number)
            if sample is None:
                continue
            is_draft = np.array_equal(sample.chroma, self._session.embedded.draft)
            if is_draft and not sample.has_ended:  # one picture for all
                if kind in self._drafts:
                    self._show_draft(kind, number)
                    continue
                if kind in drafts:
                    later[kind, number] = first, last
                    continue
                drafts.add(kind)
            photo = photos[kind]
            if kind == "thumbnail":
                first, last = 0, sample.chroma.shape[1]
            self._composing[kind, number] = first, last
            rows = jobs.changed_rows(photo.height, chroma_rows=sample.chroma.shape[1], first=first, last=last)
            state = {"is_draft": is_draft, "is_final": sample.has_ended}
            key = _Key(kind, number, rows=sample.rows, saturation=self._session.saturation, **state)
            strips.append(StripWanted(key, photo, sample.chroma.copy(), self._session.saturation, rows))
        self._dirty = later
        return strips

    def _show_draft(self, kind: str, number: int) -> None:
        """Let a sample begin as the draft."""
        self._images[kind, number] = QImage(self._drafts[kind])
        if kind == "preview":
            self._composed_rows[number] = 0
        self._final.discard((kind, number))
        self._tell_changed(kind, number)

    def _band_strip(self) -> list[StripWanted]:
        if not self._wanted_bands:
            return []
        sample, level, index = self._wanted_bands.pop(0)
        photo = self._session.opened.levels[level]
        rows = slice(index * BAND_ROWS, min((index + 1) * BAND_ROWS, photo.height))
        saturation = self._session.saturation
        if sample is None:
            own = self._own_chroma()
            return [StripWanted(_Key("band", 0, level, index, own.shape[1], saturation), photo, own, 1.0, rows)]
        key = _Key("band", sample.number, level, index, sample.rows, saturation)
        return [StripWanted(key, photo, sample.chroma.copy(), saturation, rows)]

    def _strip_before(self) -> list[StripWanted]:
        own, photo = self._session.own_chroma, self._session.opened.preview
        if own is None or self._before is not None:
            return []
        return [StripWanted(_Key("before", 0), photo, own, 1.0, slice(0, photo.height))]

    def _own_chroma(self) -> np.ndarray:
        return _GREY if self._session.own_chroma is None else self._session.own_chroma

    @Slot(int, object)
    def _take(self, job: int, strip: StripComposed) -> None:
        key = strip.key
        present = {0, *(s.number for s in self._session.samples)}
        if not self._worker.is_current(job) or key.sample not in present:
            return  # a sample that undo brings back is composed again, as it is then
        if key.kind == "before":
            self._before = image_of(strip.pixels)
            self.bands_changed.emit()
            return
        if key.saturation != self._session.saturation and (key.kind, key.sample) not in self._dirty:
            return  # nothing would replace it
        if key.kind == "band":
            if not self._is_outdated(key):
                self._bands[key.sample, key.level, key.band] = image_of(strip.pixels)
            while len(self._bands) > 2 and sum(band.sizeInBytes() for band in self._bands.values()) > BAND_BYTES:
                self._bands.popitem(last=False)
            self.bands_changed.emit()
            return
        place = (key.kind, key.sample)
        if key.kind == "thumbnail" or len(strip.pixels) == self._session.opened.preview.height:
            self._images[place] = image_of(strip.pixels)
        elif place in self._images:
            _paste(strip.pixels, self._images[place], strip.top)
        else:
            return  # it was dropped meanwhile; where it is shown again, all of it is composed
        if key.kind == "preview":
            self._composed_rows[key.sample] = key.rows
        (self._final.add if key.is_final else self._final.discard)(place)
        if key.is_draft and key.saturation == self._session.saturation:
            self._drafts[key.kind] = QImage(self._images[place])
        self._tell_changed(key.kind, key.sample)

    def _tell_changed(self, kind: str, number: int) -> None:
        (self.preview_changed if kind == "preview" else self.thumbnail_changed).emit(number)

    def _is_outdated(self, key: _Key) -> bool:
        """Whether its sample was drawn further since, and to its end: then nothing else would replace what was composed."""
        if key.sample == 0:
            return key.rows != self._own_chroma().shape[1]
        sample = next((s for s in self._session.samples if s.number == key.sample), None)
        return sample is not None and sample.rows != key.rows and sample.has_ended

    def _preview_ahead(self) -> list[StripWanted]:
        """The preview of a finished sample that a person may choose next."""
        ready = [s for s in self._session.samples if s.has_ended]
        missing = [s for s in ready if self._lacks_preview(s)][:1]
        present = {s.number for s in self._session.samples}  # previews of those that are gone are kept for undo
        if not missing or sum(key[0] == "preview" and key[1] in present for key in self._images) >= _PREVIEWS:
            return []
        sample, photo = missing[0], self._session.opened.preview
        self._outdated.discard(sample.number)
        self._composing["preview", sample.number] = 0, sample.chroma.shape[1]
        key = _Key("preview", sample.number, rows=sample.rows, saturation=self._session.saturation, is_final=True)
        return [StripWanted(key, photo, sample.chroma.copy(), self._session.saturation, slice(0, photo.height))]

    def _lacks_preview(self, sample: Sample) -> bool:
        """Whether it has none, or one from before it was drawn further."""
        return ("preview", sample.number) not in self._images or sample.number in self._outdated

    @Slot(int)
    def _finished(self, job: int) -> None:
        if self._worker.is_current(job):
            self._busy, self._failures = False, 0
            if any(not sample.has_ended for sample in self._session.samples):
                pause = 6 * self._since_began.elapsed()  # so at most a sixth of the time: the drawing needs it, too
                self._pause = min(max(_REPAINT_MILLISECONDS, pause), _LONGEST_PAUSE)
            self._schedule()

    @Slot(int, object)
    def _failed(self, job: int, error: PicError) -> None:
        """Keep what is shown, and try once more, as memory may be there again; after that the next change composes all."""
        if not self._worker.is_current(job):
            return
        self._busy = False
        self._failures += 1
        for place, rows in self._composing.items():
            self._add_dirty(place, *rows)
        if self._failures == 1:
            self._pause = _SECOND_TRY_MILLISECONDS
            self._schedule()
        elif self._failures == 2:
            self.failed.emit(error)


def image_of(pixels: np.ndarray) -> QImage:
    """A copy of (height, width, 4) uint8 pixels."""
    height, width, _ = pixels.shape
    return QImage(np.ascontiguousarray(pixels).data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def _paste(pixels: np.ndarray, image: QImage, top: int) -> None:
    """Overwrite rows of an image."""
    canvas = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    canvas[top : top + len(pixels), : 4 * image.width()] = pixels.reshape(len(pixels), -1)
