"""Sentences of the library, and numbers, in the language of the window."""

from PySide6.QtCore import QCoreApplication, QLocale

from picgui.errors import PicError, Sentence

CONTEXT = "Sentence"  # of their templates in the translations; `scripts/sentences.py` collects them


def told(what: PicError | str) -> str:
    """What an error or a sentence says, translated where it remembers its template."""
    sentence = what.sentence if isinstance(what, PicError) else what
    if not isinstance(sentence, Sentence):
        return sentence
    template = QCoreApplication.translate(CONTEXT, sentence.template)
    values = {name: told(value) if isinstance(value, (PicError, Sentence)) else value for name, value in sentence.values.items()}
    return template.format(**values) if values else template


def number(value: float, decimals: int = 0) -> str:
    """A number as it is written in the language of the window."""
    return QLocale().toString(float(value), "f", decimals).replace("-", "−")
