"""What a written picture remembers of its sample: enough to bring the very same colours back, on any machine and with any checkpoint.

The chroma itself is kept, in whole Lab units, as text.
"""

import base64
import json
import math
import os
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from picgui.errors import ExistsError, PicError
from picgui.pipeline import Known
from picgui.png import read_png_text
from picgui.writing import SAMPLE as KEY

SOURCE_DIGEST = "picgui:source_sha256"  # of the PNG text that tells files of one name apart
REDUCED = "picgui:reduced"  # of the PNG text of a picture that is smaller than its photograph
_NO_SETTINGS = {"Software", "Comment", "picgui:version", "picgui:source"}  # texts of what did not change the colours
_LARGEST = 4_000_000  # values of chroma in a record


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
    with, ``chroma`` (2, h, w) in Lab units, ``log_prob`` in nats; ``rows`` of it are drawn (default all)."""
    return {
        "photo": photo,
        "seed": seed,
        "temperature": temperature,
        "candidates": candidates,
        "checkpoint": checkpoint,
        "rows": chroma.shape[1] if rows is None else rows,
        "log_prob": log_prob,
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


def is_needed(target: Path, text: Mapping[str, str], *, source_digest: str, overwrite: bool) -> bool:
    """Whether a result with these texts (`picgui.pipeline.png_text`) is to be written: not where it is already there.

    ``source_digest`` is that of the photograph's file. Raises ExistsError where something else would be lost: a foreign file, a
    result of another photograph or colours that a person gave always, a result of other settings unless ``overwrite``.
    """
    if not os.path.lexists(target):
        return True
    try:
        there = read_png_text(target)
    except PicError:
        there = {}
    digest = there.get(SOURCE_DIGEST)  # older results have none
    if digest != source_digest and there.get("picgui:source") != text["picgui:source"]:  # a photograph may get another name
        raise ExistsError(
            "{path} exists and is not an earlier result of {source}. Choose another folder.", path=target, source=text["picgui:source"]
        )
    if digest not in (None, source_digest):
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
    try:
        sample = json.loads(text or "null")
        return sample is None or (sample.get("known") is None and sample["rows"] == sample["chroma"]["shape"][1])
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        return False


def _has_given_colors(text: str | None) -> bool:
    """Whether a record is of a sample that keeps hints or what a redone region left: nothing draws it again."""
    try:
        return json.loads(text or "{}").get("known") is not None
    except (AttributeError, ValueError, RecursionError):
        return False
