"""Photographs as files, each to one picture file a sample: what the command does, and the window with many at once."""

import os
import shutil
import sys
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType

import torch

from picgui import defaults, record
from picgui.errors import ExistsError, PhotoError, Sentence
from picgui.files import file_digest
from picgui.paths import check_writable, is_folder, make_folder
from picgui.photo import OTHER_ENDINGS, Photo, files_in, folders_in, photos_in, read_photo
from picgui.pipeline import Model, Sample, colorize_rows, enough_memory, png_text
from picgui.upsample import compose
from picgui.writing import is_written_here, write_picture, write_png

_LONGEST_STEM = 214  # bytes: a seed may have 20 digits


@dataclass(frozen=True)
class Kept:
    """A result that was there already, drawn with the same settings."""

    path: Path


@dataclass(frozen=True)
class Drawn:
    """How much of a photograph's samples is drawn, from 0 to 1."""

    share: float


@dataclass(frozen=True)
class Written:
    """A result was written."""

    path: Path
    seed: int
    size: int  # bytes


class Projection:
    """How much is still to be written, as far as what was written so far tells: photographs of one folder are much alike."""

    def __init__(self):
        self._bytes, self._photos = 0, 0

    def take(self, size: int) -> None:
        """The results of a photograph were written, so many bytes; 0 where they were there already."""
        self._bytes, self._photos = self._bytes + size, self._photos + bool(size)

    def size(self, photos: float) -> int:
        """Bytes that the results of so many photographs more will have; 0 where nothing is known yet."""
        return round(self._bytes / max(1, self._photos) * photos)

    def warning(self, folder: Path, photos: int) -> Sentence | None:
        """What a person is told where the disk of a folder has less room than that."""
        try:
            free = shutil.disk_usage(folder).free
        except OSError:
            return None
        if self.size(photos) <= free:
            return None
        return Sentence(
            "Some {size} are still to be written, and there is room for {free} in {folder}. Free some space before the disk is full.",
            size=size_words(self.size(photos)), free=size_words(free), folder=folder,
        )  # fmt: skip


def size_words(size: int) -> Sentence:
    """A number of bytes, roughly."""
    if size >= 10**10:
        return Sentence("{number} GB", number=round(size / 1e9))
    return Sentence("{number} MB", number=10 * round(size / 1e7) if size >= 10**8 else round(size / 1e6))


def result_name(photo: str, seed: int, ending: str = ".png") -> str:
    """The file of a sample, after the photograph's name without its ending."""
    return f"{fitting(photo)}-colorized-{seed}{ending}"


def fitting(stem: str) -> str:
    """The beginning of a name that leaves room for what is added to it: file systems allow 255 bytes."""
    name = stem.encode(errors="surrogateescape")
    return stem if len(name) <= _LONGEST_STEM else name[:_LONGEST_STEM].decode(errors="ignore")


@dataclass
class Found:
    """What `photos_of` finds."""

    photos: list[Path] = field(default_factory=list)  # each file once
    errors: list[PhotoError] = field(default_factory=list)  # of each folder that cannot be read why
    results: list[Path] = field(default_factory=list)  # of our own that were named and left out
    others: list[Path] = field(default_factory=list)  # of other kinds, in the folders
    folders: list[Path] = field(default_factory=list)  # in the folders, which were not looked into

    def extend(self, more: "Found") -> None:
        """Take in what else was found."""
        for one in fields(self):
            getattr(self, one.name).extend(getattr(more, one.name))

    @property
    def left_out(self) -> list[Sentence]:
        """What a person is told of those that were left out, a sentence each."""
        told, number = [], len(self.others)
        if len(self.results) == 1:
            told.append(Sentence("{name} is a result of picgui and was left out.", name=self.results[0].name))
        elif self.results:
            told.append(Sentence("{number} results of picgui were left out.", number=len(self.results)))
        endings = ", ".join(sorted({path.suffix.lower() for path in self.others}))
        if number == 1:
            told.append(Sentence("1 file of another kind was left out ({ending}).", ending=endings))
        elif number:
            told.append(Sentence("{number} files of other kinds were left out ({endings}).", number=number, endings=endings))
        return told


def photos_of(paths: Sequence[Path]) -> Found:
    """These photographs and those of these folders.

    Our own results are left out but where nothing else is named, as somebody may want colours for them: a pattern of a shell names those beside the photographs, too.
    """
    found = Found()
    for path in dict.fromkeys(paths):
        try:
            if is_folder(path):
                found.photos += [photo for photo in photos_in(path) if not is_written_here(photo)]
                found.others += files_in(path, OTHER_ENDINGS)
                found.folders += [folder for folder in folders_in(path) if folder not in paths]
            else:
                (found.results if len(set(paths)) > 1 and is_written_here(path) else found.photos).append(path)
        except PhotoError as error:
            found.errors.append(error)
    if not found.photos and not any(map(is_folder, paths)):
        found.photos, found.results = found.results, []
    return Found(each_once(found.photos), found.errors, each_once(found.results), each_once(found.others), each_once(found.folders))


def photos_inside(folders: Sequence[Path], *, but: Collection[Path] = ()) -> Iterator[Found]:
    """What these folders hold and the folders in them, at any depth, one folder after the other; but for some folders, where the results go."""
    waiting, left_out = list(reversed(folders)), {os.path.realpath(folder) for folder in but}
    while waiting:
        folder = waiting.pop()
        if os.path.realpath(folder) not in left_out:
            found = photos_of([folder])
            waiting += reversed(found.folders)
            yield found


def place_in(folders: Collection[Path], photo: Path) -> Path:
    """The way from the nearest of these folders to the one that a photograph lies in; no way at all where it lies in none of them."""
    nearest = next((folder for folder in photo.parents if folder in folders), photo.parent)
    return photo.parent.relative_to(nearest)


def each_once(paths: Sequence[Path]) -> list[Path]:
    """These files, each once whatever it is called."""
    found: dict[str, Path] = {}
    for path in paths:
        found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def namesakes(folders: Mapping[Path, Path]) -> dict[Path, Path]:
    """Photographs whose results would have the names of an earlier one's, with that one; ``folders`` are those that the results of each go into."""
    first: dict[tuple[Path, str], Path] = {}
    return {path: one for path, folder in folders.items() if (one := first.setdefault((folder, _name_on_disk(fitting(path.stem))), path)) != path}


def _name_on_disk(name: str) -> str:
    """What names have in common that are one file on the disks of this system."""
    return unicodedata.normalize("NFC", name).casefold() if sys.platform in ("win32", "darwin") else name


def colorize_file(
    path: Path,
    model: Model,
    *,
    targets: Mapping[int, Path],
    temperature: float,
    saturation: float,
    candidates: int = defaults.CANDIDATES,
    long_side: int | None = None,
    turns: int = 0,
    remembered: Mapping[str, int] = MappingProxyType({}),
    overwrite: bool = False,
) -> Iterator[Kept | Photo | Drawn | Written]:
    """Colorize a photograph into a file for each seed, but those that are there already.

    Yields what is kept, the photograph once it is read, how far it is after every row, so that it can be stopped, and each file.
    ``turns`` are those of `Photo.turned`, where ``remembered`` has none for the digest of the photograph's file; ``overwrite``
    replaces results of other settings. A folder is made once there is something to be drawn for it. Raises PicError.
    """
    texts, digest = {}, file_digest(path)
    turns = remembered.get(digest, turns) % 4
    read = cache(lambda turns: read_photo(path).turned(turns))
    drawn_with = {"temperature": temperature, "candidates": candidates, "long_side": long_side}
    is_needed = partial(record.is_needed, source_digest=digest, fingerprint=lambda turns: read(turns).fingerprint)
    for seed, target in targets.items():
        text = png_text(checkpoint=model.checkpoint.sha256, seed=seed, saturation=saturation, turns=turns, source=path, **drawn_with)
        if is_needed(target, text, overwrite=overwrite):
            texts[seed] = text | {record.SOURCE_DIGEST: digest}
        else:
            yield Kept(target)
    if not texts:
        return
    photo = read(turns)
    for folder in {targets[seed].parent for seed in texts}:
        make_folder(folder)
        check_writable(folder)
    yield photo
    for drawn in colorize_rows(photo, model, seeds=list(texts), **drawn_with):
        if isinstance(drawn, Sample):
            target, text = targets[drawn.seed], texts[drawn.seed]
            with enough_memory(torch.device("cpu")):
                image = compose(photo, drawn.chroma, saturation=saturation, dtype=photo.dtype)
            is_free = not os.path.lexists(target)
            is_wanted = is_needed(target, text, overwrite=overwrite)  # another program may have written meanwhile
            if is_wanted:
                try:
                    with enough_memory(torch.device("cpu")):
                        write_picture(target, image, text=text | {record.KEY: _record(photo, drawn, text)}, photo=photo, exclusive=is_free)
                except ExistsError:  # while it was packed: it may be this very result
                    is_wanted = is_needed(target, text, overwrite=False)
                    if is_wanted:
                        raise
            del image  # the next one needs its memory
            yield Written(target, drawn.seed, _size(target)) if is_wanted else Kept(target)
        else:
            yield Drawn(drawn)


def _size(path: Path) -> int:
    """Bytes of a file; 0 where it is gone."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


def write_sample(
    path: str | os.PathLike,
    photo: Photo,
    sample: Sample,
    model: Model,
    *,
    saturation: float = 1.0,
    long_side: int | None = None,
    source: str | os.PathLike | None = None,
) -> None:
    """Write a sample of `picgui.colorize` as a PNG of the photograph's size and depth that says how it was made; the window takes its colours back.

    ``long_side`` is the one it was drawn with; ``source`` is the photograph's file (default the one that it was read from), whose name and, where it is there,
    SHA-256 are kept, for the window to find it.
    Raises ExportError.
    """
    source = photo.source if source is None else source
    text = png_text(
        checkpoint=model.checkpoint.sha256,
        seed=sample.seed,
        temperature=sample.temperature,
        candidates=sample.candidates,
        saturation=saturation,
        long_side=long_side,
        turns=photo.turns,
        source=None if source is None else Path(source),
    )
    with suppress(PhotoError):
        if source is not None:
            text[record.SOURCE_DIGEST] = file_digest(source)
    image = compose(photo, sample.chroma, saturation=saturation, dtype=photo.dtype)
    write_png(path, image, text=text | {record.KEY: _record(photo, sample, text)}, photo=photo)


def _record(photo: Photo, sample: Sample, text: Mapping[str, str]) -> str:
    """All that brings a sample's colours back, as text."""
    return record.sample_text(
        photo=photo.fingerprint,
        seed=sample.seed,
        temperature=sample.temperature,
        candidates=sample.candidates,
        checkpoint=text["picgui:checkpoint"],
        chroma=sample.chroma,
        log_prob=sample.log_prob,
    )
