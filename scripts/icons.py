"""Draw the desktop's icon sizes from icons/picgui.svg: python scripts/icons.py. Writes resources/desktop/icons/<side>/."""

import os
import shutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QGuiApplication  # noqa: E402

from picgui.gui.app import DESKTOP_ID  # noqa: E402
from picgui.gui.theme import ICON_SIDES, application_icon  # noqa: E402
from picgui.paths import resource  # noqa: E402


def main() -> None:
    """Write the icons."""
    application = QGuiApplication([])  # noqa: F841 - fonts and pixmaps need one
    folder = resource("desktop") / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(resource("icons") / "picgui.svg", folder / f"{DESKTOP_ID}.svg")
    icon = application_icon()
    for side in ICON_SIDES:
        (folder / str(side)).mkdir(exist_ok=True)
        icon.pixmap(side, side).save(str(folder / str(side) / f"{DESKTOP_ID}.png"))


if __name__ == "__main__":
    main()
