"""The window: actions, menus, and the wires between the studio and what shows it."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from PySide6.QtCore import QByteArray, QDateTime, QEvent, QLocale, QPoint, QRect, QSettings, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QActionGroup, QDropEvent, QGuiApplication, QIcon, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QStyle,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from picgui.errors import CardMemoryError, OutOfMemoryError, PicError
from picgui.gui import preferences, records, theme
from picgui.gui.announcing import announce
from picgui.gui.canvas import Canvas
from picgui.gui.choosing import Choosing
from picgui.gui.controls import ElidedLabel
from picgui.gui.dialogs import AboutDialog, PreferencesDialog, ShortcutsDialog
from picgui.gui.exporting import Exporting
from picgui.gui.gallery import Gallery, Order
from picgui.gui.jobs import Measured
from picgui.gui.leafing import Leafing
from picgui.gui.marking import Tool
from picgui.gui.message import MessageBar, Offer
from picgui.gui.opening import Opening
from picgui.gui.overlay import Overlay
from picgui.gui.panel import Panel
from picgui.gui.pictures import Pictures
from picgui.gui.session import MAX_SAMPLES, Sample
from picgui.gui.status import Status
from picgui.gui.studio import Activity, Studio
from picgui.gui.welcome import Welcome
from picgui.gui.words import literal, number, told, told_apart
from picgui.gui.worker import Worker, explained
from picgui.paths import config_dir, data_dir, default_checkpoint, example_photo, is_file
from picgui.pipeline import has_usable_card

_TOOLS = {"hint": Tool.HINT, "region": Tool.REGION, "take": Tool.TAKE}  # by the action that chooses it
_PART_SIDE = 96  # pixels, of what a part is shown in; the style sheet has it, too
_BRUSHES = ("narrower_brush", "wider_brush")  # actions for the tool that paints
_REPEATED = ("zoom_in", "zoom_out", "next", "previous", "undo", "redo", *_BRUSHES)  # actions that a key repeats for as long as it is held


class MainWindow(QMainWindow):
    """One photograph at a time, and its samples."""

    def __init__(self, *, checkpoint: Path | None = None, device: str | None = None, settings: QSettings | None = None):
        super().__init__()
        self.settings = settings or QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)
        self.studio = Studio(self, checkpoint=checkpoint or self._checkpoint(), device=device or self._device(), threads=self._threads())
        self.session = self.studio.session
        self.session.set_sample_count(preferences.samples(self.settings))
        self.session.set_temperature(preferences.temperature(self.settings))
        self.pictures = Pictures(self.session, self)
        self._actions: dict[str, QAction] = {}
        self._marked_place: np.ndarray | None = None
        self._colored_place: np.ndarray | None = None  # what of the marked place got a colour last
        self._is_keyed = False  # a tool is being chosen by its key
        self._is_drawing = False
        self._closing = False
        self._recent_finder = Worker(self)  # a drive that is gone may hold it for long
        self._not_found: set[Path] = set()  # of the last files opened, when it looked last
        self._recovery = records.Recovery(data_dir())
        self._autosave_timer = QTimer(self, interval=1000, singleShot=True)
        self._autosave_timer.timeout.connect(self._save_now)
        self.setAcceptDrops(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # Qt's own would hide the tool bars
        self._make_widgets()
        self.choosing = Choosing(self.session, self.gallery, self.canvas, self)
        self.opening = Opening(self.studio, self.settings, self.message, self._recovery, self)
        self.leafing = Leafing(self.studio, self.opening, self)
        self.exporting = Exporting(self.studio, self.settings, self.message, self.choosing, self.opening, self)
        self.status = Status(self.studio, self.leafing, self.statusBar())
        self._make_actions()
        self._make_menus()
        self._make_tool_bar()
        self._connect()
        self._restore_layout()
        for button in self.findChildren(QAbstractButton):  # a click leaves Space to the canvas; Tab still reaches every button
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.choose(QApplication.instance(), str(self.settings.value("scheme", "system")))
        self._scheme_changed()
        self._recent_finder.produced.connect(self._show_recent)
        self._recent_finder.queue(_look_for(self.opening.recent()))
        self._show_place()
        self._refresh()

    # making

    def _make_widgets(self) -> None:
        self.canvas = Canvas(self.session, self.pictures)
        self.gallery = Gallery(self.session, self.pictures)
        self.panel = Panel(self.session)
        self.welcome = Welcome()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.canvas)
        self.message = MessageBar(self.pages)
        tray = QWidget()
        tray.setObjectName("tray")
        tray.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        tray_column = QVBoxLayout(tray)
        tray_column.setContentsMargins(10, 6, 10, 2)
        tray_column.addWidget(self.gallery)
        self.tray = tray
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.pages, 1)
        left.addWidget(tray)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.panel)
        self.setCentralWidget(middle)

    def _action(
        self, name: str, text: str, then, *, icon: str = "", keys: Sequence = (), tip: str = "", checkable: bool = False
    ) -> QAction:
        action = QAction(text, self)
        if checkable:
            action.setCheckable(True)
            action.setIconVisibleInMenu(False)  # where there is an icon a menu shows no check mark
        action.triggered.connect(then)
        action.setAutoRepeat(name in _REPEATED)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setProperty("glyph", icon)
        action.setToolTip(_with_keys(tip or text, action))
        self._actions[name] = action
        self.addAction(action)
        return action

    def _make_actions(self) -> None:
        standard = QKeySequence.StandardKey
        make = self._action
        make("open", self.tr("&Open…"), self.opening.ask_for_photo, icon="open", keys=[standard.Open])
        make("example", self.tr("Open the &example"), self.opening.open_example, icon="photo")
        make("paste", self.tr("&Paste a picture"), self.opening.paste, icon="paste", keys=[standard.Paste])
        make("export", self.tr("Expor&t…"), self.exporting.ask_where_to_export, icon="export", keys=["Ctrl+E"])
        make("export_marked", self.tr("Export &selected…"), self.exporting.ask_where_to_export_marked, icon="export")
        make("export_all", self.tr("Export &all…"), self.exporting.ask_where_to_export_all, icon="folder", keys=["Ctrl+Shift+E"])
        make("copy", self.tr("&Copy the picture"), self.exporting.copy, icon="copy", keys=[standard.Copy])
        make("open_folder", self.tr("Colorize a &folder…"), self.opening.ask_for_folder, icon="folder")
        make("next_photo", self.tr("&Next photograph in the folder"), self.leafing.go_on, keys=["PgDown"])
        make("previous_photo", self.tr("Previous p&hotograph in the folder"), self.leafing.go_back, keys=["PgUp"])
        make("save_session", self.tr("Sa&ve the session"), self.exporting.save, keys=[standard.Save])
        make("save_session_as", self.tr("Save the sess&ion as…"), self.exporting.ask_where_to_save, keys=["Ctrl+Shift+S"])
        make("rotate_left", self.tr("Rotate &left"), self.opening.turn_left, icon="rotate-left", keys=["Ctrl+L"])
        make("rotate_right", self.tr("Rotate &right"), self.opening.turn_right, icon="rotate-right", keys=["Ctrl+R"])
        make("preferences", self.tr("Pre&ferences…"), self.show_preferences, icon="settings", keys=["Ctrl+,"])
        make("shortcuts", self.tr("&Keyboard shortcuts"), self.show_shortcuts, icon="keyboard", keys=["?", "F1", "Ctrl+/"])
        make("about", self.tr("&About picgui"), self.show_about, icon="info")
        make("quit", self.tr("&Quit"), self.close, keys=["Ctrl+Q"])
        make("undo", self.tr("Undo"), self._undo, icon="undo", keys=[standard.Undo]).setProperty("name", self.tr("Undo"))
        make("redo", self.tr("Redo"), self._redo, icon="redo", keys=[standard.Redo]).setProperty("name", self.tr("Redo"))
        stack = self.session.undo_stack
        for changed in (stack.canUndoChanged, stack.canRedoChanged, stack.undoTextChanged, stack.redoTextChanged):
            changed.connect(self._show_steps)
        for changed in (stack.cleanChanged, self.session.saturation_changed, self.session.saved_changed):
            changed.connect(self._show_unsaved)
        self.panel.asking_changed.connect(self._show_steps)
        self._show_steps()
        make("resample", self.tr("&Resample"), self.panel.ask_for_samples, icon="resample", keys=["R", "F5"]).setProperty("name", self.tr("Resample"))
        make("stop", self.tr("&Stop"), self.studio.stop, icon="stop", keys=["Esc"])
        make("go_on", self.tr("Go on &drawing"), self.session.go_on, icon="go-on")
        make("pin", self.tr("&Pin or unpin"), self.choosing.toggle_pins, icon="pin", keys=["P"])
        make("delete", self.tr("&Delete"), self.choosing.delete_marked, icon="delete", keys=[standard.Delete])
        make("next", self.tr("&Next sample"), self.choosing.choose_next, keys=["N"])
        make("previous", self.tr("Pre&vious sample"), self.choosing.choose_previous, keys=["B"])
        make("compare", self.tr("Co&mpare the selected"), self.choosing.compare, icon="compare", keys=["C"], checkable=True)
        self._actions["compare"].setToolTip(self.tr("Compare two to six selected samples side by side (C)"))
        make("split", self.tr("&Before and after"), self.canvas.set_split, icon="split", keys=["S"], checkable=True)
        self._actions["split"].setToolTip(self.tr("Before and after (S); hold Space for the photograph as it was"))
        make("unsure", self.tr("Where the model is &unsure"), self._show_overlay, icon="doubt", keys=["U"], checkable=True)
        make("spread", self.tr("Where samples &differ"), self._show_overlay, keys=["D"], checkable=True)
        make("surprise", self.tr("Where the photograph's colours su&rprise the model"), self._show_overlay, keys=["X"], checkable=True)
        overlays = QActionGroup(self)
        overlays.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        for name in ("unsure", "spread", "surprise"):
            overlays.addAction(self._actions[name])
        make("hint", self.tr("Colour &hints"), self._tool_triggered, icon="brush", keys=["H"], checkable=True)
        make("region", self.tr("Draw a part a&gain"), self._tool_triggered, icon="region", keys=["G"], checkable=True)
        make("take", self.tr("&Take a part from another sample"), self._tool_triggered, icon="take", keys=["T"], checkable=True)
        self._actions["hint"].setToolTip(self.tr("Colour hints: mark a place and choose its colour; the rest is drawn to fit (H)"))
        self._actions["region"].setToolTip(self.tr("Draw a part again: draw a rectangle, or hold Shift and draw any outline; only its colours are drawn again (G)"))
        self._actions["take"].setToolTip(self.tr("Take a part from another sample: outline it, as to draw it again, on the sample that is right elsewhere; then choose the one that is right there (T)"))
        make("narrower_brush", self.tr("Narrower brush"), self.panel.hints.narrow_brush, keys=["["])
        make("wider_brush", self.tr("Wider brush"), self.panel.hints.widen_brush, keys=["]"])
        for name in _BRUSHES:
            self._actions[name].setEnabled(False)
        make("fit", self.tr("&Fit"), self.canvas.fit, icon="fit", keys=["F", "0"], tip=self.tr("Fit in the window"))
        make("actual", self.tr("&Actual size"), self.canvas.show_actual_size, icon="actual", keys=["1"])
        make("zoom_in", self.tr("Zoom &in"), self.canvas.zoom_in, icon="zoom-in", keys=["+", "=", standard.ZoomIn])
        make("zoom_out", self.tr("Zoom &out"), self.canvas.zoom_out, icon="zoom-out", keys=["-", standard.ZoomOut])

    def _make_menus(self) -> None:
        file = self.menuBar().addMenu(self.tr("&File"))
        file.aboutToShow.connect(self._fill_file_menu)
        file.addActions([self._actions[name] for name in ("open", "example")])
        self.recent_menu = file.addMenu(self.tr("Open &recent"))
        self.recent_menu.setToolTipsVisible(True)
        file.addAction(self._actions["open_folder"])
        file.addSeparator()
        file.addActions([self._actions[name] for name in ("next_photo", "previous_photo")])
        file.addSeparator()
        file.addActions([self._actions[name] for name in ("export", "export_marked", "export_all", "save_session", "save_session_as")])
        self.aside_menu = file.addMenu(self.tr("Photographs &put aside"))
        self.aside_menu.setToolTipsVisible(True)
        file.addSeparator()
        file.addAction(self._actions["quit"])
        edit = self.menuBar().addMenu(self.tr("&Edit"))
        edit.addActions([self._actions[name] for name in ("undo", "redo")])
        edit.addSeparator()
        edit.addActions([self._actions[name] for name in ("copy", "paste", "delete")])
        edit.addSeparator()
        edit.addActions([self._actions[name] for name in ("rotate_left", "rotate_right")])
        edit.addSeparator()
        edit.addAction(self._actions["preferences"])
        samples = self.menuBar().addMenu(self.tr("&Samples"))
        samples.addActions([self._actions[name] for name in ("resample", "stop", "go_on")])
        samples.addSeparator()
        samples.addActions([self._actions[name] for name in ("next", "previous", "pin", "compare")])
        samples.addSeparator()
        samples.addActions([self._actions[name] for name in _TOOLS])
        samples.addSeparator()
        sorting = samples.addMenu(self.tr("S&ort by"))
        orders = QActionGroup(self)
        for order, text in (
            (Order.OLDEST, self.tr("&Oldest first")),
            (Order.NEWEST, self.tr("&Newest first")),
            (Order.TYPICALITY, self.tr("&Typicality")),
            (Order.COLORFULNESS, self.tr("&Colourfulness")),
        ):
            action = sorting.addAction(text)
            action.setCheckable(True)
            action.setChecked(order is Order.OLDEST)
            action.setData(order)
            orders.addAction(action)
        orders.triggered.connect(self._order_chosen)
        view = self.menuBar().addMenu(self.tr("&View"))
        view.addActions([self._actions[name] for name in ("split", "fit", "actual", "zoom_in", "zoom_out")])
        view.addSeparator()
        view.addActions([self._actions[name] for name in ("unsure", "spread", "surprise")])
        view.addSeparator()
        schemes = view.addMenu(self.tr("A&ppearance"))
        group = QActionGroup(self)
        chosen = self.settings.value("scheme", "system")
        for name, text in (("system", self.tr("As the &system")), ("light", self.tr("&Light")), ("dark", self.tr("&Dark"))):
            action = schemes.addAction(text)
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.setData(name)
            group.addAction(action)
        group.triggered.connect(self._scheme_chosen)
        help_menu = self.menuBar().addMenu(self.tr("&Help"))
        help_menu.addActions([self._actions[name] for name in ("shortcuts", "about")])

    def _make_tool_bar(self) -> None:
        bar = QToolBar(self.tr("Tools"))
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addAction(self._actions["open"])
        bar.addSeparator()
        bar.addActions([self._actions[name] for name in ("undo", "redo")])
        bar.addSeparator()
        bar.addActions([self._actions[name] for name in ("split", "compare", "unsure")])
        bar.addSeparator()
        bar.addActions([self._actions[name] for name in _TOOLS])
        bar.addSeparator()
        bar.addActions([self._actions[name] for name in ("zoom_out", "zoom_in", "fit", "actual")])
        bar.setIconSize(QSize(22, 22))
        self.addToolBar(bar)
        widget = bar.widgetForAction(self._actions["open"])
        widget.setObjectName("labelled")
        widget.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        widget.setText(self.tr("Open"))
        self._overflow = bar.findChild(QToolButton, "qt_toolbar_ext_button")
        self._overflow.setAccessibleName(self.tr("More tools"))
        self._overflow.setToolTip(self.tr("More tools"))
        self._make_export_bar()
        self._retint()

    def _make_export_bar(self) -> None:
        """What stays however narrow the window is: the button for the export. The words before it give way."""
        self.zoom_label = ElidedLabel(least=40, beside=16)
        self.zoom_label.setObjectName("quiet")
        self.zoom_label.setMaximumWidth(72)
        self.zoom_label.setContentsMargins(8, 0, 0, 0)
        self.title = ElidedLabel(least=90, beside=16)
        self.title.setObjectName("quiet")
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        export = QToolButton()
        export.setObjectName("primary")
        export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        export.setIconSize(QSize(20, 20))
        export.setText(self.tr("Export"))
        export.setToolTip(self._actions["export"].toolTip())
        export.clicked.connect(self._actions["export"].trigger)
        self._actions["export"].enabledChanged.connect(export.setEnabled)
        self._export_button = export
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.zoom_label)
        row.addWidget(self.title)
        row.addWidget(export)
        bar = QToolBar(self.tr("Export"))
        bar.setMovable(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addWidget(inside)
        self.addToolBar(bar)

    def _connect(self) -> None:
        studio, session, panel = self.studio, self.session, self.panel
        panel.resample_wanted.connect(self._resample)
        panel.resample_pointed_at.connect(self.canvas.show_part)
        panel.count.returnPressed.connect(self._focus_canvas)
        panel.stop_wanted.connect(studio.stop)
        panel.go_on_wanted.connect(session.go_on)
        panel.temperature_wanted.connect(session.set_temperature)
        panel.saturation_wanted.connect(session.set_saturation)
        panel.sample_count_wanted.connect(session.set_sample_count)
        panel.pin_wanted.connect(self.choosing.toggle_pin)
        panel.delete_wanted.connect(self.choosing.delete_selected)
        panel.copy_wanted.connect(self.exporting.copy)
        panel.export_wanted.connect(self.exporting.ask_where_to_export)
        self.gallery.chosen.connect(session.select)
        self.gallery.marked_changed.connect(self.choosing.follow_marks)
        self.gallery.menu_wanted.connect(self._show_sample_menu)
        self.gallery.drag_files_with(lambda: self.exporting.write_for_drag(self.choosing.meant()))
        kept = (session.samples_changed, session.selection_changed, session.saturation_changed, session.hints_changed, session.saved_changed)
        for changed in kept:
            changed.connect(self._save_soon)
        self.canvas.place_marked.connect(self._place_marked)
        self.canvas.place_extended.connect(self._place_extended)
        self.canvas.place_resized.connect(self._show_marked)
        self.canvas.color_taken.connect(self._color_taken)
        self.canvas.region_marked.connect(self._region_marked)
        panel.hints.color_chosen.connect(self._hint_color_chosen)
        panel.hints.brush_changed.connect(self.canvas.set_brush)
        panel.hints.remove_wanted.connect(self._remove_hints_here)
        panel.hints.clear_wanted.connect(session.clear_hints)
        self.canvas.pane_clicked.connect(session.select)
        self.canvas.menu_wanted.connect(self._show_sample_menu)
        self.canvas.zoom_changed.connect(self._zoom_changed)
        self.canvas.split_changed.connect(self._actions["split"].setChecked)
        self.message.left.connect(self._focus_page)
        self.welcome.open_wanted.connect(self.opening.ask_for_photo)
        self.welcome.example_wanted.connect(self.opening.open_example)
        self.welcome.recent_wanted.connect(self.open)
        for begun in (self.opening.begun, self.exporting.begun):
            begun.connect(panel.ask_at_once)
        self.choosing.comparing_changed.connect(self._actions["compare"].setChecked)
        self.choosing.too_many_compared.connect(self._tell_how_many_are_compared)
        session.photo_changed.connect(self._photo_changed)
        session.selection_changed.connect(self._selection_changed)
        session.samples_changed.connect(self._refresh)
        session.samples_changed.connect(self._withdraw_remedies)
        session.draft_ready.connect(self._forget_marked_place)
        session.draft_ready.connect(self._refresh)
        session.samples_gave_way.connect(self._tell_what_gave_way)
        session.undo_stack.indexChanged.connect(self._withdraw_undo)
        self.leafing.changed.connect(self._show_place)
        self.status.advanced.connect(self._show_advance)
        studio.activity_changed.connect(self._refresh)
        studio.activity_changed.connect(self._withdraw_remedies)
        studio.activity_changed.connect(self._come_to_rest)
        studio.model_changed.connect(self._refresh)
        studio.reading_changed.connect(self._refresh)
        studio.failed.connect(self._failed)
        self.pictures.failed.connect(self._failed)
        studio.unmeasured.connect(self._unmeasured)
        studio.measured.connect(self._measured)
        for changed in theme.changes():
            changed.connect(self._scheme_changed)
        QApplication.instance().focusChanged.connect(self._focus_changed)
        for widget in (self, self.canvas, self.gallery):
            widget.installEventFilter(self)  # for Escape and Space
        for name in _TOOLS:
            self._actions[name].installEventFilter(self)  # for their keys

    # undo and redo

    @Slot()
    def _show_steps(self) -> None:
        """Say in undo and redo what they are about."""
        stack = self.session.undo_stack
        for name, possible, words, none, about in (
            ("undo", stack.canUndo() or self.panel.is_asking, stack.undoText(), self.tr("Undo"), self.tr("Undo %1")),
            ("redo", stack.canRedo(), stack.redoText(), self.tr("Redo"), self.tr("Redo %1")),
        ):
            action = self._actions[name]
            action.setEnabled(possible)
            action.setText(about.replace("%1", words) if words else none)
            action.setToolTip(_with_keys(action.text(), action))

    @Slot()
    def _undo(self) -> None:
        self.panel.ask_at_once()  # what was moved or typed a moment ago is the last step
        self.session.undo_stack.undo()

    @Slot()
    def _redo(self) -> None:
        self.panel.ask_at_once()
        self.session.undo_stack.redo()

    @Slot(int)
    def _tell_what_gave_way(self, number: int) -> None:
        words = self.tr("1 sample gave way: there is room for %2. Undo brings it back.")
        if number > 1:
            words = self.tr("%1 samples gave way: there is room for %2. Undo brings them back.")
        self.message.tell_note(words.replace("%1", str(number)).replace("%2", str(MAX_SAMPLES)), (self.tr("Undo"), self._undo))

    @Slot()
    def _withdraw_undo(self) -> None:
        """After another step a message's Undo would take back that one."""
        self.message.withdraw(self._undo)

    # what comes in

    @Slot(object)
    def open(self, path: Path) -> None:
        """Open a photograph, a session, or a picture that was exported earlier."""
        self.opening.open(path)

    def dragEnterEvent(self, event) -> None:  # noqa: N802
        if event.source() is not None:  # a thumbnail on its way out
            event.ignore()
        elif event.mimeData().hasUrls() or event.mimeData().hasImage():
            _accept_as_copy(event)
            self.welcome.show_drag(True)

    def dragLeaveEvent(self, _event) -> None:  # noqa: N802
        self.welcome.show_drag(False)

    def dropEvent(self, event) -> None:  # noqa: N802
        self.welcome.show_drag(False)
        if event.source() is not None:
            event.ignore()
            return
        if self.opening.take_in(event.mimeData()):
            _accept_as_copy(event)
        else:
            self.message.tell_error(self.tr("Only a photograph from this computer can be dropped here. Save it first, then drop the file."))

    # errors

    @Slot(object)
    def _failed(self, error: PicError) -> None:
        self.message.tell_error(told(error), *self._remedies(error))

    def tell_unexpected(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Tell of an exception that nobody expected, where Python would only print it; a `sys.excepthook`."""
        if not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        sentence = told(explained(error))
        if self.message.isHidden() or sentence != self.message.sentence:  # as of a picture that cannot be painted, again and again
            self.message.tell_error(sentence)

    def _remedies(self, error: PicError) -> list[Offer]:
        """What a press can do about an error."""
        if self.studio.activity is not Activity.IDLE:  # it goes on with what was there before
            return []
        offers = []
        if self.studio.can_look_again and error is self.studio.network_error:
            offers.append((self.tr("Try again"), self.studio.look_again))
        elif isinstance(error, OutOfMemoryError) and self.studio.can_draw_fewer:
            offers.append((self.tr("Draw fewer samples"), self.studio.draw_fewer))
        elif error is self.studio.network_error and self.studio.can_draw_again:
            offers.append((self.tr("Try again"), self.studio.draw_again))
        if isinstance(error, CardMemoryError):
            offers.append((self.tr("Use the processor"), self.studio.use_processor))
        return offers

    @Slot()
    def _resample(self) -> None:
        """Draw others, or look at a photograph once more that could not be looked at."""
        if self.studio.can_look_again:
            self.studio.look_again()
        else:
            self.session.resample()

    @Slot()
    def _withdraw_remedies(self) -> None:
        """Once samples are drawn again, or are gone, what was offered about those before would act on others."""
        if self.studio.activity in (Activity.EMBEDDING, Activity.SAMPLING):
            self.message.withdraw(self.studio.look_again, self.studio.draw_fewer, self.studio.use_processor, self.studio.draw_again)
            return
        if not self.studio.can_draw_fewer:
            self.message.withdraw(self.studio.draw_fewer)
        if not self.studio.can_draw_again:
            self.message.withdraw(self.studio.draw_again)

    # overlays

    @Slot()
    def _show_overlay(self) -> None:
        """Lay over the photograph what is chosen, as soon as it is measured, or take it away."""
        overlay, actions = None, self._actions
        if actions["unsure"].isChecked() and (values := self.studio.uncertainty()) is not None:
            overlay = Overlay(values, 6, 12, self.tr("sure"), self.tr("unsure"), self.tr("bits"))
        elif actions["spread"].isChecked() and (values := self.session.spread()) is not None:
            overlay = Overlay(values, 0, 30, self.tr("agree"), self.tr("differ"), "Lab")
        elif actions["surprise"].isChecked() and (values := self.studio.surprise()) is not None:
            overlay = Overlay(values, 0, 16, self.tr("expected"), self.tr("surprising"), self.tr("bits"))
        self.canvas.show_overlay(overlay)

    @Slot(object)
    def _measured(self, measured: Measured) -> None:
        if measured.values is None:
            self._actions["surprise"].setChecked(False)
            self.message.tell_note(self.tr("This photograph has no colours of its own that could surprise the model."))
        self._show_overlay()

    @Slot(str)
    def _unmeasured(self, what: str) -> None:
        self._actions["unsure" if what == "uncertainty" else what].setChecked(False)

    # hints and regions

    @Slot()
    def _tool_triggered(self) -> None:
        """Use the tool that was chosen in place of the one before, or none where that one was left."""
        chosen = (tool for name, tool in _TOOLS.items() if self._actions[name].isChecked() and tool is not self.canvas.tool)
        self._use_tool(next(chosen, Tool.MOVE))

    def _use_tool(self, tool: Tool) -> None:
        self._marked_place = None
        self.canvas.use_tool(tool, by_key=self._is_keyed)
        if tool is not Tool.MOVE or self._is_choosing_color():  # for its keys; and what is hidden would give the focus to any button
            self.canvas.setFocus(Qt.FocusReason.ShortcutFocusReason if self._is_keyed else Qt.FocusReason.OtherFocusReason)
        self._is_keyed = False
        for name, chosen in _TOOLS.items():
            self._actions[name].setChecked(tool is chosen)
        for name in _BRUSHES:
            self._actions[name].setEnabled(tool is Tool.HINT)
        self.panel.show_hints(tool is Tool.HINT)
        self.canvas.show_caption(self._caption())

    def _is_choosing_color(self) -> bool:
        """Whether the focus is among the colours for a marked place."""
        focused = QApplication.focusWidget()
        return focused is not None and self.panel.hints.isAncestorOf(focused)

    @Slot()
    def _focus_canvas(self) -> None:
        """Give the canvas the focus, to be seen: a key did it."""
        self.canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def _focus_page(self) -> None:
        """Give the focus to the canvas, or to what comes first before there is a photograph."""
        if self.pages.currentWidget() is self.canvas:
            self._focus_canvas()
        else:
            self.welcome.open.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot(QWidget, QWidget)
    def _focus_changed(self, before: QWidget | None, now: QWidget | None) -> None:
        """A button that was pressed and can be pressed no more leaves the focus to the canvas, not to the button beside it."""
        if now is None or not self.canvas.isVisible():
            return
        if isinstance(before, QAbstractButton) and not before.isEnabled() and before.window() is self:
            self._focus_canvas()

    @Slot()
    def _forget_marked_place(self) -> None:
        """What is marked was so at another resolution."""
        self._marked_place = None
        if self.canvas.tool is not Tool.MOVE:  # which has nothing marked, but may be moving the photograph
            self.canvas.use_tool(self.canvas.tool)
        self.panel.hints.show_place(None)

    @Slot(object)
    def _show_marked(self, mask: np.ndarray | None) -> None:
        self._marked_place = mask
        self.panel.hints.show_place(mask)

    @Slot(object)
    def _place_marked(self, mask: np.ndarray | None) -> None:
        self._colored_place = None
        self._show_marked(mask)
        if mask is not None and self.canvas.has_crosshair and self.canvas.hasFocus():
            self.panel.hints.take_focus()

    @Slot(object)
    def _place_extended(self, mask: np.ndarray) -> None:
        """More of the marked place: where that has got a colour, this gets it, too; and what a wider brush added to it."""
        places = [place for place in (self._marked_place, self._colored_place) if place is not None]
        color = next(filter(None, map(self.session.hint_in, places)), None)
        if color is None:
            self._place_marked(mask)
        else:
            self._marked_place = mask
            self._give_color(*color)
            self.panel.hints.show_place(mask)

    def _give_color(self, a: float, b: float) -> None:
        self._colored_place = self._marked_place
        self.session.add_hint(self._marked_place, (a, b))

    @Slot(float, float)
    def _color_taken(self, a: float, b: float) -> None:
        if self._marked_place is None:
            self.message.tell_note(self.tr("Mark the place first that is to get this colour."))
        self._hint_color_chosen(a, b)

    @Slot(float, float)
    def _hint_color_chosen(self, a: float, b: float) -> None:
        if self._marked_place is not None:
            self._give_color(a, b)
            if self.canvas.has_crosshair and self._is_choosing_color():
                self._focus_canvas()

    @Slot()
    def _remove_hints_here(self) -> None:
        if self._marked_place is not None:
            self.session.remove_hints(self._marked_place)

    @Slot(object)
    def _region_marked(self, mask: np.ndarray) -> None:
        if self.canvas.tool is Tool.TAKE:
            self._take_region(mask)
        elif mask.all():
            self.message.tell_note(self.tr("That is the whole picture. Resample draws all of it again."))
        elif self.session.hints is not None and mask.any() and not (mask & ~self.session.hints.mask).any():
            self.message.tell_note(self.tr("You gave all colours there, and they are kept. Clear the hints to draw it again."))
        elif mask.any():
            self.session.redo_region(mask)
            self._use_tool(Tool.MOVE)

    def _take_region(self, mask: np.ndarray) -> None:
        """Ask which sample the marked region is to be taken from."""
        if mask.all():
            self.message.tell_note(self.tr("That is the whole picture. Choose the other sample in the gallery instead."))
        elif mask.any() and (source := self._asked_for_source(mask)) is not None:
            self.session.take_part(mask, source)
            self._use_tool(Tool.MOVE)

    def _asked_for_source(self, mask: np.ndarray) -> Sample | None:
        """The sample that a person chooses in a menu beside the marked region, which shows it in each of them; None where none is chosen."""
        menu, sources, ratio = QMenu(self.tr("Take it from"), self), self.session.part_sources, self.devicePixelRatioF()
        menu.setObjectName("pictures")
        menu.addAction(menu.title()).setEnabled(False)
        for sample in filter(sources.__contains__, self.gallery.samples.shown):
            picture = QPixmap.fromImage(self.pictures.part(sample, mask, round(_PART_SIDE * ratio)))
            picture.setDevicePixelRatio(ratio)
            menu.addAction(QIcon(picture), self.gallery.samples.describe(sample)).setData(sample)
        chosen = menu.exec(_beside(self.canvas.place_of_mark(), menu.sizeHint()))
        menu.deleteLater()
        return chosen.data() if chosen is not None else None

    @Slot(object)
    def _show_sample_menu(self, position) -> None:
        menu = QMenu(self)
        menu.addActions([self._actions[name] for name in ("pin", "compare", "copy", "export", "export_marked", "delete")])
        menu.exec(position)
        menu.deleteLater()

    @Slot()
    def _tell_how_many_are_compared(self) -> None:
        self.message.tell_note(self.tr("Six at a time: the samples that are shown stay selected, the others do not."))

    # what outlives the window

    @Slot()
    def _save_soon(self) -> None:
        if self.session.has_content:
            self._autosave_timer.start()

    @Slot()
    def _save_now(self) -> None:
        if self.session.has_content:
            with contextlib.suppress(PicError):  # a disk that is full is told when a person saves
                self._recovery.save(self.session)

    def offer_last(self) -> None:
        """Offer what was being worked on when the program was closed, and not saved, or did not close in order."""
        found, name = self._recovery.find(), records.photo_name(self._recovery.kept)
        source = Path(name) if name else None
        words = self.tr("When you closed picgui, %1 was open with choices that were not saved. They were kept.")
        if found == "crashed":
            words = self.tr("picgui did not close properly last time. Your last photograph and its samples were kept.")
        if found:
            self.message.tell_offer(words.replace("%1", self.opening.title_of(source)), (self.opening.going_back_to(source), self.opening.bring_back_last))
        self._recent_finder.queue(_look_at_left(self._recovery))

    # dialogs

    @Slot()
    def show_preferences(self) -> None:
        """Let a person change the model, the device and what the program begins with."""
        studio, device = self.studio, self._device()
        dialog = PreferencesDialog(self.settings, in_use=studio.checkpoint, cuda=has_usable_card(), parent=self)
        if dialog.exec():
            studio.use_threads(self._threads())
            keeps_device = self._device() == device
            has_failed = studio.model is None and studio.activity is Activity.IDLE
            if dialog.checkpoint != studio.checkpoint or not keeps_device or has_failed:
                device = self._device() or ("cuda" if has_usable_card() else "cpu")
                if keeps_device and studio.model is not None:
                    device = studio.model.device.type  # the processor, where the card has not had enough memory
                studio.use_model(dialog.checkpoint, device=device)
            self.panel.temperature.reset_to(round(100 * preferences.temperature(self.settings)))
            if self.session.opened is None:
                self.session.set_sample_count(preferences.samples(self.settings))
                self.session.set_temperature(preferences.temperature(self.settings))
        dialog.deleteLater()

    def _checkpoint(self) -> Path:
        chosen = Path(str(self.settings.value("checkpoint", "") or default_checkpoint()))
        return chosen if is_file(chosen) else default_checkpoint()

    def _threads(self) -> int:
        return preferences.threads(self.settings)

    def _device(self) -> str | None:
        chosen = str(self.settings.value("device", "auto"))
        return chosen if chosen == "cpu" or (chosen == "cuda" and has_usable_card()) else None

    @Slot()
    def show_shortcuts(self) -> None:
        """Show every key."""
        self._show(ShortcutsDialog(list(self._actions.values()), self))

    @Slot()
    def show_about(self) -> None:
        """Show what the program is."""
        self._show(AboutDialog(self.studio.model.checkpoint if self.studio.model else None, self))

    @staticmethod
    def _show(dialog: QDialog) -> None:
        dialog.exec()
        dialog.deleteLater()

    @Slot(QAction)
    def _order_chosen(self, action: QAction) -> None:
        self.gallery.samples.sort_by(action.data())

    # showing

    @Slot()
    def _photo_changed(self) -> None:
        self.pages.setCurrentWidget(self.canvas)
        if self.focusWidget() is None or self.message.has_focus:  # as at the start, where Qt gives it to the first button that it finds
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self._use_tool(Tool.MOVE)
        if self.session.path is not None and self.session.path != example_photo():
            self.opening.remember(self.session.path, instead_of=self.leafing.passed)
        self._refresh()

    @Slot()
    def _selection_changed(self) -> None:
        self.choosing.show_panes()
        self._refresh()
        if self.session.selected is not None and not self.gallery.hasFocus():  # which tells of its current one itself
            announce(self.gallery, self.gallery.samples.describe(self.session.selected))

    @Slot()
    def _refresh(self) -> None:
        """Bring everything that depends on what there is up to date."""
        session, has_photo, drawing = self.session, self.session.opened is not None, self.studio.activity is Activity.SAMPLING
        self._is_drawing |= drawing
        possible = self._possible()
        for name in possible:
            self._actions[name].setEnabled(possible[name])
        if any(self.canvas.tool is tool and not possible[name] for name, tool in _TOOLS.items()):
            self._use_tool(Tool.MOVE)
        self._show_overlay()
        self._actions["resample"].setText(self.tr("&Resample this part") if session.resamples_part else self.tr("&Resample"))
        self.panel.resample.setEnabled(possible["resample"])
        self.panel.set_drawing(drawing, can_go_on=possible["go_on"])
        self.panel.refresh()
        self.canvas.set_drawing(drawing)
        self.canvas.show_caption(self._caption())
        self.tray.setVisible(has_photo)
        self.panel.setVisible(has_photo)
        self.zoom_label.setVisible(has_photo)
        title = self.opening.title_of(session.path) if has_photo else ""
        self.title.show_text(title)
        self.setWindowTitle(f"{title}[*] – picgui" if has_photo else "picgui")
        self._show_unsaved()

    def _possible(self) -> dict[str, bool]:
        """Whether each action that depends on what there is can be taken now."""
        session, studio = self.session, self.studio
        has_sample, is_embedded = session.selected is not None, session.embedded is not None
        overlays = {"unsure": is_embedded, "spread": session.can_spread, "surprise": is_embedded}
        return (
            dict.fromkeys(("export", "export_marked", "export_all", "copy", "pin", "delete"), has_sample and studio.model is not None)
            | dict.fromkeys(("split", "next", "previous", "hint"), has_sample)
            | dict.fromkeys(("fit", "actual", "zoom_in", "zoom_out", "save_session", "save_session_as"), session.opened is not None)
            | dict.fromkeys(("rotate_left", "rotate_right"), studio.can_turn)
            | {"region": session.can_redo_region, "take": bool(session.part_sources), "compare": len(session.samples) > 1}
            | {name: can or self._actions[name].isChecked() for name, can in overlays.items()}  # what is shown can be taken away
            | {"resample": is_embedded or studio.can_look_again, "stop": studio.activity is Activity.SAMPLING}
            | {"go_on": session.can_go_on and studio.activity is Activity.IDLE}
        )

    @Slot()
    def _show_unsaved(self) -> None:
        """Mark a window whose session has a file that lacks the last choices."""
        self.setWindowModified(self.session.file is not None and self.session.is_unsaved)

    def _caption(self) -> str:
        if self.session.opened is None:
            return ""
        if self.studio.activity is Activity.LOADING:
            return self.tr("Getting ready…")
        if self.studio.activity is Activity.EMBEDDING:
            return self.tr("Looking at the photograph…")
        if self.studio.model is None:
            return self.tr("There is no model to colorize with: choose one in the preferences")
        if self.studio.can_look_again:
            return self.tr("The photograph could not be analysed; Resample tries again")
        sample = self.session.selected
        if self.canvas.tool.outlines:
            return self.tr("Draw a rectangle around a part, with Shift any outline, or use the arrow keys and Enter")
        if sample is not None and self.studio.activity is Activity.SAMPLING and sample.rows * 2 < sample.chroma.shape[1]:
            return self.tr("Draft")
        if sample is not None and sample.stopped and not sample.is_complete:
            return self.tr("Stopped; the rest is a draft")
        if sample is None and self.session.embedded is not None:
            return self.tr("No samples left")
        return ""

    @Slot()
    def _show_place(self) -> None:
        """Let a person go on to photographs of the folder where there are others."""
        self._actions["next_photo"].setEnabled(self.leafing.can_go(1))
        self._actions["previous_photo"].setEnabled(self.leafing.can_go(-1))

    @Slot()
    def _show_advance(self) -> None:
        """Say of what is being drawn what changes with its rows."""
        self.canvas.show_caption(self._caption())
        self.panel.refresh()

    @Slot()
    def _come_to_rest(self) -> None:
        """Keep what was drawn, and bring it into the order, be it all or until a person stopped."""
        if self.studio.activity is Activity.IDLE:
            self.gallery.samples.sort_again()
            self._save_soon()
            if self._is_drawing and self.session.samples:
                complete = sum(sample.is_complete for sample in self.session.samples)
                announce(self.canvas, self.tr("Drawn: %1 of %2").replace("%1", str(complete)).replace("%2", str(len(self.session.samples))))
            self._is_drawing = False

    @Slot(float)
    def _zoom_changed(self, zoom: float) -> None:
        percent = zoom * 100
        self.zoom_label.show_text(f"{number(percent, 0 if percent >= 10 else 1)} %")

    # recent files

    @Slot()
    def _fill_file_menu(self) -> None:
        """Look which files are still there: only now, as a disk may be asleep; of the last ones opened for the next time, as a drive may be gone."""
        self.aside_menu.clear()
        for kept in self.opening.put_aside:
            when = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(kept.at)), QLocale.FormatType.ShortFormat)
            action = self.aside_menu.addAction(literal(f"{self.opening.title_of(kept.source)}, {when}"))
            action.setData(kept)
            action.setToolTip(str(kept.source or ""))
            action.triggered.connect(self._aside_triggered)
        self.aside_menu.setEnabled(not self.aside_menu.isEmpty())
        recent = self.opening.recent()
        self._recent_finder.replace(_look_for(recent))
        self.recent_menu.clear()
        for path, name in told_apart([path for path in recent if path not in self._not_found]).items():
            action = self.recent_menu.addAction(literal(name))
            action.setData(str(path))
            action.setToolTip(str(path))
            action.triggered.connect(self._recent_triggered)
        self.recent_menu.setEnabled(not self.recent_menu.isEmpty())

    @Slot()
    def _aside_triggered(self) -> None:
        self.opening.bring_back(self.sender().data())

    @Slot()
    def _recent_triggered(self) -> None:
        self.open(Path(self.sender().data()))

    @Slot(int, object)
    def _show_recent(self, _job: int, is_there: dict[Path, bool]) -> None:
        self._not_found = {path for path in is_there if not is_there[path]}
        self.welcome.show_recent([path for path in is_there if is_there[path]])

    # appearance

    @Slot(QAction)
    def _scheme_chosen(self, action: QAction) -> None:
        self.settings.setValue("scheme", action.data())
        theme.choose(QApplication.instance(), action.data())
        self._scheme_changed()

    @Slot()
    def _scheme_changed(self) -> None:
        """Follow the system, or a choice."""
        theme.apply(QApplication.instance())
        self._retint()

    def _retint(self) -> None:
        for name, action in self._actions.items():
            if action.property("glyph"):
                action.setIcon(theme.icon(action.property("glyph")))
        self._export_button.setIcon(theme.icon("export", theme.current().on_accent))
        self._overflow.setIcon(theme.icon("more"))  # that of the style is none on a dark ground
        for widget in (self.panel, self.message, self.welcome, self.opening.batch):
            if widget is not None:
                widget.retint()
        self.update()

    # the window itself

    def _restore_layout(self) -> None:
        """The size of the last time, or one that fits on the screen with its title."""
        room = QGuiApplication.primaryScreen().availableSize() - QSize(0, self.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight))
        self.setMinimumSize(QSize(760, 520).boundedTo(room))
        self.resize(QSize(1280, 832).boundedTo(room))
        geometry = self.settings.value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)

    def eventFilter(self, watched, event) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Shortcut and watched in map(self._actions.get, _TOOLS):  # while Space is held those of all actions come here
            self._is_keyed = True
        elif watched is self and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() == Qt.Key.Key_Escape and self.canvas.tool is not Tool.MOVE:
                event.accept()  # it leaves the tool, and does not stop what is drawn
                return True
        elif watched is not self and self._is_of_space(event):
            if not event.isAutoRepeat():
                self._hold_original(event.type() == QEvent.Type.KeyPress)
            return True
        return super().eventFilter(watched, event)

    @staticmethod
    def _is_of_space(event: QEvent) -> bool:
        """Whether Space was pressed, alone, or let go."""
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) or event.key() != Qt.Key.Key_Space:
            return False
        return event.type() == QEvent.Type.KeyRelease or event.modifiers() == Qt.KeyboardModifier.NoModifier

    def _hold_original(self, held: bool) -> None:
        """While Space is held the canvas shows the photograph as it was; wherever it is let go, as in a menu that opened meanwhile, that ends."""
        self.canvas.show_original(held)
        application = QApplication.instance()
        application.removeEventFilter(self)
        if held:
            application.installEventFilter(self)

    def keyPressEvent(self, event) -> None:  # noqa: N802 - what no other widget wanted
        if event.key() == Qt.Key.Key_Space:
            self._hold_original(True)
        elif event.key() == Qt.Key.Key_Escape and self.canvas.tool is not Tool.MOVE:
            self._use_tool(Tool.MOVE)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_original(False)
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event) -> None:  # noqa: N802
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self._hold_original(False)  # Space may be let go in another window
        super().changeEvent(event)

    def closeEvent(self, event) -> None:  # noqa: N802
        if self._closing:
            event.ignore()
            return
        self._closing = True
        self.panel.ask_at_once()  # what was moved or typed a moment ago is kept, too
        self.settings.setValue("geometry", self.saveGeometry())
        self.hide()  # at once, though a file may still have to be written to its end
        error = self.studio.finish_exports()
        if error is not None:  # what could not be written is told, and the window stays
            self._closing = False
            event.ignore()
            self.show()
            if self.message.isHidden():  # else it is told, with what could be written below it
                self._failed(error)
            return
        if self.opening.batch is not None:
            self.opening.batch.close()
        for watched in (self, self.canvas, self.gallery, *(self._actions[name] for name in _TOOLS)):
            watched.removeEventFilter(self)
        QApplication.instance().focusChanged.disconnect(self._focus_changed)
        self._recent_finder.close(0)
        self.leafing.close()
        self._autosave_timer.stop()
        self._recovery.close(self.session)
        self.studio.close()
        self.pictures.close()
        self.exporting.close()
        super().closeEvent(event)


def _look_at_left(recovery: records.Recovery) -> Iterator[None]:
    recovery.left()
    yield from ()


def _look_for(paths: Sequence[Path]) -> Iterator[dict[Path, bool]]:
    yield {path: is_file(path) for path in paths}


def _beside(place: QRect, size: QSize) -> QPoint:
    """Where something of a size leaves a place on the screen free: to its right, or to its left where only there is room."""
    room = (QGuiApplication.screenAt(place.center()) or QGuiApplication.primaryScreen()).availableGeometry()
    left = place.left() - size.width()
    is_left = place.right() + size.width() > room.right() and left >= room.left()
    return QPoint(left if is_left else place.right() + 1, place.top())


def _accept_as_copy(event: QDropEvent) -> None:
    """Take what is dropped, but never as moved, as with Shift held: Windows would then delete the file."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _with_keys(text: str, action: QAction) -> str:
    """A tool tip from an action's text, with its shortcut."""
    words, keys = text.replace("&", "").rstrip("…"), action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{words} ({keys})" if keys else words
