"""Sessions as files, what a crash or the last window leaves, and reading back what an exported picture remembers (`picgui.record`)."""

import base64
import binascii
import contextlib
import json
import os
import secrets
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path, PureWindowsPath
from typing import Literal

from PySide6.QtCore import QLockFile

from picgui import defaults, record
from picgui.errors import PhotoError, PicError
from picgui.files import replacing
from picgui.gui.session import MAX_SAMPLES, MAX_SATURATION, MAX_TEMPERATURE, SEEDS, Restored, Sample, Session
from picgui.paths import PART, is_file, make_folder
from picgui.pipeline import MAX_LONG_SIDE, Known
from picgui.png import read_png_text

ENDING = ".picgui"
_FORMAT = "picgui-session-1"
PUT_ASIDE = 8  # photographs with their samples that outlive a crash beside the open one
_KEPT = 40  # of what was left
_ANY = sys.float_info.max  # and no infinity
_OPEN, _CLOSED = "open-", "closed-"  # how the names of files begin that a program is working on, or left in order


@dataclass(frozen=True)
class Record:
    """What a file remembers: samples, and which photograph they are of."""

    source: Path | None  # only a name where an exported picture remembers it
    restored: Restored
    picture: bytes | None = None  # a PNG of a photograph that was pasted and is in no file
    digest: str = ""  # `picgui.files.file_digest` of the photograph, where it is known
    turns: int = 0  # `Photo.turns`
    at: float = 0.0  # when a session was so, in seconds since the epoch


@dataclass(frozen=True)
class Left:
    """What was left in a session file, as far as it can be said without its samples."""

    path: Path
    at: float  # when it was written, in seconds since the epoch
    source: Path | None  # as of a `Record`, and so are the next ones
    digest: str
    turns: int
    is_chosen: bool  # whether a person chose something in it; older files do not say


def sample_text(sample: Sample, photo: str) -> str:
    """The record of one sample as text; ``photo`` is the `Photo.fingerprint` of what it colours."""
    return json.dumps(_sample_record(sample, photo))


def _sample_record(sample: Sample, photo: str) -> dict:
    values = record.sample_record(
        photo=photo,
        seed=sample.seed,
        temperature=sample.temperature,
        candidates=sample.candidates,
        checkpoint=sample.checkpoint,
        chroma=sample.chroma,
        log_prob=sample.log_prob,
        rows=sample.rows,
        known=sample.known,
    )
    return values | {"long_side": sample.long_side, "is_part": sample.is_part}


def content_of(session: Session) -> dict:
    """What a session file says of a session as it is now."""
    return _content(record_of(session))


def _content(wanted: Record) -> dict:
    kept = wanted.restored
    return {
        "format": _FORMAT,
        "source": str(wanted.source.absolute()) if wanted.source else None,
        "digest": wanted.digest,
        "rotation": 90 * wanted.turns,
        "picture": wanted.picture,
        "temperature": kept.temperature,
        "sample_count": kept.sample_count or len(kept.samples),
        "saturation": kept.saturation,
        "selected": kept.selected,
        "pinned": list(kept.pinned),
        "stopped": [place for place, s in enumerate(kept.samples) if s.stopped],
        "hints": record.known_record(kept.hints),
        "samples": [_sample_record(s, kept.photo) for s in kept.samples],
    }


def record_of(session: Session) -> Record:
    """A session as it is now, to be taken up again while the program runs."""
    opened = session.opened
    return Record(session.path, session.kept(), opened.picture, opened.digest, opened.photo.turns, time.time())


def write(path: Path, content: Mapping, *, durable: bool = True) -> None:
    """Write what `content_of` says as a session file, whole or not at all. Raises ExportError."""
    with replacing(path, durable=durable) as file:
        file.write(json.dumps(content, indent=1, default=lambda data: base64.b64encode(data).decode()).encode())


def _picture_beside(path: Path) -> Path:
    """Where the picture of a session file lies that does not hold it itself."""
    return path.with_suffix(".png")


def _changed(path: Path) -> float:
    """When a file was written; 0 where it is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _move(path: Path, target: Path) -> None:
    """Give a session file another name, with the picture beside it. Raises OSError."""
    _picture_beside(target).unlink(missing_ok=True)
    if is_file(_picture_beside(path)):
        os.replace(_picture_beside(path), _picture_beside(target))
    os.replace(path, target)


def photo_name(path: Path) -> str:
    """The name of the photograph that a session file is of; empty where it was pasted, or that cannot be read."""
    source = _said(path).get("source")
    return _source(source).name if isinstance(source, str) else ""


def _is_chosen(path: Path) -> bool:
    """Whether a person chose something in what was left there; older files do not say, and damaged ones bring nothing back."""
    said = _said(path)
    return bool(said) and said.get("is_unsaved") is not False


def _left_in(path: Path, at: float) -> Left | None:
    """What was left in a file; None where it is damaged, and brings nothing back."""
    said = _said(path)
    try:
        source = _source(said["source"]) if said["source"] else None
        turns = record.turns_of(said.get("rotation", 0))
    except (KeyError, TypeError, ValueError):
        return None
    return Left(path, at, source, str(said.get("digest") or ""), turns, said.get("is_unsaved") is not False)


def _said(path: Path) -> dict:
    """What a session file says; nothing where it cannot be read."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


class _OpenFile:
    """A session file that is there while this program runs, and a lock that says that it does.

    A pasted picture lies beside it, and is written once: it may be large, and every choice is saved.
    """

    def __init__(self, folder: Path):
        self.path = folder / f"{_OPEN}{os.getpid()}-{secrets.token_hex(4)}{ENDING}"
        self.lock: QLockFile | None = None
        self.is_saved = False
        self._picture: bytes | None = None

    def save(self, wanted: Record) -> None:
        """Write it anew. Raises ExportError."""
        if self.lock is None:
            make_folder(self.path.parent)
            self.lock = QLockFile(f"{self.path}.lock")
            self.lock.tryLock(0)
        picture, beside = wanted.picture, _picture_beside(self.path)
        if picture is not None and picture is not self._picture:
            with replacing(beside, durable=False) as file:
                file.write(picture)
        file = None if wanted.restored.file is None else str(wanted.restored.file.absolute())
        own = {"picture": picture is not None, "file": file, "is_unsaved": wanted.restored.is_unsaved}
        write(self.path, _content(wanted) | own, durable=False)  # the window does not wait for the disk
        self._picture, self.is_saved = picture, True
        if picture is None:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)

    def close(self, *, leave: bool = False) -> None:
        """It is of no use any more, or is left for the next start."""
        with contextlib.suppress(OSError):  # then it is offered as after a crash
            self._picture = None
            if leave:
                _move(self.path, self.path.with_name(_CLOSED + self.path.name.removeprefix(_OPEN)))
            else:
                for path in (self.path, _picture_beside(self.path)):
                    path.unlink(missing_ok=True)
        if self.lock is not None:
            self.lock.unlock()
            self.lock = None


class Recovery:
    """What outlives a crash, and what a person did not save when the window was closed: session files of this program while it runs, of the photograph that
    is open and of those that were put aside, and those that were left. Several programs may run at once.
    """

    def __init__(self, folder: Path):
        self.kept = folder / f"recovered{ENDING}"
        self._folder = folder
        self._own = _OpenFile(folder)
        self._aside: list[tuple[Record, _OpenFile]] = []
        self._left: dict[tuple[Path, float], Left | None] = {}  # by file, and when it was written

    def save(self, session: Session) -> None:
        """Write what is being worked on. Raises ExportError."""
        self._own.save(record_of(session))

    def put_aside(self, wanted: Sequence[Record]) -> None:
        """Keep these, too, and none that was put aside before and is not among them."""
        before = {id(one): file for one, file in self._aside}
        self._aside = [(one, before.pop(id(one), None) or _OpenFile(self._folder)) for one in wanted]
        for file in before.values():
            file.close()
        for one, file in self._aside:
            if not file.is_saved:
                with contextlib.suppress(PicError):  # a disk that is full is told when a person saves
                    file.save(one)

    def leave(self, wanted: Record) -> bool:
        """Leave one that was put aside for the next start; False where it could not be written, and stays."""
        file = next(file for one, file in self._aside if one is wanted)
        if file.is_saved:
            file.close(leave=True)
            self._aside = [(one, other) for one, other in self._aside if other is not file]
        return file.is_saved

    def holds(self, path: Path) -> bool:
        """Whether a session file is one that this keeps."""
        return path.parent == self._folder

    def find(self) -> Literal["", "closed", "crashed"]:
        """Put aside what was left, the newest as `kept`, and say how that ended; empty where there is nothing new. The last ones are kept, and nothing that a
        person chose gives way to what was only looked at."""
        left = []
        for path in chain.from_iterable(self._folder.glob(f"{begin}*{ENDING}") for begin in (_OPEN, _CLOSED)):
            lock = QLockFile(f"{path}.lock")
            lock.setStaleLockTime(0)  # only whether its program still runs counts
            if path != self._own.path and lock.tryLock(0):
                left.append((_changed(path), path, lock))
        self.clear()
        found = ""
        for _, path, lock in sorted(left, key=lambda one: one[:2]):
            with contextlib.suppress(OSError):  # another program that began just now was faster
                if self._make_room(path):
                    _move(path, self.kept)
                    found = "closed" if path.name.startswith(_CLOSED) else "crashed"
                else:
                    self.forget(path)
            lock.unlock()
        return found

    def forget(self, path: Path) -> None:
        """What was left there is open again, and so in a file of its own."""
        with contextlib.suppress(OSError):
            for gone in (path, _picture_beside(path)):
                gone.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what a crash left that is of no use: pictures without a session, and files that were half written."""
        with contextlib.suppress(OSError):
            for path in self._folder.glob(f"{_OPEN}*.png"):
                session = path.with_suffix(ENDING)
                lock = QLockFile(f"{session}.lock")
                lock.setStaleLockTime(0)
                if not is_file(session) and session != self._own.path and lock.tryLock(0):
                    path.unlink(missing_ok=True)
                    lock.unlock()
            for path in self._folder.glob(f"{PART}*"):
                if time.time() - _changed(path) > 3600:
                    path.unlink(missing_ok=True)

    def left(self) -> list[Left]:
        """What was left, before this program or by it, the newest first. Each file is read once: the first call, which reads them all, may come from another
        thread."""
        paths = (*self.all_kept(), *self._folder.glob(f"{_CLOSED}*{ENDING}"))
        files = [(path, _changed(path)) for path in paths]
        self._left = {file: self._left[file] if file in self._left else _left_in(*file) for file in files}
        return sorted(filter(None, self._left.values()), key=lambda one: one.at, reverse=True)

    def all_kept(self) -> list[Path]:
        """What was left before this program, the newest first."""
        return [path for path in self._places() if is_file(path)]

    def _places(self) -> list[Path]:
        return [self.kept, *(self.kept.with_stem(f"{self.kept.stem}-{number}") for number in range(2, _KEPT + 1))]

    def _make_room(self, path: Path) -> bool:
        """Move what is kept one place on; where all places are taken the oldest goes in which nothing was chosen, or else, for what was chosen, the oldest.
        Whether there is room for that file."""
        places = self._places()
        empty = (n for n, place in enumerate(places) if not is_file(place))
        unchosen = (n for n in reversed(range(len(places))) if not _is_chosen(places[n]))
        free = next(chain(empty, unchosen, [len(places) - 1] if _is_chosen(path) else []), None)
        for place in range(free or 0, 0, -1):
            _move(places[place - 1], places[place])
        return free is not None

    def close(self, session: Session) -> None:
        """The program ends in order: what a person did not save is left for the next start, nothing else."""
        is_unsaved = session.is_unsaved and (session.has_content or session.restoring is not None)
        for one, file in self._aside:
            file.close(leave=one.restored.is_unsaved)
        if is_unsaved:
            with contextlib.suppress(PicError):  # then as it was written last
                self.save(session)
        self._own.close(leave=is_unsaved and self._own.is_saved)
        self._aside = []


def is_session(path: Path) -> bool:
    """Whether a file's name is that of a session."""
    return path.suffix.lower() == ENDING


def read(path: Path) -> Record | None:
    """What a session or an exported picture remembers; None for any other file. Raises PhotoError."""
    return read_session(path) if is_session(path) else read_exported(path)


def read_session(path: Path) -> Record:
    """Read a session file. Raises PhotoError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise ValueError("its format is another")
        known_from = _shared_known()
        samples = tuple(_sample(values, known_from) for values in content["samples"])
        for place, sample in enumerate(samples):  # one that was still being drawn is drawn to its end
            sample.stopped = sample.stopped and place in content.get("stopped", range(len(samples)))
        picture = content.get("picture") or None
        if picture is not None:
            picture = _picture_beside(path).read_bytes() if picture is True else base64.b64decode(picture, validate=True)
        restored = Restored(
            samples=samples,
            selected=max(0, min(int(content["selected"]), len(samples) - 1)),
            pinned=tuple(int(place) for place in content["pinned"] if 0 <= int(place) < len(samples)),
            temperature=_within(content["temperature"], 0, MAX_TEMPERATURE),
            sample_count=round(_within(content["sample_count"], 1, MAX_SAMPLES)),
            saturation=_within(content["saturation"], 0, MAX_SATURATION),
            hints=known_from(content["hints"]),
            photo=str(content["samples"][0].get("photo", "")) if samples else "",
            file=Path(str(content["file"])) if content.get("file") else None,
        )
        if not samples and restored.hints is None:
            raise ValueError("it holds nothing")
        if picture is None and not content["source"]:
            raise ValueError("it names no photograph")
        source, turns = _source(content["source"]) if content["source"] else None, record.turns_of(content.get("rotation", 0))
        return Record(source, restored, picture, str(content.get("digest") or ""), turns)
    except OSError as error:
        raise PhotoError("The session {name} could not be read: {reason}.", name=path.name, reason=error.strerror) from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, zlib.error, binascii.Error) as error:
        raise PhotoError("{name} is damaged or is no session of picgui.", name=path.name) from error


def _source(text: str) -> Path:
    """Where a photograph was; of a path of Windows elsewhere only its name."""
    path = Path(text)
    return path if path.is_absolute() or "\\" not in text else Path(PureWindowsPath(text).name)


def read_all_exported(paths: Sequence[Path]) -> dict[Path, Record]:
    """What each of these exported pictures remembers, the lowest seed first; other files are left out."""
    known_from = _shared_known()
    found = {path: one for path in paths if (one := read_exported(path, known_from)) is not None}
    return dict(sorted(found.items(), key=lambda item: (item[1].restored.samples[0].seed, item[0])))


def are_of_one_photograph(found: Sequence[Record]) -> bool:
    """Whether what exported pictures remember is of one file, or of the same luminance."""
    named = {one.digest for one in found}, {one.restored.photo for one in found}
    return len(found) == 1 or any(len(names) == 1 and "" not in names for names in named)


def joined(found: Sequence[Record], *, leading: int) -> Record:
    """The samples of several of one photograph, to choose among; that at the place ``leading`` is selected, and says all else."""
    if len(found) == 1:
        return found[0]
    samples = tuple(sample for one in found for sample in one.restored.samples)
    return replace(found[leading], restored=replace(found[leading].restored, samples=samples, selected=leading, pinned=()))


def read_exported(path: Path, known_from: Callable[[object], Known | None] = record.known_from) -> Record | None:
    """What an exported picture remembers; None for any other file."""
    try:
        text = read_png_text(path)
        values = json.loads(text[record.KEY])
        sample = _sample({"checkpoint": text.get("picgui:checkpoint", ""), "long_side": text.get("picgui:long_side")} | values, known_from)
        saturation = min(_within(text.get("picgui:saturation", 1), 0, _ANY), MAX_SATURATION)  # the command and the library give more than the window does
    except (PicError, ValueError, KeyError, TypeError, OverflowError, RecursionError, zlib.error, binascii.Error):
        return None
    original = record.original_in(text)
    if original is None:
        return None
    restored = Restored(
        samples=(sample,),
        selected=0,
        pinned=(0,),
        temperature=min(sample.temperature, MAX_TEMPERATURE),
        sample_count=None,
        saturation=saturation,
        hints=None if sample.is_part else sample.known,
        photo=original.photo,
    )
    return Record(Path(original.name) if original.name else None, restored, digest=original.digest, turns=original.turns)


def _within(value: object, low: float, high: float) -> float:
    number = float(value)
    if not low <= number <= high:
        raise ValueError(f"{number} is not from {low} to {high}")
    return number


def _seed(value: object) -> int:
    """A float would not hold the last digits of a large one."""
    if not isinstance(value, int) or not 0 <= value < SEEDS:
        raise ValueError(f"{value} is no seed")
    return value


def _shared_known() -> Callable[[object], Known | None]:
    """`record.known_from`, by which equal records become one object: samples that share their known colours are drawn together."""
    found: dict[str, Known | None] = {}

    def known_from(values: object) -> Known | None:
        key = json.dumps(values, sort_keys=True)
        if key not in found:
            found[key] = record.known_from(values)
        return found[key]

    return known_from


def _sample(values: Mapping, known_from: Callable[[object], Known | None] = record.known_from) -> Sample:
    chroma, known = record.unpacked(values["chroma"]), known_from(values["known"])
    if len(chroma) != 2 or (known is not None and known.chroma.shape != chroma.shape):
        raise ValueError("a sample's planes do not fit each other")
    sample = Sample(
        _seed(values["seed"]),
        temperature=_within(values["temperature"], 0, _ANY),
        draft=chroma,
        known=known,
        candidates=round(_within(values.get("candidates", 1), 1, defaults.MAX_CANDIDATES)),
        is_part=values.get("is_part") is True and known is not None,
    )
    sample.rows = round(_within(values["rows"], 0, sample.chroma.shape[1]))
    sample.log_prob = float(values["log_prob"])
    sample.checkpoint = str(values.get("checkpoint", ""))
    sample.long_side = None if values.get("long_side") is None else round(_within(values["long_side"], 1, MAX_LONG_SIDE))
    sample.stopped = not sample.is_complete
    return sample
