"""Sentences of the library, numbers, and names of files, in the language of the window."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale

from picgui.errors import PicError, Sentence

_LONGEST_WORD = 36
CONTEXT = "Sentence"  # of their templates in the translations; `scripts/sentences.py` collects them


def told(what: PicError | str) -> str:
    """What an error or a sentence says, translated where it remembers its template."""
    sentence = what.sentence if isinstance(what, PicError) else what
    if not isinstance(sentence, Sentence):
        return sentence
    template = QCoreApplication.translate(CONTEXT, sentence.template)
    values = {name: _word(value) for name, value in sentence.values.items()}
    return template.format(**values) if values else template


def _word(value: object) -> object:
    if isinstance(value, (PicError, Sentence)):
        return told(value)
    return isolated(str(value)) if isinstance(value, (str, Path)) else value


def isolated(name: str) -> str:
    """A name as a part of a sentence, which does not turn around where the name is written from right to left."""
    is_leftward = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in name)
    mark = "\N{LEFT-TO-RIGHT MARK}"  # for Qt, which takes the direction of a sentence from an isolated name, too
    return f"{mark}\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}" if is_leftward else name


def what_a_seed_is() -> str:
    """For the tool tip of one."""
    return QCoreApplication.translate("Words", "The number a sample is drawn from: with the same photograph, settings and model it gives the same colours again.")


def literal(text: str) -> str:
    """A text, such as a file's name, for a button or a menu, where a single ampersand would mark a key."""
    return text.replace("&", "&&")


def bare(text: str) -> str:
    """What an action or a menu is called, without the marks of its key and of a dialog to come."""
    return text.replace("&", "").rstrip("…")


def shortened(name: str, length: int) -> str:
    """A name with its middle left out where it is longer than that."""
    return name if len(name) <= length else f"{name[: length - 12]}…{name[-11:]}"


def told_apart(paths: Sequence[Path]) -> dict[Path, str]:
    """The name of each file; with its folder where others have that name, too."""
    names = Counter(path.name for path in paths)
    return {path: path.name if names[path.name] == 1 else f"{path.name} ({shortened(str(path.parent), 48)})" for path in paths}


def breakable(sentence: str) -> str:
    """A sentence that even a narrow window can break into lines: a file's name may be one long word, whose middle is then left out."""
    return re.sub(r"[^\s/\\]+", lambda word: shortened(word[0], _LONGEST_WORD), sentence)


def number(value: float, decimals: int = 0) -> str:
    """A number as it is written in the language of the window."""
    return QLocale().toString(float(value), "f", decimals).replace("-", "−")
