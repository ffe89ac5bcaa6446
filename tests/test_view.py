"""What of the photograph is seen where, without a window."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPointF, QRectF

from picgui.gui import view as view_module
from picgui.gui.view import HANDLE, MAX_ZOOM, View, clamped, onto, pixel


def view_of(*, photo=(900, 600), widget=(648, 500), ratio=1.0, samples=1):
    """Of a photograph in a widget, width and height each."""
    levels = [SimpleNamespace(width=photo[0] // step, height=photo[1] // step) for step in (1, 2, 4)]
    surface = SimpleNamespace(width=lambda: widget[0], height=lambda: widget[1], devicePixelRatioF=lambda: ratio)
    view = View(SimpleNamespace(opened=SimpleNamespace(photo=levels[0], levels=levels)), surface)
    view.samples = tuple(range(samples))
    view.fit()
    return view


def near(a, b):
    return (a - b).manhattanLength() < 1e-6


def test_a_photograph_that_fits_lies_in_the_middle_with_a_margin():
    view = view_of()
    assert view.fits and view.target(view.panes[0]) == QRectF(24, 50, 600, 400)
    assert view.zoom == view.scale == pytest.approx(2 / 3)


def test_on_a_finer_screen_it_lies_where_it_did():
    view = view_of(ratio=2.0)
    assert view.target(view.panes[0]) == QRectF(24, 50, 600, 400)
    assert view.zoom == pytest.approx(4 / 3) and view.scale == pytest.approx(2 / 3)


def test_without_a_photograph_there_are_panes_and_a_zoom():
    view = View(SimpleNamespace(opened=None), SimpleNamespace(width=lambda: 400, height=lambda: 300))
    view.fit()
    assert view.zoom == 1.0 and view.panes == [QRectF(0, 0, 400, 300)]


def test_panes_are_laid_out_so_that_the_photograph_is_largest_and_do_not_touch():
    assert [len({pane.x() for pane in view_of(samples=number).panes}) for number in (1, 2, 4, 6)] == [1, 1, 2, 2]
    assert len({pane.x() for pane in view_of(samples=2, photo=(300, 900)).panes}) == 2
    view = view_of(samples=3)
    first, second, third = view.panes
    for sample, pane in enumerate(view.panes):
        assert view.pane_at(pane.center()) == pane and view.sample_at(pane.center()) == sample
    for beside in (QPointF(first.right() + 4, first.center().y()), QPointF(second.center().x(), third.center().y()), QPointF(-9, 9)):
        assert view.pane_at(beside) is None and view.sample_at(beside) is None


@pytest.mark.parametrize("samples", [1, 4])
def test_what_is_under_a_point_stays_there_while_it_is_zoomed(samples):
    view = view_of(samples=samples)
    pane = view.panes[-1]
    at = onto(view.target(pane)).map(QPointF(0.4, 0.6))
    view.zoom_to(3 * view.zoom, at)
    assert not view.fits and near(view.to_photo(at, pane), QPointF(0.4, 0.6)) and near(onto(view.target(pane)).map(QPointF(0.4, 0.6)), at)
    view.fit()
    assert view.fits and view.center == view.middle == QPointF(0.5, 0.5)


def test_zoom_has_ends():
    view = view_of()
    fitting = view.fitting_zoom
    view.zoom_to(1e9)
    assert view.zoom == MAX_ZOOM
    view.zoom_to(1e-9)
    assert view.zoom == fitting / 2 and view.middle == QPointF(0.5, 0.5)
    view.zoom = fitting / 8
    view.zoom_to(1e-9)
    assert view.zoom == fitting / 8, "what is smaller stays so"


def test_the_photograph_moves_no_farther_than_its_edge_and_not_at_all_where_it_fits():
    view = view_of()
    assert not view.move(QPointF(10, -10))
    view.zoom_to(4.0)
    assert view.move(QPointF(30, -20)) and near(view.to_photo(view.panes[0].center(), view.panes[0]), QPointF(0.5 - 30 / 3600, 0.5 + 20 / 2400))
    assert view.move(QPointF(1e6, 1e6)) and not view.move(QPointF(1, 1))
    assert near(view.target(view.panes[0]).topLeft(), QPointF(24, 24))


def test_a_point_is_brought_into_view_by_the_shortest_way():
    view = view_of()
    view.zoom_to(4.0)
    center = QPointF(view.center)
    view.reveal(view.center)
    assert view.center == center
    view.reveal(QPointF(0.9, 0.5))
    assert near(onto(view.target(view.panes[0])).map(QPointF(0.9, 0.5)), QPointF(648 - 24, 250))


def test_the_divider_is_held_at_its_line_and_at_its_handle_which_is_always_in_view():
    view = view_of()
    pane = view.panes[0]
    assert not view.has_split and not view.is_on_divider(pane.center())
    view.split_at(0.25)
    assert view.has_split and view.divider(pane) == pytest.approx(174) and near(view.handle(pane), QPointF(174, 250))
    assert view.is_on_divider(QPointF(182, 60)) and not view.is_on_divider(QPointF(186, 60)) and view.is_on_divider(QPointF(186, 250))
    for share, within in ((-0.5, 0.0), (1.5, 1.0)):
        view.split_at(share)
        assert view.split == within
    view.zoom_to(MAX_ZOOM)
    assert not pane.contains(QPointF(view.divider(pane), 250)) and near(view.handle(pane), QPointF(pane.right() - HANDLE - 2, 250))


def test_the_level_that_is_shown_is_the_coarsest_that_is_as_sharp_as_the_screen_and_has_room(monkeypatch):
    view = view_of()
    pane = view.panes[0]
    levels = []
    for zoom in (0.1, 0.2, 0.4, 0.7):
        view.zoom = zoom
        levels.append(view.level(100, view.target(pane), view.target(pane).intersected(pane)))
    assert levels == [None, 2, 1, 0]
    monkeypatch.setattr(view_module, "BAND_BYTES", 450 * 2 * view_module.BAND_ROWS * 4)
    assert view.level(100, view.target(pane), view.target(pane)) == 1
    view.split_at(0.5)
    assert view.level(100, view.target(pane), view.target(pane)) == 2, "before and after are kept both"


def test_bands_are_those_in_view(monkeypatch):
    monkeypatch.setattr(view_module, "BAND_ROWS", 100)
    view, target = view_of(), QRectF(0, -300, 900, 600)
    assert view.bands(0, target, QRectF(0, 0, 900, 150)) == range(3, 5)
    assert view.bands(1, target, target) == range(0, 3)
    assert view.bands(0, target, QRectF(0, -300, 900, 900)) == range(0, 6)


def test_points_beyond_the_photograph_are_moved_into_it():
    assert clamped(QPointF(-0.1, 1.1)) == QPointF(0, 1) and clamped(QPointF(0.3, 0.7)) == QPointF(0.3, 0.7)
    assert pixel(QPointF(1.0, 0.0), 4, 6) == (0, 5) and pixel(QPointF(0.5, 0.99), 4, 6) == (3, 3) and pixel(QPointF(-1, 2), 4, 6) == (3, 0)
