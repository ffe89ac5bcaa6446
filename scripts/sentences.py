"""Write the library's sentences for people where Qt's lupdate finds them: python scripts/sentences.py FILE.

Lupdate knows Qt's own functions only; the library knows no Qt. So every template of a `picgui.errors.Sentence` or `PicError` is collected
from the source and written to a Python file that lists them for translation.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from picgui import errors
from picgui.gui.words import CONTEXT

_SOURCE = Path(errors.__file__).parent
_SAYING = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, (errors.Sentence, errors.PicError))}


def templates(source: str) -> Iterator[str]:
    """The templates of the sentences that a source makes. Raises ValueError for one that is not written out as a constant."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SAYING:
            template = node.args[0]
            if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
                raise ValueError(f"line {node.lineno}: a sentence that cannot be translated: {ast.unparse(node)}")
            yield template.value


def all_templates() -> list[str]:
    """Those of the whole library and window, sorted."""
    paths = [path for path in _SOURCE.rglob("*.py") if path.name != "errors.py"]
    return sorted({template for path in paths for template in templates(path.read_text(encoding="utf-8"))})


if __name__ == "__main__":
    lines = [f"QT_TRANSLATE_NOOP({CONTEXT!r}, {template!r})" for template in all_templates()]
    Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")
