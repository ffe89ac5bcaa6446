"""How photographs come in: files, folders, sessions, pictures that were exported, pasted or dropped, and what was put aside."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QObject, QSettings, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QFileDialog, QWidget

from picgui.batch import photos_of
from picgui.errors import PicError
from picgui.files import file_digest
from picgui.gui import jobs, preferences, records
from picgui.gui.batch import BatchDialog
from picgui.gui.message import MessageBar, Offer
from picgui.gui.queue import Wanted
from picgui.gui.session import MAX_SAMPLES, Kept, Record
from picgui.gui.studio import Activity, Reading, Studio
from picgui.gui.words import isolated, literal, shortened, told
from picgui.gui.worker import while_painting
from picgui.paths import example_photo, is_file, is_folder
from picgui.photo import PHOTO_ENDINGS, read_photo
from picgui.writing import is_written_here

_RECENT_FILES = 8
_TURNED = 500  # photographs of which it is remembered how they lay


@dataclass(frozen=True)
class _Found:
    """What is at a path that a person opens."""

    path: Path
    is_folder: bool = False
    record: Record | None = None  # what it remembers
    photo: Path | None = None  # where the photograph of that is


_Places = Callable[[str], list[Path]]  # from a name to where a file of that name may be


def _look(path: Path, read: Callable[[Path], Record | None], places: _Places) -> Iterator[_Found]:
    """See what a path is, and where the photograph lies of what it remembers."""
    if is_folder(path):
        yield _Found(path, is_folder=True)
    else:
        record = read(path)
        yield _Found(path, record=record, photo=_photo_of(record, path, places) if record and record.source else None)


def _photo_of(record: Record, beside: Path, places: _Places) -> Path | None:
    """Where the photograph of a record is: at its place, or by its name beside a file or at other places; it may have got another caption. Only at its own place
    one of other pixels is taken: it may have been changed there, which is told."""
    source, name = record.source, record.source.name
    by_name = (beside.parent / name, beside.parent.parent / name, *places(name))
    possible = [place for place in dict.fromkeys([source, *by_name] if source.is_absolute() else by_name) if place != beside]
    if not record.digest:
        return next(filter(is_file, possible), None)
    is_file_of = (
        lambda place: file_digest(place) == record.digest,
        lambda place: read_photo(place).turned(record.turns).fingerprint == record.fingerprint,
    )
    for is_its_own, place in product(is_file_of, possible):
        with contextlib.suppress(PicError):
            if is_its_own(place):
                return place
    return source if source in possible and is_file(source) else None


class Opening(QObject):
    """Brings to the studio what a person opens, and keeps what they opened last."""

    begun = Signal()  # something is about to be opened

    def __init__(self, studio: Studio, settings: QSettings, message: MessageBar, recovery: records.Recovery, window: QWidget):
        super().__init__(window)
        self.studio, self.session, self.settings, self.message = studio, studio.session, settings, message
        self.batch: BatchDialog | None = None
        self._at_start = self._wanted()
        self._recovery, self._window = recovery, window
        studio.found.connect(self._found)
        studio.photo_taken.connect(self._photo_taken)

    @Slot()
    def ask_for_photo(self) -> None:
        """Let a person choose a file, or several."""
        kinds = self.tr("Photographs and sessions (%1)")
        self._open_all(self._ask_for_files(QFileDialog.getOpenFileNames, self.tr("Open a photograph"), kinds, (*PHOTO_ENDINGS, records.ENDING)))

    def _ask_for_files(self, ask: Callable, title: str, kinds: str, endings: Sequence[str]) -> list[Path]:
        """The files, or the file, that a person chooses in a dialog; none where they do not."""
        kinds = kinds.replace("%1", " ".join(f"*{ending}" for ending in endings))
        kinds = ";;".join((kinds, self.tr("All files (*)")))
        chosen, _ = ask(self._window, title, preferences.folder(self.settings, "open_folder"), kinds)
        files = [Path(name) for name in ([chosen] if isinstance(chosen, str) else chosen) if name]
        for file in files[:1]:
            self.settings.setValue("open_folder", str(file.parent))
        return files

    def _open_all(self, files: Sequence[Path]) -> None:
        """Open a file, or several: as pictures that were exported, or else as a queue."""
        if len(files) > 1:
            self.open_many(files)
        elif files:
            self.open(files[0])

    @Slot(object)
    def open(self, path: Path, *, is_beside: bool = False) -> None:
        """Open a photograph, a session, or a picture that was exported earlier; a photograph that is beside the open one needs no words about what it replaces."""
        self._begin()
        self.studio.read(_look(Path(path), self._recovery.read, self._places()), Reading(is_beside=is_beside))

    def _begin(self) -> None:
        """Something else is opened: what was told of what is there is of no use any more."""
        self.message.hide()
        self.begun.emit()

    def _places(self) -> _Places:
        """Where the photograph of a record may be beside its own place: where the last ones were opened. It is looked there only when that is needed: a drive may be gone."""
        folders, recent = preferences.folders(self.settings, "open_folder"), self.recent()
        return lambda name: [*(folder / name for folder in folders), *(path for path in recent if path.name == name)]

    @Slot(object, object)
    def _found(self, found: _Found, reading: Reading) -> None:
        """Open what is at a path."""
        path, record = found.path, found.record
        if found.is_folder:
            self.studio.stay()
            self.open_many([path])
            return
        if record is None:
            self.studio.open(path, reading, remembered=self._turned())
            return
        is_session = records.is_session(path)
        if is_session and record.left_in is None:
            self.remember(path)
        if found.photo is not None or record.picture is not None:
            self._read(replace(record, source=found.photo), reading)
        elif is_session:
            self.studio.stay()
            words = self.tr("The photograph of this session, %1, was not found. It may have been moved or renamed.")
            self.message.tell_error(words.replace("%1", isolated(record.source.name)), self._to_find(record))
        else:
            if record.source is not None:  # a pasted one has no name
                words = self.tr("The original, %1, was not found: this is the exported picture itself.").replace("%1", isolated(record.source.name))
                reading = replace(reading, note=f"{words} {reading.note}".strip(), offers=(self._to_find(record),))
            self._read(replace(record, source=path, turns=0, fingerprint=""), reading)

    def _read(self, record: Record, reading: Reading = Reading()) -> None:
        """Read the photograph of a record at its place, or out of the record."""
        reading = replace(reading, record=record)
        if record.picture is not None:
            self.studio.read(jobs.open_picture(record.picture, turns=record.turns), reading)
        else:
            self.studio.open(record.source, reading, turns=record.turns)

    def _open_exported(self, paths: Sequence[Path], *, source: Path | None = None) -> None:
        """Open the photograph of pictures that were exported, with the samples of all of them; ``source`` is its file where that is known."""
        self._begin()
        read = while_painting(partial(records.read_all_exported, paths))
        if not read:
            self.message.tell_note(self.tr("These are results of picgui, but none that bring their colours back: only PNG pictures do."))
            return
        if not records.are_of_one_photograph(list(read.values())):
            self.message.tell_note(self.tr("These pictures are of different photographs. Open those of one photograph at a time."))
            return
        if len({one.turns for one in read.values()}) > 1:
            self.message.tell_note(self.tr("The photograph lies differently in these pictures. Open those together in which it lies the same way."))
            return
        notes = []
        if len(read) < len(paths):
            notes.append(self.tr("Only exported PNG pictures bring their colours back; others were left out."))
        if len(read) > MAX_SAMPLES:
            notes.append(self.tr("The first %1 of %2 were opened.").replace("%1", str(MAX_SAMPLES)).replace("%2", str(len(read))))
        found = dict(list(read.items())[:MAX_SAMPLES])
        leading = next((place for place, one in enumerate(found.values()) if one.state.hints is not None), 0)
        record, path = records.joined(list(found.values()), leading=leading), list(found)[leading]
        hints = {id(one.state.hints) for one in found.values() if one.state.hints is not None}
        if len(hints) > 1 or len({one.state.saturation for one in found.values()}) > 1:
            words = self.tr("They differ in saturation or colour hints: those of %1 are used.")
            notes.append(words.replace("%1", isolated(path.name)))
        record = replace(record, source=source or record.source)
        self.studio.read(_look(path, lambda _path: record, self._places()), Reading(note=" ".join(notes)))

    @Slot(object, object)
    def _photo_taken(self, reading: Reading, left: Record | None) -> None:
        """Take up earlier samples of a photograph, keep those whose place it took, and tell what is to be known."""
        record = reading.record
        if record is None and not reading.is_anew:
            record = self._earlier(left, is_turned=bool(reading.turning))
        if record is not None:
            file = None if self._is_of_another(record) else record.file  # which saving would make that of another photograph
            self.session.restore(replace(record, digest=self.session.opened.digest, file=file))
            with contextlib.suppress(PicError):  # a disk that is full is told when a person saves
                self._recovery.save(self.session)
                if record.left_in is not None:
                    self.message.withdraw(self.bring_back_last)
        was_aside = record is not None and self._recovery.take_up(record)
        if reading.record is None or was_aside:  # else it lies as a file has it, which may be older
            self._remember_turns()
        if left is record:
            left = None
        if left is not None:
            left = self._recovery.put_aside(left)
        self._tell_of_photo(reading, record, left)

    def _earlier(self, left: Record | None, *, is_turned: bool) -> Record | None:
        """The last samples of the photograph that was read, as it lies, out of what it takes the place of, what was put aside, and what was left in files: those in
        which a person chose something, of one that was turned any."""
        own = [one for one in (*self._recovery.aside, left) if one is not None and (is_turned or one.is_unsaved) and self._is_present(one)]
        if own:
            return own[-1]
        for kept in self._recovery.left():
            if kept.is_unsaved and self._is_present(kept):
                with contextlib.suppress(PicError):
                    return self._recovery.read(kept.left_in)
        return None

    def _tell_of_photo(self, reading: Reading, record: Record | None, left: Record | None) -> None:
        """Tell what is to be known of a photograph, and offer the samples whose place it took, or earlier ones of its own: it may have come by a slip."""
        words, offers, opened = [], [*reading.offers], self.session.opened
        own = None if reading.is_beside else next((one for one in reversed(self._recovery.aside) if self._is_of_present(one)), None)
        if record is not None and reading.record is None and not reading.turning:  # it came by itself
            words.append(self.tr("The samples are as you left them."))
            offers.append((self.tr("Draw anew"), partial(self._draw_anew, opened.path, opened.photo.turns)))
            own = None
        if left is not None and not reading.is_beside and (own is None or record is not None):
            words.append(self.tr("%1 and its samples were put aside.").replace("%1", self.title_of(left.source)))
            offers.append((self.going_back_to(left.source), partial(self.take_up, left)))
        elif own is not None:
            words.append(self.tr("Earlier samples of this photograph were put aside."))
            offers.append((self.tr("Go back to them"), partial(self.take_up, own)))
        words.append(reading.note)
        is_other = record is not None and self._is_of_another(record)
        if is_other:
            other = self.tr("%1 looks like another photograph than the one these colours were drawn for.")
            words.insert(0, other.replace("%1", isolated(opened.path.name) if opened.path else self.tr("This")))
            if reading.sought is not None:
                offers.insert(0, self._to_find(reading.sought))
        if not reading.turning:
            words += map(told, opened.photo.notes)
        if offers or any(words):
            (self.message.tell_error if is_other else self.message.tell_note)(" ".join(filter(None, words)), *offers)

    def _draw_anew(self, path: Path, turns: int) -> None:
        """Open a photograph once more, without what was chosen in it, which is put aside."""
        self._begin()
        self.studio.open(path, Reading(is_anew=True), turns=turns)

    def _is_of_present(self, kept: Kept) -> bool:
        """Whether what was kept is of the photograph that is open, however it lies."""
        if isinstance(kept, Record) and kept.picture is not None:
            return kept.picture is self.session.opened.picture
        return None not in (kept.source, self.session.path) and kept.source.absolute() == self.session.path.absolute()

    def _is_of_another(self, record: Record) -> bool:
        """Whether samples are of another photograph than that which is open: of one with other luminance."""
        return record.fingerprint not in ("", self.session.opened.photo.fingerprint)

    def _is_present(self, kept: Kept) -> bool:
        """Whether what was kept is of the photograph that is open, of its very file, as it lies."""
        opened = self.session.opened
        return self._is_of_present(kept) and (kept.turns, kept.digest) == (opened.photo.turns, opened.digest)

    @property
    def put_aside(self) -> list[Kept]:
        """Photographs that are not open with samples that can be taken up again, in this program or out of files, the last ones first."""
        return sorted([*self._recovery.aside, *self._recovery.left()], key=lambda one: one.at, reverse=True)

    def bring_back(self, kept: Kept) -> None:
        """Take up what was put aside."""
        if isinstance(kept, Record):
            self.take_up(kept)
        else:
            self.open(kept.left_in)

    @Slot()
    def bring_back_last(self) -> None:
        """Open what was left last."""
        for path in self._recovery.all_kept()[:1]:
            self.open(path)

    def take_up(self, record: Record) -> None:
        """Open the photograph of a record at its place, or out of the record."""
        self._begin()
        self._read(record)

    @Slot()
    def turn_left(self) -> None:
        """Turn the photograph by a quarter to the left."""
        self._turn(-1)

    @Slot()
    def turn_right(self) -> None:
        """Turn the photograph by a quarter to the right."""
        self._turn(1)

    def _turn(self, quarter_turns: int) -> None:
        """Turn the photograph; its samples are put aside, and those from when it lay so before are taken up again."""
        if self.studio.can_turn:
            self._begin()
            self.studio.turn(quarter_turns)

    def _turned(self) -> dict[str, int]:
        """`Photo.turns` of photographs as they lay when they were open last, by the digests of their files."""
        self.settings.sync()
        try:
            return {digest: int(turns) % 4 for digest, turns in json.loads(str(self.settings.value("turned", "{}"))).items()}
        except (ValueError, TypeError, AttributeError):
            return {}

    def _remember_turns(self) -> None:
        """Keep how the photograph that is open lies, for the next time; of the last ones only."""
        opened, turned = self.session.opened, self._turned()
        if opened.digest and turned.pop(opened.digest, 0) != opened.photo.turns:
            if opened.photo.turns:
                turned[opened.digest] = opened.photo.turns
            self.settings.setValue("turned", json.dumps(dict([*turned.items()][-_TURNED:])))

    def _to_find(self, record: Record) -> Offer:
        """What can be done about a photograph that was not found."""
        return self.tr("Find it…"), partial(self._ask_where_it_is, record)

    def _ask_where_it_is(self, record: Record) -> None:
        """Let a person show the photograph of a session or of an exported picture that was not found."""
        title = self.tr("Find %1").replace("%1", isolated(record.source.name))
        for path in self._ask_for_files(QFileDialog.getOpenFileName, title, self.tr("Photographs (%1)"), PHOTO_ENDINGS):
            self._begin()
            self._read(replace(record, source=path), Reading(sought=record))

    def open_many(self, paths: Sequence[Path]) -> None:
        """Offer to colorize all these photographs and those of these folders; pictures that were exported are opened."""
        sessions = [path for path in paths if records.is_session(path)]
        searched = [path for path in paths if path not in sessions]
        found = while_painting(partial(photos_of, searched))
        photos, failed = found.photos, [told(error) for error in found.errors]
        has_some = bool(photos or found.folders)  # in which there may be some
        if len(paths) > 1 and set(photos) == set(paths) and while_painting(lambda: all(map(is_written_here, photos))):
            self._open_exported(photos)
            return
        lacks_model = has_some and self.studio.model is None and self.studio.activity is not Activity.LOADING
        if lacks_model:
            failed.append(self.tr("There is no model to colorize with: choose one in the preferences"))
        if failed:
            self.message.tell_error("\n".join(failed))
        if sessions:
            self.message.tell_note(self.tr("Open one session at a time."))
        if not has_some or lacks_model:
            if not sessions and not failed:
                words = self.tr("There are no photographs in this folder. Choose another.")
                self.message.tell_note(" ".join([words, *map(told, found.left_out)]))
        elif self.studio.activity is Activity.LOADING:
            self.message.tell_note(self.tr("The model is still being loaded. Try again in a moment."))
        elif self.batch is not None and self.batch.isHidden():
            self.message.tell_note(self.tr("The queue before is still finishing its last photograph. Try again in a moment."))
        elif self.batch is not None:
            self.message.tell_note(self.tr("A queue is open already. Close it first."))
            _bring_to_front(self.batch)
        else:
            self.batch = BatchDialog(
                found,
                self.studio.model,
                searched=searched,
                wanted=self._wanted(),
                at_start=self._wanted() == self._at_start,
                threads=preferences.threads(self.settings),
                settings=self.settings,
                turned=self._turned,
            )
            self.batch.finished.connect(self._batch_closed)
            self.batch.results_wanted.connect(self._open_results)
            self.batch.show()

    def _wanted(self) -> Wanted:
        return Wanted(self.session.sample_count, self.session.temperature, self.session.saturation)

    @Slot(object, list)
    def _open_results(self, photograph: Path, results: list[Path]) -> None:
        """Open a photograph of the queue with what was drawn of it, before the queue."""
        _bring_to_front(self._window)
        there = while_painting(lambda: list(filter(is_file, results)))
        if there:
            self._open_exported(there, source=photograph.absolute())
        else:
            self.message.tell_note(self.tr("The results of %1 are not there any more.").replace("%1", isolated(photograph.name)))

    @Slot()
    def _batch_closed(self) -> None:
        self.batch = None

    @Slot()
    def ask_for_folder(self) -> None:
        """Let a person choose a folder of photographs."""
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Colorize a folder"), preferences.folder(self.settings, "open_folder"))
        if folder:
            self.settings.setValue("open_folder", folder)
            self.open_many([Path(folder)])

    @Slot()
    def open_example(self) -> None:
        """Open the photograph that comes with the program."""
        self.open(example_photo())

    @Slot()
    def paste(self) -> None:
        """Open what is on the clipboard: a file, or a picture."""
        if not self.take_in(QGuiApplication.clipboard().mimeData()):
            self.message.tell_note(self.tr("There is no picture on the clipboard."))

    def take_in(self, data: QMimeData) -> bool:
        """Open what was pasted or dropped; whether there was something to be opened."""
        files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if files:
            self._open_all(files)
        elif data.hasImage():
            image = data.imageData()
            if isinstance(image, QPixmap):
                image = image.toImage()
            if isinstance(image, QImage) and not image.isNull():
                self._begin()
                self.studio.paste(pixels_of(image))
            else:
                self.message.tell_error(self.tr("The picture could not be read from there. Save it as a file and open that."))
        return bool(files) or data.hasImage()

    def recent(self) -> list[Path]:
        """The last files opened, be they there or not; by another window of picgui, too."""
        self.settings.sync()
        kept = self.settings.value("recent", []) or []
        return [Path(path) for path in ([kept] if isinstance(kept, str) else kept)]

    def remember(self, path: Path, *, instead_of: Path | None = None) -> None:
        """Put a file first among the last ones opened, and take another one out."""
        path = path.absolute()
        recent = [path, *(p for p in self.recent() if p not in (path, instead_of))][:_RECENT_FILES]
        self.settings.setValue("recent", [str(p) for p in recent])

    def forget_recent(self) -> None:
        """Remember none of the last files opened any more."""
        self.settings.remove("recent")

    def title_of(self, path: Path | None) -> str:
        """What a photograph is called."""
        return isolated(path.name) if path else self.tr("Pasted picture")

    def going_back_to(self, path: Path | None) -> str:
        """What a button says that goes back to a photograph."""
        return self.tr("Go back to %1").replace("%1", literal(isolated(shortened(path.stem, 24)))) if path else self.tr("Go back to it")


def _bring_to_front(window: QWidget) -> None:
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.raise_()
    window.activateWindow()


def pixels_of(image: QImage) -> np.ndarray:
    """The pixels of an image, (height, width, 3) uint8, laid on white where it is transparent."""
    if image.hasAlphaChannel():
        laid = QImage(image.size(), QImage.Format.Format_RGB32)
        laid.fill(Qt.GlobalColor.white)
        painter = QPainter(laid)
        painter.drawImage(0, 0, image)
        painter.end()
        image = laid
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
