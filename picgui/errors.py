"""Errors whose message is a sentence for a person: what happened, and what to do."""


class PicError(Exception):
    """Anything picgui can explain. The message is complete; no traceback is needed."""


class PhotoError(PicError):
    """A photograph that cannot be read, or is not one."""


class ExportError(PicError):
    """A result that cannot be written."""


class CheckpointError(PicError):
    """A checkpoint that is damaged, foreign, or does not fit."""


class DeviceError(PicError):
    """A device that is missing or out of memory."""


class DataError(PicError):
    """Training data or a training configuration that cannot be used."""
