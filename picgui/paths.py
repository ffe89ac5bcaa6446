"""Where things lie: packaged resources and the person's own folders. The only user of appdirs."""

import os
import secrets
from pathlib import Path

import appdirs

from picgui.errors import DestinationError

PART = ".picgui-"  # how the names of files begin that are being written
_NAME = "picgui"
_RESOURCES = Path(__file__).parent / "resources"


def resource(name: str) -> Path:
    """Path of a packaged resource, such as ``"photo.safetensors"``. It is not checked that it exists."""
    return _RESOURCES / name


def default_checkpoint() -> Path:
    """The shipped checkpoint of the product."""
    return resource("photo.safetensors")


def example_photo() -> Path:
    """The shipped public-domain photograph."""
    return resource("example.jpg")


def data_dir() -> Path:
    """The person's data folder (sessions, added checkpoints). Not created here."""
    return Path(appdirs.user_data_dir(_NAME, appauthor=False))


def config_dir() -> Path:
    """The person's settings folder. Not created here."""
    return Path(appdirs.user_config_dir(_NAME, appauthor=False))


def cache_dir() -> Path:
    """A folder whose content may be lost at any time. Not created here."""
    return Path(appdirs.user_cache_dir(_NAME, appauthor=False))


def checkpoint_dir() -> Path:
    """Where checkpoints that a person added are kept. Not created here."""
    return data_dir() / "checkpoints"


def is_file(path: Path) -> bool:
    """Whether there is a file. Where that cannot be told, as on a network drive that is gone, there is none; `Path.is_file` raises."""
    return os.path.isfile(path)


def is_folder(path: Path) -> bool:
    """Whether there is a folder, as `is_file`."""
    return os.path.isdir(path)


def check_writable(folder: Path) -> None:
    """Raises DestinationError where no file can be made in a folder."""
    trial = folder / f"{PART}{secrets.token_hex(6)}"  # `tempfile` tries for ever in some folders of Windows
    try:
        trial.open("xb").close()
        trial.unlink()
    except OSError as error:
        raise DestinationError("Nothing can be written in the folder {folder}: {reason}. Choose another.", folder=folder, reason=error.strerror) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it. Raises DestinationError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise DestinationError("{path} is a file, not a folder. Choose a folder.", path=folder) from error
    except OSError as error:
        raise DestinationError("The folder {folder} cannot be made: {reason}. Choose another.", folder=folder, reason=error.strerror) from error
