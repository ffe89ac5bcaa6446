"""``python -m picgui``."""

import sys

from picgui.cli import main

if __name__ == "__main__":
    sys.exit(main())
