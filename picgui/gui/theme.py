"""The look: neutral greys without hue, one accent, for light and for dark; icons in the colour of the text."""

from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from picgui.paths import resource


@dataclass(frozen=True)
class Theme:
    """Colours of one scheme."""

    window: str
    panel: str
    canvas: str
    field: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    hover: str


DARK = Theme("#1b1b1b", "#232323", "#2e2e2e", "#2f2f2f", "#383838", "#e6e6e6", "#9a9a9a", "#f0a03c", "#1b1b1b", "#343434")
LIGHT = Theme("#ececec", "#f6f6f6", "#9b9b9b", "#ffffff", "#d0d0d0", "#1e1e1e", "#636363", "#c26a00", "#ffffff", "#e4e4e4")


def current() -> Theme:
    """The scheme of the system."""
    return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def apply(app: QApplication) -> None:
    """Set palette and style sheet for the present scheme."""
    theme = current()
    app.setStyle("Fusion")
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, theme.window),
        (roles.WindowText, theme.text),
        (roles.Base, theme.field),
        (roles.AlternateBase, theme.panel),
        (roles.Text, theme.text),
        (roles.Button, theme.panel),
        (roles.ButtonText, theme.text),
        (roles.ToolTipBase, theme.panel),
        (roles.ToolTipText, theme.text),
        (roles.Highlight, theme.accent),
        (roles.HighlightedText, theme.on_accent),
        (roles.PlaceholderText, theme.muted),
        (roles.Mid, theme.border),
        (roles.Light, theme.hover),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    app.setPalette(palette)
    app.setStyleSheet(_STYLE.format(**vars(theme)))


_STYLE = """
QMainWindow, QMenuBar, QStatusBar {{ background: {window}; color: {text}; }}
QMenuBar::item {{ padding: 4px 10px; background: transparent; }}
QMenuBar::item:selected {{ background: {hover}; border-radius: 4px; }}
QMenu {{ background: {panel}; border: 1px solid {border}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {hover}; color: {text}; }}
QMenu::item:disabled {{ color: {muted}; }}
QMenu::separator {{ height: 1px; background: {border}; margin: 4px 8px; }}
QToolBar {{ background: {window}; border: none; spacing: 4px; padding: 4px 8px; }}
QToolButton {{ border: 1px solid transparent; border-radius: 6px; padding: 5px 8px; color: {text}; }}
QToolButton:hover {{ background: {hover}; }}
QToolButton:checked {{ background: {hover}; border-color: {border}; }}
QToolButton:focus {{ border-color: {accent}; }}
QToolButton:disabled {{ color: {muted}; }}
QStatusBar {{ border-top: 1px solid {border}; }}
QStatusBar QLabel {{ color: {muted}; padding: 2px 6px; }}
QStatusBar::item {{ border: none; }}
#panel {{ background: {panel}; border-left: 1px solid {border}; }}
#heading {{ color: {muted}; font-weight: 600; }}
#muted {{ color: {muted}; }}
QPushButton {{ background: {field}; border: 1px solid {border}; border-radius: 6px; padding: 7px 12px; color: {text}; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton:disabled {{ color: {muted}; }}
QPushButton#primary {{ background: {accent}; border-color: {accent}; color: {on_accent}; font-weight: 600; }}
QPushButton#primary:disabled {{ background: {hover}; border-color: {border}; color: {muted}; }}
QPushButton#primary:focus {{ border: 2px solid {text}; padding: 6px 11px; }}
QSpinBox {{ background: {field}; border: 1px solid {border}; border-radius: 6px; padding: 4px 6px; color: {text}; }}
QSpinBox:focus {{ border-color: {accent}; }}
QSlider {{ min-height: 24px; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {border}; }}
QSlider::sub-page:horizontal {{ background: {accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: {text}; border: 1px solid {panel}; }}
QSlider::handle:horizontal:focus {{ border: 2px solid {accent}; }}
QSlider::sub-page:horizontal:disabled {{ background: {border}; }}
QSlider::handle:horizontal:disabled {{ background: {muted}; }}
QListView {{ background: {window}; border: none; border-top: 1px solid {border}; outline: none; }}
QProgressBar {{ background: {border}; border: none; border-radius: 2px; max-height: 4px; min-width: 120px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 2px; }}
#message {{ background: {field}; border: 1px solid {accent}; border-radius: 8px; }}
#message QLabel {{ color: {text}; }}
QToolTip {{ background: {panel}; color: {text}; border: 1px solid {border}; padding: 4px; }}
QScrollBar:horizontal {{ height: 8px; background: transparent; }}
QScrollBar:vertical {{ width: 8px; background: transparent; }}
QScrollBar::handle {{ background: {border}; border-radius: 4px; min-width: 24px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
"""


def icon(name: str) -> QIcon:
    """One of our icons in the colours of the present scheme."""
    theme = current()
    result = QIcon()
    for mode, colour in ((QIcon.Mode.Normal, theme.text), (QIcon.Mode.Disabled, theme.muted)):
        for scale in (1, 2):
            result.addPixmap(pixmap(name, colour, size=20 * scale), mode)
    return result


def pixmap(name: str, colour: str, *, size: int) -> QPixmap:
    """One of our icons in a colour, ``size`` pixels wide."""
    svg = resource(f"icons/{name}.svg").read_text(encoding="utf-8").replace("COLOR", colour)
    result = QPixmap(size, size)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return result
