"""Which samples are chosen: the one on the canvas, those selected in the gallery, and those that are compared."""

from PySide6.QtCore import QObject, Signal, Slot

from picgui.gui.announcing import announce
from picgui.gui.canvas import MAX_PANES, Canvas
from picgui.gui.gallery import Gallery
from picgui.gui.session import Sample, Session

_BROUGHT = 4  # samples that are compared where a person selected only one


class Choosing(QObject):
    """Keeps canvas and gallery to the same choice."""

    comparing_changed = Signal(bool)
    too_many_compared = Signal()  # more were selected than can be: those that are not shown no longer are

    def __init__(self, session: Session, gallery: Gallery, canvas: Canvas, parent: QObject):
        super().__init__(parent)
        self.session, self.gallery, self.canvas = session, gallery, canvas
        self.is_comparing = False  # samples side by side
        self._brought_beside: set[Sample] = set()  # what comparing selected by itself

    def marked(self) -> tuple[Sample, ...]:
        """The samples selected in the gallery, or the one on the canvas."""
        selected = self.session.selected
        marked = self.gallery.marked
        return marked if selected in marked else ((selected,) if selected else ())

    def meant(self) -> tuple[Sample, ...]:
        """The samples an action is about: those a person selected, not those that only came beside one to be compared."""
        marked = self.marked()
        if not self._brought_beside:
            return marked
        return tuple(sample for sample in marked if sample not in self._brought_beside) or (self.session.selected,)

    @Slot()
    def toggle_pins(self) -> None:
        """Pin the selected samples, or let them go if all of them are pinned."""
        self._toggle(self.meant())

    @Slot()
    def toggle_pin(self) -> None:
        """Pin the sample on the canvas, or let it go."""
        self._toggle((self.session.selected,))

    def _toggle(self, samples: tuple[Sample, ...]) -> None:
        self.session.toggle_pins(samples)
        words = self.tr("Pinned: %1") if self.session.is_pinned(samples[0]) else self.tr("No longer pinned: %1")
        announce(self.gallery, words.replace("%1", ", ".join(str(sample.seed) for sample in samples)))

    @Slot()
    def delete_marked(self) -> None:
        """Take the selected samples out of the gallery."""
        self.session.delete(self.meant(), shown=self.gallery.samples.shown)

    @Slot()
    def delete_selected(self) -> None:
        """Take the sample on the canvas out of the gallery."""
        self.session.delete([self.session.selected], shown=self.gallery.samples.shown)

    @Slot()
    def choose_next(self) -> None:
        """Bring the sample after the one on the canvas there."""
        self._choose_beside(1)

    @Slot()
    def choose_previous(self) -> None:
        """Bring the sample before the one on the canvas there."""
        self._choose_beside(-1)

    def _choose_beside(self, step: int) -> None:
        samples = self.gallery.samples.shown
        if samples:
            at = samples.index(self.session.selected) if self.session.selected in samples else 0
            self.session.select(samples[(at + step) % len(samples)])

    @Slot(bool)
    def compare(self, on: bool) -> None:
        """Show two to six samples side by side: the selected ones, or the one on the canvas and those beside it."""
        self._set_comparing(on)
        if on and len(self.marked()) < 2:
            self._bring_beside(self._around_selected(self.gallery.samples.shown, _BROUGHT))
        elif not on and self._brought_beside:
            self.gallery.mark(self.meant())
        self.show_panes()

    def _bring_beside(self, samples: tuple[Sample, ...]) -> None:
        """Select what nobody chose, to compare it."""
        self._brought_beside = set(samples)
        self.gallery.mark(samples)

    def _around_selected(self, samples: tuple[Sample, ...], most: int) -> tuple[Sample, ...]:
        """At most so many of these samples, the one on the canvas among them."""
        at = samples.index(self.session.selected) if self.session.selected in samples else 0
        first = max(0, min(at - at % most, len(samples) - most))
        return samples[first : first + most]

    def _compare_on(self) -> None:
        """Where samples that were compared have gone, compare those of the same seeds in their place, or else their neighbours."""
        before, shown, marked = self.canvas.samples, self.gallery.samples.shown, set(self.marked())
        left = set(before) & set(shown)
        goes_on = self.session.selected not in self._brought_beside or self.gallery.is_keyed
        if len(before) > 1 and self._brought_beside and goes_on and marked == {self.session.selected}:
            self._bring_beside(self._around_selected(shown, len(before)))  # a key went on among those that are compared, or beyond them
            return
        if len(before) < 2 or left == set(before) or (len(marked) > 1 and marked != left):
            return
        seeds = {s.seed for s in before}
        same = tuple(s for s in shown if s.seed in seeds)
        are_same = len(same) > 1 and self.session.selected in same
        after = self._around_selected(same if are_same else shown, len(before))
        if self._brought_beside or not are_same:
            self._brought_beside = set(after)
        self.gallery.mark(after)

    @Slot(tuple)
    def follow_marks(self, _marked: tuple) -> None:
        """Others are selected in the gallery."""
        if set(self.gallery.samples.shown) == set(self.session.samples):  # else some are still on their way
            self.show_panes()

    def show_panes(self) -> None:
        """Show on the canvas what is chosen now."""
        if self.is_comparing:
            self._compare_on()
        if self.is_comparing and len(self.marked()) > MAX_PANES:
            self._brought_beside = set()
            self.gallery.mark(self._around_selected(self.marked(), MAX_PANES))
            self.too_many_compared.emit()
        selected, marked = self.session.selected, self.marked()
        if self.is_comparing and len(marked) > 1:
            self.canvas.show_samples(marked)
        else:
            self._set_comparing(False)
            self._brought_beside = set()
            self.canvas.show_samples((selected,) if selected else ())
        self.session.compared = self.canvas.samples if self.is_comparing else ()
        self.canvas.update()

    def _set_comparing(self, on: bool) -> None:
        self.is_comparing = on
        self.comparing_changed.emit(on)
