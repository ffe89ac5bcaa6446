"""How the window looks: greys without hue, one accent, one family of icons; light and dark."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from PySide6.QtCore import QByteArray, QRectF, QSize, Qt, SignalInstance
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPalette, QPen, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from picgui import color
from picgui.paths import resource


@dataclass(frozen=True)
class Theme:
    """The colours of one scheme. All but the accent and the two signals are greys: a tint would shift how colours are judged."""

    canvas: str  # around the photograph
    panel: str
    raised: str  # fields and buttons
    hovered: str
    pressed: str
    checked: str  # what is on
    track: str  # of sliders and progress
    line: str
    text: str
    quiet: str  # secondary text
    faint: str  # disabled
    accent: str
    accent_hovered: str
    on_accent: str
    warning: str
    done: str


DARK = Theme(
    canvas="#3a3a3a",
    panel="#252525",
    raised="#343434",
    hovered="#404040",
    pressed="#2c2c2c",
    checked="#4c4c4c",
    track="#707070",
    line="#161616",
    text="#ececec",
    quiet="#a9a9a9",
    faint="#6b6b6b",
    accent="#f0a04b",
    accent_hovered="#f7b56d",
    on_accent="#1c1c1c",
    warning="#f2836b",
    done="#8cc08c",
)
LIGHT = Theme(
    canvas="#b9b9b9",
    panel="#efefef",
    raised="#fdfdfd",
    hovered="#e2e2e2",
    pressed="#d4d4d4",
    checked="#cccccc",
    track="#8a8a8a",
    line="#c9c9c9",
    text="#1d1d1d",
    quiet="#5c5c5c",
    faint="#a2a2a2",
    accent="#b9540a",
    accent_hovered="#9e4708",
    on_accent="#ffffff",
    warning="#b3361a",
    done="#2f7a3a",
)


ICON_SIDES = (16, 24, 32, 48, 64, 128, 256, 512)  # pixels, of the application's icon

_CHOICE = "picguiScheme"
_CHOICES = {"dark": DARK, "light": LIGHT}
_STRONG = {  # where the system asks for high contrast
    DARK: replace(DARK, line="#8c8c8c", quiet="#dcdcdc", faint="#9c9c9c"),
    LIGHT: replace(LIGHT, line="#6a6a6a", quiet="#333333", faint="#6e6e6e"),
}


def current() -> Theme:
    """The theme of the scheme in use."""
    chosen, hints = QApplication.instance().property(_CHOICE), QApplication.styleHints()
    theme = _CHOICES.get(chosen) or (DARK if hints.colorScheme() is Qt.ColorScheme.Dark else LIGHT)
    strong = hasattr(hints, "accessibility") and hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast
    return _STRONG[theme] if strong else theme


def changes() -> list[SignalInstance]:
    """The signals of the system after which the theme may be another."""
    hints = QApplication.styleHints()
    contrast = [hints.accessibility().contrastPreferenceChanged] if hasattr(hints, "accessibility") else []  # since Qt 6.10
    return [hints.colorSchemeChanged, *contrast]


def choose(application: QApplication, name: str) -> None:
    """Be "light" or "dark" from the next `apply` on; any other name follows the system."""
    application.setProperty(_CHOICE, name)
    schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
    application.styleHints().setColorScheme(schemes.get(name, Qt.ColorScheme.Unknown))  # of what the system draws: title bar, file dialogs


def apply(application: QApplication) -> None:
    """Dress the application in the theme of the scheme in use."""
    theme = current()
    style_sheet = _style_sheet(theme)
    if application.styleSheet() != style_sheet:
        application.setPalette(_palette(theme))
        application.setStyleSheet(style_sheet)


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, shade in (
        (roles.Window, theme.panel),
        (roles.WindowText, theme.text),
        (roles.Base, theme.raised),
        (roles.AlternateBase, theme.panel),
        (roles.ToolTipBase, theme.raised),
        (roles.ToolTipText, theme.text),
        (roles.Text, theme.text),
        (roles.PlaceholderText, theme.quiet),
        (roles.Button, theme.raised),
        (roles.ButtonText, theme.text),
        (roles.BrightText, theme.on_accent),
        (roles.Highlight, theme.accent),
        (roles.HighlightedText, theme.on_accent),
        (roles.Link, theme.accent),
        (roles.Accent, theme.accent),
        (roles.Light, theme.hovered),
        (roles.Mid, theme.line),
        (roles.Dark, theme.line),
        (roles.Shadow, theme.line),
    ):
        palette.setColor(role, QColor(shade))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.faint))
    return palette


def _style_sheet(theme: Theme) -> str:
    text = _STYLE.replace("@chevron", resource("icons/chevron.svg").as_posix())
    for name, value in sorted(vars(theme).items(), key=lambda item: -len(item[0])):
        text = text.replace(f"@{name}", value)
    return text


_STYLE = """
QWidget { color: @text; }
QWidget:disabled { color: @faint; }
QMainWindow, QDialog { background: @panel; }
QToolTip { background: @raised; color: @text; border: 1px solid @line; padding: 5px 7px; }

QMenuBar { background: @panel; padding: 2px 6px; }
QMenuBar::item { background: transparent; border: 1px solid transparent; padding: 4px 8px; border-radius: 5px; }
QMenuBar::item:selected { background: @checked; border-color: @quiet; }
QMenu { background: @panel; border: 1px solid @line; padding: 5px; }
QMenu::item { border: 1px solid transparent; border-radius: 5px; padding: 5px 28px 5px 12px; min-height: 18px; }
QMenu::icon { padding-left: 8px; }
QMenu#pictures { icon-size: 96px; }
QMenu QLabel#heading { color: @text; padding: 6px 12px; }
QMenu::item:selected { background: @checked; border-color: @quiet; }
QMenu::item:disabled { color: @faint; background: transparent; }
QMenu::separator { height: 1px; background: @line; margin: 5px 8px; }

QToolBar { background: @panel; border: 0; border-bottom: 1px solid @line; padding: 6px 10px; spacing: 2px; }
QToolButton#qt_toolbar_ext_button { padding: 0; border: 0; min-width: 20px; }
QToolBar::separator { width: 1px; background: @line; margin: 6px 8px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 7px; padding: 6px; }
QToolButton:hover { background: @hovered; }
QToolButton:pressed { background: @pressed; }
QToolButton:checked { background: @checked; border-color: @quiet; }
QToolButton:focus { border-color: @accent; }
QToolButton:disabled { color: @faint; }
QToolButton#labelled { padding: 6px 10px 6px 8px; }
QToolButton::menu-indicator { image: none; }

QPushButton { background: @raised; border: 1px solid @line; border-radius: 7px; padding: 7px 14px; min-height: 18px; }
QPushButton:hover { background: @hovered; }
QPushButton:pressed { background: @pressed; }
QPushButton:focus { border-color: @accent; }
QPushButton:disabled { color: @faint; }
QPushButton#primary, QToolButton#primary { background: @accent; border-color: @accent; color: @on_accent; font-weight: 600; }
QPushButton#primary:hover, QToolButton#primary:hover { background: @accent_hovered; border-color: @accent_hovered; }
QPushButton#primary:pressed, QToolButton#primary:pressed { background: @accent; }
QPushButton#primary:focus { border: 2px solid @text; padding: 6px 13px; }
QToolButton#primary { padding: 6px 8px 6px 16px; }
QToolButton#primary:focus { border: 2px solid @text; padding: 5px 7px 5px 15px; }
QPushButton#primary:disabled, QToolButton#primary:disabled { background: @raised; border-color: @line; color: @faint; }
QPushButton#flat { background: transparent; border-color: transparent; color: @accent; font-weight: 600; padding: 4px 8px; }
QPushButton#flat:hover { background: @hovered; }
QPushButton#flat:focus { border-color: @accent; }
QPushButton#swatch { border: 0; padding: 0; min-height: 26px; }

QSlider { min-height: 24px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @track; }
QSlider::sub-page:horizontal { background: @quiet; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: @text; border: 1px solid @panel; }
QSlider::handle:horizontal:hover { background: @accent; }
QSlider::handle:horizontal:focus { background: @accent; width: 12px; border: 2px solid @text; }
QSlider::sub-page:horizontal:focus { background: @accent; }
QSlider::handle:horizontal:disabled, QSlider::sub-page:horizontal:disabled { background: @faint; }

QComboBox, QLineEdit { background: @raised; border: 1px solid @line; border-radius: 7px; padding: 5px 8px; min-height: 18px;
  selection-background-color: @accent; selection-color: @on_accent; }
QComboBox:focus, QLineEdit:focus { border-color: @accent; }
QComboBox:disabled, QLineEdit:disabled { background: @panel; }
QComboBox::drop-down { border: 0; width: 24px; }
QComboBox::down-arrow { image: url("@chevron"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @panel; border: 1px solid @line; padding: 4px; outline: 0; }

QLabel { padding: 1px 0; qproperty-indent: 0; }
QLabel#heading { font-weight: 600; }
QLabel#quiet, QLabel#value { color: @quiet; }
QLabel#warning { color: @warning; }
QLabel#title { font-size: 22px; font-weight: 600; }
QFrame#rule { background: @line; border: 0; max-height: 1px; min-height: 1px; }
QWidget#panel { background: @panel; border-left: 1px solid @line; }
QWidget#tray { background: @panel; border-top: 1px solid @line; }
QWidget#plainPanel { background: @panel; }
QListView { background: @raised; border: 1px solid @line; outline: 0; }
QListView#gallery { background: transparent; border: 0; }
QTreeView { background: @raised; border: 1px solid @line; border-radius: 8px; outline: 0; padding: 4px; }
QTreeView:focus { border-color: @accent; }
QTreeView::item { padding: 4px 6px; }
QHeaderView::section { background: transparent; border: 0; color: @quiet; padding: 6px 8px; }
QWidget#welcome { background: @canvas; }
QWidget#welcome QLabel, QWidget#welcome QPushButton#flat { color: @text; }
QWidget#welcome QPushButton:focus { border-color: @text; }
QFrame#drop { background: transparent; border: 2px dashed @faint; border-radius: 16px; }
QFrame#drop[over="true"] { border-color: @accent; }

QFrame#message { background: @raised; border: 1px solid @line; border-radius: 10px; }
QStatusBar { background: @panel; border-top: 1px solid @line; color: @quiet; min-height: 26px; }
QStatusBar::item { border: 0; }
QStatusBar QLabel { color: @quiet; padding: 1px 4px; }
QStatusBar QPushButton { background: transparent; border-radius: 5px; padding: 0 7px; }
QStatusBar QPushButton:hover { background: @hovered; }
QStatusBar QPushButton:focus { border-color: @accent; }
QProgressBar { background: @track; border: 0; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: @accent; border-radius: 2px; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar::handle { background: @faint; border-radius: 4px; min-width: 32px; min-height: 32px; }
QScrollBar::handle:hover { background: @quiet; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; border: 0; width: 0; height: 0; }
QScrollArea { background: transparent; border: 0; }
QCheckBox { spacing: 8px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
"""


def icon(name: str, shade: str | None = None) -> QIcon:
    """An icon of the family by name, in the text colour of the theme in use or in another."""
    theme = current()
    return _icon(name, shade or theme.text, theme.faint)


@lru_cache(maxsize=256)
def _icon(name: str, normal: str, faint: str) -> QIcon:
    result = QIcon()
    for mode, shade in ((QIcon.Mode.Normal, normal), (QIcon.Mode.Disabled, faint)):
        for side in (16, 20, 24, 32, 40, 48, 64, 96, 128):
            result.addPixmap(_pixmap(name, shade, side), mode)
    return result


def _pixmap(name: str, shade: str, side: int) -> QPixmap:
    source = resource(f"icons/{name}.svg").read_text(encoding="utf-8").replace("currentColor", shade)
    pixmap = QPixmap(QSize(side, side))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap


def color_of(luminance: float, a: float, b: float) -> QColor:
    """The colour of the screen for one of Lab, in whole units, moved towards grey where sRGB does not have it."""
    return _color_of(round(luminance), round(float(a)), round(float(b)))


@lru_cache(maxsize=4096)
def _color_of(luminance: int, a: int, b: int) -> QColor:
    lab = torch.tensor([luminance, a, b], dtype=torch.float64).view(3, 1, 1)
    chroma = color.clamp_chroma_to_gamut(lab[:1], lab[1:])
    red, green, blue = color.lab_to_srgb(torch.cat((lab[:1], chroma))).flatten().tolist()
    return QColor.fromRgbF(red, green, blue)


# Cividis at nine places: light and dark tell the same as the hue, also to the colour-blind.
_SCALE = np.array(
    [
        (0, 34, 78),
        (23, 51, 111),
        (65, 77, 107),
        (96, 102, 110),
        (125, 124, 120),
        (156, 149, 117),
        (190, 175, 106),
        (223, 203, 86),
        (254, 232, 56),
    ],
    np.float32,
)


def scale_colors(shares: np.ndarray) -> np.ndarray:
    """Colours (..., 4) uint8, in the order of QImage.Format_RGB32, for shares in [0, 1] of a scale."""
    at = np.clip(shares, 0, 1) * (len(_SCALE) - 1)
    low = np.minimum(at.astype(int), len(_SCALE) - 2)
    part = (at - low)[..., None]
    rgb = _SCALE[low] * (1 - part) + _SCALE[low + 1] * part
    return np.concatenate((rgb[..., ::-1], np.full_like(rgb[..., :1], 255)), axis=-1).astype(np.uint8)


def paint_brushed(painter: QPainter, line: QPainterPath, width: float) -> None:
    """Paint a line this wide with round ends, its inside light and its edge clear: one shape, however often it crosses itself.

    From the outside in, each narrower one replaces the one before; the outline as a path would take seconds where it is long.
    """
    reach, ratio = width / 2 + 2, painter.device().devicePixelRatioF()
    place = line.boundingRect().adjusted(-reach, -reach, reach, reach).intersected(painter.clipBoundingRect()).toAlignedRect()
    if place.isEmpty():
        return
    layer = QImage(place.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    layer.setDevicePixelRatio(ratio)
    layer.fill(Qt.GlobalColor.transparent)
    brush = QPainter(layer)
    brush.setRenderHint(QPainter.RenderHint.Antialiasing)
    brush.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    brush.translate(-place.topLeft())
    dark, light, inside = QColor(0, 0, 0, 150), QColor("#ffffff"), QColor(255, 255, 255, 50)
    for wider, shade in ((3.0, dark), (1.5, light), (-1.5, dark), (-3.0, inside)):
        pen = QPen(shade, max(0.1, width + wider))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        brush.strokePath(line, pen)
    brush.end()
    painter.drawImage(place.topLeft(), layer)


_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
_FOR_A_WHILE = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason)


def shows_focus(reason: Qt.FocusReason, *, before: bool) -> bool:
    """Whether a widget shows that it has the focus, which it got for a reason: where a key brought it. A window or menu that came between changes nothing."""
    return before if keeps_focus(reason) else reason in _BY_KEY


def keeps_focus(reason: Qt.FocusReason) -> bool:
    """Whether the focus went for a reason for which it comes back."""
    return reason in _FOR_A_WHILE


def application_icon() -> QIcon:
    """The product's own icon."""
    result = QIcon()
    for side in ICON_SIDES:
        result.addPixmap(_pixmap("picgui", "#000000", side))
    return result
