"""What a person prefers, as the settings keep it: what a file that was changed by hand holds otherwise counts for nothing."""

import math
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QSettings, QStandardPaths

from picgui import defaults
from picgui.gui.session import MAX_SAMPLES, MAX_TEMPERATURE
from picgui.paths import default_checkpoint, is_file, is_folder
from picgui.pipeline import has_usable_card

KINDS = {".png": "PNG", ".tif": "TIFF", ".jpg": "JPEG"}  # of pictures that are exported, by the endings that are suggested

_MAX_THREADS = 1024
_Number = TypeVar("_Number", int, float)


def samples(settings: QSettings) -> int:
    """How many samples there are at first."""
    return _number(settings, "samples", defaults.SAMPLES, low=1, high=MAX_SAMPLES)


def temperature(settings: QSettings) -> float:
    """The temperature at first."""
    return _number(settings, "temperature", defaults.TEMPERATURE, low=0.0, high=MAX_TEMPERATURE)


def threads(settings: QSettings) -> int:
    """In how many threads the processor computes; 0 for as many as there are cores."""
    return _number(settings, "threads", 0, low=0, high=_MAX_THREADS)


def checkpoint(settings: QSettings) -> Path:
    """The model to draw with: the one that was chosen, or where that is gone the one that comes with the program."""
    chosen = Path(str(settings.value("checkpoint", "") or default_checkpoint()))
    return chosen if is_file(chosen) else default_checkpoint()


def device(settings: QSettings) -> str | None:
    """On what the model computes, "cpu" or "cuda"; None where that is not chosen, or is not there any more."""
    chosen = str(settings.value("device", "auto"))
    return chosen if chosen == "cpu" or (chosen == "cuda" and has_usable_card()) else None


def folder(settings: QSettings, name: str, *, default: Path | None = None) -> str:
    """Where a file dialog begins: the first of `folders` that is there."""
    *possible, home = folders(settings, name, default=default)
    return str(next(filter(is_folder, possible), home))


def folders(settings: QSettings, name: str, *, default: Path | None = None) -> list[Path]:
    """The folder of the last file, or a default, that of a person's pictures, and their home."""
    chosen, places = str(settings.value(name, "") or default or ""), QStandardPaths.StandardLocation
    return [Path(folder) for folder in (chosen, *map(QStandardPaths.writableLocation, (places.PicturesLocation, places.HomeLocation))) if folder]


def kind(settings: QSettings) -> tuple[str, bool]:
    """As what a picture was exported last: the ending, one of `KINDS`, and whether with 16 bits though its scan may have 8."""
    ending, _, depth = str(settings.value("export_kind", "")).partition(" ")
    return (ending, depth == "16" and ending != ".jpg") if ending in KINDS else (".png", False)


def keep_kind(settings: QSettings, ending: str, deep: bool) -> None:
    """Let that be what `kind` says."""
    settings.setValue("export_kind", f"{ending} 16" if deep else ending)


def _number(settings: QSettings, name: str, default: _Number, *, low: _Number, high: _Number) -> _Number:
    try:
        value = type(default)(settings.value(name, default))
    except (TypeError, ValueError):
        return default
    return min(max(value, low), high) if math.isfinite(value) else default
