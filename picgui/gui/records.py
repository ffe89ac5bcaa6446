"""Samples and whole sessions as text: what an exported picture and a session file carry.

A record holds the chroma itself, in whole Lab units, so that colours come back exactly on any machine and with any checkpoint.
"""

import base64
import binascii
import json
import os
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from picgui import defaults
from picgui.colorize import Known
from picgui.errors import ExportError, PhotoError, PicError
from picgui.gui.session import MAX_SAMPLES, MAX_TEMPERATURE, Restored, Sample, Session
from picgui.photo import read_png_text

ENDING = ".picgui"
KEY = "picgui:sample"  # of the PNG text that holds a sample's record
_FORMAT = "picgui-session-1"
_LARGEST = 4_000_000  # values of chroma in a record


@dataclass(frozen=True)
class Record:
    """What a file remembers: samples, and which photograph they are of."""

    source: Path | None  # only a name where an exported picture remembers it
    restored: Restored


def sample_text(sample: Sample) -> str:
    """The record of one sample."""
    return json.dumps(_sample_record(sample))


def write_session(path: Path, session: Session) -> None:
    """Write a session file, whole or not at all. Raises ExportError."""
    numbers = [s.number for s in session.samples]
    content = {
        "format": _FORMAT,
        "source": str(session.path.absolute()) if session.path else None,
        "temperature": session.temperature,
        "sample_count": session.sample_count,
        "saturation": session.saturation,
        "selected": numbers.index(session.selected.number) if session.selected else 0,
        "pinned": [place for place, s in enumerate(session.samples) if session.is_pinned(s)],
        "hints": _known_record(session.hints),
        "samples": [_sample_record(s) for s in session.samples],
    }
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ExportError(f"The session {path.name} could not be written: {error.strerror}. Choose another folder.") from error


def read_session(path: Path) -> Record:
    """Read a session file. Raises PhotoError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise ValueError("its format is another")
        samples = tuple(_sample(record) for record in content["samples"])
        restored = Restored(
            samples=samples,
            selected=min(max(int(content["selected"]), 0), len(samples) - 1),
            pinned=tuple(int(place) for place in content["pinned"] if 0 <= int(place) < len(samples)),
            temperature=_within(content["temperature"], 0, MAX_TEMPERATURE),
            sample_count=round(_within(content["sample_count"], 1, MAX_SAMPLES)),
            saturation=_within(content["saturation"], 0, 2),
            hints=_known(content["hints"]),
        )
        if not samples:
            raise ValueError("it holds no samples")
        return Record(Path(content["source"]) if content["source"] else None, restored)
    except OSError as error:
        raise PhotoError(f"The session {path.name} could not be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, zlib.error, binascii.Error) as error:
        raise PhotoError(f"{path.name} is damaged or is no session of picgui.") from error


def read_exported(path: Path) -> Record | None:
    """What an exported picture remembers; None for any other file."""
    try:
        text = read_png_text(path)
        sample = _sample(json.loads(text[KEY]))
        saturation = _within(text.get("picgui:saturation", 1), 0, 2)
    except (PicError, ValueError, KeyError, TypeError, zlib.error, binascii.Error):
        return None
    source = text.get("picgui:source")
    restored = Restored((sample,), 0, (0,), min(sample.temperature, MAX_TEMPERATURE), defaults.SAMPLES, saturation)
    return Record(Path(Path(source).name) if source else None, restored)


def _within(value: object, low: float, high: float) -> float:
    number = float(value)
    if not low <= number <= high:
        raise ValueError(f"{number} is not from {low} to {high}")
    return number


def _sample_record(sample: Sample) -> dict:
    return {
        "seed": sample.seed,
        "temperature": sample.temperature,
        "rows": sample.rows,
        "log_prob": sample.log_prob,
        "chroma": _packed(sample.chroma),
        "known": _known_record(sample.known),
    }


def _sample(record: Mapping) -> Sample:
    sample = Sample(
        int(record["seed"]),
        temperature=_within(record["temperature"], 0, 10),
        draft=_unpacked(record["chroma"]),
        known=_known(record["known"]),
    )
    sample.rows = round(_within(record["rows"], 0, sample.chroma.shape[1]))
    sample.log_prob = float(record["log_prob"])
    sample.stopped = not sample.is_complete
    return sample


def _known_record(known: Known | None) -> dict | None:
    if known is None:
        return None
    return {"mask": _packed(known.mask[None]), "chroma": _packed(np.where(known.mask, known.chroma, 0))}


def _known(record: Mapping | None) -> Known | None:
    if record is None:
        return None
    mask, chroma = _unpacked(record["mask"])[0] != 0, _unpacked(record["chroma"])
    if mask.shape != chroma.shape[1:]:
        raise ValueError("a mask and its colours differ in size")
    return Known(mask, chroma)


def _packed(planes: np.ndarray) -> dict:
    """(c, h, w) as text, rounded to whole numbers."""
    values = np.clip(np.rint(planes), -128, 127).astype(np.int8)
    return {"shape": list(values.shape), "values": base64.b64encode(zlib.compress(values.tobytes(), 9)).decode()}


def _unpacked(record: Mapping) -> np.ndarray:
    """The planes of `_packed`, float32."""
    shape = tuple(int(side) for side in record["shape"])
    size = int(np.prod(shape))
    if len(shape) != 3 or not 0 < size <= _LARGEST:
        raise ValueError(f"{shape} is no shape of chroma")
    data = zlib.decompressobj().decompress(base64.b64decode(record["values"]), size + 1)
    return np.frombuffer(data, np.int8).reshape(shape).astype(np.float32)
