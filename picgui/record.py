"""What a written picture remembers of its sample: enough to bring the very same colours back, on any machine and with any checkpoint.

A PNG keeps the chroma itself, in whole Lab units, as text; a TIFF or JPEG all else, by which it is known again.
"""

import base64
import json
import math
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picgui.errors import ExistsError, PicError
from picgui.pipeline import Known
from picgui.png import read_png_text
from picgui.writing import SAMPLE as KEY
from picgui.writing import read_texts

SOURCE_DIGEST = "picgui:source_sha256"  # of the text that tells files of one name apart
REDUCED = "picgui:reduced"  # of the PNG text of a picture that is smaller than its photograph
_NO_SETTINGS = {"Software", "Comment", "picgui:version", "picgui:source"}  # texts of what did not change the colours
_LARGEST = 4_000_000  # values of chroma in a record


@dataclass(frozen=True)
class Original:
    """What a written picture says of the photograph that it was made of."""

    name: str  # of its file; empty where it was in none
    digest: str  # `picgui.files.file_digest` of that; empty where it is not known
    photo: str  # its `Photo.fingerprint`; empty where it is not known
    turns: int = 0  # its `Photo.turns`


def original_of(path: Path) -> Original | None:
    """The photograph of a PNG that was written here; None for any other file."""
    try:
        text = read_png_text(path)
    except PicError:
        return None
    return original_in(text) if "picgui:seed" in text else None


def original_in(text: Mapping[str, str]) -> Original | None:
    """The photograph that the texts of a written picture name; None for a malformed rotation."""
    try:
        turns = turns_of(text.get("picgui:rotation", 0))
    except ValueError:
        return None
    return Original(
        name=Path(text.get("picgui:source", "")).name,
        digest=text.get(SOURCE_DIGEST, ""),
        photo=str(_parsed(text.get(KEY)).get("photo", "")),
        turns=turns,
    )


def turns_of(degrees: object) -> int:
    """The `Photo.turns` of a rotation, a number or text. Raises ValueError for anything else."""
    turns = {"0": 0, "90": 1, "180": 2, "270": 3}.get(str(degrees))
    if turns is None:
        raise ValueError(f"{degrees} is no rotation")
    return turns


def sample_record(
    *,
    photo: str,
    seed: int,
    temperature: float,
    candidates: int,
    checkpoint: str,
    chroma: np.ndarray,
    log_prob: float,
    rows: int | None = None,
    known: Known | None = None,
) -> dict:
    """A sample as JSON data. ``photo`` is the `Photo.fingerprint` of what it colours, ``checkpoint`` the SHA-256 of what it was drawn
    with, ``chroma`` (2, h, w) in Lab units, ``log_prob`` in nats; ``rows`` of it are drawn (default all). Numbers may be NumPy's."""
    return {
        "photo": photo,
        "seed": int(seed),
        "temperature": float(temperature),
        "candidates": int(candidates),
        "checkpoint": checkpoint,
        "rows": chroma.shape[1] if rows is None else rows,
        "log_prob": float(log_prob),
        "chroma": packed(chroma),
        "known": known_record(known),
    }


def sample_text(**sample: object) -> str:
    """`sample_record` as text."""
    return json.dumps(sample_record(**sample))


def known_record(known: Known | None) -> dict | None:
    """Given colours as JSON data."""
    if known is None:
        return None
    return {"mask": packed(known.mask[None]), "chroma": packed(np.where(known.mask, known.chroma, 0))}


def known_from(record: Mapping | None) -> Known | None:
    """The inverse of `known_record`. Raises ValueError, KeyError or TypeError for anything else."""
    if record is None:
        return None
    mask, chroma = unpacked(record["mask"])[0] != 0, unpacked(record["chroma"])
    if chroma.shape != (2, *mask.shape):
        raise ValueError("a mask and its colours do not fit")
    return Known(mask, chroma)


def packed(planes: np.ndarray) -> dict:
    """(c, h, w) as text, rounded to whole numbers."""
    values = np.clip(np.rint(planes), -128, 127).astype(np.int8)
    return {"shape": list(values.shape), "values": base64.b64encode(zlib.compress(values.tobytes(), 9)).decode()}


def unpacked(record: Mapping) -> np.ndarray:
    """The planes of `packed`, float32. Raises ValueError, KeyError or TypeError for anything else."""
    try:
        shape = tuple(int(side) for side in record["shape"])
        size = math.prod(shape)
        if len(shape) != 3 or min(shape) < 1 or size > _LARGEST:
            raise ValueError(f"{shape} is no shape of chroma")
        data = zlib.decompressobj().decompress(base64.b64decode(record["values"]), size + 1)
    except (OverflowError, zlib.error) as error:
        raise ValueError(f"chroma cannot be unpacked: {error}") from error
    return np.frombuffer(data, np.int8).reshape(shape).astype(np.float32)


def is_needed(target: Path, text: Mapping[str, str], *, source_digest: str, fingerprint: Callable[[int], str], overwrite: bool) -> bool:
    """Whether a result with these texts (`picgui.pipeline.png_text`) is to be written: not where it is already there.

    ``source_digest`` is that of the photograph's file, ``fingerprint`` gives that of its pixels after so many `Photo.turned`, for
    which it must be read: it is asked for only where the file is another, as one with a new caption is. Raises ExistsError where
    something else would be lost: a foreign file, a result of another photograph or colours that a person gave always, a result of
    other settings unless ``overwrite``; and what ``fingerprint`` raises.
    """
    if not os.path.lexists(target):
        return True
    there = read_texts(target)
    digest, has_name = there.get(SOURCE_DIGEST), there.get("picgui:source") == text["picgui:source"]  # older results have no digest
    is_same = digest == source_digest or (digest is None and has_name)  # a photograph may get another name
    of = None if is_same or KEY not in there else original_in(there)
    if not is_same and (of is None or of.photo != fingerprint(of.turns)):
        if not has_name:
            raise ExistsError(
                "{path} exists and is not an earlier result of {source}. Choose another folder.", path=target, source=text["picgui:source"]
            )
        raise ExistsError(
            "{path} is a result of another photograph of the name {source}, or of {source} before it was changed. Choose another folder.",
            path=target,
            source=text["picgui:source"],
        )
    settings = text.keys() - _NO_SETTINGS | {"picgui:long_side", "picgui:rotation", REDUCED}  # a newer program need not draw again what is there
    same = all(there.get(key) == text.get(key) for key in settings)
    if same and _is_whole(there.get(KEY)):
        return False
    if _has_given_colors(there.get(KEY)):
        raise ExistsError("{path} has colours that were given by hand, which would be lost. Choose another folder.", path=target)
    if overwrite:
        return True
    raise ExistsError("{path} was drawn with other settings. Let earlier results be replaced, or choose another folder.", path=target)


def _is_whole(text: str | None) -> bool:
    """Whether a record, if there is one, is of a sample that the model drew to its end and alone: the window also exports others."""
    sample = _parsed(text)
    try:
        return not text or (sample.get("known") is None and sample["rows"] == sample["chroma"]["shape"][1])
    except (KeyError, IndexError, TypeError):
        return False


def _has_given_colors(text: str | None) -> bool:
    """Whether a record is of a sample that keeps hints or what a redone region left: nothing draws it again."""
    return _parsed(text).get("known") is not None


def _parsed(text: str | None) -> dict:
    """A record as JSON data; empty where there is none, or one that cannot be read."""
    try:
        sample = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return sample if isinstance(sample, dict) else {}
