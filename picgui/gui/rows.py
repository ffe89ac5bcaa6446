"""Labels, and widgets side by side: what panels and dialogs are made of."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget


def label(text: str, name: str = "") -> QLabel:
    """A text, of the kind that the style sheet has under a name."""
    made = QLabel(text)
    made.setObjectName(name)
    return made


def in_a_row(*widgets: QWidget | int) -> QHBoxLayout:
    """Widgets side by side; a number is a stretch."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addStretch(widget) if isinstance(widget, int) else row.addWidget(widget)
    return row
