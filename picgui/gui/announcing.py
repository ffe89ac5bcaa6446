"""What is said to those who do not see the window."""

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader say something that happened at a widget."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
