"""The message bar over the photograph."""

from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from picgui.gui import theme
from picgui.gui.announcing import announce
from picgui.gui.controls import IconButton
from picgui.gui.rows import in_a_row
from picgui.gui.words import breakable

Offer = tuple[str, Callable[[], object]]  # a few words, and what is done then


class About(Enum):
    """What a message may be about that is settled once a person does that anew, or leaves it."""

    EXPORT = auto()
    SAVING = auto()
    MODEL = auto()
    COMPARISON = auto()


class MessageBar(QFrame):
    """One sentence at a time, with at most two things to do about it, each a few words and what they do. It lies over the upper edge of its parent, whose
    size it never changes, and makes way where it is in the way."""

    _ICONS = {"error": "warning", "done": "done", "note": "info", "offer": "info"}
    _SECONDS, _SECONDS_TO_DECIDE, _LETTERS_A_SECOND = 8, 20, 12  # at least
    _BESIDE, _ABOVE = 10, 8  # pixels between it and its parent's edges
    _WIDEST = 640

    left = Signal()  # what had the focus in it is gone, or is something else now

    def __init__(self, parent: QWidget):
        super().__init__(parent)
        parent.installEventFilter(self)
        self.setObjectName("message")
        self._kind = "note"
        self.sentence = ""  # of that kind; others may follow it
        self._is_over_work = False
        self._about: About | None = None
        self._own: tuple[Offer, ...] = ()  # that belong to it
        self._offers: tuple[Offer, ...] = ()  # that are shown
        self._picture = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)  # a file's name may look like HTML
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._buttons = (QPushButton(), QPushButton())
        for button in self._buttons:
            button.setObjectName("flat")
            button.clicked.connect(self._do)
        self._close = IconButton("close", self.tr("Close this message"))
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(self.hide)
        for watched in (self, *self._buttons, self._close):
            watched.installEventFilter(self)
        self._inside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._inside.addWidget(self._text, 1)
        self._inside.addLayout(in_a_row(*self._buttons, 1))
        self.lie_over_work(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 6, 6)
        row.setSpacing(10)
        row.addWidget(self._picture)
        row.addLayout(self._inside, 1)
        row.addWidget(self._close)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._go)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence that is shown."""
        return self._text.text()

    @property
    def has_focus(self) -> bool:
        """Whether one of its buttons has the focus, or will have it when the window comes to the front."""
        focused = self.window().focusWidget()
        return focused is not None and self.isAncestorOf(focused)

    @property
    def _stays(self) -> bool:
        """Whether what is shown stays until it is closed, and what there is to be told meanwhile is shown below it for a while."""
        return self._kind in ("error", "offer") and not self.isHidden()

    def tell_error(self, sentence: str, *offers: Offer, about: About | None = None) -> None:
        """Something went wrong; stays until it is closed or settled, with what there is to be told meanwhile below it."""
        self._tell("error", sentence, *offers, about=about)

    def tell_note(self, sentence: str, *offers: Offer, about: About | None = None) -> None:
        """Something worth knowing, and what may be done about it."""
        self._tell_for_a_while("note", sentence, *offers, about=about)

    def tell_offer(self, sentence: str, *offers: Offer) -> None:
        """Something that a person should decide on; stays until then, with what there is to be told meanwhile below it, or until something goes wrong; below what
        went wrong already it is there for a while."""
        if self._kind == "error" and self._stays:
            self._tell_for_a_while("note", sentence, *offers)
        else:
            self._tell("offer", sentence, *offers)

    def tell_done(self, sentence: str, *offers: Offer) -> None:
        """Something was done, and what may be done next."""
        self._tell_for_a_while("done", sentence, *offers)

    def settle(self, about: About) -> None:
        """Hide a message about this: it is tried anew, or over."""
        if self._about is about:
            self.hide()

    def withdraw(self, *actions: Callable[[], object]) -> None:
        """Offer none of these any more; a message that offers nothing else is hidden."""
        own, offers = (tuple(offer for offer in given if offer[1] not in actions) for given in (self._own, self._offers))
        if offers != self._offers:
            self._offer(offers)
        if own != self._own:
            self._own = own
            if not own:
                self.hide()

    @Slot()
    def hurry(self) -> None:
        """A person works on: what is there for a while leaves as soon as it can be read, and what should be decided on is there for a while from now on."""
        if self._kind == "offer" and self._stays:
            self._kind = "note"
            self._timer.start(1000 * self._SECONDS_TO_DECIDE)
        elif self._timer.isActive():
            self._timer.start(min(self._timer.remainingTime(), self._milliseconds_to_read(self.text)))

    def lie_over_work(self, on: bool) -> None:
        """Whether what lies below is being worked on with a tool: then a press on the bar hides it, and the pointer does not keep it. Else its text can be copied."""
        self._is_over_work = on
        flags = Qt.TextInteractionFlag
        self._text.setTextInteractionFlags(flags.NoTextInteraction if on else flags.TextSelectableByMouse)

    def mousePressEvent(self, event) -> None:  # noqa: N802
        if self._is_over_work:
            self.hide()
        event.accept()

    def _tell_for_a_while(self, kind: str, sentence: str, *offers: Offer, about: About | None = None) -> None:
        if self._stays:
            self._show(f"{self.sentence}\n{sentence}", (*self._own, *offers))
            announce(self, sentence)
        else:
            self._tell(kind, sentence, *offers, about=about)
        least = self._SECONDS_TO_DECIDE if offers else self._SECONDS
        self._timer.start(max(1000 * least, self._milliseconds_to_read(sentence)))

    def _milliseconds_to_read(self, text: str) -> int:
        return round(1000 * len(text) / self._LETTERS_A_SECOND)

    @Slot()
    def _go(self) -> None:
        """Hide, or only what followed what stays; but nothing under the mouse or with the focus."""
        if (self.underMouse() and not self._is_over_work) or self.has_focus:
            self._timer.start()
        elif self._stays:
            self._show(self.sentence, self._own)
        else:
            self.hide()

    def _tell(self, kind: str, sentence: str, *offers: Offer, about: About | None = None) -> None:
        self._timer.stop()
        self._kind, self.sentence, self._about, self._own = kind, sentence, about, offers
        self._show(sentence, offers)
        announce(self, sentence)

    def _show(self, sentence: str, offers: tuple[Offer, ...]) -> None:
        self._text.setText(breakable(sentence))
        self._text.setToolTip(sentence if sentence != self.text else "")
        self._offer(offers[: len(self._buttons)])
        self.setAccessibleName(sentence)
        self.retint()
        self.show()
        self._lie_over()

    def _lie_over(self) -> None:
        """Be in the middle, no wider than the text needs, and as high as it needs then; what would take the width from it is below it."""
        room = (self.parentWidget().size() - QSize(self._BESIDE, self._ABOVE) * 2).boundedTo(QSize(self._WIDEST, self.parentWidget().height()))
        are_wide = len(self._offers) > 1 or self._inside.itemAt(1).sizeHint().width() > room.width() / 3
        self._inside.setDirection(QBoxLayout.Direction.TopToBottom if are_wide else QBoxLayout.Direction.LeftToRight)
        width = min(self._wanted_width(), room.width())
        left = (self.parentWidget().width() - width) // 2
        self.setGeometry(left, self._ABOVE, width, min(self.heightForWidth(width), room.height()))
        self.raise_()

    def _wanted_width(self) -> int:
        """That at which no line of the text is broken."""
        beside = self.sizeHint().width() - self._inside.sizeHint().width()
        text, offers = self._text.fontMetrics().size(0, self.text).width() + 4, self._inside.itemAt(1).sizeHint().width()
        if self._inside.direction() is QBoxLayout.Direction.TopToBottom:
            return beside + max(text, offers)
        return beside + text + self._inside.spacing() + offers

    def _offer(self, offers: tuple[Offer, ...]) -> None:
        self._let_focus_go()
        self._offers = offers
        for place, button in enumerate(self._buttons):
            button.setText(offers[place][0] if place < len(offers) else "")
            button.setVisible(place < len(offers))

    def retint(self) -> None:
        """Follow a change of the theme."""
        colors = theme.current()
        shade = {"error": colors.warning, "done": colors.done}.get(self._kind, colors.quiet)
        self._picture.setPixmap(theme.icon(self._ICONS[self._kind], shade).pixmap(20, 20))
        self._close.retint()

    @Slot()
    def _do(self) -> None:
        offer = self._offers[self._buttons.index(self.sender())]
        if offer in self._own:
            self.hide()
        else:  # of what followed, while the first stays
            self._show(self.sentence, self._own)
        offer[1]()

    def _let_focus_go(self) -> None:
        """What was pressed, or is there no more, keeps no focus: it would go to the next button, which then is pressed by mistake."""
        if self.has_focus:
            self.left.emit()

    def hideEvent(self, event) -> None:  # noqa: N802
        if self.isHidden():  # itself, and not with the window
            self._let_focus_go()
        super().hideEvent(event)

    def eventFilter(self, watched, event) -> bool:  # noqa: N802
        """Follow the parent's size and what is said. Enter presses a button; Space is the window's, which shows the photograph as it was."""
        if watched in (self, self.parentWidget()):
            if event.type() == (QEvent.Type.LayoutRequest if watched is self else QEvent.Type.Resize):
                self._lie_over()
            return False
        if event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                watched.click()
            return True
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and event.key() == Qt.Key.Key_Space:
            event.ignore()
            return True
        return super().eventFilter(watched, event)
