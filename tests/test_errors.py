"""Sentences for people: English from the library, German in a German window, whatever they contain."""

import pickle
import string
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument

from picgui.errors import DataError, ExportError, PhotoError, Sentence, is_out_of_memory
from picgui.gui.words import CONTEXT, isolated, told
from picgui.gui.worker import explained
from picgui.opencv import cv2
from picgui.paths import resource
from picgui.photo import read_photo
from scripts.sentences import all_templates, templates


def names(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_sentence_of_the_library_has_a_german_one_with_the_same_values():
    contexts = ElementTree.parse(resource("translations/picgui_de.ts")).iter("context")
    german = {}
    for context in contexts:
        if context.findtext("name") == CONTEXT:
            german |= {m.findtext("source"): m.find("translation") for m in context.iter("message")}
    found = all_templates()
    assert len(found) > 40 and set(found) == set(german)
    for template in found:
        assert german[template].get("type") is None and german[template].text, template
        assert names(german[template].text) == names(template), template


def test_a_sentence_put_together_before_it_is_said_is_noticed():
    assert list(templates('raise PhotoError("{name} is old.", name=name)')) == ["{name} is old."]
    with pytest.raises(ValueError, match="translated"):
        list(templates('raise PhotoError(f"{name} is old.")'))


def test_a_german_window_says_in_german_what_the_library_says_in_english(german, tmp_path):
    path = tmp_path / "oma.jpg"
    path.write_bytes(b"no picture")
    with pytest.raises(PhotoError) as caught:
        read_photo(path)
    assert str(caught.value).startswith("oma.jpg is not a picture") and told(caught.value).startswith("oma.jpg ist kein Bild")


def test_a_sentence_within_a_sentence_is_translated_too(german):
    error = PhotoError("{name} is too large: {limit}", name="a{b}.png", limit=Sentence("The limit is {megapixels} megapixels; make it smaller first.", megapixels=7))
    assert told(error) == "a{b}.png ist zu groß: Die Grenze sind 7 Megapixel; verkleinern Sie es zuerst."


def test_braces_in_plain_sentences_and_in_values_stay(german):
    assert str(DataError("{x} and {0} and }{")) == told(DataError("{x} and {0} and }{")) == "{x} and {0} and }{"
    assert str(ExportError("{path} is a folder.", path=Path("{a}"))) == "{a} is a folder."


def test_an_error_survives_the_way_between_processes():
    again = pickle.loads(pickle.dumps(PhotoError("{name} is old.", name="a")))
    assert str(again) == "a is old." and again.sentence.values == {"name": "a"}


def test_memory_that_runs_out_is_recognised_whoever_says_it():
    pixel = np.zeros((1, 1), np.uint8)
    allocations = (
        lambda: bytearray(1 << 60),
        lambda: np.empty(1 << 60, np.uint8),
        lambda: torch.empty(1 << 60),
        lambda: cv2.copyMakeBorder(pixel, 2_000_000_000, 0, 2_000_000_000, 0, cv2.BORDER_CONSTANT),
    )
    for allocate in allocations:
        with pytest.raises((MemoryError, RuntimeError, cv2.error)) as caught:
            allocate()
        assert is_out_of_memory(caught.value) and "memory" in str(explained(caught.value)).split("(")[0]
    for words in ("CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`", "GET was unable to find an engine to execute this computation"):
        assert is_out_of_memory(RuntimeError(words)), "of a card that is full"
    assert not is_out_of_memory(RuntimeError("size mismatch"))
    assert "unexpected" in str(explained(RuntimeError("size {mismatch}"))) and "{mismatch}" in str(explained(RuntimeError("size {mismatch}")))


def test_a_name_from_right_to_left_does_not_turn_its_sentence_around(qapp):
    name = "مرحبا 1931 (a) – b.jpg"
    sentence = told(Sentence("{name} is empty; {path} is not.", name=name, path=Path("/fotos/a.jpg")))
    assert sentence == f"\u200e\u2068{name}\u2069 is empty; {Path('/fotos/a.jpg')} is not."
    document = QTextDocument(sentence)
    assert document.firstBlock().textDirection() == Qt.LayoutDirection.LeftToRight
    assert isolated("b.jpg") == "b.jpg"
