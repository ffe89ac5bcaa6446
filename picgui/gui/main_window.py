"""The window: actions, menus, and the wires between the studio and what shows it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSettings, QSize, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup, QDropEvent, QGuiApplication, QKeyEvent, QKeySequence
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

from picgui.errors import PicError
from picgui.gui import preferences, records, theme
from picgui.gui.announcing import announce
from picgui.gui.canvas import Canvas
from picgui.gui.choosing import Choosing
from picgui.gui.controls import ElidedLabel
from picgui.gui.dialogs import AboutDialog, PreferencesDialog, ShortcutsDialog
from picgui.gui.exporting import Exporting
from picgui.gui.gallery import Gallery, Order
from picgui.gui.keeping import Keeping
from picgui.gui.leafing import Leafing
from picgui.gui.marking import Tool
from picgui.gui.measuring import Measure, Measuring
from picgui.gui.message import About, MessageBar
from picgui.gui.opening import Opening
from picgui.gui.panel import Panel
from picgui.gui.pictures import Pictures
from picgui.gui.remedies import Remedies
from picgui.gui.session import MAX_SAMPLES
from picgui.gui.status import Status
from picgui.gui.steering import Steering
from picgui.gui.studio import Activity, Studio
from picgui.gui.welcome import Welcome
from picgui.gui.words import bare, number, told
from picgui.paths import config_dir, data_dir, example_photo
from picgui.pipeline import has_usable_card

_TOOLS = {"hint": Tool.HINT, "region": Tool.REGION, "take": Tool.TAKE}  # by the action that chooses it
_MEASURES = {"unsure": Measure.UNCERTAINTY, "spread": Measure.SPREAD, "surprise": Measure.SURPRISE}  # by the action that shows it
_BRUSHES = ("narrower_brush", "wider_brush")  # actions for the tool that paints
_REPEATED = ("zoom_in", "zoom_out", "next", "previous", "undo", "redo", *_BRUSHES)  # actions that a key repeats for as long as it is held


class MainWindow(QMainWindow):
    """One photograph at a time, and its samples."""

    def __init__(self, *, checkpoint: Path | None = None, device: str | None = None, settings: QSettings | None = None):
        super().__init__()
        self.settings = settings or QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)
        self.studio = Studio(
            self,
            checkpoint=checkpoint or preferences.checkpoint(self.settings),
            device=device or preferences.device(self.settings),
            threads=preferences.threads(self.settings),
        )
        self.session = self.studio.session
        self.session.set_sample_count(preferences.samples(self.settings))
        self.session.set_temperature(preferences.temperature(self.settings))
        self.pictures = Pictures(self.session, self)
        self.action: dict[str, QAction] = {}
        self._is_keyed = False  # a tool is being chosen by its key
        self._is_drawing = False
        self._closing = False
        self.setAcceptDrops(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # Qt's own would hide the tool bars
        self._make_widgets()
        self.choosing = Choosing(self.session, self.gallery, self.canvas, self)
        recovery = records.Recovery(data_dir())
        self.opening = Opening(self.studio, self.settings, self.message, recovery, self)
        self.keeping = Keeping(self.session, self.opening, recovery, self.message, self)
        self.leafing = Leafing(self.studio, self.opening, self)
        self.exporting = Exporting(self.studio, self.settings, self.message, self.choosing, self.opening, self)
        self.steering = Steering(self.session, self.canvas, self.panel.hints, self.gallery.samples, self.pictures, self.message, self)
        self.measuring = Measuring(self.studio, self.canvas, self.message, self)
        self.remedies = Remedies(self.studio, self.settings, self.message, self)
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
        self._show_place()
        self._show_steps()
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

    def _make_action(
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
        self.action[name] = action
        self.addAction(action)
        return action

    def _make_actions(self) -> None:
        standard = QKeySequence.StandardKey
        make = self._make_action
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
        make("resample", self.tr("&Resample"), self.panel.ask_for_samples, icon="resample", keys=["R", "F5"]).setProperty("name", self.tr("Resample"))
        make("stop", self.tr("&Stop"), self.studio.stop, icon="stop", keys=["Esc"])
        make("go_on", self.tr("Go on &drawing"), self.session.go_on, icon="go-on")
        make("pin", self.tr("&Pin or unpin"), self.choosing.toggle_pins, icon="pin", keys=["P"])
        make("delete", self.tr("&Delete"), self.choosing.delete_marked, icon="delete", keys=[standard.Delete])
        make("next", self.tr("&Next sample"), self.choosing.choose_next, keys=["N"])
        make("previous", self.tr("Pre&vious sample"), self.choosing.choose_previous, keys=["B"])
        make("compare", self.tr("Co&mpare the selected"), self.choosing.compare, icon="compare", keys=["C"], checkable=True)
        self.action["compare"].setToolTip(self.tr("Compare two to six selected samples side by side (C)"))
        make("split", self.tr("&Before and after"), self.canvas.set_split, icon="split", keys=["S"], checkable=True)
        self.action["split"].setToolTip(self.tr("Before and after (S); hold Space for the photograph as it was"))
        make("unsure", self.tr("Where the model is &unsure"), self._measure_triggered, icon="doubt", keys=["U"], checkable=True)
        make("spread", self.tr("Where samples &differ"), self._measure_triggered, keys=["D"], checkable=True)
        make("surprise", self.tr("Where the photograph's colours su&rprise the model"), self._measure_triggered, keys=["X"], checkable=True)
        measures = QActionGroup(self)
        measures.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        for name in _MEASURES:
            measures.addAction(self.action[name])
        make("hint", self.tr("Colour &hints"), self._tool_triggered, icon="brush", keys=["H"], checkable=True)
        make("region", self.tr("Draw a part a&gain"), self._tool_triggered, icon="region", keys=["G"], checkable=True)
        make("take", self.tr("&Take a part from another sample"), self._tool_triggered, icon="take", keys=["T"], checkable=True)
        self.action["hint"].setToolTip(self.tr("Colour hints: mark a place and choose its colour; the rest is drawn to fit (H)"))
        self.action["region"].setToolTip(self.tr("Draw a part again: draw a rectangle, or hold Shift and draw any outline; only its colours are drawn again (G)"))
        self.action["take"].setToolTip(self.tr("Take a part from another sample: outline it, as to draw it again, on the sample that is right elsewhere; then choose the one that is right there (T)"))
        make("narrower_brush", self.tr("Narrower brush"), self.panel.hints.narrow_brush, keys=["["])
        make("wider_brush", self.tr("Wider brush"), self.panel.hints.widen_brush, keys=["]"])
        for name in _BRUSHES:
            self.action[name].setEnabled(False)
        make("fit", self.tr("&Fit"), self.canvas.fit, icon="fit", keys=["F", "0"], tip=self.tr("Fit in the window"))
        make("actual", self.tr("&Actual size"), self.canvas.show_actual_size, icon="actual", keys=["1"])
        make("zoom_in", self.tr("Zoom &in"), self.canvas.zoom_in, icon="zoom-in", keys=["+", "=", standard.ZoomIn])
        make("zoom_out", self.tr("Zoom &out"), self.canvas.zoom_out, icon="zoom-out", keys=["-", standard.ZoomOut])

    def _make_menus(self) -> None:
        titles = (self.tr("&File"), self.tr("&Edit"), self.tr("&Samples"), self.tr("&View"), self.tr("&Help"))
        file, edit, samples, view, about = (self.menuBar().addMenu(title) for title in titles)
        file.aboutToShow.connect(self._fill_file_menu)
        self.recent_menu, self.aside_menu = QMenu(self.tr("Open &recent"), file), QMenu(self.tr("Photographs &put aside"), file)
        for menu in (self.recent_menu, self.aside_menu):
            menu.setToolTipsVisible(True)
        kept = ("export", "export_marked", "export_all", "save_session", "save_session_as", self.aside_menu)
        self._fill(file, ("open", "example", self.recent_menu, "open_folder"), ("next_photo", "previous_photo"), kept, ("quit",))
        self._fill(edit, ("undo", "redo"), ("copy", "paste", "delete"), ("rotate_left", "rotate_right"), ("preferences",))
        orders = {
            Order.OLDEST: self.tr("&Oldest first"),
            Order.NEWEST: self.tr("&Newest first"),
            Order.TYPICALITY: self.tr("&Typicality"),
            Order.COLORFULNESS: self.tr("&Colourfulness"),
        }
        sorting = self._menu_of_one(QMenu(self.tr("S&ort by"), samples), orders, Order.OLDEST, self._order_chosen)
        self._fill(samples, ("resample", "stop", "go_on"), ("next", "previous", "pin", "compare"), tuple(_TOOLS), (sorting,))
        schemes = {"system": self.tr("As the &system"), "light": self.tr("&Light"), "dark": self.tr("&Dark")}
        appearance = self._menu_of_one(QMenu(self.tr("A&ppearance"), view), schemes, self.settings.value("scheme", "system"), self._scheme_chosen)
        self._fill(view, ("split", "fit", "actual", "zoom_in", "zoom_out"), tuple(_MEASURES), (appearance,))
        self._fill(about, ("shortcuts", "about"))

    def _fill(self, bar: QMenu | QToolBar, *groups: Sequence[str | QMenu]) -> None:
        """Put actions, by their names, and menus into a menu or a tool bar, with a line between groups."""
        for group in groups:
            if bar.actions():
                bar.addSeparator()
            bar.addActions([self.action[one] if isinstance(one, str) else one.menuAction() for one in group])

    @staticmethod
    def _menu_of_one(menu: QMenu, choices: Mapping[object, str], chosen: object, then: Callable[[QAction], None]) -> QMenu:
        """Let one of these be chosen in a menu; what is chosen is the action's data."""
        group = QActionGroup(menu)
        for choice, text in choices.items():
            action = group.addAction(menu.addAction(text))
            action.setCheckable(True)
            action.setChecked(choice == chosen)
            action.setData(choice)
        group.triggered.connect(then)
        return menu

    def _make_tool_bar(self) -> None:
        bar = QToolBar(self.tr("Tools"))
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._fill(bar, ("open",), ("undo", "redo"), ("split", "compare", "unsure"), tuple(_TOOLS), ("zoom_out", "zoom_in", "fit", "actual"))
        bar.setIconSize(QSize(22, 22))
        self.addToolBar(bar)
        widget = bar.widgetForAction(self.action["open"])
        widget.setObjectName("labelled")
        widget.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        widget.setText(self.tr("Open"))
        self.more_tools = bar.findChild(QToolButton, "qt_toolbar_ext_button")
        self.more_tools.setAccessibleName(self.tr("More tools"))
        self.more_tools.setToolTip(self.tr("More tools"))
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
        export.setToolTip(self.action["export"].toolTip())
        export.clicked.connect(self.action["export"].trigger)
        self.action["export"].enabledChanged.connect(export.setEnabled)
        self.export_button = export
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
        studio, session, panel, stack = self.studio, self.session, self.panel, self.session.undo_stack
        panel.resample_wanted.connect(self._resample)
        panel.resample_pointed_at.connect(self.canvas.show_part)
        panel.count.returnPressed.connect(self.canvas.take_focus)
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
        self.canvas.pressed.connect(self.message.hurry)
        self.canvas.pane_clicked.connect(session.select)
        self.canvas.menu_wanted.connect(self._show_sample_menu)
        self.canvas.zoom_changed.connect(self._zoom_changed)
        self.canvas.split_changed.connect(self.action["split"].setChecked)
        self.message.left.connect(self._focus_page)
        self.welcome.open_wanted.connect(self.opening.ask_for_photo)
        self.welcome.example_wanted.connect(self.opening.open_example)
        self.welcome.recent_wanted.connect(self.open)
        for begun in (self.opening.begun, self.exporting.begun):
            begun.connect(panel.ask_at_once)
        self.steering.tool_changed.connect(self._show_tool)
        self.measuring.chosen_changed.connect(self._show_measure)
        self.keeping.failed.connect(self._tell_unkept)
        self.keeping.recent_found.connect(self.welcome.show_recent)
        self.choosing.comparing_changed.connect(self.action["compare"].setChecked)
        self.choosing.comparing_changed.connect(self._settle_comparison)
        self.choosing.too_many_compared.connect(self._tell_how_many_are_compared)
        session.photo_changed.connect(self._photo_changed)
        session.selection_changed.connect(self._selection_changed)
        session.samples_changed.connect(self._refresh)
        session.draft_ready.connect(self._refresh)
        session.samples_gave_way.connect(self._tell_what_gave_way)
        for changed in (stack.canUndoChanged, stack.canRedoChanged, stack.undoTextChanged, stack.redoTextChanged, panel.asking_changed):
            changed.connect(self._show_steps)
        for changed in (stack.cleanChanged, session.saturation_changed, session.saved_changed):
            changed.connect(self._show_unsaved)
        stack.indexChanged.connect(self._withdraw_undo)
        self.leafing.changed.connect(self._show_place)
        self.status.advanced.connect(self._show_advance)
        studio.activity_changed.connect(self._refresh)
        studio.activity_changed.connect(self._come_to_rest)
        studio.model_changed.connect(self._refresh)
        studio.reading_changed.connect(self._refresh)
        self.pictures.failed.connect(self.remedies.tell)
        for changed in theme.changes():
            changed.connect(self._scheme_changed)
        QApplication.instance().focusChanged.connect(self._focus_changed)
        for widget in (self, self.canvas, self.gallery):
            widget.installEventFilter(self)  # for Escape and Space
        for name in _TOOLS:
            self.action[name].installEventFilter(self)  # for their keys

    # undo and redo

    @Slot()
    def _show_steps(self) -> None:
        """Say in undo and redo what they are about."""
        stack = self.session.undo_stack
        for name, possible, words, none, about in (
            ("undo", stack.canUndo() or self.panel.is_asking, stack.undoText(), self.tr("Undo"), self.tr("Undo %1")),
            ("redo", stack.canRedo(), stack.redoText(), self.tr("Redo"), self.tr("Redo %1")),
        ):
            action = self.action[name]
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

    @Slot()
    def _fill_file_menu(self) -> None:
        self.keeping.fill_aside(self.aside_menu)
        self.keeping.fill_recent(self.recent_menu)

    # samples

    @Slot()
    def _resample(self) -> None:
        """Draw others, or look at a photograph once more that could not be looked at."""
        if self.studio.can_look_again:
            self.studio.look_again()
        else:
            self.session.resample()

    @Slot(QAction)
    def _order_chosen(self, action: QAction) -> None:
        self.gallery.samples.sort_by(action.data())

    @Slot(object)
    def _show_sample_menu(self, position) -> None:
        menu = QMenu(self)
        menu.addActions([self.action[name] for name in ("pin", "compare", "copy", "export", "export_marked", "delete")])
        menu.exec(position)
        menu.deleteLater()

    @Slot()
    def _tell_how_many_are_compared(self) -> None:
        self.message.tell_note(self.tr("Six at a time: the samples that are shown stay selected, the others do not."), about=About.COMPARISON)

    @Slot(bool)
    def _settle_comparison(self, on: bool) -> None:
        if not on:
            self.message.settle(About.COMPARISON)

    # tools, and what is measured

    @Slot()
    def _tool_triggered(self) -> None:
        """Use the tool that was chosen in place of the one before, or none where that one was left."""
        chosen = (tool for name, tool in _TOOLS.items() if self.action[name].isChecked() and tool is not self.canvas.tool)
        by_key, self._is_keyed = self._is_keyed, False
        self.steering.use_tool(next(chosen, Tool.MOVE), by_key=by_key)

    @Slot(object)
    def _show_tool(self, tool: Tool) -> None:
        for name, chosen in _TOOLS.items():
            self.action[name].setChecked(tool is chosen)
        for name in _BRUSHES:
            self.action[name].setEnabled(tool is Tool.HINT)
        self.panel.show_hints(tool is Tool.HINT)
        self.message.lie_over_work(tool is not Tool.MOVE)
        self.canvas.show_caption(self._caption())

    @Slot()
    def _measure_triggered(self) -> None:
        """Show what was chosen in place of what was shown before, or nothing where that one was left."""
        self.measuring.choose(next((measure for name, measure in _MEASURES.items() if self.action[name].isChecked()), None))

    @Slot()
    def _show_measure(self) -> None:
        for name, measure in _MEASURES.items():
            self.action[name].setChecked(measure is self.measuring.chosen)

    # dialogs

    @Slot()
    def show_preferences(self) -> None:
        """Let a person change the model, the device and what the program begins with."""
        studio, device = self.studio, preferences.device(self.settings)
        dialog = PreferencesDialog(self.settings, in_use=studio.checkpoint, cuda=has_usable_card(), parent=self)
        if dialog.exec():
            studio.use_threads(preferences.threads(self.settings))
            keeps_device = preferences.device(self.settings) == device
            has_failed = studio.model is None and studio.activity is Activity.IDLE
            if dialog.checkpoint != studio.checkpoint or not keeps_device or has_failed:
                device = preferences.device(self.settings) or ("cuda" if has_usable_card() else "cpu")
                if keeps_device and studio.model is not None:
                    device = studio.model.device.type  # the processor, where the card has not had enough memory
                studio.use_model(dialog.checkpoint, device=device)
            self.panel.temperature.reset_to(round(100 * preferences.temperature(self.settings)))
            if self.session.opened is None:
                self.session.set_sample_count(preferences.samples(self.settings))
                self.session.set_temperature(preferences.temperature(self.settings))
        dialog.deleteLater()

    @Slot()
    def show_shortcuts(self) -> None:
        """Show every key."""
        menus = [title.menu() for title in self.menuBar().actions()]
        self._show(ShortcutsDialog(menus, [self.action[name] for name in _BRUSHES], self))

    @Slot()
    def show_about(self) -> None:
        """Show what the program is."""
        self._show(AboutDialog(self.studio.model.checkpoint if self.studio.model else None, self))

    @staticmethod
    def _show(dialog: QDialog) -> None:
        dialog.exec()
        dialog.deleteLater()

    # showing

    @Slot(object)
    def _tell_unkept(self, error: PicError, advice: str = "") -> None:
        """Tell that what a person chose cannot be kept, and offer to save it elsewhere."""
        sentences = (self.tr("Your choices cannot be kept for the next start."), told(error), advice)
        self.message.tell_error(" ".join(filter(None, sentences)), (self.tr("Save the session as…"), self.exporting.ask_where_to_save), about=About.SAVING)

    @Slot()
    def _photo_changed(self) -> None:
        self.pages.setCurrentWidget(self.canvas)
        if self.focusWidget() is None or self.message.has_focus:  # as at the start, where Qt gives it to the first button that it finds
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self.steering.use_tool(Tool.MOVE)
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
        possible = self.possible()
        for name in possible:
            self.action[name].setEnabled(possible[name])
        if any(self.canvas.tool is tool and not possible[name] for name, tool in _TOOLS.items()):
            self.steering.use_tool(Tool.MOVE)
        self.measuring.show()
        self.action["resample"].setText(self.tr("&Resample this part") if session.resamples_part else self.tr("&Resample"))
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
        self.setWindowTitle(f"{title}[*] — picgui" if has_photo else "picgui")
        self._show_unsaved()

    def possible(self) -> dict[str, bool]:
        """Whether each action that depends on what there is can be taken now."""
        session, studio = self.session, self.studio
        has_sample = session.selected is not None
        return (
            dict.fromkeys(("export", "export_marked", "export_all", "copy", "pin", "delete"), has_sample and studio.model is not None)
            | dict.fromkeys(("split", "next", "previous", "hint"), has_sample)
            | dict.fromkeys(("fit", "actual", "zoom_in", "zoom_out", "save_session", "save_session_as"), session.opened is not None)
            | dict.fromkeys(("rotate_left", "rotate_right"), studio.can_turn)
            | {"region": session.can_redo_region, "take": bool(session.part_sources), "compare": len(session.samples) > 1}
            | {name: self.measuring.can_show(measure) for name, measure in _MEASURES.items()}
            | {"resample": session.embedded is not None or studio.can_look_again, "stop": studio.activity is Activity.SAMPLING}
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
        self.action["next_photo"].setEnabled(self.leafing.can_go(1))
        self.action["previous_photo"].setEnabled(self.leafing.can_go(-1))

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
            self.keeping.save_soon()
            if self._is_drawing and self.session.samples:
                complete = sum(sample.is_complete for sample in self.session.samples)
                announce(self.canvas, self.tr("Drawn: %1 of %2").replace("%1", str(complete)).replace("%2", str(len(self.session.samples))))
            self._is_drawing = False

    @Slot(float)
    def _zoom_changed(self, zoom: float) -> None:
        percent = zoom * 100
        self.zoom_label.show_text(f"{number(percent, 0 if percent >= 10 else 1)} %")

    # the focus

    @Slot()
    def _focus_page(self) -> None:
        """Give the focus to the canvas, or to what comes first before there is a photograph."""
        if self.pages.currentWidget() is self.canvas:
            self.canvas.take_focus()
        else:
            self.welcome.open.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot(QWidget, QWidget)
    def _focus_changed(self, before: QWidget | None, now: QWidget | None) -> None:
        """A button that was pressed and can be pressed no more leaves the focus to the canvas, not to the button beside it."""
        if now is None or not self.canvas.isVisible():
            return
        if isinstance(before, QAbstractButton) and not before.isEnabled() and before.window() is self:
            self.canvas.take_focus()

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
        for action in self.action.values():
            if action.property("glyph"):
                action.setIcon(theme.icon(action.property("glyph")))
        self.export_button.setIcon(theme.icon("export", theme.current().on_accent))
        self.more_tools.setIcon(theme.icon("more"))  # that of the style is none on a dark ground
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
        if event.type() == QEvent.Type.Shortcut and watched in map(self.action.get, _TOOLS):  # while Space is held those of all actions come here
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
            self.steering.use_tool(Tool.MOVE)
        elif self._is_drawing and self._is_of_missing_tool(event):
            self.message.tell_note(self.tr("Wait until the samples are drawn."))
        else:
            super().keyPressEvent(event)

    def _is_of_missing_tool(self, event: QKeyEvent) -> bool:
        """Whether a key is that of a tool which cannot be chosen now."""
        keys = QKeySequence(event.keyCombination())
        return any(keys in action.shortcuts() for action in map(self.action.get, _TOOLS) if not action.isEnabled())

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
        unkept = self.keeping.finish() if error is None else None
        if error is not None or unkept is not None:  # what could not be written is told, and the window stays
            self._closing = False
            event.ignore()
            self.show()
            if unkept is not None:
                self._tell_unkept(unkept, self.tr("Close the window again to leave without them."))
            elif self.message.isHidden():  # else it is told, with what could be written below it
                self.remedies.tell(error)
            return
        if self.opening.batch is not None:
            self.opening.batch.close()
        for watched in (self, self.canvas, self.gallery, *(self.action[name] for name in _TOOLS)):
            watched.removeEventFilter(self)
        QApplication.instance().focusChanged.disconnect(self._focus_changed)
        self.leafing.close()
        self.keeping.close()
        self.studio.close()
        self.pictures.close()
        self.exporting.close()
        super().closeEvent(event)


def _accept_as_copy(event: QDropEvent) -> None:
    """Take what is dropped, but never as moved, as with Shift held: Windows would then delete the file."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _with_keys(text: str, action: QAction) -> str:
    """A tool tip from an action's text, with its shortcut."""
    words, keys = bare(text), action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{words} ({keys})" if keys else words
