"""Numbers and paths on a command line: what argparse turns words into, or refuses in a sentence."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from picgui import defaults

_Number = TypeVar("_Number", int, float)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def _between(number: Callable[[str], _Number], least: _Number, most: _Number = math.inf) -> Callable[[str], _Number]:
    """Numbers from ``least`` to ``most``, or on without an end, but finite."""

    def parse(text: str) -> _Number:
        value = number(text)
        if not least <= value <= most or value == math.inf:
            raise argparse.ArgumentTypeError(f"{text} is not {f'at least {least}' if most == math.inf else f'from {least} to {most}'}")
        return value

    return parse


positive = _between(_whole, 1)
candidates = _between(_whole, 1, defaults.MAX_CANDIDATES)
CANDIDATES_HELP = "coarse samples, of which each sample goes on with a likely one, mixed with what the model expects on average; 1 for the model's own samples"
samples = _between(_whole, 1, 10_000)  # of one photograph
from_zero = _between(_number, 0, 10)  # a temperature, or what multiplies colour
minutes = _between(_number, 0)
seed = _between(_whole, 0, 2**63 - 1)


def path(text: str) -> Path:
    """A path, but not the empty one, which an unset variable leaves and which would be the present folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; the present folder is .")
    return Path(text)


def rotation(text: str) -> int:
    """Degrees clockwise, as quarter turns."""
    if text not in ("0", "90", "180", "270"):
        raise argparse.ArgumentTypeError(f"{text!r} is not 90, 180 or 270")
    return int(text) // 90


def shard(text: str) -> tuple[int, int]:
    """I/N, I from 1 to N."""
    index, _, number = text.partition("/")
    if not (index.isdecimal() and number.isdecimal() and 1 <= int(index) <= int(number)):
        raise argparse.ArgumentTypeError(f"{text} is not I/N with I from 1 to N, such as 2/8")
    return int(index), int(number)
