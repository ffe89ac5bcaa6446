"""What went wrong is told, with what a press can do about it."""

import sys
from types import TracebackType

from PySide6.QtCore import QObject, QSettings, Slot

from picgui.errors import CardMemoryError, CheckpointError, DeviceError, ExportError, OutOfMemoryError, PicError
from picgui.gui import preferences
from picgui.gui.message import About, MessageBar, Offer
from picgui.gui.studio import Activity, Studio
from picgui.gui.words import told
from picgui.gui.worker import explained
from picgui.paths import default_checkpoint

_ABOUT = {CheckpointError: About.MODEL, DeviceError: About.MODEL, ExportError: About.EXPORT}


class Remedies(QObject):
    """Tells of the studio's errors, and offers what the studio can do, for as long as it can."""

    def __init__(self, studio: Studio, settings: QSettings, message: MessageBar, parent: QObject):
        super().__init__(parent)
        self._studio, self._settings, self._message = studio, settings, message
        studio.failed.connect(self.tell)
        studio.activity_changed.connect(self._withdraw)
        studio.session.samples_changed.connect(self._withdraw)

    @Slot(object)
    def tell(self, error: PicError) -> None:
        """Tell of an error, and what can be done about it."""
        about = next((about for kind, about in _ABOUT.items() if isinstance(error, kind)), None)
        self._message.tell_error(told(error), *self._offers(error), about=about)

    def tell_unexpected(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Tell of an exception that nobody expected, where Python would only print it; a `sys.excepthook`."""
        if not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        sentence = told(explained(error))
        if self._message.isHidden() or sentence != self._message.sentence:  # as of a picture that cannot be painted, again and again
            self._message.tell_error(sentence)

    def _offers(self, error: PicError) -> list[Offer]:
        studio = self._studio
        if studio.activity is not Activity.IDLE:  # it goes on with what was there before
            return []
        offers = []
        if studio.can_look_again and error is studio.network_error:
            offers.append((self.tr("Try again"), studio.look_again))
        elif isinstance(error, OutOfMemoryError) and studio.can_draw_fewer:
            offers.append((self.tr("Draw fewer samples"), studio.draw_fewer))
        elif error is studio.network_error and studio.can_draw_again:
            offers.append((self.tr("Try again"), studio.draw_again))
        elif isinstance(error, CheckpointError) and studio.model is None and studio.checkpoint != default_checkpoint():
            offers.append((self.tr("Use the model that comes with picgui"), self._use_shipped_model))
        if isinstance(error, CardMemoryError):
            offers.append((self.tr("Use the processor"), studio.use_processor))
        return offers

    def _use_shipped_model(self) -> None:
        """Draw with it from now on."""
        self._settings.remove("checkpoint")
        self._studio.use_model(default_checkpoint(), device=preferences.device(self._settings))

    @Slot()
    def _withdraw(self) -> None:
        """Once samples are drawn again, or are gone, what was offered about those before would act on others; and a model that is loaded settles what was
        wrong with the one before."""
        studio = self._studio
        if studio.activity is Activity.LOADING:
            self._message.settle(About.MODEL)
        if studio.activity in (Activity.EMBEDDING, Activity.SAMPLING):
            self._message.withdraw(studio.look_again, studio.draw_fewer, studio.use_processor, studio.draw_again)
            return
        if not studio.can_draw_fewer:
            self._message.withdraw(studio.draw_fewer)
        if not studio.can_draw_again:
            self._message.withdraw(studio.draw_again)
