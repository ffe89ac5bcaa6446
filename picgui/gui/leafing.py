"""From one photograph to the next one of its folder."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from picgui.batch import photos_of
from picgui.gui.opening import Opening
from picgui.gui.studio import Studio
from picgui.gui.worker import Worker
from picgui.paths import example_photo
from picgui.threads import give_way


@dataclass(frozen=True)
class _Listed:
    """The photographs of a folder, sorted, as it was when it was changed last."""

    folder: Path
    changed: int = 0  # nanoseconds
    photos: tuple[Path, ...] = ()


def _list_anew(before: _Listed) -> Iterator[_Listed]:
    """The photographs of a folder, where it was changed since it was listed before; nothing of one that is gone."""
    try:
        changed = before.folder.stat().st_mtime_ns
    except OSError:
        return
    if changed != before.changed:
        yield _Listed(before.folder, changed, tuple(photos_of([before.folder]).photos))


class Leafing(QObject):
    """Knows the photographs in the folder of the one that is open, and opens those beside it. Our own results are none."""

    changed = Signal()  # what there is beside it

    def __init__(self, studio: Studio, opening: Opening, parent: QObject):
        super().__init__(parent)
        self._studio, self._session, self._opening = studio, studio.session, opening
        self._listed = _Listed(Path())
        self._at: Path | None = None  # the one that is open; or one beside it that is being opened, or could not be
        self._going: Path | None = None  # what is being opened from here
        self._leafed: Path | None = None  # the one that is open, where it came so and nothing was chosen in it
        self.passed: Path | None = None  # the one before the open one, where both came so: it was only looked at
        self._finder = Worker(self, prepare=give_way)  # a folder may be large, and on a drive that is slow or gone
        self._finder.produced.connect(self._take)
        self._session.photo_changed.connect(self._photo_changed)
        studio.reading_changed.connect(self.changed)

    @property
    def place(self) -> tuple[int, int] | None:
        """Which photograph of its folder is open, from 1 on, and how many there are; None where that is not known."""
        photos, path = self._listed.photos, self._open
        at = bisect_left(photos, path) if path is not None else len(photos)
        return (at + 1, len(photos)) if photos[at : at + 1] == (path,) else None

    def can_go(self, step: int) -> bool:
        """Whether there is a photograph after this one (1) or before it (-1)."""
        return self._beside(step) is not None

    @Slot()
    def go_on(self) -> None:
        """Open the next photograph."""
        self._go(1)

    @Slot()
    def go_back(self) -> None:
        """Open the previous photograph."""
        self._go(-1)

    def close(self) -> None:
        """Look no further."""
        self._finder.close(0)

    @property
    def _open(self) -> Path | None:
        """The file of the photograph that is open, but for the example."""
        path = self._session.path
        return None if path in (None, example_photo()) else path.absolute()

    def _beside(self, step: int) -> Path | None:
        """What comes next in a direction, be the one before it open, on its way or damaged; the one that is open only where another is on its way."""
        photos = self._listed.photos
        if self._at is None:
            return None
        place = bisect_right(photos, self._at) if step > 0 else bisect_left(photos, self._at) - 1
        if 0 <= place < len(photos) and photos[place] == self._open and not self._studio.is_leaving:
            place += step
        return photos[place] if 0 <= place < len(photos) else None

    def _go(self, step: int) -> None:
        path = self._beside(step)
        if path is None:
            return
        self._at = path
        self.changed.emit()
        if path == self._open:
            self._studio.stay()
        else:
            self._going = path
            if self._session.is_unsaved:
                self._leafed = None
            self._opening.open(path, is_beside=True)

    @Slot()
    def _photo_changed(self) -> None:
        self._at = self._open
        comes = self._at == self._going
        self.passed = self._leafed if comes else None
        self._leafed = self._at if self._at == self._leafed or (comes and self._at not in self._opening.recent()) else None
        self._going = None
        if self._at is None:
            self._listed = _Listed(Path())
            self._finder.stop()
        else:
            if self._at.parent != self._listed.folder:
                self._listed = _Listed(self._at.parent)
            self._finder.replace(_list_anew(self._listed))
        self.changed.emit()

    @Slot(int, object)
    def _take(self, job: int, listed: _Listed) -> None:
        if self._finder.is_current(job):
            self._listed = listed
            self.changed.emit()
