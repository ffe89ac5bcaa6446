"""How colours leave the window: pictures as files, on the clipboard or dragged, and the whole session as a file."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Qt, QTemporaryDir, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from picgui import record
from picgui.batch import fitting, result_name
from picgui.errors import PicError
from picgui.gui import preferences, records
from picgui.gui.choosing import Choosing
from picgui.gui.jobs import Composed
from picgui.gui.message import About, MessageBar, Offer
from picgui.gui.opening import Opening
from picgui.gui.pictures import image_of
from picgui.gui.session import Sample
from picgui.gui.studio import Studio, Subject
from picgui.gui.words import isolated, told
from picgui.gui.worker import explained
from picgui.paths import example_photo, is_file
from picgui.upsample import compose
from picgui.writing import WRITERS, write_png

_DRAGS_KEPT = 4
_DRAGGED_PIXELS = 24_000_000  # beyond it dragged thumbnails become smaller pictures: a drag cannot wait for long


class Exporting(QObject):
    """Asks where to, lets the studio write, and tells what is there."""

    begun = Signal()  # what there is is about to be saved

    def __init__(self, studio: Studio, settings: QSettings, message: MessageBar, choosing: Choosing, opening: Opening, window: QWidget):
        super().__init__(window)
        self.studio, self.session, self.settings, self.message = studio, studio.session, settings, message
        self._choosing, self._opening, self._window = choosing, opening, window
        self._drag_folders: list[QTemporaryDir] = []  # of the last drags
        studio.exported.connect(self._exported)
        studio.export_cancelled.connect(self._export_cancelled)
        studio.composed.connect(self._copy_composed)

    @Slot()
    def ask_where_to_export(self) -> None:
        """Let a person say where the chosen sample is written at full size."""
        sample, subject = self.session.selected, self.studio.subject
        if sample is None:
            return
        last = preferences.kind(self.settings)
        suggested = Path(self._folder()) / self._export_name(sample, last[0])
        if subject.opened.path is not None and _same_file(suggested, subject.opened.path):  # an exported picture that is open itself
            suggested = _free(suggested, self.studio.is_promised)
        kinds = self._kinds(subject, deep=last[1])
        begun = next(words for words, kind in kinds.items() if kind == last)
        path, chosen = QFileDialog.getSaveFileName(self._window, self.tr("Export"), str(suggested), ";;".join(kinds), begun)
        if path:
            ending, deep = kinds.get(chosen, last)
            typed = Path(path).suffix.lower()
            if typed in WRITERS and typed != last[0]:  # which is suggested
                ending = typed
            target = _with_ending(Path(path), ending)
            if (target != Path(path) or self.studio.is_promised(target)) and not self._may_replace(target):
                return
            preferences.keep_kind(self.settings, next(kind for kind in preferences.KINDS if WRITERS[kind] is WRITERS[ending]), deep)
            self.export([(sample, target)], subject=subject, deep=deep)

    def _kinds(self, subject: Subject, *, deep: bool) -> dict[str, tuple[str, bool]]:
        """What a subject can be exported as, as `preferences.kind` has it; ``deep`` is kept for scans of 8 bits where this one has 16."""
        png, tiff = self.tr("PNG picture, 16 bits (*.png)"), self.tr("TIFF picture, 16 bits (*.tif *.tiff)")
        jpeg = {self.tr("JPEG picture (*.jpg *.jpeg)"): (".jpg", False)}
        if subject.opened.photo.bit_depth == 16:
            return {png: (".png", deep), tiff: (".tif", deep)} | jpeg
        shallow = self.tr("PNG picture (*.png)"), self.tr("TIFF picture (*.tif *.tiff)")
        return {shallow[0]: (".png", False), png: (".png", True), shallow[1]: (".tif", False), tiff: (".tif", True)} | jpeg

    @Slot()
    def ask_where_to_export_marked(self) -> None:
        """Write the samples selected in the gallery into a folder, under names that are free, as the kind of file that was exported last."""
        self._ask_for_folder(self._choosing.meant(), self.tr("Export the selected samples as %1 to"))

    @Slot()
    def ask_where_to_export_all(self) -> None:
        """Write every sample into a folder, as `ask_where_to_export_marked`."""
        self._ask_for_folder(self.session.samples, self.tr("Export all samples as %1 to"))

    def _ask_for_folder(self, samples: Sequence[Sample], title: str) -> None:
        if not samples:
            return
        ending, deep = preferences.kind(self.settings)
        names, subject = [self._export_name(sample, ending) for sample in samples], self.studio.subject
        folder = QFileDialog.getExistingDirectory(self._window, title.replace("%1", preferences.KINDS[ending]), self._folder())
        if folder:
            targets: list[tuple[Sample, Path]] = []
            for sample, name in zip(samples, names, strict=True):
                taken = {path for _, path in targets}
                path = _free(Path(folder) / name, lambda path: path in taken or self.studio.is_promised(path))
                targets.append((sample, path))
            self.export(targets, subject=subject, deep=deep, exclusive=True)

    def _may_replace(self, target: Path) -> bool:
        """Ask about a file whose name the file dialog did not see, or that is still to be written."""
        if not is_file(target) and not self.studio.is_promised(target):
            return True
        question = self.tr("%1 exists already. Replace it?").replace("%1", isolated(target.name))
        return QMessageBox.question(self._window, self.tr("Replace"), question) is QMessageBox.StandardButton.Yes

    def _export_name(self, sample: Sample, ending: str) -> str:
        return result_name(self.session.name, sample.seed, ending)

    def export(
        self, targets: list[tuple[Sample, Path]], *, subject: Subject | None = None, deep: bool = False, exclusive: bool = False
    ) -> None:
        """Write samples of a subject (default the present one) at full size, but never over the photograph; options as of `Studio.export`."""
        subject = subject or self.studio.subject
        for photograph in {subject.opened.path, self.session.path} - {None}:
            if any(_same_file(path, photograph) for _, path in targets):
                words = self.tr("%1 is the photograph itself, which is never changed. Choose another name.")
                self.message.tell_error(words.replace("%1", isolated(photograph.name)), about=About.EXPORT)
                return
        self.message.settle(About.EXPORT)
        self.studio.export(targets, subject=subject, deep=deep, exclusive=exclusive)

    @Slot(list, bool)
    def _exported(self, paths: list[Path], holds_drafts: bool) -> None:
        folder = paths[0].parent
        if len(paths) == 1:
            text = self.tr("Saved as %1").replace("%1", isolated(paths[0].name))
        else:
            text = self.tr("%1 pictures saved in %2").replace("%1", str(len(paths))).replace("%2", isolated(folder.name))
        if holds_drafts:
            text += ". " + self._about_drafts()
        self.message.tell_done(text, self._to_show(folder))

    @Slot(list, int)
    def _export_cancelled(self, paths: list[Path], wanted: int) -> None:
        if paths:
            words = self.tr("Cancelled: %1 of %2 files were written.").replace("%1", str(len(paths))).replace("%2", str(wanted))
            self.message.tell_note(words, self._to_show(paths[-1].parent))
        else:
            self.message.tell_note(self.tr("Cancelled: nothing was written."))

    def _to_show(self, folder: Path) -> Offer:
        """What can be done about files that were written into a folder, which is where the next ones go."""
        self.settings.setValue("export_folder", str(folder))
        return self.tr("Show in folder"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _about_drafts(self) -> str:
        return self.tr("What was not drawn yet is a draft.")

    @Slot()
    def copy(self) -> None:
        """Put the chosen sample on the clipboard as soon as it is composed."""
        if self.session.selected is not None:
            self.studio.compose(self.session.selected)

    @Slot(object)
    def _copy_composed(self, composed: Composed) -> None:
        QGuiApplication.clipboard().setImage(image_of(composed.pixels))
        text = self.tr("Copied")
        self.message.tell_done(f"{text}. {self._about_drafts()}" if composed.holds_drafts else text)

    @Slot()
    def save(self) -> None:
        """Write all samples and choices into the session file that they are from; where they are from none, ask."""
        if self.session.file is None or not self.session.has_content:
            self.ask_where_to_save()
        else:
            self.begun.emit()
            self._save(self.session.file, records.content_of(self.session))

    @Slot()
    def ask_where_to_save(self) -> None:
        """Write all samples and choices into a session file that a person chooses."""
        self.begun.emit()
        if not self.session.has_content:
            self.message.tell_note(self.tr("There is nothing to save yet."))
            return
        opened, place = self.session.opened, self.session.undo_stack.index()
        content = records.content_of(self.session)
        suggested = str(self.session.file or Path(self._folder()) / f"{fitting(self.session.name)}{records.ENDING}")
        kind = self.tr("Session (*.picgui)")
        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save the session"), suggested, kind)
        if path:
            target = Path(path) if records.is_session(Path(path)) else Path(path + records.ENDING)
            if target != Path(path) and not self._may_replace(target):
                return
            self._save(target, content, is_open=self.session.opened is opened, is_present=self.session.undo_stack.index() == place)

    def _save(self, target: Path, content: dict, *, is_open: bool = True, is_present: bool = True) -> None:
        """Write what was there: of the photograph that is open still or not, with all choices that there are now or not."""
        try:
            records.write(target, content)
        except PicError as error:
            self.message.tell_error(told(error), about=About.SAVING)
            return
        self.message.settle(About.SAVING)
        if is_open:
            self.session.saved_in(target, is_present=is_present)
        self._opening.remember(target)
        self.message.tell_done(self.tr("Saved as %1").replace("%1", isolated(target.name)))

    def write_for_drag(self, samples: Sequence[Sample]) -> list[Path]:
        """Picture files of samples for another program, in a folder that is gone with the window."""
        if self.studio.model is None:
            return []
        opened = self.session.opened
        photo = next((level for level in opened.levels if len(samples) * level.height * level.width <= _DRAGGED_PIXELS), opened.preview)
        notes, reduced, as_large = [], {}, opened.photo
        if photo is not opened.photo:
            reduced = {record.REDUCED: f"{photo.width} x {photo.height}"}
            share = photo.width / opened.photo.width
            as_large = replace(opened.photo, dpi=opened.photo.dpi and tuple(share * dots for dots in opened.photo.dpi))
            words = self.tr("What is dragged out is %1 × %2 pixels: more would take too long. Export writes the full size.")
            notes.append(words.replace("%1", str(photo.width)).replace("%2", str(photo.height)))
        if not all(sample.is_complete for sample in samples):
            notes.append(self._about_drafts())
        if notes:
            self.message.tell_note(" ".join(notes))
        folder = self._folder_for_drag()
        if folder is None:
            self.message.tell_error(self.tr("It cannot be dragged out, as no temporary folder can be made. Use Export instead."))
            return []
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        written = []
        try:
            for sample in samples:
                target = _free(folder / self._export_name(sample, ".png"), lambda _: False)  # samples may share a seed
                pixels = compose(photo, sample.chroma, saturation=self.session.saturation, dtype=opened.photo.dtype)
                write_png(target, pixels, text=self.studio.text_of(sample) | reduced, photo=as_large)
                written.append(target)
        except (PicError, MemoryError) as error:
            self.message.tell_error(told(explained(error)))
        finally:
            QGuiApplication.restoreOverrideCursor()
        return written

    def _folder_for_drag(self) -> Path | None:
        """A new one, as another program may still read from those of the last drags; None where none can be made."""
        folder = QTemporaryDir()
        if not folder.isValid():
            return None
        self._drag_folders.append(folder)
        while len(self._drag_folders) > _DRAGS_KEPT:
            self._drag_folders.pop(0).remove()
        return Path(folder.path())

    def close(self) -> None:
        """Remove what was dragged out."""
        for folder in self._drag_folders:
            folder.remove()  # its destructor is not called where Python collects nothing at the end

    def _folder(self) -> str:
        """Where the last picture is being written or was, or where the photograph lies."""
        path, promised = self.session.path, self.studio.last_promised
        if promised is not None:
            return str(promised.parent)
        return preferences.folder(self.settings, "export_folder", default=None if path in (None, example_photo()) else path.parent)


def _with_ending(path: Path, ending: str) -> Path:
    """A path that ends as the kind of file does: a fitting ending stays, that of another kind of picture is replaced."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is WRITERS[ending]:
        return path
    if writer is not None:
        return path.with_suffix(ending)
    return path.with_name(path.name + ending)


def _free(path: Path, is_taken: Callable[[Path], bool]) -> Path:
    """The path itself, or with a number at its end where there is such a file or the name is taken."""
    number, free = 2, path
    while os.path.lexists(free) or is_taken(free):
        free = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return free


def _same_file(path: Path, other: Path) -> bool:
    try:
        return path.exists() and path.samefile(other)
    except OSError:
        return False
