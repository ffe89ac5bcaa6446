"""How long work still takes."""

import time

from PySide6.QtCore import QCoreApplication


class Pace:
    """Estimates the time left from the time that work took so far; pauses do not count."""

    def __init__(self):
        self._worked = 0.0  # seconds before the last pause
        self._since: float | None = None

    def go(self) -> None:
        """Work begins, or goes on."""
        if self._since is None:
            self._since = time.monotonic()

    def rest(self) -> None:
        """Work is paused or done."""
        self._worked, self._since = self.seconds, None

    @property
    def seconds(self) -> float:
        """That were worked."""
        return self._worked + (0 if self._since is None else time.monotonic() - self._since)

    def seconds_left(self, done: float, left: float) -> float | None:
        """For what is ``left``, in the same unit as what is ``done``; None in the first second and before anything is done."""
        return self.seconds * left / done if done > 0 and self.seconds > 1 else None


def time_left(seconds: float | None) -> str:
    """A few words; none under a second or where it is not known."""
    translate = QCoreApplication.translate
    if seconds is None or seconds < 1:
        return ""
    if seconds < 90:
        return translate("Pace", "%1 s left").replace("%1", str(round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 90:
        return translate("Pace", "%1 min left").replace("%1", str(minutes))
    return translate("Pace", "%1 h %2 min left").replace("%1", str(minutes // 60)).replace("%2", str(minutes % 60))
