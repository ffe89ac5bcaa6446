"""The panel beside the photograph, the message bar over it, and the welcome before there is one."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QRegularExpressionValidator
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from picgui.gui import theme
from picgui.gui.announcing import announce
from picgui.gui.hints import HintPanel
from picgui.gui.rows import in_a_row, label
from picgui.gui.session import MAX_SAMPLES, MAX_SATURATION, MAX_TEMPERATURE, Sample, Session
from picgui.gui.slider import ResettableSlider, hundredths, percent
from picgui.gui.words import breakable, literal, number, what_a_seed_is

_WIDTH = 264  # of the panel, where that is enough: room for a scroll bar beside the plane of colours
_MARGIN = 18  # above and below what is in the panel
_DEBOUNCE_MILLISECONDS = 180
_RECENT_SHOWN = 4  # files
_EDITING_KEYS = (
    Qt.Key.Key_Backspace,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)
Offer = tuple[str, Callable[[], object]]


class IconButton(QToolButton):
    """A flat button with an icon of the family; follows the theme."""

    def __init__(self, icon: str, tip: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._icon_name = icon
        self.setIconSize(QSize(20, 20))
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.retint()

    def become(self, icon: str, tip: str) -> None:
        """Change the icon, and what it says."""
        if icon != self._icon_name:
            self._icon_name = icon
            self.setToolTip(tip)
            self.setAccessibleName(tip)
            self.retint()

    def retint(self) -> None:
        """Take the icon's colour from the theme in use."""
        self.setIcon(theme.icon(self._icon_name))


class NumberField(QLineEdit):
    """A whole number within limits, to be typed or stepped with the arrow keys."""

    value_changed = Signal(int)

    def __init__(self, low: int, high: int, initial: int, *, step_from: Callable[[int], int] | None = None, parent: QWidget | None = None):
        """Steps go from its own number, or from what ``step_from`` says for one up (1) or down (-1)."""
        super().__init__(str(initial), parent)
        self._low, self._high, self._value = low, high, initial
        self._step_from = step_from or (lambda _step: self._value)
        self.setValidator(QRegularExpressionValidator(r"[0-9]*", self))  # what is unfinished is taken, too, and set right
        self.setMaxLength(len(str(high)))
        self.setAcceptDrops(False)  # a photograph is dropped on the window
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.editingFinished.connect(self.take_text)
        self.installEventFilter(self)

    def sizeHint(self) -> QSize:  # noqa: N802 - room for its digits, however large the letters are
        return QSize(max(48, self.fontMetrics().horizontalAdvance("0" * self.maxLength()) + 28), super().sizeHint().height())

    def value(self) -> int:
        """The number."""
        return self._value

    def set_value(self, value: int) -> None:
        """Show the nearest number within the limits."""
        value = min(max(value, self._low), self._high)
        self.setText(str(value))
        if value != self._value:
            self._value = value
            self.value_changed.emit(value)

    @Slot()
    def step_up(self) -> None:
        self._step(1)

    @Slot()
    def step_down(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        self.take_text()
        value = self._step_from(step) + step
        if self._low <= value <= self._high:
            self._value = value
            self.setText(str(value))
            self.value_changed.emit(value)  # the same number may be another wish

    @Slot()
    def take_text(self) -> None:
        """Take what was typed."""
        self.set_value(int(self.text() or self._value))

    def eventFilter(self, watched, event) -> bool:  # noqa: N802 - its own events
        if event.type() == QEvent.Type.ShortcutOverride and not self._is_for_typing(event):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _is_for_typing(self, event) -> bool:
        """Whether a key is meant here and not for a shortcut of the window: undo and the like only where something was typed."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return self.isModified()
        return event.text().isdigit() or event.key() in _EDITING_KEYS

    def keyPressEvent(self, event) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Up:
            self.step_up()
        elif event.key() == Qt.Key.Key_Down:
            self.step_down()
        elif event.key() == Qt.Key.Key_Space:
            event.ignore()  # it is the window's, which shows the photograph as it was
        else:
            super().keyPressEvent(event)


class ElidedLabel(QLabel):
    """A line of text whose middle is left out where there is no room for it; all of it with less room than the least, in pixels."""

    def __init__(self, *, least: int = 0, beside: int = 0, parent: QWidget | None = None):
        """``beside`` pixels of its width are left free."""
        super().__init__(parent)
        self._whole, self._least, self._beside = "", least, beside
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802
        return self.minimumSizeHint()

    def show_text(self, text: str, *, tip: str = "") -> None:
        """Show this text, as far as there is room; all of it in the tool tip, before what is to be said there."""
        self._whole = text
        self.setToolTip(f"{text}\n{tip}".rstrip())
        self._fit()

    def _fit(self) -> None:
        room = self.width() - self._beside
        self.setText("" if room < self._least else self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room))

    def resizeEvent(self, event) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()


def _keys(keys: str) -> str:
    """Keys as this system writes them."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    return rule


def temperature_slider(initial: float) -> ResettableSlider:
    """A slider of a temperature, in hundredths, which a double click sets back to this one."""
    name = QCoreApplication.translate("Panel", "Temperature")
    slider = ResettableSlider(low=0, high=round(MAX_TEMPERATURE * 100), initial=round(initial * 100), name=name, say=hundredths)
    tip = QCoreApplication.translate("Panel", "How freely colours are drawn: calm keeps to the most likely, vivid takes rarer ones too.\nDouble-click to reset.")
    slider.setToolTip(tip)
    return slider


def saturation_slider(tip: str) -> ResettableSlider:
    """A slider of a saturation, in hundredths, which a double click sets back to the colours as they were drawn."""
    name = QCoreApplication.translate("Panel", "Saturation")
    slider = ResettableSlider(low=0, high=round(MAX_SATURATION * 100), initial=100, name=name, say=percent)
    slider.setToolTip(tip)
    return slider


class Panel(QWidget):
    """Settings of the sampling, and facts about the chosen sample. Emits what a person wants."""

    resample_wanted = Signal()
    resample_pointed_at = Signal(bool)  # whether its button has the mouse or the focus
    asking_changed = Signal()
    stop_wanted = Signal()
    go_on_wanted = Signal()
    temperature_wanted = Signal(float)
    saturation_wanted = Signal(float)
    sample_count_wanted = Signal(int)
    pin_wanted = Signal()
    delete_wanted = Signal()
    copy_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._make_settings()
        self._make_facts()
        self.hints = HintPanel(self._session)
        self.hints.hide()
        self._fit_timer = QTimer(self, interval=0, singleShot=True)
        self._fit_timer.timeout.connect(self._fit_width)
        self._reveal_timer = QTimer(self, interval=0, singleShot=True)
        self._reveal_timer.timeout.connect(self._reveal_hints)
        self._lay_out()
        self._temperature_timer = QTimer(self, interval=_DEBOUNCE_MILLISECONDS, singleShot=True)
        self._temperature_timer.timeout.connect(self._ask_for_temperature)
        self._count_timer = QTimer(self, interval=2 * _DEBOUNCE_MILLISECONDS, singleShot=True)
        self._count_timer.timeout.connect(self._ask_for_count)
        self._saturation_timer = QTimer(self, interval=60, singleShot=True)
        self._saturation_timer.timeout.connect(self._ask_for_saturation)
        self.temperature.valueChanged.connect(self._temperature_moved)
        self.saturation.valueChanged.connect(self._saturation_moved)
        self.count.value_changed.connect(self._count_moved)
        session.temperature_changed.connect(self._follow_temperature)
        session.sample_count_changed.connect(self._follow_count)
        session.saturation_changed.connect(self._follow_saturation)
        session.selection_changed.connect(self.refresh)
        session.samples_changed.connect(self.refresh)
        self._follow_temperature(session.temperature)
        self._follow_saturation(session.saturation)
        self.refresh()

    def _make_settings(self) -> None:
        self.temperature = temperature_slider(self._session.temperature)
        self.saturation = saturation_slider(self.tr("How strong the colours are shown and exported; nothing is drawn again.\nDouble-click to reset."))
        self.count = NumberField(1, MAX_SAMPLES, self._session.sample_count, step_from=self._number_there)
        self.count.setAccessibleName(self.tr("Number of samples"))
        self.count.setToolTip(self.tr("How many samples are drawn together. Each is one believable colouring."))
        self.fewer = IconButton("minus", self.tr("One sample fewer"))
        self.fewer.clicked.connect(self.count.step_down)
        self.more = IconButton("plus", self.tr("One sample more"))
        self.more.clicked.connect(self.count.step_up)
        for button in (self.fewer, self.more):
            button.setAutoRepeat(True)
        self._resample_words = {False: self.tr("Resample"), True: self.tr("Resample this part")}
        self.resample = QPushButton(self._resample_words[False])
        self.resample.setObjectName("primary")
        self.resample.setToolTip(
            self.tr("Draw new samples in place of those that are not pinned (R).\nWhere the chosen one is a part drawn again: others of that part.")
        )
        self.resample.clicked.connect(self.ask_for_samples)
        self.resample.installEventFilter(self)
        self._stop_tip, self._go_on_tip = self.tr("Stop; what is drawn is kept (Esc)"), self.tr("Go on drawing what was stopped")
        self.stop = IconButton("stop", self._stop_tip)
        self.stop.clicked.connect(self._stop_or_go_on)
        self.stop.setEnabled(False)
        self._is_drawing = False

    def _make_facts(self) -> None:
        self.seed = ElidedLabel()
        self.seed.setObjectName("heading")
        self.typicality, self.colorfulness, self.drawn_at = label("", "value"), label("", "value"), label("", "value")
        self.typicality.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.typicality.setToolTip(
            self.tr("How much the model expects such colours, in bits for each pixel; nearer to 0 is more typical, not better.")
        )
        self.colorfulness.setToolTip(self.tr("Mean distance of the colours from grey, in Lab units."))
        self._pin_tip = self.tr("Pin: keep this sample when others are resampled (P)")
        self._unpin_tip = self.tr("Unpin: let this sample go when others are resampled (P)")
        self.pin = IconButton("pin", self._pin_tip)
        self.pin.clicked.connect(self.pin_wanted)
        self.copy = IconButton("copy", self.tr("Copy the picture (%1)").replace("%1", _keys("Ctrl+C")))
        self.copy.clicked.connect(self.copy_wanted)
        self.delete = IconButton("delete", self.tr("Delete this sample (Del); it can be undone"))
        self.delete.clicked.connect(self.delete_wanted)
        self.export = QPushButton(self.tr("Export…"))
        self.export.setToolTip(self.tr("Write this sample at the full size of the photograph (%1)").replace("%1", _keys("Ctrl+E")))
        self.export.clicked.connect(self.export_wanted)

    def _lay_out(self) -> None:
        self._inside = inside = QWidget()
        inside.setObjectName("plainPanel")
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 0, 0, 0)
        whole.addWidget(area)
        column = QVBoxLayout(inside)
        column.setContentsMargins(17, _MARGIN, 18, _MARGIN)
        column.setSpacing(4)
        column.addLayout(in_a_row(label(self.tr("Temperature")), 1, self.temperature.value_label))
        column.addWidget(self.temperature)
        column.addLayout(in_a_row(label(self.tr("Calm"), "quiet"), 1, label(self.tr("Vivid"), "quiet")))
        column.addSpacing(14)
        column.addLayout(in_a_row(label(self.tr("Saturation")), 1, self.saturation.value_label))
        column.addWidget(self.saturation)
        column.addSpacing(12)
        column.addLayout(in_a_row(label(self.tr("Samples")), 1, self.fewer, self.count, self.more))
        column.addSpacing(16)
        buttons = in_a_row(self.resample, self.stop)
        buttons.setStretch(0, 1)
        column.addLayout(buttons)
        column.addSpacing(20)
        column.addWidget(_rule())
        column.addSpacing(14)
        column.addWidget(self.hints)
        self.facts = QWidget()
        column.addWidget(self.facts)
        column.addStretch(1)
        column = QVBoxLayout(self.facts)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(in_a_row(self.seed, self.pin, self.copy, self.delete))
        facts = QGridLayout()
        facts.setVerticalSpacing(6)
        for row, (name, value) in enumerate(
            (
                (self.tr("Typicality"), self.typicality),
                (self.tr("Colourfulness"), self.colorfulness),
                (self.tr("Temperature"), self.drawn_at),
            )
        ):
            facts.addWidget(label(name, "quiet"), row, 0)
            facts.addWidget(value, row, 1, Qt.AlignmentFlag.AlignRight)
        column.addLayout(facts)
        column.addSpacing(14)
        column.addWidget(self.export)
        self._area = area
        self._fit_width()

    def _fit_width(self) -> None:
        """Room for every page, and a scroll bar beside it, in whatever font and language."""
        self.typicality.setMinimumWidth(self.typicality.fontMetrics().horizontalAdvance(self._bits(-88.88)))
        self.resample.ensurePolished()
        advance = self.resample.fontMetrics().horizontalAdvance
        beside = self.resample.sizeHint().width() - advance(self.resample.text())
        self.resample.setMinimumWidth(beside + max(map(advance, self._resample_words.values())))
        for page in (self.hints, self.facts, self._inside):
            page.layout().activate()
        margins = self._inside.layout().contentsMargins()
        pages = max(page.minimumSizeHint().width() for page in (self.hints, self.facts)) + margins.left() + margins.right()
        scroll_bar = self._area.verticalScrollBar().sizeHint().width()
        self.setFixedWidth(max(_WIDTH, max(self._inside.minimumSizeHint().width(), pages) + scroll_bar + 1))

    def changeEvent(self, event) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_timer.start()  # once all in it have followed

    def eventFilter(self, watched, event) -> bool:  # noqa: N802 - of the button that resamples
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave, QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.resample_pointed_at.emit(self.resample.underMouse() or self.resample.hasFocus())
        return super().eventFilter(watched, event)

    # what is shown

    def set_drawing(self, drawing: bool, *, can_go_on: bool) -> None:
        """Whether there is something to stop; else the button goes on with what was stopped, where that can be now."""
        self._is_drawing = drawing
        self.stop.setEnabled(drawing or can_go_on)
        self.stop.become(*(("go-on", self._go_on_tip) if can_go_on and not drawing else ("stop", self._stop_tip)))

    def show_hints(self, on: bool) -> None:
        """Offer colours for a marked place, in place of the facts."""
        self.hints.show_place(None)
        self.hints.setVisible(on)
        self.facts.setVisible(not on)
        if on:
            self._reveal_timer.start()  # once they have their places

    @Slot()
    def _reveal_hints(self) -> None:
        """Scroll until they are seen, or where there is no room for all of them, the plane of colours."""
        for widget in (self.hints, self.hints.plane):
            self._area.ensureWidgetVisible(widget, 0, _MARGIN)

    @Slot()
    def refresh(self) -> None:
        """Show the facts of the chosen sample."""
        sample = self._session.selected
        for widget in (self.pin, self.copy, self.delete, self.export):
            widget.setEnabled(sample is not None)
        if sample is None:
            self.seed.show_text(self.tr("None yet"))
        else:
            self.seed.show_text(self.tr("Seed %1").replace("%1", str(sample.seed)), tip=what_a_seed_is())
        self.resample.setText(self._resample_words[self._session.resamples_part])
        pinned = sample is not None and self._session.is_pinned(sample)
        self.pin.become(*(("pinned", self._unpin_tip) if pinned else ("pin", self._pin_tip)))
        self._show_numbers(sample)

    def _show_numbers(self, sample: Sample | None) -> None:
        known = sample is not None and sample.rows > 0
        self.typicality.setText(self._bits(sample.typicality) if known else "–")
        self.colorfulness.setText(number(sample.mean_chroma, 1) if known else "–")
        self.drawn_at.setText(number(sample.temperature, 2) if sample else "–")

    def _bits(self, value: float) -> str:
        return self.tr("%1 bits").replace("%1", number(value, 2))

    def retint(self) -> None:
        """Follow a change of the theme."""
        for button in (self.pin, self.copy, self.delete, self.stop, self.fewer, self.more):
            button.retint()

    @Slot(float)
    def _follow_temperature(self, value: float) -> None:
        self.temperature.blockSignals(True)
        self.temperature.setValue(round(value * 100))
        self.temperature.blockSignals(False)

    @Slot(int)
    def _follow_count(self, value: int) -> None:
        self.count.blockSignals(True)
        self.count.set_value(value)
        self.count.blockSignals(False)

    @Slot(float)
    def _follow_saturation(self, value: float) -> None:
        self.saturation.blockSignals(True)
        self.saturation.setValue(round(value * 100))
        self.saturation.blockSignals(False)

    # what is wanted

    @Slot()
    def _stop_or_go_on(self) -> None:
        (self.stop_wanted if self._is_drawing else self.go_on_wanted).emit()

    def _number_there(self, step: int) -> int:
        """How many samples there are, or are asked for: some may have been deleted since they were counted, or drawn beside others. Where all are pinned and
        none can go, a step down is one from what is asked for."""
        there, wanted = self._session.samples, self.count.value()
        if self._count_timer.isActive() or not there:
            return wanted
        return min(len(there), wanted) if step < 0 and all(map(self._session.is_pinned, there)) else len(there)

    @Slot(int)
    def _temperature_moved(self, _value: int) -> None:
        self._temperature_timer.start()
        self.asking_changed.emit()

    @Slot(int)
    def _saturation_moved(self, _value: int) -> None:
        if not self._saturation_timer.isActive():  # the picture follows while it moves
            self._saturation_timer.start()

    @Slot(int)
    def _count_moved(self, _value: int) -> None:
        self._count_timer.start()  # connected itself, it would take the number for milliseconds
        self.asking_changed.emit()

    @property
    def is_asking(self) -> bool:
        """Whether a number of samples or a temperature was moved or typed a moment ago and is asked for soon."""
        return self._count_timer.isActive() or self._temperature_timer.isActive()

    @Slot()
    def _ask_for_temperature(self) -> None:
        self.temperature_wanted.emit(self.temperature.value() / 100)
        self.asking_changed.emit()

    @Slot()
    def _ask_for_saturation(self) -> None:
        self.saturation_wanted.emit(self.saturation.value() / 100)

    @Slot()
    def ask_for_samples(self) -> None:
        """Resample: as many as the field says, which neither a click on a button nor a key takes the focus from."""
        self.ask_at_once()
        self.resample_wanted.emit()

    @Slot()
    def ask_at_once(self) -> None:
        """Ask for what was moved or typed a moment ago: what comes next is about it."""
        self.count.take_text()
        asking = (
            (self._count_timer, self._ask_for_count),
            (self._temperature_timer, self._ask_for_temperature),
            (self._saturation_timer, self._ask_for_saturation),
        )
        for timer, ask in asking:
            if timer.isActive():
                timer.stop()
                ask()

    @Slot()
    def _ask_for_count(self) -> None:
        self.sample_count_wanted.emit(self.count.value())
        self.asking_changed.emit()


class MessageBar(QFrame):
    """One sentence at a time, with at most two things to do about it, each a few words and what they do. It lies over the upper edge of its parent, whose
    size it never changes."""

    _ICONS = {"error": "warning", "done": "done", "note": "info", "offer": "info"}
    _SECONDS, _SECONDS_TO_DECIDE, _LETTERS_A_SECOND = 8, 20, 12  # at least
    _BESIDE, _ABOVE = 10, 8  # pixels between it and its parent's edges

    left = Signal()  # what had the focus in it is gone, or is something else now

    def __init__(self, parent: QWidget):
        super().__init__(parent)
        parent.installEventFilter(self)
        self.setObjectName("message")
        self._kind = "note"
        self.sentence = ""  # of that kind; others may follow it
        self._own: tuple[Offer, ...] = ()  # that belong to it
        self._offers: tuple[Offer, ...] = ()  # that are shown
        self._picture = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)  # a file's name may look like HTML
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
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

    def tell_error(self, sentence: str, *offers: Offer) -> None:
        """Something went wrong; stays until it is closed, with what there is to be told meanwhile below it."""
        self._tell("error", sentence, *offers)

    def tell_note(self, sentence: str, *offers: Offer) -> None:
        """Something worth knowing, and what may be done about it."""
        self._tell_for_a_while("note", sentence, *offers)

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

    def withdraw(self, *actions: Callable[[], object]) -> None:
        """Offer none of these any more; a message that offers nothing else is hidden."""
        own, offers = (tuple(offer for offer in given if offer[1] not in actions) for given in (self._own, self._offers))
        if offers != self._offers:
            self._offer(offers)
        if own != self._own:
            self._own = own
            if not own:
                self.hide()

    def _tell_for_a_while(self, kind: str, sentence: str, *offers: Offer) -> None:
        if self._stays:
            self._show(f"{self.sentence}\n{sentence}", (*self._own, *offers))
            announce(self, sentence)
        else:
            self._tell(kind, sentence, *offers)
        least = self._SECONDS_TO_DECIDE if offers else self._SECONDS
        self._timer.start(round(1000 * max(least, len(sentence) / self._LETTERS_A_SECOND)))

    @Slot()
    def _go(self) -> None:
        """Hide, or only what followed what stays; but nothing under the mouse or with the focus."""
        if self.underMouse() or self.has_focus:
            self._timer.start()
        elif self._stays:
            self._show(self.sentence, self._own)
        else:
            self.hide()

    def _tell(self, kind: str, sentence: str, *offers: Offer) -> None:
        self._timer.stop()
        self._kind, self.sentence, self._own = kind, sentence, offers
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
        """Be as wide as the parent, and as high as the text needs there."""
        room = self.parentWidget().size() - QSize(self._BESIDE, self._ABOVE) * 2
        self.setGeometry(self._BESIDE, self._ABOVE, room.width(), min(self.heightForWidth(room.width()), room.height()))
        self.raise_()

    def _offer(self, offers: tuple[Offer, ...]) -> None:
        self._let_focus_go()
        self._offers = offers
        sideways, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._inside.setDirection(below if len(offers) > 1 else sideways)
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


class Welcome(QWidget):
    """What is shown before there is a photograph: where to drop one, and other ways to begin."""

    open_wanted = Signal()
    example_wanted = Signal()
    recent_wanted = Signal(object)  # Path

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._area = QFrame()
        self._area.setObjectName("drop")
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        title = label(self.tr("Drop a photograph here"), "title")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text = label(self.tr("Black and white, sepia or faded; JPEG, PNG, TIFF, WebP or BMP.\nYour file is never changed."), "quiet")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open = QPushButton(self.tr("Open…"))
        self.open.setObjectName("primary")
        self.open.clicked.connect(self.open_wanted)
        self.example = QPushButton(self.tr("Try an example"))
        self.example.clicked.connect(self.example_wanted)
        inside = QVBoxLayout(self._area)
        inside.setContentsMargins(48, 36, 48, 36)
        inside.setSpacing(10)
        inside.addWidget(self._picture)
        inside.addWidget(title)
        inside.addWidget(text)
        inside.addSpacing(14)
        inside.addLayout(in_a_row(1, self.open, self.example, 1))
        self._recent_title = label(self.tr("Recent"), "quiet")
        self._recent = tuple(QPushButton(self) for _ in range(_RECENT_SHOWN))
        for button in self._recent:
            button.setObjectName("flat")
            button.clicked.connect(self._recent_clicked)
        self._rows = tuple(in_a_row(1, 1) for _ in self._recent)  # as many as there may be need for
        rows = QVBoxLayout()
        rows.setSpacing(0)
        for row in self._rows:
            rows.addLayout(row)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self._area, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(16)
        column.addWidget(self._recent_title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(rows)
        column.addStretch(1)
        self.show_recent(())
        self.retint()

    def show_recent(self, paths: Sequence[Path]) -> None:
        """Offer the first of these files."""
        self._recent_title.setVisible(bool(paths))
        for button, path in zip_longest(self._recent, paths[: len(self._recent)], fillvalue=""):
            button.setProperty("path", str(path))
            button.setToolTip(str(path))
            button.setVisible(bool(path))
        self._place_recent()

    def _place_recent(self) -> None:
        """The names, their middles left out where they are long, in as few rows as there is room for."""
        room, at, left = self.width() - 32, -1, 0
        for button in self._recent:
            for row in self._rows:
                row.removeWidget(button)
        for button in filter(lambda one: one.property("path"), self._recent):
            button.ensurePolished()
            metrics = button.fontMetrics()
            longest = min(room - 32, 28 * metrics.averageCharWidth())
            button.setText(literal(metrics.elidedText(Path(button.property("path")).name, Qt.TextElideMode.ElideMiddle, longest)))
            width = button.sizeHint().width() + 8
            if width > left:
                at, left = at + 1, room
            self._rows[at].insertWidget(self._rows[at].count() - 1, button)
            left -= width

    def resizeEvent(self, event) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place_recent()

    def changeEvent(self, event) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._place_recent()

    @Slot()
    def _recent_clicked(self) -> None:
        self.recent_wanted.emit(Path(self.sender().property("path")))

    def show_drag(self, over: bool) -> None:
        """Whether something is held over the window that can be dropped."""
        self._area.setProperty("over", over)
        self._area.style().unpolish(self._area)
        self._area.style().polish(self._area)

    def retint(self) -> None:
        """Follow a change of the theme."""
        self._picture.setPixmap(theme.icon("photo", theme.current().quiet).pixmap(64, 64))

