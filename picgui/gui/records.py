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
from dataclasses import replace
from itertools import chain
from pathlib import Path, PureWindowsPath
from typing import Literal

from PySide6.QtCore import QLockFile

from picgui import defaults, record
from picgui.errors import PhotoError, PicError
from picgui.files import replacing
from picgui.gui.session import MAX_SAMPLES, MAX_SATURATION, MAX_TEMPERATURE, SEEDS, Kept, Record, Sample, Session, State
from picgui.paths import PART, is_file, make_folder
from picgui.pipeline import MAX_LONG_SIDE, Known
from picgui.png import read_png_text

ENDING = ".picgui"
_FORMAT = "picgui-session-1"
PUT_ASIDE = 8  # photographs with their samples that outlive a crash beside the open one
_KEPT = 40  # of what was left
_ANY = sys.float_info.max  # and no infinity
_OPEN, _CLOSED = "open-", "closed-"  # how the names of files begin that a program is working on, or left in order


def sample_text(sample: Sample, fingerprint: str) -> str:
    """The record of one sample as text; ``fingerprint`` is the `Photo.fingerprint` of what it colours."""
    return json.dumps(_sample_record(sample, fingerprint))


def _sample_record(sample: Sample, fingerprint: str) -> dict:
    values = record.sample_record(
        photo=fingerprint,
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
    return _content(session.kept())


def _content(wanted: Record) -> dict:
    state = wanted.state
    numbers = [s.number for s in state.samples]
    return {
        "format": _FORMAT,
        "source": str(wanted.source.absolute()) if wanted.source else None,
        "digest": wanted.digest,
        "rotation": 90 * wanted.turns,
        "picture": wanted.picture,
        "temperature": state.temperature,
        "sample_count": state.sample_count or len(state.samples),
        "saturation": wanted.state.saturation,
        "selected": numbers.index(state.selected) if state.selected in numbers else 0,
        "pinned": [place for place, number in enumerate(numbers) if number in state.pinned],
        "stopped": [place for place, s in enumerate(state.samples) if s.stopped],
        "hints": record.known_record(state.hints),
        "samples": [_sample_record(s, wanted.fingerprint) for s in state.samples],
    }


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


def _remove(path: Path) -> None:
    """Remove a session file, with the picture beside it. Raises OSError."""
    for gone in (path, _picture_beside(path)):
        gone.unlink(missing_ok=True)


def photo_name(path: Path) -> str:
    """The name of the photograph that a session file is of; empty where it was pasted, or that cannot be read."""
    kept = _kept_in(path)
    return kept.source.name if kept is not None and kept.source is not None else ""


def _kept_in(path: Path) -> Kept | None:
    """What was left in a file; None where it is damaged, and brings nothing back. Older ones do not say whether a person chose something in it."""
    at = _changed(path)
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Kept(**_photograph(said), is_unsaved=said.get("is_unsaved") is not False, at=at, left_in=path)
    except (OSError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _is_chosen(path: Path) -> bool:
    """Whether a person chose something in what was left in a file."""
    kept = _kept_in(path)
    return kept is not None and kept.is_unsaved


def _photograph(said: Mapping) -> dict[str, object]:
    """Which photograph a session file says that it is of, as a `Kept` has it. Raises KeyError, TypeError or ValueError."""
    source = _source(said["source"]) if said["source"] else None
    return {"source": source, "digest": str(said.get("digest") or ""), "turns": record.turns_of(said.get("rotation", 0))}


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
        file = None if wanted.file is None else str(wanted.file.absolute())
        own = {"picture": picture is not None, "file": file, "is_unsaved": wanted.is_unsaved}
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
                _remove(self.path)
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
        self._left: dict[tuple[Path, float], Kept | None] = {}  # by file, and when it was written

    def save(self, session: Session) -> None:
        """Write what is being worked on; where that was left in a file, it goes there, unless another program has put something else in its place. Raises ExportError."""
        kept = session.kept()
        self._own.save(kept)
        if kept.left_in is not None and _changed(kept.left_in) == kept.at:
            with contextlib.suppress(OSError):
                _remove(kept.left_in)

    @property
    def aside(self) -> list[Record]:
        """Samples whose place another photograph took, the last ones last."""
        return [one for one, _ in self._aside]

    def put_aside(self, left: Record) -> Record:
        """Keep this, too, as of now. Where there is no room the oldest goes that was only looked at; where all are of a person's choices the oldest is left for
        the next start, unless it could not be written."""
        if len(self._aside) >= PUT_ASIDE:
            oldest, file = next((one for one in self._aside if not one[0].is_unsaved), self._aside[0])
            if file.is_saved or not oldest.is_unsaved:
                self.take_up(oldest, leave=oldest.is_unsaved)
        left = replace(left, at=time.time(), left_in=None)
        self._aside.append((left, _OpenFile(self._folder)))
        self._write_aside()
        return left

    def take_up(self, wanted: Record, *, leave: bool = False) -> bool:
        """Keep this aside no more, or ``leave`` it for the next start; whether it was there."""
        files = [file for one, file in self._aside if one is wanted]
        self._aside = [(one, file) for one, file in self._aside if one is not wanted]
        for file in files:
            file.close(leave=leave)
        return bool(files)

    def _write_aside(self) -> PicError | None:
        """Write what was put aside and is not written yet; the error where that fails for what a person chose."""
        failed = None
        for one, file in self._aside:
            if not file.is_saved:
                try:
                    file.save(one)
                except PicError as error:
                    failed = error if one.is_unsaved else failed
        return failed

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
                    _remove(path)
            lock.unlock()
        return found

    def read(self, path: Path) -> Record | None:
        """As `records.read`; what was left in a file of this is as a person left it who had chosen something. Raises PhotoError."""
        if not is_session(path) or path.parent != self._folder:
            return read(path)
        at = _changed(path)
        return replace(read_session(path), is_unsaved=True, at=at, left_in=path)

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

    def left(self) -> list[Kept]:
        """What was left, before this program or by it, the newest first. Each file is read once: the first call, which reads them all, may come from another
        thread."""
        paths = (*self.all_kept(), *self._folder.glob(f"{_CLOSED}*{ENDING}"))
        files = [(path, _changed(path)) for path in paths]
        self._left = {file: self._left[file] if file in self._left else _kept_in(file[0]) for file in files}
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

    def save_all(self, session: Session) -> PicError | None:
        """Write what a person chose and did not save, here and aside; the error where that fails."""
        failed = self._write_aside()
        if _is_to_leave(session):
            try:
                self.save(session)
            except PicError as error:
                failed = error
        return failed

    def close(self, session: Session) -> None:
        """The program ends in order: what a person did not save is left for the next start, as it was written last, nothing else."""
        for one, file in self._aside:
            file.close(leave=one.is_unsaved)
        self._own.close(leave=_is_to_leave(session) and self._own.is_saved)
        self._aside = []


def _is_to_leave(session: Session) -> bool:
    """Whether there is something in it that a person chose and did not save."""
    return session.is_unsaved and (session.has_content or session.restoring is not None)


def is_session(path: Path) -> bool:
    """Whether a file's name is that of a session."""
    return path.suffix.lower() == ENDING


def read(path: Path) -> Record | None:
    """What a session or an exported picture remembers; None for any other file. Raises PhotoError."""
    return replace(read_session(path), file=path) if is_session(path) else read_exported(path)


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
        state = State(
            samples=samples,
            selected=samples[max(0, min(int(content["selected"]), len(samples) - 1))].number if samples else None,
            pinned=frozenset(samples[int(place)].number for place in content["pinned"] if 0 <= int(place) < len(samples)),
            temperature=_within(content["temperature"], 0, MAX_TEMPERATURE),
            sample_count=round(_within(content["sample_count"], 1, MAX_SAMPLES)),
            hints=known_from(content["hints"]),
            saturation=_within(content["saturation"], 0, MAX_SATURATION),
        )
        if not samples and state.hints is None:
            raise ValueError("it holds nothing")
        if picture is None and not content["source"]:
            raise ValueError("it names no photograph")
        return Record(
            **_photograph(content),
            state=state,
            picture=picture,
            fingerprint=str(content["samples"][0].get("photo", "")) if samples else "",
            file=Path(str(content["file"])) if content.get("file") else None,
        )
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
    return dict(sorted(found.items(), key=lambda item: (item[1].state.samples[0].seed, item[0])))


def are_of_one_photograph(found: Sequence[Record]) -> bool:
    """Whether what exported pictures remember is of one file, or of the same luminance."""
    named = {one.digest for one in found}, {one.fingerprint for one in found}
    return len(found) == 1 or any(len(names) == 1 and "" not in names for names in named)


def joined(found: Sequence[Record], *, leading: int) -> Record:
    """The samples of several of one photograph, to choose among; that at the place ``leading`` is selected, and says all else."""
    if len(found) == 1:
        return found[0]
    samples = tuple(sample for one in found for sample in one.state.samples)
    return replace(found[leading], state=replace(found[leading].state, samples=samples, pinned=frozenset()))


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
    return Record(
        source=Path(original.name) if original.name else None,
        digest=original.digest,
        turns=original.turns,
        state=State(
            samples=(sample,),
            selected=sample.number,
            pinned=frozenset({sample.number}),
            temperature=min(sample.temperature, MAX_TEMPERATURE),
            sample_count=0,
            hints=None if sample.is_part else sample.known,
            saturation=saturation,
        ),
        fingerprint=original.photo,
    )


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
