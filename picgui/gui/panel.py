"""The panel beside the photograph: how samples are drawn, and facts about the chosen one."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from picgui.gui.controls import ElidedLabel, IconButton, NumberField, saturation_slider, temperature_slider
from picgui.gui.hints import HintPanel
from picgui.gui.rows import in_a_row, label
from picgui.gui.session import MAX_SAMPLES, Sample, Session
from picgui.gui.words import number, what_a_seed_is

_WIDTH = 264  # of the panel, where that is enough: room for a scroll bar beside the plane of colours
_MARGIN = 18  # above and below what is in the panel
_DEBOUNCE_MILLISECONDS = 180


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
        self._scrolled = 0  # before the hints were revealed
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
        column.addSpacing(16)
        column.addWidget(_rule())
        column.addSpacing(12)
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
        """Offer colours for a marked place, in place of the facts, and be scrolled afterwards as before."""
        scroll_bar, were_shown = self._area.verticalScrollBar(), not self.hints.isHidden()
        self.hints.show_place(None)
        self.hints.setVisible(on)
        self.facts.setVisible(not on)
        if on:
            self._scrolled = self._scrolled if were_shown else scroll_bar.value()
            self._reveal_timer.start()  # once they have their places
        elif were_shown:
            self._reveal_timer.stop()
            scroll_bar.setValue(self._scrolled)

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
        seed = self.tr("Seed %1")
        if sample is None:
            self.seed.show_text(seed.replace("%1", "–"))
        else:
            self.seed.show_text(seed.replace("%1", str(sample.seed)), tip=what_a_seed_is())
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


def _keys(keys: str) -> str:
    """Keys as this system writes them."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    return rule
