"""What a person has chosen: the photograph, its samples, pins, selection and settings, and the way back. No widgets."""

import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from picgui import defaults
from picgui.gui.jobs import PhotoOpened
from picgui.opencv import cv2
from picgui.pipeline import Coarse, Embedded, Known, Row, nearest, places

MAX_SAMPLES = 16
MAX_TEMPERATURE = 1.2
MAX_SATURATION = 2
_STEPS_KEPT = 200  # that can be undone
_MOST_OF_A_PART = 4  # samples that are drawn of it together
SEEDS = 2**64  # as many as a session file can say
_numbers = count(1)


class Sample:
    """One colouring: it starts as the draft and is overwritten row by row. Keeps low-resolution chroma only."""

    def __init__(
        self,
        seed: int,
        *,
        temperature: float,
        draft: np.ndarray,
        known: Known | None = None,
        candidates: int = defaults.CANDIDATES,
        is_part: bool = False,
    ):
        self.number = next(_numbers)  # tells samples of one seed apart
        self.seed = seed
        self.temperature = temperature
        self.candidates = candidates
        self.is_part = is_part  # a part of another sample is drawn again: `known` holds the rest of that, and what is taken from a third one
        self.start_at(draft, known)
        self.checkpoint = ""  # SHA-256 of the one that it is drawn with; empty where that is not known
        self.stopped = False  # by a person or a failure: what is drawn is kept

    def start_at(self, draft: np.ndarray, known: Known | None) -> None:
        """Begin as a draft (2, h, w), and at its size."""
        self.begin()
        self.known = known  # colours that were given, by hints or by a region that is held
        self.long_side: int | None = None  # of the picture that the network saw, where it was chosen, as the command does
        self.chroma = np.empty(draft.shape, np.float32)  # (2, h, w), Lab units
        self.better_draft(draft)

    def begin(self) -> None:
        """Nothing is drawn yet."""
        self.coarse_log_prob = 0.0  # nats
        self.rows = 0  # drawn so far
        self.log_prob = 0.0  # nats, of the drawn rows and as large a part of the coarse sample

    def better_draft(self, chroma: np.ndarray) -> None:
        """Take (2, h, w) before anything is drawn; given colours stay."""
        self.chroma[:] = chroma
        if self.known is not None:
            self.chroma[:, self.known.mask] = self.known.chroma[:, self.known.mask]

    def is_drawn_like(self, other: "Sample") -> bool:
        """Whether both can be drawn at once."""
        return (self.temperature, self.candidates) == (other.temperature, other.candidates) and self.known is other.known

    @property
    def is_complete(self) -> bool:
        """Whether all its rows are drawn."""
        return self.rows == self.chroma.shape[1]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more of it is drawn: it is complete, or was stopped."""
        return self.is_complete or self.stopped

    def share_of_row(self, y: int) -> float:
        """Of all pixels that are drawn, those that lie in a row."""
        if self.known is None:
            return 1 / self.chroma.shape[1]
        drawn = ~self.known.mask
        return float(drawn[y].sum() / max(1, drawn.sum()))

    @property
    def typicality(self) -> float:
        """Mean log-probability of a drawn pixel, in bits: how much the model expects such colours."""
        given = 0 if self.known is None else int(self.known.mask[: self.rows].sum())
        pixels = max(1, self.rows * self.chroma.shape[2] - given)
        return self.log_prob / pixels / float(np.log(2))

    @property
    def mean_chroma(self) -> float:
        """Mean chroma over the picture, in Lab units."""
        return float(np.hypot(self.chroma[0], self.chroma[1]).mean())


def _edge(part: np.ndarray) -> np.ndarray:
    """Two pixels along both sides of a part's edge, (h, w) masks; those outside alone where the part has no others. Where the picture ends is no edge."""
    kernel, pixels = np.ones((5, 5), np.uint8), part.astype(np.uint8)
    inside = cv2.erode(pixels, kernel) > 0
    return (cv2.dilate(pixels, kernel) > 0) & ~(inside if inside.any() else part)


def beside(sample: Sample | None, order: Sequence[Sample], left: Sequence[Sample]) -> Sample | None:
    """A sample itself where it is left; else the one that follows it in an order, or the last before it."""
    at = order.index(sample) if sample in order else 0
    return next((s for s in (*order[at:], *reversed(order[:at])) if s in left), None)


@dataclass(frozen=True)
class State:
    """Everything that undo brings back."""

    samples: tuple[Sample, ...] = ()
    selected: int | None = None  # number of a sample
    pinned: frozenset[int] = frozenset()  # numbers of samples
    temperature: float = defaults.TEMPERATURE
    sample_count: int = defaults.SAMPLES  # that are wanted; 0 for as many as now where it is taken up again
    saturation: float = 1.0  # with which all are shown and exported
    hints: Known | None = None  # colours that new samples are to keep


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What can be taken up again, as far as it can be said without its samples."""

    source: Path | None  # the photograph; only its name where an exported picture remembers it, None where it was pasted
    digest: str = ""  # `picgui.files.file_digest` of the photograph, where it is known
    turns: int = 0  # `Photo.turns`
    is_unsaved: bool = False  # whether a person chose something since it was opened or saved
    at: float = field(default=0.0, compare=False)  # when it was put aside or left, in seconds since the epoch
    left_in: Path | None = field(default=None, compare=False)  # the file that it was left in, as of `records.Recovery`


@dataclass(frozen=True, kw_only=True)
class Record(Kept):
    """A session as it was."""

    state: State
    picture: bytes | None = None  # a PNG of a photograph that was pasted and is in no file
    fingerprint: str = ""  # `Photo.fingerprint` of what the samples colour, where it is known
    file: Path | None = None  # the session file that it was opened from or saved in last


_ONE_DRAG = 1.5  # seconds between steps that belong together


class _Choice(QUndoCommand):
    """A step from one state to another, that was taken. Steps of one ``kind`` in quick succession are undone together.

    ``go`` takes the state to go to, and the one that is left.
    """

    def __init__(self, text: str, *, go: Callable[[State, State], None], before: State, after: State, kind: int = -1):
        super().__init__(text)
        self._go, self._before, self._after, self._kind = go, before, after, kind
        self._at = time.monotonic()

    def id(self) -> int:
        return self._kind

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        if other._at - self._at > _ONE_DRAG:
            return False
        self._after, self._at = other._after, other._at
        return True

    def undo(self) -> None:
        self._go(self._before, self._after)

    def redo(self) -> None:
        self._go(self._after, self._before)


_TEMPERATURE_KIND, _SATURATION_KIND = 1, 2
_SETTINGS = ("temperature", "sample_count", "saturation")  # that the next photograph begins with, too


class Session(QObject):
    """One photograph and the choices made for it."""

    photo_changed = Signal()
    own_chroma_changed = Signal()
    draft_ready = Signal()
    samples_changed = Signal()  # which there are, their order, pins
    samples_gave_way = Signal(int)  # how many, to make room for others
    sample_advanced = Signal(object, int, int)  # sample, first and last + 1 row just drawn
    selection_changed = Signal()
    temperature_changed = Signal(float)
    sample_count_changed = Signal(int)
    saturation_changed = Signal(float)
    hints_changed = Signal()
    saved_changed = Signal()  # what is saved, or where
    sampling_wanted = Signal(list)  # samples of one temperature and one set of known colours; what was being drawn is replaced

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.opened: PhotoOpened | None = None
        self.own_chroma: np.ndarray | None = None  # with which the photograph came, (2, h, w) in Lab units, once it is known
        self.embedded: Embedded | None = None
        self._fitted: dict[Known, Known] = {}  # given colours of other resolutions, at that of the embedding
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(_STEPS_KEPT)  # each holds the samples before it
        self._state = State()
        self._chosen = State()  # its settings are those that a person chose last, not what came with earlier samples
        self._next_seed = 1
        self.restoring: Record | None = None  # earlier samples, to be taken up once the photograph is embedded
        self._coming_hints: Known | None = None  # which new samples are to keep, until then
        self.file: Path | None = None  # the session file that it was opened from or saved in last
        self.compared: tuple[Sample, ...] = ()  # what is side by side on the canvas

    # what there is

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples, oldest first."""
        return self._state.samples

    @property
    def temperature(self) -> float:
        """The temperature new samples are drawn with."""
        return self._state.temperature

    @property
    def sample_count(self) -> int:
        """How many samples are wanted."""
        return self._state.sample_count

    @property
    def saturation(self) -> float:
        """How strongly colours are shown and exported."""
        return self._state.saturation

    @property
    def selected(self) -> Sample | None:
        """The sample on the canvas."""
        return next((s for s in self.samples if s.number == self._state.selected), None)

    @property
    def path(self) -> Path | None:
        """The file of the photograph; None where it was pasted."""
        return self.opened.path if self.opened else None

    @property
    def name(self) -> str:
        """The photograph's name without its ending, be it open or a picture that was exported from it."""
        return (self.opened and Path(self.opened.original.name).stem) or "pasted"

    def spread(self) -> np.ndarray | None:
        """How far the finished samples differ at each pixel: (h, w) root mean square distance from their mean, in Lab units.

        None with fewer than two.
        """
        if not self.can_spread:
            return None
        finished = [self.colors_of(s) for s in self.samples if s.is_complete]
        return np.sqrt(np.var(finished, axis=0).sum(axis=0))

    @property
    def can_spread(self) -> bool:
        """Whether samples enough are finished to differ."""
        return sum(s.is_complete for s in self.samples) > 1

    def colors_of(self, sample: Sample) -> np.ndarray:
        """The chroma of a sample, (2, h, w), at the resolution of the model in use; another one may have drawn it."""
        return nearest(sample.chroma, self.embedded.chroma_shape)

    def shares_seed(self, sample: Sample) -> bool:
        """Whether there is another sample of the same seed, as of another temperature."""
        return any(s.seed == sample.seed and s is not sample for s in self.samples)

    def is_pinned(self, sample: Sample) -> bool:
        """Whether a sample is kept when others are resampled."""
        return sample.number in self._state.pinned

    # the photograph

    def set_photo(self, opened: PhotoOpened, *, hints: Known | None = None, settings: State | None = None) -> None:
        """Start anew with a photograph. Hints and settings are those that it had before it was turned; settings of any other are those that a person chose last."""
        self.opened, self._coming_hints = opened, hints
        self.own_chroma = None
        self.embedded = None
        self._next_seed = 1
        self.restoring = self.file = None
        self.undo_stack.clear()
        self.undo_stack.setClean()  # which it is not by itself where it was empty
        self._apply(State(**{name: getattr(settings or self._chosen, name) for name in _SETTINGS}))
        self.photo_changed.emit()

    def set_own_chroma(self, chroma: np.ndarray | None) -> None:
        """Take the chroma with which the photograph came, (2, h, w) in Lab units; None for a grey one."""
        self.own_chroma = chroma
        self.own_chroma_changed.emit()

    @property
    def holds_work(self) -> bool:
        """Whether there is what a person would miss: samples that ended, choices, or samples that are still to be taken up."""
        is_chosen = bool(self.undo_stack.count()) or self.is_unsaved
        return self.restoring is not None or any(s.has_ended for s in self.samples) or (self.has_content and is_chosen)

    @property
    def has_content(self) -> bool:
        """Whether there is something to save: samples, or hints that new ones are to keep."""
        return bool(self.samples) or self.hints is not None

    @property
    def is_unsaved(self) -> bool:
        """Whether a person chose something since the photograph or a session was opened, or saved."""
        if self.restoring is not None:
            return self.restoring.is_unsaved
        return not self.undo_stack.isClean()

    def saved_in(self, file: Path, *, is_present: bool) -> None:
        """Take a file as that of this session; all choices are in it where it is of the present."""
        self.file = file
        if is_present:
            self.undo_stack.setClean()
        self.saved_changed.emit()

    def kept(self) -> Record:
        """All there is now, or is still to be taken up, to be taken up again later."""
        if self.restoring is not None:
            return self.restoring
        return Record(
            source=self.opened.path,
            digest=self.opened.digest,
            turns=self.opened.photo.turns,
            is_unsaved=self.is_unsaved,
            state=replace(self._state, hints=self._coming_hints or self.hints),
            picture=self.opened.picture,
            fingerprint=self.opened.photo.fingerprint,
            file=self.file,
        )

    def restore(self, record: Record) -> None:
        """Take up these samples in place of new ones as soon as the photograph is embedded."""
        self.restoring = record
        if self.embedded is not None:
            self._take_up(record)

    def set_embedded(self, embedded: Embedded) -> None:
        """Take the embedding and its draft, and ask for the first samples; where it is that of another model, draw what is not pinned again."""
        is_first, self.embedded = self.embedded is None, embedded
        self._fitted.clear()
        hints, self._coming_hints = self._coming_hints, None
        self.draft_ready.emit()
        if self.restoring is not None:
            self._take_up(self.restoring)
        elif is_first:
            if hints is not None:
                self.undo_stack.resetClean()
            self._begin_with(replace(self._state, hints=hints))
        else:
            again = self._all_again(lambda old: self._again(old, temperature=old.temperature, known=old.known))
            self._apply(self._state)
            if again["samples"] == self.samples:
                self.ask_for_missing()
            else:
                self._choose(self.tr("Model"), **again)

    def move_to(self, embedded: Embedded) -> None:
        """Take the same embedding from another device; the samples stay."""
        self.embedded = embedded
        self.draft_ready.emit()

    def _take_up(self, record: Record) -> None:
        self.restoring, self.file = None, record.file
        state = replace(record.state, sample_count=record.state.sample_count or self.sample_count)
        self._next_seed = (max((s.seed for s in state.samples), default=0) + 1) % SEEDS
        self._begin_with(state)
        if record.is_unsaved:
            self.undo_stack.resetClean()
        self.saved_changed.emit()

    def _begin_with(self, state: State) -> None:
        """Make a state the present one, with new samples where it has none."""
        self._apply(state)
        if not state.samples:
            self._apply(replace(self._state, samples=self._new_samples(self.sample_count)))

    def _again(self, sample: Sample, *, temperature: float, known: Known | None) -> Sample:
        """One of the same seed and candidates, to be drawn."""
        known = self._fitting(known)
        return Sample(
            sample.seed, temperature=temperature, draft=self.embedded.draft, known=known, candidates=sample.candidates, is_part=sample.is_part
        )

    def _all_again(self, again: Callable[[Sample], Sample]) -> dict[str, object]:
        """The change by which each sample that is not pinned gives way to another of its seed."""
        samples = {old.number: old if self.is_pinned(old) else again(old) for old in self.samples}
        selected = samples.get(self._state.selected)
        return {"samples": tuple(samples.values()), "selected": selected.number if selected else self._state.selected}

    def _redrawn(self, again: Callable[[Sample], Sample]) -> dict[str, object]:
        """`_all_again` for what a person asks for: where the selected one is pinned it stays, and is drawn again beside itself, to be seen."""
        change, shown = self._all_again(again), self.selected
        others_are_seen = any(s in self.samples and not self.is_pinned(s) for s in self.compared)
        if shown is not None and self.is_pinned(shown) and not others_are_seen:
            new = next((s for s in change["samples"] if s.seed == shown.seed and not self.is_pinned(s)), None)
            if new is None:
                new = again(shown)
                change |= self._added((new,), change["samples"], of=(shown,))
            change["selected"] = new.number
        return change

    def _added(self, new: Sequence[Sample], samples: Sequence[Sample], *, of: Container[Sample]) -> dict[str, object]:
        """The change by which new samples are added to others; where that would be more than `MAX_SAMPLES`, the oldest give way that are neither pinned nor those
        that they are made of."""
        may_go = [s for s in samples if s not in of and not self.is_pinned(s)]
        gone = may_go[: max(0, len(samples) + len(new) - MAX_SAMPLES)]
        return {"samples": (*(s for s in samples if s not in gone), *new), "selected": new[0].number, "gave_way": len(gone)}

    def _fitting(self, known: Known | None) -> Known | None:
        """Given colours, at the resolution of the model in use; what samples share they share there, too."""
        if known is None or self._fits(known.mask):
            return known
        if known not in self._fitted:
            self._fitted[known] = self._resized(known)
        return self._fitted[known]

    def _resized(self, known: Known) -> Known:
        before, after = known.mask.shape, self.embedded.chroma_shape
        mask, chroma = nearest(known.mask, after), nearest(known.chroma, after)
        ys, xs = np.nonzero(known.mask)  # a smaller one must not lose what falls between its pixels
        to = tuple(places(at, old, new) for at, old, new in zip((ys, xs), before, after))
        mask[to], chroma[:, *to] = True, known.chroma[:, ys, xs]
        return Known(mask, chroma)

    def _fits(self, planes: np.ndarray) -> bool:
        return planes.shape[-2:] == self.embedded.chroma_shape

    # choices

    def select(self, sample: Sample) -> None:
        """Put a sample on the canvas, where it is still there."""
        if sample in self.samples and sample.number != self._state.selected:
            self._state = replace(self._state, selected=sample.number)
            self.selection_changed.emit()

    @property
    def resamples_part(self) -> bool:
        """Whether `resample` draws a part again: the selected sample is one, of which something is held."""
        return self.selected is not None and self.selected.is_part and self.selected.known is not None

    def resample(self) -> None:
        """Replace what is not pinned with samples of new seeds; where the selected one is a part drawn again, only those of that part: one more where all are pinned."""
        if self.embedded is None:
            return
        if self.resamples_part:
            shown = self.selected
            of_part = [s for s in self.samples if s.is_part and s.known is shown.known and not self.is_pinned(s)]
            kept = [s for s in self.samples if s not in of_part]
            new = self._new_samples(max(1, len(of_part)), known=self._fitting(shown.known), is_part=True)
            self._choose(self.tr("Resample"), **self._added(new, kept, of=(shown,)))
        else:
            kept = [s for s in self.samples if self.is_pinned(s)]
            new = self._new_samples(max(1, self.sample_count - len(kept)))
            self._choose(self.tr("Resample"), samples=tuple(kept) + new, selected=new[0].number)

    def set_temperature(self, temperature: float) -> None:
        """Draw what is not pinned again, with the same seeds, at another temperature; a pinned one that is selected, beside itself."""
        temperature = round(min(max(temperature, 0.0), MAX_TEMPERATURE), 2)
        if temperature == self.temperature:
            return
        again = self._redrawn(lambda old: self._again(old, temperature=temperature, known=old.known))
        self._choose(self.tr("Temperature"), kind=_TEMPERATURE_KIND, temperature=temperature, **again)

    @property
    def hints(self) -> Known | None:
        """The colours that a person gave."""
        return self._state.hints

    def hint_in(self, mask: np.ndarray) -> tuple[float, float] | None:
        """The one colour that a person gave to all of a (h, w) mask; None where there is none, or several."""
        hints = self.hints
        if hints is None or not hints.mask[mask].all():
            return None
        colors = np.unique(hints.chroma[:, mask], axis=1).T.tolist()
        return tuple(colors[0]) if len(colors) == 1 else None

    def add_hint(self, mask: np.ndarray, chroma: tuple[float, float]) -> None:
        """Give a colour to the pixels of a (h, w) mask, and draw what is not pinned again with the same seeds."""
        if self.embedded is None or not mask.any():
            return
        color = np.rint(np.float32(chroma))  # whole, as records keep them
        if self.hint_in(mask) == tuple(color):  # as by a second click
            return
        before = self.hints or Known(np.zeros(mask.shape, bool), np.zeros((2, *mask.shape), np.float32))
        given = np.where(mask, color[:, None, None], before.chroma)
        self._choose_hints(self.tr("Colour hint"), Known(before.mask | mask, given))

    def remove_hints(self, mask: np.ndarray) -> None:
        """Forget the hints in a (h, w) mask, and draw what is not pinned again."""
        if self.hints is not None and (self.hints.mask & mask).any():
            left = self.hints.mask & ~mask
            hints = Known(left, np.where(left, self.hints.chroma, 0)) if left.any() else None
            self._choose_hints(self.tr("Remove hints"), hints)

    def clear_hints(self) -> None:
        """Forget all hints, and draw what is not pinned again."""
        if self.hints is not None:
            self._choose_hints(self.tr("Clear hints"), None)

    def _choose_hints(self, text: str, hints: Known | None) -> None:
        """Draw what is not pinned again, and a pinned one that is selected beside itself, with these hints in place of those before.

        What a redone region left as it was stays held.
        """
        before = self.hints
        known = {id(s.known): self._hinted(s.known, before, hints) for s in self.samples}
        again = self._redrawn(lambda old: self._again(old, temperature=self.temperature, known=known[id(old.known)]))
        self._choose(text, hints=hints, **again)

    def _hinted(self, known: Known | None, before: Known | None, hints: Known | None) -> Known | None:
        """What a sample is to keep where hints take the place of others."""
        if known is None or known is before:
            return hints
        known = self._fitting(known)
        held = known.mask if before is None else known.mask & ~before.mask
        if not held.any():
            return hints
        if hints is None:
            return Known(held, known.chroma)
        return Known(held | hints.mask, np.where(hints.mask, hints.chroma, known.chroma))

    @property
    def can_redo_region(self) -> bool:
        """Whether the selected sample has colours that can be held: all of them, or those that were there when it was stopped."""
        return self.selected is not None and self.selected.has_ended

    def redo_region(self, region: np.ndarray) -> None:
        """Draw a few new samples of the selected one inside a (h, w) mask only, beside those there are; the rest of it is held."""
        base = self.selected
        if self.can_redo_region and region.any():
            self._draw_part(self.tr("Draw a part again"), region, self.colors_of(base), number=min(_MOST_OF_A_PART, self.sample_count - 1), of=(base,))

    @property
    def part_sources(self) -> tuple[Sample, ...]:
        """The samples that the selected one can take a part from."""
        return tuple(s for s in self.samples if s.has_ended and s is not self.selected) if self.can_redo_region else ()

    def take_part(self, region: np.ndarray, source: Sample) -> None:
        """Make a sample, beside those there are, that has the colours of another one inside a (h, w) mask and those of the selected one around it.

        Along the edge of the mask it is drawn, to fit both. Nothing where one of the two has gone, or the mask is of another resolution.
        """
        base = self.selected
        if source in self.part_sources and self._fits(region) and region.any():
            colors = np.where(region, self.colors_of(source), self.colors_of(base))
            self._draw_part(self.tr("Take a part"), _edge(region), colors, number=1, of=(base, source))

    def _draw_part(self, text: str, free: np.ndarray, colors: np.ndarray, *, number: int, of: tuple[Sample, ...]) -> None:
        """Draw new samples inside a (h, w) mask only, where hints stay; the rest has these colours (2, h, w). There is room for them as `_added` makes it."""
        hints = self.hints
        known = Known(~free, np.rint(colors)) if hints is None else Known(~free | hints.mask, np.rint(np.where(free, hints.chroma, colors)))
        staying = sum(s in of or self.is_pinned(s) for s in self.samples)
        new = self._new_samples(max(1, min(number, MAX_SAMPLES - staying)), known=known, is_part=True)
        self._choose(text, **self._added(new, self.samples, of=of))

    def set_sample_count(self, wanted: int) -> None:
        """Draw more samples, or let the last ones that are not pinned go."""
        wanted = min(max(int(wanted), 1), MAX_SAMPLES)
        if self.embedded is None:
            self._choose(self.tr("Number of samples"), sample_count=wanted)
            return
        samples = list(self.samples)
        for sample in reversed(self.samples):
            if len(samples) > wanted and not self.is_pinned(sample):
                samples.remove(sample)
        samples += self._new_samples(max(0, wanted - len(samples)))
        if wanted == self.sample_count and tuple(samples) == self.samples:
            return
        selected = beside(self.selected, self.samples, samples)
        self._choose(
            self.tr("Number of samples"), samples=tuple(samples), sample_count=wanted, selected=selected.number if selected else None
        )

    def toggle_pins(self, samples: Sequence[Sample]) -> None:
        """Pin samples, or let them go if all of them are pinned."""
        numbers = {s.number for s in samples}
        if numbers and numbers <= self._state.pinned:
            self._choose(self.tr("Unpin"), pinned=self._state.pinned - numbers)
        elif numbers:
            self._choose(self.tr("Pin"), pinned=self._state.pinned | numbers)

    def delete(self, samples: Sequence[Sample], *, shown: Sequence[Sample] = ()) -> None:
        """Take samples out of the gallery. Where the selected one is among them, its neighbour in the order shown takes its place."""
        self._take_out(self.tr("Delete"), samples, shown or self.samples)

    def do_without(self, samples: Sequence[Sample]) -> None:
        """Take samples out of the gallery, and want no more than are left."""
        self._take_out(self.tr("Number of samples"), samples, self.samples, sample_count=min(len(self.samples) - len(samples), MAX_SAMPLES))

    def _take_out(self, text: str, samples: Sequence[Sample], order: Sequence[Sample], **change: int) -> None:
        kept = tuple(s for s in self.samples if s not in samples)
        if kept != self.samples:
            selected = beside(self.selected, order, kept)
            self._choose(text, samples=kept, selected=selected.number if selected else None, **change)

    def set_saturation(self, saturation: float) -> None:
        """Change how strongly colours are shown and exported; nothing is drawn again."""
        if saturation != self.saturation:
            self._choose(self.tr("Saturation"), kind=_SATURATION_KIND, saturation=saturation)

    # the drawing

    def take(self, samples: Sequence[Sample], drawn: Row | Coarse) -> None:
        """Put a drawn row into its samples; coarse ones better their drafts."""
        if isinstance(drawn, Coarse) and drawn.chroma is None:
            return
        for index, sample in enumerate(samples):
            if isinstance(drawn, Coarse):
                sample.better_draft(drawn.chroma[index])
                sample.coarse_log_prob = float(drawn.log_prob[index])
                self.sample_advanced.emit(sample, 0, sample.chroma.shape[1])
            else:
                sample.log_prob += float(drawn.log_prob[index]) + sample.coarse_log_prob * sample.share_of_row(drawn.y)
                sample.chroma[:, drawn.y] = drawn.chroma[index]
                sample.rows = drawn.y + 1
                self.sample_advanced.emit(sample, drawn.y, drawn.y + 1)

    def stop(self) -> None:
        """Keep what is drawn as it is."""
        for sample in self.samples:
            if not sample.has_ended:
                sample.stopped = True
                self.sample_advanced.emit(sample, sample.rows, sample.rows)

    @property
    def can_go_on(self) -> bool:
        """Whether there are samples that were stopped before they were complete."""
        return any(s.stopped and not s.is_complete for s in self.samples)

    def go_on(self) -> None:
        """Draw what was stopped to its end."""
        self.resume(self.samples)

    def resume(self, samples: Sequence[Sample]) -> None:
        """Draw those of these samples that are there and incomplete."""
        for sample in samples:
            if sample in self.samples and not sample.is_complete:
                sample.stopped = False
        self.ask_for_missing()

    def _new_samples(self, number: int, *, known: Known | None = None, is_part: bool = False) -> tuple[Sample, ...]:
        """Samples of the next seeds, with these known colours or else the hints."""
        seeds = [(self._next_seed + step) % SEEDS for step in range(number)]
        self._next_seed = (self._next_seed + number) % SEEDS
        known = known or self.hints
        return tuple(
            Sample(seed, temperature=self.temperature, draft=self.embedded.draft, known=known, is_part=is_part)
            for seed in seeds
        )

    def _choose(self, text: str, *, kind: int = -1, gave_way: int = 0, **changes) -> None:
        """Take a step; before there is an embedding it is none that can be undone."""
        before, after = self._state, replace(self._state, **changes)
        self._remember_settings(after, before)
        self._apply(after)
        if self.embedded is not None:
            self.undo_stack.push(_Choice(text, go=self._go, before=before, after=after, kind=kind))
        if gave_way:
            self.samples_gave_way.emit(gave_way)

    def _go(self, to: State, left: State) -> None:
        """Back or on to a state. Where another sample was selected since, that one stays on the canvas, or the one of its seed."""
        self._remember_settings(to, left)
        selected = self.selected
        if selected is not None and selected.number != left.selected:
            same = [s for s in to.samples if s.seed == selected.seed]
            if selected in to.samples:
                to = replace(to, selected=selected.number)
            elif len(same) == 1:
                to = replace(to, selected=same[0].number)
        self._apply(to)

    def _remember_settings(self, to: State, left: State) -> None:
        changed = {name: getattr(to, name) for name in _SETTINGS if getattr(to, name) != getattr(left, name)}
        self._chosen = replace(self._chosen, **changed)

    def _apply(self, state: State) -> None:
        """Make a state the present one, and ask for whatever it still lacks."""
        state = replace(state, hints=self._fitting(state.hints))
        before, selected, self._state = self._state, self.selected, state
        if self.selected is None and state.samples:
            selected = beside(selected, before.samples, state.samples) or state.samples[0]
            self._state = state = replace(state, selected=selected.number)
        if before.temperature != state.temperature:
            self.temperature_changed.emit(state.temperature)
        if before.hints is not state.hints:
            self.hints_changed.emit()
        if before.sample_count != state.sample_count:
            self.sample_count_changed.emit(state.sample_count)
        if before.saturation != state.saturation:
            self.saturation_changed.emit(state.saturation)
        if before.samples != state.samples or before.pinned != state.pinned:
            self.samples_changed.emit()
        if before.selected != state.selected or before.samples != state.samples:
            self.selection_changed.emit()
        if before.samples != state.samples:
            self.ask_for_missing()

    def ask_for_missing(self) -> None:
        """Ask for the rows of all samples that are neither complete nor stopped."""
        missing = [s for s in self.samples if not s.has_ended]
        if missing:
            newest = max(missing, key=lambda s: s.number)
            missing = [s for s in missing if s.is_drawn_like(newest)]
        for sample in missing:
            if not self._fits(sample.chroma):
                sample.start_at(self.embedded.draft, self._fitting(sample.known))
                self.sample_advanced.emit(sample, 0, sample.chroma.shape[1])
        self.sampling_wanted.emit(missing)
