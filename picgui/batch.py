"""Photographs as files, each to one picture file a sample: what the command does, and the window with many at once."""

import os
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from picgui import defaults, record
from picgui.errors import ExistsError, PhotoError
from picgui.files import file_digest
from picgui.paths import is_folder, make_folder
from picgui.photo import Photo, photos_in, read_photo
from picgui.pipeline import Model, Sample, colorize_rows, enough_memory, png_text
from picgui.upsample import compose
from picgui.writing import is_written_here, write_png


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


def result_name(photo: str, seed: int) -> str:
    """The file of a sample, after the photograph's name without its ending."""
    return f"{photo}-colorized-{seed}.png"


def photos_of(paths: Sequence[Path]) -> tuple[list[Path], list[PhotoError]]:
    """These photographs and those of these folders, each file once; and of each folder that cannot be read why.

    Our own results are left out but where nothing else is named, as somebody may want colours for one of them.
    """
    found, own, errors = [], [], []
    for path in dict.fromkeys(paths):
        try:
            inside, is_alone = (photos_in(path), False) if is_folder(path) else ([path], len(set(paths)) == 1)
        except PhotoError as error:
            errors.append(error)
            continue
        for photo in inside:
            (own if not is_alone and is_written_here(photo) else found).append(photo)
    if not found and not any(map(is_folder, paths)):
        found = own
    return each_once(found), errors


def each_once(paths: Sequence[Path]) -> list[Path]:
    """These files, each once whatever it is called."""
    found: dict[str, Path] = {}
    for path in paths:
        found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def namesakes(paths: Sequence[Path]) -> dict[Path, Path]:
    """Photographs whose results would have the names of an earlier one's, with that one."""
    first: dict[str, Path] = {}
    return {path: one for path in paths if (one := first.setdefault(_name_on_disk(path.stem), path)) != path}


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
    overwrite: bool = False,
) -> Iterator[Kept | Photo | Drawn | Written]:
    """Colorize a photograph into a file for each seed, but those that are there already.

    Yields what is kept, the photograph once it is read, how far it is after every row, so that it can be stopped, and each file.
    ``turns`` are those of `Photo.turned`; ``overwrite`` replaces results of other settings. Raises PicError.
    """
    texts, digest = {}, file_digest(path)
    drawn_with = {"temperature": temperature, "candidates": candidates, "long_side": long_side}
    for seed, target in targets.items():
        text = png_text(checkpoint=model.checkpoint.sha256, seed=seed, saturation=saturation, turns=turns, source=path, **drawn_with)
        if record.is_needed(target, text, source_digest=digest, overwrite=overwrite):
            texts[seed] = text | {record.SOURCE_DIGEST: digest}
        else:
            yield Kept(target)
    if not texts:
        return
    photo = read_photo(path).turned(turns)
    yield photo
    for folder in {targets[seed].parent for seed in texts}:
        make_folder(folder)
    for drawn in colorize_rows(photo, model, seeds=list(texts), **drawn_with):
        if isinstance(drawn, Sample):
            target, text = targets[drawn.seed], texts[drawn.seed]
            with enough_memory(torch.device("cpu")):
                image = compose(photo, drawn.chroma, saturation=saturation, dtype=photo.dtype)
            is_free = not os.path.lexists(target)
            is_needed = record.is_needed(target, text, source_digest=digest, overwrite=overwrite)  # another program may have written meanwhile
            if is_needed:
                try:
                    with enough_memory(torch.device("cpu")):
                        write_png(target, image, text=text | {record.KEY: _record(photo, drawn, text)}, photo=photo, exclusive=is_free)
                except ExistsError:  # while it was packed: it may be this very result
                    is_needed = record.is_needed(target, text, source_digest=digest, overwrite=False)
                    if is_needed:
                        raise
            del image  # the next one needs its memory
            yield Written(target, drawn.seed) if is_needed else Kept(target)
        else:
            yield Drawn(drawn)


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

    ``long_side`` is the one it was drawn with; ``source`` is the photograph's file, whose name is kept, for the window to find it. Raises ExportError.
    """
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
