"""Numbers on a command line: what argparse turns words into, or refuses in a sentence."""

import argparse
import math

from picgui import defaults


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


def positive(text: str) -> int:
    """At least 1."""
    value = _whole(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return value


def candidates(text: str) -> int:
    """From 1 to `defaults.MAX_CANDIDATES`."""
    value = _whole(text)
    if not 1 <= value <= defaults.MAX_CANDIDATES:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to {defaults.MAX_CANDIDATES}")
    return value


def samples(text: str) -> int:
    """From 1 to 10,000: of one photograph."""
    value = _whole(text)
    if not 1 <= value <= 10_000:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to 10000")
    return value


def from_zero(text: str) -> float:
    """From 0 to 10: a temperature, or what multiplies colour."""
    value = _number(text)
    if not 0 <= value <= 10:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 10")
    return value


def minutes(text: str) -> float:
    """At least 0, and finite."""
    value = _number(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of minutes")
    return value


def seed(text: str) -> int:
    """From 0 to 2^63 - 1."""
    value = _whole(text)
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{value} is not from 0 to 2^63 - 1")
    return value


def shard(text: str) -> tuple[int, int]:
    """I/N, I from 1 to N."""
    index, _, number = text.partition("/")
    if not (index.isdecimal() and number.isdecimal() and 1 <= int(index) <= int(number)):
        raise argparse.ArgumentTypeError(f"{text} is not I/N with I from 1 to N, such as 2/8")
    return int(index), int(number)
