"""The session without a window: what there is to choose from, and that every choice can be taken back."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from picgui.defaults import TEMPERATURE
from picgui.gui.session import MAX_SAMPLES, MAX_TEMPERATURE, Session
from picgui.pipeline import Coarse

ROWS, COLUMNS = 5, 4


def embedded(rows=ROWS, columns=COLUMNS):
    return SimpleNamespace(draft=np.full((2, rows, columns), 3.0, np.float32), chroma_shape=(rows, columns))


def opened():
    return SimpleNamespace(path=None, picture=None, digest="", photo=SimpleNamespace(fingerprint="", turns=0))


def row(y, number, value, columns=COLUMNS):
    return SimpleNamespace(y=y, chroma=np.full((number, 2, columns), value, np.float32), log_prob=np.full(number, -2.0))


@pytest.fixture
def session(qapp):
    session = Session()
    session.wanted = []
    session.sampling_wanted.connect(lambda samples: session.wanted.append([s.seed for s in samples]))
    session.set_photo(opened())
    session.set_embedded(embedded())
    return session


def finish(session):
    samples = [s for s in session.samples if not s.is_complete]
    rows, columns = session.embedded.chroma_shape
    for y in range(rows):
        session.take(samples, row(y, len(samples), 7.0, columns))


def seeds(session):
    return [s.seed for s in session.samples]


def test_an_embedded_photograph_asks_for_samples_that_begin_as_the_draft(session):
    assert session.wanted[-1] == seeds(session) == [1, 2, 3, 4]
    assert session.selected.seed == 1
    assert (session.selected.chroma == 3).all() and session.selected.rows == 0
    assert session.selected.chroma is not session.samples[1].chroma


def test_a_row_replaces_the_draft_of_every_sample_it_is_for(session):
    session.take(session.samples[:2], row(0, 2, 7.0))
    first, _, third, _ = session.samples
    assert (first.chroma[:, 0] == 7).all() and (first.chroma[:, 1:] == 3).all()
    assert (first.rows, third.rows) == (1, 0)
    assert first.typicality == pytest.approx(-2.0 / COLUMNS / np.log(2))


def test_resampling_draws_new_seeds_and_keeps_what_is_pinned(session):
    finish(session)
    session.toggle_pins([session.samples[1]])
    session.resample()
    assert seeds(session) == [2, 5, 6, 7]
    assert session.wanted[-1] == [5, 6, 7]
    assert session.selected.seed == 5


def test_undo_brings_back_the_very_samples_and_draws_nothing_again(session):
    finish(session)
    before = session.samples
    session.resample()
    finish(session)
    session.undo_stack.undo()
    assert session.samples == before and session.wanted[-1] == []
    session.undo_stack.redo()
    assert seeds(session) == [5, 6, 7, 8] and all(s.is_complete for s in session.samples)


def test_temperature_keeps_the_seeds_and_the_pinned(session):
    finish(session)
    session.toggle_pins([session.samples[0]])
    pinned = session.samples[0]
    session.select(session.samples[2])
    session.set_temperature(0.4)
    assert seeds(session) == [1, 2, 3, 4] and session.samples[0] is pinned
    assert [s.temperature for s in session.samples] == [TEMPERATURE, 0.4, 0.4, 0.4]
    assert session.wanted[-1] == [2, 3, 4]
    assert session.selected.seed == 3


def test_a_drag_of_the_temperature_is_one_step_back(session):
    for temperature in (0.9, 0.7, 0.5):
        session.set_temperature(temperature)
    session.undo_stack.undo()
    assert session.temperature == TEMPERATURE
    session.set_temperature(9)
    assert session.temperature == MAX_TEMPERATURE


def test_temperatures_chosen_long_apart_are_taken_back_one_by_one(session, monkeypatch):
    now = 100.0
    monkeypatch.setattr("picgui.gui.session.time", SimpleNamespace(monotonic=lambda: now))
    for seconds, temperature in ((0, 0.9), (1, 0.8), (1, 0.7), (2, 0.6)):
        now += seconds
        session.set_temperature(temperature)
    back = []
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
        back.append(session.temperature)
    assert back == [0.7, TEMPERATURE]


def test_more_samples_are_drawn_and_fewer_let_the_last_go_but_none_that_is_pinned(session):
    finish(session)
    session.set_sample_count(6)
    assert session.wanted[-1] == [5, 6]
    session.toggle_pins([session.samples[5]])
    session.set_sample_count(2)
    assert seeds(session) == [1, 6]
    session.set_sample_count(99)
    assert len(session.samples) == MAX_SAMPLES


def test_deleting_the_selected_selects_another_and_can_be_undone(session):
    session.delete([session.selected])
    assert seeds(session) == [2, 3, 4] and session.selected.seed == 2
    session.undo_stack.undo()
    assert seeds(session) == [1, 2, 3, 4] and session.selected.seed == 1


def test_where_the_selected_one_goes_its_neighbour_is_selected(session):
    session.select(session.samples[2])
    session.delete([session.samples[2]])
    assert session.selected.seed == 4
    session.delete([session.selected])
    assert session.selected.seed == 2
    session.undo_stack.undo()
    session.delete([session.selected], shown=session.samples[::-1])
    assert seeds(session) == [1, 2] and session.selected.seed == 2
    session.set_sample_count(1)
    assert session.selected.seed == 1
    session.delete([session.selected])
    assert session.selected is None


def test_a_sample_that_is_gone_cannot_be_selected(session):
    gone = session.samples[1]
    session.resample()
    session.select(gone)
    assert session.selected is session.samples[0]


def test_a_region_is_redone_only_in_a_sample_that_is_drawn_or_stopped(session):
    assert not session.can_redo_region
    session.stop()
    assert session.can_redo_region
    session.resample()
    finish(session)
    assert session.can_redo_region


def test_a_part_is_drawn_again_beside_all_there_are_and_resample_draws_others_of_it(session):
    finish(session)
    region = np.zeros((ROWS, COLUMNS), bool)
    region[1:3] = True
    session.redo_region(region)
    assert seeds(session) == [1, 2, 3, 4, 5, 6, 7] and session.wanted[-1] == [5, 6, 7]
    finish(session)
    part = session.selected.known
    session.toggle_pins([session.samples[5]])
    session.resample()
    assert seeds(session) == [1, 2, 3, 4, 6, 8, 9] and all(s.known is part for s in session.samples[4:])
    finish(session)
    session.select(session.samples[0])
    session.resample()
    assert seeds(session) == [6, 10, 11, 12] and session.selected.known is None, "of a whole picture all others, too"


def test_resample_at_a_part_of_which_all_are_pinned_draws_one_more_of_it(session):
    finish(session)
    session.redo_region(np.eye(ROWS, COLUMNS, dtype=bool))
    finish(session)
    session.toggle_pins(session.samples[4:])
    before, part = session.samples, session.selected.known
    assert session.resamples_part
    session.resample()
    assert session.samples[:-1] == before and session.selected is session.samples[-1] and session.selected.known is part
    session.select(before[0])
    assert not session.resamples_part


def test_resample_at_a_pinned_sample_with_hints_of_before_draws_whole_pictures_with_those_of_now(session):
    finish(session)
    session.add_hint(np.eye(ROWS, COLUMNS, dtype=bool), (5.0, 6.0))
    finish(session)
    pinned = session.samples[0]
    session.toggle_pins([pinned])
    session.clear_hints()
    finish(session)
    session.select(pinned)
    session.resample()
    assert session.samples[0] is pinned and len(session.samples) == 4 and all(s.known is None for s in session.samples[1:])


def test_what_was_a_part_and_holds_nothing_any_more_is_resampled_as_a_whole_picture(session):
    finish(session)
    corner = np.zeros((ROWS, COLUMNS), bool)
    corner[0, 0] = True
    session.add_hint(corner, (5.0, 6.0))
    finish(session)
    session.redo_region(~corner)
    session.clear_hints()
    assert session.selected.is_part and session.selected.known is None and not session.resamples_part
    finish(session)
    session.resample()
    assert len(session.samples) == 4 and not any(s.is_part for s in session.samples)


def test_where_a_part_is_drawn_again_among_many_no_more_of_the_oldest_give_way_than_there_is_room_needed_for(session):
    region, gone = np.eye(ROWS, COLUMNS, dtype=bool), []
    session.samples_gave_way.connect(gone.append)
    session.set_sample_count(MAX_SAMPLES)
    finish(session)
    session.toggle_pins([session.samples[1]])
    session.redo_region(region)
    assert seeds(session) == [1, 2, *range(7, 21)] and gone == [4], "what it is drawn from and what is pinned stay, and four are new"
    session.undo_stack.undo()
    session.set_sample_count(13)
    session.redo_region(region)
    assert seeds(session) == [1, 2, *range(4, 14), *range(21, 25)] and gone == [4, 1]
    session.undo_stack.undo()
    session.set_sample_count(10)
    session.redo_region(region)
    assert len(session.samples) == 14 and gone == [4, 1], "there is room"
    session.undo_stack.undo()
    session.set_sample_count(MAX_SAMPLES)
    finish(session)
    session.toggle_pins(session.samples[2:-2])
    session.redo_region(region)
    assert len(session.samples) == MAX_SAMPLES and gone == [4, 1, 2], "as many as can give way"


def test_of_few_samples_a_part_is_drawn_again_at_least_once(session):
    session.set_sample_count(1)
    finish(session)
    session.redo_region(np.eye(ROWS, COLUMNS, dtype=bool))
    assert seeds(session) == [1, 5]


def test_where_a_part_of_which_all_are_pinned_is_resampled_among_many_the_oldest_gives_way(session):
    gone = []
    session.samples_gave_way.connect(gone.append)
    session.set_sample_count(MAX_SAMPLES - 1)
    finish(session)
    session.take_part(np.eye(ROWS, COLUMNS, dtype=bool), session.samples[1])
    finish(session)
    session.resample()
    assert len(session.samples) == MAX_SAMPLES and not gone, "it takes the place of that before"
    finish(session)
    session.toggle_pins([session.selected])
    session.resample()
    assert seeds(session) == [*range(2, MAX_SAMPLES), MAX_SAMPLES + 1, MAX_SAMPLES + 2] and gone == [1]


def test_a_pinned_sample_that_is_redrawn_beside_itself_among_many_tells_what_gave_way(session):
    gone = []
    session.samples_gave_way.connect(gone.append)
    session.set_sample_count(MAX_SAMPLES)
    finish(session)
    session.toggle_pins([session.samples[0]])
    session.set_temperature(0.3)
    assert [session.samples[0].seed, *seeds(session)[-2:]] == [1, 16, 1] and gone == [1]


def test_a_part_is_taken_from_another_sample_and_drawn_along_its_edge_only(session):
    session.set_embedded(embedded(10, 8))
    finish(session)
    base, _, source, _ = before = session.samples
    base.chroma[:], source.chroma[:] = 1.4, 9
    region = np.zeros((10, 8), bool)
    region[:4, :4] = True
    session.take_part(region, source)
    new = session.selected
    assert seeds(session) == [1, 2, 3, 4, 5] and session.wanted[-1] == [5] and session.samples[:4] == before and new.seed == 5 and new.is_part
    edge = np.zeros((10, 8), bool)
    edge[:6, :6], edge[:2, :2] = True, False  # none where the picture ends
    assert np.array_equal(new.known.mask, ~edge)
    assert (new.known.chroma[:, :2, :2] == 9).all() and (new.known.chroma[:, 6:] == 1).all() and (new.chroma[:, edge] == 3).all()
    finish(session)
    session.undo_stack.undo()
    assert session.samples == before and session.selected is base
    session.undo_stack.redo()
    assert session.selected is new
    session.resample()
    assert seeds(session) == [1, 2, 3, 4, 6] and session.selected.known is new.known, "Resample joins them anew"


def test_of_a_part_that_is_all_edge_the_colours_are_taken_all_the_same(session):
    finish(session)
    session.samples[1].chroma[:] = 9
    region = np.zeros((ROWS, COLUMNS), bool)
    region[2, :1] = True
    session.take_part(region, session.samples[1])
    known = session.selected.known
    assert (known.chroma[:, region] == 9).all() and known.mask[region].all() and not known.mask[:, 1:3].any() and known.mask[2, 3]


def test_where_a_part_is_taken_hints_along_its_edge_stay(session):
    finish(session)
    session.toggle_pins(session.samples)
    session.samples[1].chroma[:] = 9
    session.add_hint(np.eye(ROWS, COLUMNS, dtype=bool), (5.0, 6.0))
    finish(session)
    session.select(session.samples[0])
    region = np.zeros((ROWS, COLUMNS), bool)
    region[:3, :3] = True
    session.take_part(region, session.samples[1])
    known = session.selected.known
    assert known.mask[2, 2] and known.chroma[:, 2, 2].tolist() == [5, 6] and known.chroma[:, 0, 0].tolist() == [9, 9]


def test_a_part_is_taken_only_from_what_is_there_and_drawn_and_at_its_resolution(session):
    assert session.part_sources == ()
    finish(session)
    region = np.eye(ROWS, COLUMNS, dtype=bool)
    session.set_sample_count(5)
    first, *others, unfinished = before = session.samples
    assert session.selected is first and session.part_sources == tuple(others)
    for wrong, source in ((region, first), (region, unfinished), (np.eye(9, dtype=bool), others[0]), (np.zeros_like(region), others[0])):
        session.take_part(wrong, source)
    assert session.samples == before
    session.delete([others[0]])
    session.take_part(region, others[0])
    assert session.samples == before[:1] + before[2:]
    session.select(unfinished)
    assert session.part_sources == ()


def test_where_a_part_is_taken_among_many_neither_of_its_two_samples_gives_way(session):
    session.set_sample_count(MAX_SAMPLES)
    finish(session)
    session.take_part(np.eye(ROWS, COLUMNS, dtype=bool), session.samples[1])
    assert seeds(session) == [1, 2, *range(4, 18)]


def test_a_part_is_taken_from_a_sample_of_another_resolution(session):
    finish(session)
    session.samples[1].chroma[:] = 9
    session.toggle_pins(session.samples)
    session.set_embedded(embedded(10, 8))
    region = np.zeros((10, 8), bool)
    region[:, :4] = True
    session.take_part(region, session.samples[1])
    known = session.selected.known
    assert (known.chroma[:, :, :2] == 9).all() and (known.chroma[:, :, 6:] == 7).all() and not known.mask[:, 2:6].any() and known.mask.sum() == 40


def test_a_colour_is_that_of_a_place_where_all_of_it_has_got_it(session):
    finish(session)
    one, two = np.zeros((2, ROWS, COLUMNS), bool)
    one[0], two[1] = True, True
    assert session.hint_in(one) is None
    session.add_hint(one, (5.0, 6.0))
    assert session.hint_in(one) == (5, 6) and session.hint_in(one | two) is None
    session.add_hint(two, (5.0, 7.0))
    assert session.hint_in(two) == (5, 7) and session.hint_in(one | two) is None


def test_a_colour_that_a_place_has_already_is_no_step(session):
    finish(session)
    one = np.zeros((ROWS, COLUMNS), bool)
    one[0] = True
    session.add_hint(one, (5.2, -0.3))
    steps, samples = session.undo_stack.count(), session.samples
    session.add_hint(one, (4.8, 0.0))
    assert (session.undo_stack.count(), session.samples) == (steps, samples)
    session.add_hint(one, (6.0, 0.0))
    assert session.undo_stack.count() == steps + 1 and session.hint_in(one) == (6, 0)


def test_a_number_of_samples_that_changes_nothing_is_no_step(session):
    finish(session)
    session.toggle_pins(session.samples)
    session.set_sample_count(3)
    steps = session.undo_stack.count()
    session.set_sample_count(3)
    assert session.undo_stack.count() == steps and len(session.samples) == 4


def test_a_photograph_is_not_unsaved_because_the_one_before_was_brought_back_so(session):
    session.toggle_pins(session.samples[:1])
    kept = session.kept()
    session.set_photo(opened())
    session.restore(kept)
    session.set_embedded(embedded())
    assert session.is_unsaved and not session.undo_stack.canUndo()
    session.set_photo(opened())
    session.set_embedded(embedded())
    assert not session.is_unsaved


def test_hints_of_a_photograph_that_is_turned_are_kept_by_its_new_samples(session):
    finish(session)
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[0, 1] = True
    session.add_hint(mask, (5.0, 6.0))
    session.set_photo(opened(), hints=session.hints.turned(1))
    turned = session.kept().state.hints
    assert session.hints is None and turned.mask.shape == (COLUMNS, ROWS) and turned.mask[1, -1] and turned.mask.sum() == 1
    session.set_embedded(embedded(COLUMNS, ROWS))
    assert session.hints is turned and all(s.known is turned for s in session.samples) and (turned.chroma[:, turned.mask] == [[5], [6]]).all()
    assert session.is_unsaved and not session.undo_stack.canUndo()
    session.set_photo(opened())
    session.set_embedded(embedded())
    assert session.hints is session.samples[0].known is None and not session.is_unsaved


def test_hints_without_samples_are_taken_up_with_new_ones_at_their_temperature_and_number(session):
    finish(session)
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[0, 1] = True
    session.add_hint(mask, (5.0, 6.0))
    session.set_sample_count(2)
    session.set_temperature(0.4)
    session.delete(session.samples)
    kept = session.kept()
    session.set_photo(opened())
    session.set_temperature(0.9)
    session.set_sample_count(5)
    session.restore(kept)
    session.set_embedded(embedded())
    assert session.temperature == 0.4 and [s.temperature for s in session.samples] == [0.4] * 2 and session.selected is session.samples[0]
    assert all(s.known is session.hints for s in session.samples) and session.hints.mask.sum() == 1


def test_what_is_unsaved_stays_so_where_it_is_put_aside_and_taken_up_again(session, tmp_path):
    assert not session.is_unsaved
    finish(session)
    session.set_saturation(0.6)
    assert session.is_unsaved
    session.saved_in(tmp_path / "a.picgui", is_present=True)
    assert not session.is_unsaved and session.file == tmp_path / "a.picgui"
    session.toggle_pins(session.samples[:1])
    kept = session.kept()
    session.set_photo(opened())
    assert not session.is_unsaved and session.file is None
    session.restore(kept)
    assert session.is_unsaved and session.kept() is kept
    session.set_embedded(embedded())
    assert session.is_unsaved and session.file == tmp_path / "a.picgui" and not session.undo_stack.canUndo()
    session.saved_in(session.file, is_present=True)
    assert not session.is_unsaved


def test_unsaved_samples_that_are_taken_up_are_work_before_they_are_drawn(session):
    session.toggle_pins(session.samples)
    kept = session.kept()
    session.set_photo(opened())
    assert not session.holds_work
    session.set_embedded(embedded())
    assert session.samples and not session.holds_work
    session.restore(kept)
    assert session.samples == kept.state.samples and not session.undo_stack.count() and session.holds_work


def test_in_a_comparison_of_pinned_samples_alone_the_selected_one_is_drawn_beside_itself(session):
    finish(session)
    session.toggle_pins(session.samples[:2])
    session.compared = session.samples[:2]
    session.set_temperature(0.4)
    assert seeds(session) == [1, 2, 3, 4, 1]
    session.undo_stack.undo()
    session.compared = session.samples[1:3]
    session.set_temperature(0.4)
    assert seeds(session) == [1, 2, 3, 4]


def test_the_number_of_samples_brings_there_as_many_whatever_was_deleted(session):
    finish(session)
    session.delete(session.samples[2:])
    session.set_sample_count(4)
    assert seeds(session) == [1, 2, 5, 6] and session.sample_count == 4


def test_what_was_stopped_goes_on(session):
    session.take(session.samples, row(0, 4, 7.0))
    assert not session.can_go_on
    session.stop()
    assert session.can_go_on
    session.go_on()
    assert session.wanted[-1] == [1, 2, 3, 4] and not session.can_go_on


def test_stopping_keeps_what_is_drawn_and_it_is_not_asked_for_again(session):
    session.take(session.samples, row(0, 4, 7.0))
    session.stop()
    session.ask_for_missing()
    assert session.wanted[-1] == []
    assert (session.selected.chroma[:, 0] == 7).all() and session.selected.stopped


def test_saturation_is_a_step_and_a_drag_of_it_is_one(session, monkeypatch):
    session.toggle_pins(session.samples[:1])
    steps = session.undo_stack.count()
    for saturation in (1.1, 1.3, 1.7):
        session.set_saturation(saturation)
    assert session.undo_stack.count() == steps + 1 and session.undo_stack.undoText() == "Saturation"
    session.undo_stack.undo()
    assert session.saturation == 1.0 and session.is_pinned(session.samples[0])
    session.undo_stack.redo()
    assert session.saturation == 1.7


def test_what_came_with_earlier_samples_is_no_setting_of_the_next_photograph(session):
    session.set_temperature(0.5)
    kept = session.kept()
    taken_up = replace(kept, state=replace(kept.state, temperature=1.2, saturation=1.5, sample_count=9))
    session.set_photo(opened())
    session.restore(taken_up)
    session.set_embedded(embedded())
    assert (session.temperature, session.saturation, session.sample_count) == (1.2, 1.5, 9)
    session.set_sample_count(3)
    session.set_photo(opened())
    assert (session.temperature, session.saturation, session.sample_count) == (0.5, 1.0, 3), "what a person chose stays"
    session.set_embedded(embedded())
    session.set_temperature(0.9)
    session.undo_stack.undo()
    session.set_photo(opened())
    assert session.temperature == 0.5, "and what was undone is not chosen"


def test_saturation_draws_nothing(session):
    number = len(session.wanted)
    session.set_saturation(1.5)
    assert session.saturation == 1.5 and len(session.wanted) == number


def test_a_new_photograph_starts_anew_and_keeps_the_settings(session):
    session.set_temperature(0.6)
    session.set_photo(opened())
    assert session.samples == () and session.selected is None and session.temperature == 0.6
    assert not session.undo_stack.canUndo()


@pytest.mark.parametrize(("rows", "columns", "number"), [(10, 8, 8), (2, 2, 2), (7, 3, 3)])
def test_hints_outlive_a_model_of_another_resolution(session, rows, columns, number):
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[1, 3] = mask[4, 0] = True
    session.add_hint(mask, (5.0, 6.0))
    session.set_embedded(embedded(rows, columns))
    hints = session.hints
    assert hints.mask.shape == (rows, columns) and hints.mask.sum() == number
    assert (hints.chroma[0][hints.mask] == 5).all() and hints.mask[0 if rows == 2 else rows // ROWS, columns - 1]
    assert all(s.known is hints and s.chroma.shape == (2, rows, columns) for s in session.samples)


def test_a_sample_keeps_its_number_of_candidates_with_its_seed(session):
    for sample in session.samples:
        sample.candidates = 1
    session.set_temperature(0.4)
    assert [s.candidates for s in session.samples] == [1] * 4
    session.add_hint(np.eye(ROWS, COLUMNS, dtype=bool), (5.0, 6.0))
    assert [s.candidates for s in session.samples] == [1] * 4


def test_coarse_colours_count_as_far_as_a_sample_is_drawn(session):
    samples = session.samples
    session.take(samples, Coarse(1.0, np.full((4, 2, ROWS, COLUMNS), 5.0, np.float32), np.full(4, -10.0)))
    assert (samples[0].chroma == 5).all() and samples[0].log_prob == 0
    typical = []
    for y in range(ROWS):
        session.take(samples, row(y, 4, 7.0))
        typical.append(samples[0].typicality)
    assert samples[0].log_prob == pytest.approx(-10.0 - 2.0 * ROWS) and typical == pytest.approx([typical[0]] * ROWS)


def test_coarse_colours_count_by_the_pixels_that_are_drawn(session):
    given = np.zeros((ROWS, COLUMNS), bool)
    given[:2] = True
    session.add_hint(given, (5.0, 6.0))
    samples = session.samples
    session.take(samples, Coarse(1.0, np.full((4, 2, ROWS, COLUMNS), 5.0, np.float32), np.full(4, -12.0)))
    for y in range(ROWS):
        drawn = row(y, 4, 7.0)
        drawn.log_prob[:] = 0 if y < 2 else -2
        session.take(samples, drawn)
        assert samples[0].typicality == (0 if y < 2 else pytest.approx((-12 / (3 * COLUMNS) - 2 / COLUMNS) / np.log(2)))
    assert samples[0].log_prob == pytest.approx(-12 - 2 * 3)


def test_another_model_draws_the_same_seeds_again_and_the_old_samples_can_be_had_back(session):
    finish(session)
    session.toggle_pins([session.samples[0]])
    before = session.samples
    session.set_embedded(embedded())
    assert seeds(session) == [1, 2, 3, 4] and session.samples[0] is before[0] and session.wanted[-1] == [2, 3, 4]
    finish(session)
    session.undo_stack.undo()
    assert session.samples == before and session.wanted[-1] == []
    session.undo_stack.undo()
    assert not session.is_pinned(before[0]), "and everything before that"
    session.toggle_pins(before)
    session.set_embedded(embedded())
    assert session.samples == before and session.wanted[-1] == []


@pytest.mark.parametrize(("rows", "columns"), [(10, 8), (2, 2), (7, 3)])
def test_samples_outlive_a_model_of_another_resolution_and_can_be_worked_with(session, rows, columns):
    session.add_hint(np.eye(ROWS, COLUMNS, dtype=bool), (5.0, 6.0))
    finish(session)
    session.samples[0].chroma[:, 0] = 9
    session.toggle_pins([session.samples[0]])
    before, chroma = session.samples, [s.chroma.copy() for s in session.samples]
    unfinished = before[3]
    unfinished.rows = 2  # as when it was still being drawn
    session.set_embedded(embedded(rows, columns))
    assert session.samples[0] is before[0] and session.spread() is None and not session.can_spread
    session.undo_stack.undo()
    assert session.samples == before and session.wanted[-1] == [4], "one that is not whole is drawn at the size of the model in use"
    assert unfinished.chroma.shape == unfinished.known.chroma.shape == (2, rows, columns)
    assert all(np.array_equal(a, s.chroma) for a, s in zip(chroma[:3], session.samples))
    assert session.can_spread and session.spread().shape == session.hints.mask.shape == (rows, columns)
    region = np.zeros((rows, columns), bool)
    region[0, 0] = True
    session.redo_region(region)
    held = session.samples[-1].known
    assert held.mask.shape == (rows, columns) and held.chroma[0, 1, 0] == chroma[0][0, 3 * ROWS // (2 * rows), 0]
    session.undo_stack.undo()
    session.set_temperature(0.3)
    assert all(s.chroma.shape == (2, rows, columns) for s in session.samples[1:]) and session.samples[0] is before[0]


def test_what_samples_hold_together_they_hold_together_at_another_resolution(session):
    finish(session)
    region = np.zeros((ROWS, COLUMNS), bool)
    region[1:3, 1:3] = True
    session.redo_region(region)
    parts = session.samples[4:]
    session.set_embedded(embedded(10, 8))
    session.undo_stack.undo()
    assert len(parts) == 3 and session.samples[4:] == parts and session.wanted[-1] == [5, 6, 7], "together"
    session.select(parts[0])
    session.resample()
    assert seeds(session) == [1, 2, 3, 4, 8, 9, 10] and session.wanted[-1] == [8, 9, 10]
    session.undo_stack.undo()
    session.set_embedded(embedded(2, 2))
    session.undo_stack.undo()
    session.set_temperature(0.3)
    assert session.wanted[-1] == [5, 6, 7]


@pytest.mark.parametrize("first", [False, True], ids=["region", "hint, region"])
def test_a_hint_keeps_what_a_redone_region_holds(session, first):
    finish(session)
    corner, middle, region = (np.zeros((ROWS, COLUMNS), bool) for _ in range(3))
    corner[0, 0] = middle[2, 2] = region[1:4, 1:4] = True
    if first:
        session.add_hint(corner, (1.0, 2.0))
        finish(session)
    held_colors = session.selected.chroma.copy()
    session.redo_region(region)
    session.add_hint(middle, (5.0, 6.0))
    again = session.selected
    assert not session.hints.mask[0, 1]
    assert np.array_equal(again.known.mask, ~region | middle)
    assert np.array_equal(again.known.mask, ~region | middle)
    assert (again.known.chroma[:, 2, 2] == (5, 6)).all() and (again.known.chroma[:, 0, 0] == ((1, 2) if first else 7)).all()
    assert (again.known.chroma[:, 2, 2] == (5, 6)).all() and (again.known.chroma[:, 0, 0] == ((1, 2) if first else 7)).all()
    assert np.array_equal(again.known.chroma[:, 4], held_colors[:, 4])
    assert np.array_equal(again.known.chroma[:, 4], held_colors[:, 4])
    session.clear_hints()
    freed = region | corner if first else region
    assert np.array_equal(session.selected.known.mask, ~freed) and session.samples[0].known is None
    session.undo_stack.undo()
    assert session.selected is again


@pytest.mark.parametrize("all_pinned", [False, True])
@pytest.mark.parametrize(
    "ask", [lambda session: session.set_temperature(0.4), lambda session: session.add_hint(np.eye(ROWS, COLUMNS, dtype=bool), (5.0, 6.0))]
)
def test_a_pinned_sample_that_is_looked_at_stays_and_is_drawn_again_beside_itself(session, ask, all_pinned):
    finish(session)
    before = session.samples
    session.toggle_pins(before if all_pinned else before[:1])
    ask(session)
    expected = [1, 2, 3, 4, 1]
    assert session.samples[0] is before[0] and seeds(session) == expected and session.selected is session.samples[4]
    assert session.selected.known is session.hints and session.selected.temperature == session.temperature
    assert session.wanted[-1] == ([1] if all_pinned else [2, 3, 4, 1])
    finish(session)
    session.select(session.samples[0])
    session.set_temperature(0.6)
    assert seeds(session) == expected and session.selected is session.samples[4], "not once more, but the one that is there"
    for _ in range(2):
        session.undo_stack.undo()
    assert session.samples == before


def test_pinned_samples_that_are_drawn_beside_themselves_leave_no_more_than_there_is_room_for(session):
    session.set_sample_count(MAX_SAMPLES)
    finish(session)
    session.toggle_pins(session.samples[:2])
    for number, temperature in enumerate((0.3, 0.4)):
        session.select(session.samples[number])
        session.set_temperature(temperature)
        assert len(session.samples) == MAX_SAMPLES
    assert seeds(session) == [1, 2, *range(5, 17), 1, 2]
    finish(session)
    session.toggle_pins(session.samples[2:])
    session.select(session.samples[2])
    session.set_temperature(0.5)
    session.set_temperature(0.6)
    assert len(session.samples) == MAX_SAMPLES + 1, "as with a part, where all are pinned"
    session.toggle_pins(session.samples[-1:])
    session.set_temperature(0.7)
    assert len(session.samples) == MAX_SAMPLES + 2
    session.do_without(session.samples[-1:])
    assert session.sample_count == MAX_SAMPLES


def test_undo_and_redo_keep_the_sample_that_is_looked_at(session):
    finish(session)
    session.toggle_pins([session.samples[1]])
    session.select(session.samples[3])
    session.undo_stack.undo()
    assert session.selected.seed == 4
    session.undo_stack.redo()
    assert session.selected.seed == 4 and session.is_pinned(session.samples[1])
    session.set_temperature(0.4)
    session.select(session.samples[2])
    again = session.selected
    session.undo_stack.undo()
    assert session.selected.seed == 3 and session.selected is not again, "or the one of its seed"
    session.select(session.samples[0])
    session.undo_stack.redo()
    assert session.selected.seed == 1
    session.resample()
    session.select(session.samples[3])
    session.undo_stack.undo()
    assert session.selected.seed == 1, "or the one of that time"


def test_of_several_kinds_the_newest_samples_are_drawn_first(session):
    session.toggle_pins([session.samples[3]])
    session.set_temperature(0.4)
    assert session.wanted[-1] == [1, 2, 3]
    finish(session)
    session.ask_for_missing()
    assert session.wanted[-1] == []
