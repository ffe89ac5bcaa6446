"""Sentences for a person, and errors whose message is one: what happened, and what to do."""


class Sentence(str):
    """English text that remembers its ``template`` and ``values``, so that it can be said in another language.

    The template has a {name} for each value; without values it is taken as it stands, braces and all. A value may be a Sentence itself.
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> "Sentence":
        sentence = super().__new__(cls, template.format(**values) if values else template)
        sentence.template, sentence.values = template, values
        return sentence


class PicError(Exception):
    """Anything picgui can explain. Its ``sentence`` is complete; no traceback is needed."""

    def __init__(self, template: str, /, **values: object):
        super().__init__(template)
        self.sentence = Sentence(template, **values)

    def __str__(self) -> str:
        return str(self.sentence)


class PhotoError(PicError):
    """A photograph that cannot be read, is none, or cannot be seen at a size that is asked for."""


class ExportError(PicError):
    """A result that cannot be written."""


class DestinationError(ExportError):
    """A folder or a disk in which nothing can be written."""

    def of_one_file(self) -> ExportError:
        """The same where only one of the results is to be there, as by a link: the others may well be written."""
        return ExportError(self.sentence.template, **self.sentence.values)


class ExistsError(ExportError):
    """A result that is not written because something else would be lost."""


class CheckpointError(PicError):
    """A checkpoint that is damaged, foreign, or does not fit."""


class DeviceError(PicError):
    """A device that is missing or out of memory."""


class OutOfMemoryError(DeviceError):
    """Not enough memory to draw."""


class CardMemoryError(OutOfMemoryError):
    """Not enough memory on the graphics card; the computer's may suffice."""


class DataError(PicError):
    """Training data or a training configuration that cannot be used."""


def is_out_of_memory(error: Exception) -> bool:
    """Whether an exception says that memory ran out: Python's (of threads, too) and NumPy's, OpenCV's, and PyTorch's of either device."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return any(words in str(error) for words in _OUT_OF_MEMORY)


_OUT_OF_MEMORY = (
    "DefaultCPUAllocator",
    "Insufficient memory",
    "can't start new thread",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_NOT_INITIALIZED",  # as where a card is full
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_NOT_INITIALIZED",
    "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "unable to find an engine to execute this computation",  # cuDNN, where none fits into what is left
)
