"""What is kept for later, and the ways back to it: what is being worked on, what was put aside or left, and the files opened last."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QMenu

from picgui.errors import PicError
from picgui.gui import records
from picgui.gui.message import MessageBar
from picgui.gui.opening import Opening
from picgui.gui.session import Session
from picgui.gui.words import literal, told_apart
from picgui.gui.worker import Worker
from picgui.paths import is_file


class Keeping(QObject):
    """Keeps what outlives the window, and fills the menus that lead back."""

    failed = Signal(object)  # PicError: choices cannot be kept, and could be before
    recent_found = Signal(list)  # paths: the files opened last that are there

    def __init__(self, session: Session, opening: Opening, recovery: records.Recovery, message: MessageBar, parent: QObject):
        super().__init__(parent)
        self.recovery = recovery
        self._session, self._opening, self._message = session, opening, message
        self._not_found: set[Path] = set()  # of the files opened last, when it looked last
        self._finder = Worker(self)  # a drive that is gone may hold it for long
        self._finder.produced.connect(self._take)
        self._finder.queue(_look_for(opening.recent()))
        self.timer = QTimer(self, interval=1000, singleShot=True)  # to the next saving
        self.timer.timeout.connect(self.save)
        self._is_failing = False  # what a person chose could not be saved last
        self._gives_up = False  # a person was told at the end that it failed
        for changed in (session.samples_changed, session.selection_changed, session.saturation_changed, session.hints_changed, session.saved_changed):
            changed.connect(self.save_soon)

    @Slot()
    def save_soon(self) -> None:
        """Keep what is being worked on, once nothing more is chosen for a moment."""
        if self._session.has_content:
            self.timer.start()

    @Slot()
    def save(self) -> None:
        """Keep what is being worked on."""
        if self._session.has_content:
            was_failing = self._is_failing
            try:
                self.recovery.save(self._session)
                self._is_failing = self._gives_up = False
            except PicError as error:
                self._is_failing = self._session.is_unsaved
                if self._is_failing and not was_failing:
                    self.failed.emit(error)

    def finish(self) -> PicError | None:
        """Keep all that was not saved for the next start; the error where that fails, but once: who ends the program again goes without."""
        error = self.recovery.save_all(self._session)
        is_known, self._gives_up = self._gives_up, error is not None
        return None if is_known else error

    def offer_last(self) -> None:
        """Offer what was being worked on when the program was closed, and not saved, or did not close in order."""
        found, name = self.recovery.find(), records.photo_name(self.recovery.kept)
        source = Path(name) if name else None
        words = self.tr("When you closed picgui, %1 was open with choices that were not saved. They were kept.")
        if found == "crashed":
            words = self.tr("picgui did not close properly last time. Your last photograph and its samples were kept.")
        if found:
            offer = (self._opening.going_back_to(source), self._opening.bring_back_last)
            self._message.tell_offer(words.replace("%1", self._opening.title_of(source)), offer)
        self._finder.queue(_look_at_left(self.recovery))

    def fill_aside(self, menu: QMenu) -> None:
        """Offer in a menu what was put aside."""
        menu.clear()
        for kept in self._opening.put_aside:
            when = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(kept.at)), QLocale.FormatType.ShortFormat)
            action = menu.addAction(literal(f"{self._opening.title_of(kept.source)}, {when}"))
            action.setData(kept)
            action.setToolTip(str(kept.source or ""))
            action.triggered.connect(self._bring_back)
        menu.setEnabled(not menu.isEmpty())

    @Slot()
    def _bring_back(self) -> None:
        self._opening.bring_back(self.sender().data())

    def fill_recent(self, menu: QMenu) -> None:
        """Offer in a menu the files opened last, as they were found when it looked last, and look for the next time: only now, as a disk may be asleep, and away
        from the window, as a drive may be gone."""
        recent = self._opening.recent()
        self._finder.replace(_look_for(recent))
        menu.clear()
        for path, name in told_apart([path for path in recent if path not in self._not_found]).items():
            action = menu.addAction(literal(name))
            action.setData(str(path))
            action.setToolTip(str(path))
            action.triggered.connect(self._open_recent)
        menu.setEnabled(not menu.isEmpty())
        menu.addSeparator()
        menu.addAction(self.tr("&Clear this list")).triggered.connect(self._forget_recent)

    @Slot()
    def _forget_recent(self) -> None:
        self._opening.forget_recent()
        self.recent_found.emit([])

    @Slot()
    def _open_recent(self) -> None:
        self._opening.open(Path(self.sender().data()))

    @Slot(int, object)
    def _take(self, _job: int, is_there: dict[Path, bool]) -> None:
        self._not_found = {path for path in is_there if not is_there[path]}
        self.recent_found.emit([path for path in is_there if is_there[path]])

    def close(self) -> None:
        """The program ends in order."""
        self._finder.close(0)
        self.timer.stop()
        self.recovery.close(self._session)


def _look_at_left(recovery: records.Recovery) -> Iterator[None]:
    recovery.left()
    yield from ()


def _look_for(paths: Sequence[Path]) -> Iterator[dict[Path, bool]]:
    yield {path: is_file(path) for path in paths}
