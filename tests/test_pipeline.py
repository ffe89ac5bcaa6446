"""The pipeline: one embedding, reproducible samples, known colours kept, any aspect ratio, errors in sentences."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import picgui
from picgui import color, pipeline
from picgui.errors import CardMemoryError, CheckpointError, DeviceError, OutOfMemoryError, PhotoError
from picgui.photo import photo_from_rgb
from picgui.pic import mixture
from picgui.pic.network import CONFIGS, PIC, known_planes, past_planes, reduce_luminance, with_coarse
from picgui.pipeline import (
    Coarse,
    Known,
    Model,
    Row,
    colorize,
    draw_rows,
    embed,
    has_usable_card,
    load_model,
    network_shape,
    png_text,
    sample_rows,
    _reduced,
    work_done,
)
from picgui.threads import using_threads
from tests.models import TINY, checkpoint
from tests.runs import colored_picture
from training.augment import lab_batch


def draw(photo, model, **options):
    return list(colorize(photo, model, **options))


def model_with_strengths(folder):
    """A tiny model that is told of corruption: f of 0.1, g^w of 0.2 in coarse colours."""
    return load_model(checkpoint(folder, replace(TINY, sampling_strength=0.1, coarse_strength=0.2)), device="cpu")


def test_every_seed_gives_its_own_sample_of_whole_lab_units(photo, model):
    samples = draw(photo, model, seeds=[5, 6])
    assert [s.seed for s in samples] == [5, 6]
    assert samples[0].chroma.shape == (2, *embed(photo, model).chroma_shape)
    assert samples[0].chroma.dtype == np.float32
    assert np.array_equal(samples[0].chroma, samples[0].chroma.round())
    assert not np.array_equal(samples[0].chroma, samples[1].chroma)
    assert all(s.log_prob < 0 for s in samples)


@pytest.mark.parametrize("seed", [-1, 1.5, "a"])
def test_a_seed_that_is_none_is_told(photo, model, seed):
    with pytest.raises(ValueError, match=re.escape(f"a seed is {seed!r}; it must be a whole number from 0 on")):
        draw(photo, model, seeds=[1, seed])


def test_a_sample_is_the_same_alone_in_company_and_in_a_second_group(photo, model):
    alone = draw(photo, model, seeds=[3])[0]
    for seeds in ([3, 4], [1, 2, 3], list(range(-0, 12))):
        again = next(s for s in draw(photo, model, seeds=seeds) if s.seed == 3)
        assert np.array_equal(alone.chroma, again.chroma)
        assert again.log_prob == pytest.approx(alone.log_prob, rel=1e-5)


def test_what_the_embedding_network_computes_does_not_depend_on_the_threads_to_the_last_bit():
    torch.manual_seed(0)
    network = PIC(CONFIGS["photo-small"])
    model = Model(network.fold(), torch.device("cpu"), None)
    picture = photo_from_rgb(np.random.default_rng(0).integers(0, 255, (199, 256), dtype=np.uint8))
    coarse = np.random.default_rng(1).normal(0, 20, (3, 2, 16, 16)).astype(np.float32)

    def computed(threads):
        with using_threads(threads):
            embedded = embed(picture, model)
            given = pipeline._conditions(embedded, model, None, coarse)
            first = pipeline._conditions(embedded.coarse, model, None)
            suggested, mean = pipeline._suggestion(first, model, np.zeros((3, 2, *embedded.coarse.chroma_shape), np.float32))
        return embedded.first.embedding.numpy(), embedded.draft, given.embedding.numpy(), suggested, mean

    once = computed(1)
    for threads in (2, 3, 4, 8):
        assert all(np.array_equal(a, b) for a, b in zip(once, computed(threads), strict=True))


def test_samples_are_colours_that_srgb_has(photo, model):
    embedded = embed(photo, model)
    luminance = torch.nn.functional.avg_pool2d(embedded.luminance, 4)[0] * 50 + 50
    for sample in draw(photo, model, seeds=range(3)):
        lab = torch.cat((luminance, torch.from_numpy(sample.chroma)))
        assert color.in_gamut(lab).all()


@pytest.mark.parametrize("device", ["banana", "meta", "mps"])
def test_devices_of_other_kinds_are_refused(device):
    with pytest.raises(DeviceError, match=f"no device {device}"):
        load_model(device=device)


def test_a_model_is_shown_in_a_few_lines():
    model = load_model(device="cpu")
    assert len(repr(model)) < 1500 and "tensor(" not in repr(model)


def test_temperature_zero_forgets_the_dice(photo, model):
    calm = draw(photo, model, seeds=[1, 2], temperature=0.0)
    vivid = draw(photo, model, seeds=[1, 2], temperature=1.0)
    assert np.abs(calm[0].chroma - calm[1].chroma).mean() < np.abs(vivid[0].chroma - vivid[1].chroma).mean()
    assert calm[0].log_prob > vivid[0].log_prob


def test_known_colours_are_kept_and_change_the_rest(photo, model):
    embedded = embed(photo, model)
    height, width = embedded.chroma_shape
    mask = np.zeros((height, width), bool)
    mask[2:4, 3:6] = True
    chroma = np.full((2, height, width), 70.0, np.float32)

    def drawn(known):
        rows = sample_rows(embedded, model, seeds=[1], known=known, within_gamut=False)
        return np.concatenate([row.chroma[0][:, None] for row in rows], axis=1)

    with_hint, without = drawn(Known(mask, chroma)), drawn(None)
    assert (with_hint[:, mask] == 70).all()
    assert not np.array_equal(with_hint[:, :2], without[:, :2])  # rows above the hint know of it through g^w


def test_a_sample_begins_with_a_coarse_one(photo, model):
    embedded = embed(photo, model)
    drawn = list(draw_rows(embedded, model, seeds=[1, 2], candidates=3))
    height, width = embedded.chroma_shape
    coarse, rows = drawn[: embedded.coarse.chroma_shape[0]], drawn[embedded.coarse.chroma_shape[0] :]
    assert all(isinstance(one, Coarse) for one in coarse) and [row.y for row in rows] == list(range(height))
    assert all(one.chroma is None for one in coarse[:-1]) and coarse[-1].chroma.shape == (2, 2, height, width)
    shares = [work_done(embedded, one, candidates=3) for one in drawn]
    assert shares == sorted(set(shares)) and shares[0] > 0 and shares[-1] == 1
    # each sample goes on from its own coarse one: with that of another it would be another sample
    alone = list(draw_rows(embedded, model, seeds=[2], candidates=3))[len(coarse) - 1 :]
    assert all(np.array_equal(a.chroma[0], b.chroma[1]) for a, b in zip(alone, drawn[len(coarse) - 1 :]))
    assert not np.array_equal(coarse[-1].chroma[0], coarse[-1].chroma[1])


def coarse_of(drawn):
    """Chroma and log-probability."""
    return next((one.chroma, one.log_prob) for one in drawn if isinstance(one, Coarse) and one.chroma is not None)


def test_the_coarse_candidate_that_the_photograph_suggests_most_is_taken(photo, model, monkeypatch):
    embedded = embed(photo, model)
    with monkeypatch.context() as patch:
        unmixed(patch)
        colors = [coarse_of(draw_rows(embedded, model, seeds=[1], candidates=number))[0][0] for number in range(1, 9)]
    taken = [next(c for c, other in enumerate(colors) if np.allclose(other, one, atol=1e-3)) for one in colors]
    assert len(set(taken)) > 1, "another one than the first is taken"
    assert all(here == before or here == number for number, (before, here) in enumerate(zip(taken, taken[1:]), 1)), "and kept till a better one comes"
    # where g^w expects green everywhere, the greenest is taken, whatever f makes of it
    green = torch.zeros(6, 10)
    green[1], green[2], green[4] = -0.5, -2.0, -1.0  # of each component the mean and log-scale of a, and the log-scale of b
    everywhere = green.view(1, -1, 1, 1).expand(-1, -1, *embedded.coarse.chroma_shape)
    monkeypatch.setattr(model.network, "auxiliary_parameters", lambda embedding: everywhere)
    means = []
    for candidates in (1, 8):
        chroma, _ = coarse_of(draw_rows(embedded, model, seeds=range(8), candidates=candidates))
        means.append(chroma[:, 0].mean())
    assert means[1] < means[0] - 1


def test_greyness_is_not_what_a_photograph_suggests(photo, model, monkeypatch):
    embedded = embed(photo, model)
    monkeypatch.setattr("picgui.pipeline._PRIOR_SLOPE", 10.0)
    vivid, _ = coarse_of(draw_rows(embedded, model, seeds=range(4), candidates=8))
    monkeypatch.setattr("picgui.pipeline._PRIOR_SLOPE", -10.0)
    pale, _ = coarse_of(draw_rows(embedded, model, seeds=range(4), candidates=8))
    assert (np.hypot(*vivid.swapaxes(0, 1)).mean(axis=(1, 2)) > np.hypot(*pale.swapaxes(0, 1)).mean(axis=(1, 2))).all()


def unmixed(monkeypatch):
    """Let samples go on with candidates as they are."""
    for name, value in {"_DOUBT": np.inf, "_OWN": 1.0, "_MOST_VIVID": 1.0}.items():
        monkeypatch.setattr(pipeline, name, value)


def test_a_candidate_far_from_what_is_expected_is_not_taken(photo, model, monkeypatch):
    unmixed(monkeypatch)
    embedded = embed(photo, model)
    height, width = embedded.coarse.chroma_shape
    tints = np.array([60.0, 0.0, 4.0, 8.0, -1.0, -90.0, 7.0, 9.0])  # of a; of four candidates each of two samples
    coarse_rows = pipeline._rows

    def rows(given, model, *, seeds, **options):
        if seeds[0] == 1:
            return coarse_rows(given, model, seeds=seeds, **options)
        chroma = np.zeros((8, 2, width), np.float32)
        chroma[:, 0] = tints[:, None]
        chroma[3::4, 1] = 6
        return (Row(y, chroma, -np.arange(8.0)) for y in range(height))

    monkeypatch.setattr(pipeline, "_rows", rows)
    mean = np.zeros((2, height, width), np.float32)
    mean[0] = 2.5
    monkeypatch.setattr(pipeline, "_suggestion", lambda given, model, chroma: (np.zeros_like(chroma[:, 0]), mean))
    chroma, log_prob = coarse_of(draw_rows(embedded, model, seeds=[1, 2], candidates=4))
    assert chroma[:, 0, 0, 0].tolist() == [4.0, -1.0] and log_prob.tolist() == [-2 * height, -4 * height]
    # what the photograph suggests is weighed against that
    monkeypatch.setattr(pipeline, "_suggestion", lambda given, model, chroma: ((chroma[:, 0] > 50) * np.float32(10), mean))
    chroma, log_prob = coarse_of(draw_rows(embedded, model, seeds=[1, 2], candidates=4))
    assert chroma[:, 0, 0, 0].tolist() == [60.0, -1.0] and log_prob.tolist() == [0, -4 * height]


def test_where_the_chosen_candidate_is_out_of_place_the_mean_stands_alone(monkeypatch):
    monkeypatch.setattr(pipeline, "_DISTANCE_SLOPE", 0.0)
    noise = np.random.default_rng(0)
    candidates = noise.uniform(-9, 9, (2, 5, 2, 16, 20)).astype(np.float32)
    mean = noise.uniform(-9, 9, (2, 16, 20)).astype(np.float32)
    suggested = np.zeros((2, 5, 16, 20), np.float32)
    suggested[0, 3] = suggested[1, 1] = 1
    suggested[0, 3, 4:10, 6:12] = -3  # where nobody would expect it
    monkeypatch.setattr(pipeline, "_MOST_VIVID", 1.0)
    chosen, colors = pipeline._settled(candidates, suggested, mean)
    mixed = 0.65 * candidates[[0, 1], [3, 1]] + 0.35 * mean
    assert chosen.tolist() == [3, 1] and colors.dtype == np.float32
    assert np.allclose(colors[1], mixed[1], atol=1e-4)
    assert np.array_equal(colors[0, :, 5:9, 7:11], mean[:, 5:9, 7:11])
    away = np.ones((16, 20), bool)
    away[1:13, 3:15] = False
    assert np.allclose(colors[0, :, away], mixed[0][:, away].T, atol=1e-4)
    suggested[0, 3, 4:10, 6:12] = 0.95  # a little less than elsewhere, and more than of the others
    assert np.allclose(pipeline._settled(candidates, suggested, mean)[1][0], mixed[0], atol=1e-4)


def test_mixed_colours_are_as_vivid_as_candidates_are():
    angles = np.linspace(0, 2 * np.pi, 4, endpoint=False)  # of four candidates, about a mean that is less vivid than they are
    around = np.stack((np.cos(angles), np.sin(angles)), axis=1)[:, :, None, None].astype(np.float32)
    mean = np.zeros((2, 16, 20), np.float32)
    mean[0] = 20
    candidates, suggested = (mean + 25 * around)[None], np.zeros((1, 4, 16, 20), np.float32)
    suggested[0, 1] = 1
    _, colors = pipeline._settled(candidates, suggested, mean)
    assert np.allclose(np.linalg.norm(colors[0], axis=0), np.linalg.norm(candidates[0], axis=1).mean(), rtol=1e-4)
    # what is agreed on stays as it is, and grey grey
    agreed = np.broadcast_to(mean, (1, 4, 2, 16, 20))
    assert np.allclose(pipeline._settled(agreed, np.zeros((1, 4, 16, 20), np.float32), mean)[1][0], mean, atol=1e-4)
    _, nearly_grey = pipeline._settled(candidates - mean, suggested, 0 * mean)
    assert np.linalg.norm(nearly_grey[0], axis=0).max() < 1.6 * 0.65 * 25 + 1e-3


def test_coarse_colours_that_are_known_stay_and_all_others_are_in_srgb(photo, model):
    embedded = embed(photo, model)
    mask = np.zeros(embedded.chroma_shape, bool)
    mask[4:12, 4:12] = True
    known = Known(mask, np.full((2, *mask.shape), 70.0, np.float32))
    chroma, _ = coarse_of(draw_rows(embedded, model, seeds=[1, 2], candidates=3, known=known))
    assert (chroma[:, :, 6:10, 6:10] == 70).all() and np.array_equal(chroma, chroma.round())
    light = color.denormalize_luminance(reduce_luminance(embedded.luminance, 4)).expand(2, -1, -1, -1)
    free, _ = coarse_of(draw_rows(embedded, model, seeds=[1, 2], candidates=3))
    coarse_light = color.denormalize_luminance(reduce_luminance(embedded.coarse.luminance, 4)).expand(2, -1, -1, -1)
    small = torch.from_numpy(pipeline.nearest(free, embedded.coarse.chroma_shape))
    assert light.shape[-2:] == free.shape[-2:] and color.in_gamut(torch.cat((coarse_light, small), dim=1), slack=1e-2).all()


def test_the_sample_reads_its_coarse_one(photo, model):
    embedded = embed(photo, model)

    def rows(embedded, model):
        return np.stack([row.chroma[0] for row in sample_rows(embedded, model, seeds=[1], within_gamut=False)], axis=1)

    two_passes = rows(embedded, model)
    before = model.network.config
    try:
        model.network.config = replace(before, coarse_strength=1.0)
        assert not np.array_equal(two_passes, rows(embedded, model)), "g^w is told how far to trust it"
        model.network.config = replace(before, coarse_factor=1)
        alone = embed(photo, model, long_side=max(embedded.luminance.shape[2:]))
        assert alone.coarse is None and alone.chroma_shape == embedded.chroma_shape
        assert not np.array_equal(two_passes, rows(alone, model))
    finally:
        model.network.config = before


@pytest.mark.parametrize("hinted", [False, True], ids=["no hints", "hints"])
def test_the_second_pass_reads_each_coarse_sample_and_the_hints_over_it(photo, tmp_path, hinted):
    model, generator = model_with_strengths(tmp_path), np.random.default_rng(0)
    embedded = embed(photo, model)
    coarse = generator.normal(0, 20, (3, 2, *embedded.coarse.chroma_shape)).astype(np.float32)
    mask, hints = np.zeros(embedded.chroma_shape, bool), generator.integers(-40, 40, (2, *embedded.chroma_shape)).astype(np.float32)
    mask[2:5, 3:7] = hinted
    given = pipeline._conditions(embedded, model, Known(mask, hints) if hinted else None, coarse)
    shared = embedded.luminance, torch.from_numpy(mask)[None, None].float(), torch.from_numpy(hints)[None]
    full, known, chroma = (x.expand(3, -1, -1, -1) for x in shared)
    filled = with_coarse(color.normalize_chroma(chroma), known, color.normalize_chroma(torch.from_numpy(coarse)), torch.full((3,), 0.2))
    with torch.inference_mode():
        expected = model.network.embedding(full, known_planes(reduce_luminance(full, model.chroma_scale), *filled))
    assert torch.allclose(given.embedding, expected, atol=1e-4) and (given.known is not None) == hinted


def test_f_is_told_the_strength_that_its_checkpoint_has(photo, tmp_path):
    model = model_with_strengths(tmp_path)
    embedded = embed(photo, model).first
    rows = list(sample_rows(embedded, model, seeds=[3]))
    chroma = mixture.snap(color.normalize_chroma(torch.from_numpy(np.stack([row.chroma for row in rows], axis=2))))

    def log_prob(strength):
        past = past_planes(reduce_luminance(embedded.luminance, model.chroma_scale), chroma, torch.tensor([strength]))
        with torch.inference_mode():
            return mixture.log_prob(model.network.pixel_cnn(past, embedded.embedding), chroma).sum().item()

    drawn = sum(row.log_prob[0] for row in rows)
    assert drawn == pytest.approx(log_prob(0.1), abs=0.01) and abs(drawn - log_prob(0.0)) > 0.1


def test_the_log_probability_counts_both_passes(photo, model):
    embedded = embed(photo, model)
    drawn = list(draw_rows(embedded, model, seeds=[3], candidates=2))
    _, coarse = coarse_of(drawn)
    fine = sum(row.log_prob[0] for row in drawn if isinstance(row, Row))
    assert coarse[0] < 0 and draw(photo, model, seeds=[3], candidates=2)[0].log_prob == pytest.approx(coarse[0] + fine)


def test_coarse_samples_keep_known_colours_too(photo, model):
    embedded = embed(photo, model)
    mask = np.zeros(embedded.chroma_shape, bool)
    mask[2, 4] = True
    known = Known(mask, np.full((2, *mask.shape), 9.0, np.float32))
    (coarse,), _ = coarse_of(draw_rows(embedded, model, seeds=[1], known=known, candidates=2, within_gamut=False))
    assert (coarse[:, 2, 4] == 9).all()
    assert (coarse != 9).any()


def test_known_colours_are_known_in_the_coarse_picture_where_a_quarter_of_its_pixel_is():
    """At odd sizes its pixels lie across those of the fine one."""
    mask, chroma = np.zeros((9, 15), bool), np.zeros((2, 9, 15), np.float32)
    mask[:, 9:] = True  # from 4.8 of the 8 coarse columns on
    chroma[0] = np.where(mask, 20, -90)
    reduced = _reduced(Known(mask, chroma), (5, 8))
    assert (reduced.mask == (np.arange(8) >= 5)).all() and np.allclose(reduced.chroma[0, :, 5:], 20, atol=1e-4)
    region = ~np.zeros((10, 16), bool)
    region[3:6, 4:7] = False  # drawn again
    assert (~_reduced(Known(region, np.zeros((2, 10, 16))), (5, 8)).mask).sum() == 1
    thin = np.zeros((10, 16), bool)
    thin[4, 3] = True
    thin[3:10, 5:16] = True  # one that is not leaves it
    assert _reduced(Known(thin, np.zeros((2, 10, 16))), (5, 8)).mask[2, 1]
    thin[3:10, 5:16] = False
    (place,) = np.argwhere(_reduced(Known(thin, np.full((2, 10, 16), 7.0)), (5, 8)).mask)
    assert tuple(place) == (2, 1) and np.allclose(_reduced(Known(thin, np.full((2, 10, 16), 7.0)), (5, 8)).chroma[:, 2, 1], 7)


@pytest.mark.parametrize("candidates", [0, 65])
def test_another_number_of_candidates_is_refused(photo, model, candidates):
    with pytest.raises(ValueError, match="candidates"):
        next(draw_rows(embed(photo, model), model, seeds=[1], candidates=candidates))


def test_a_mask_of_another_shape_is_refused(photo, model):
    embedded = embed(photo, model)
    with pytest.raises(ValueError, match="mask"):
        next(sample_rows(embedded, model, seeds=[1], known=Known(np.ones((1, 1), bool), np.zeros((2, 1, 1)))))


@pytest.mark.parametrize("spoilt", [np.nan, np.inf])
def test_a_known_colour_that_is_none_is_refused(photo, model, spoilt):
    embedded = embed(photo, model)
    mask, chroma = np.zeros(embedded.chroma_shape, bool), np.zeros((2, *embedded.chroma_shape), np.float32)
    mask[1, 2], chroma[0, 1, 2] = True, spoilt
    with pytest.raises(ValueError, match="not finite"):
        next(sample_rows(embedded, model, seeds=[1], known=Known(mask, chroma)))
    with pytest.raises(ValueError, match="chroma"):
        next(sample_rows(embedded, model, seeds=[1], known=Known(mask, chroma[0])))


def test_a_mask_of_bytes_is_that_mask(photo, model):
    embedded = embed(photo, model)
    mask = np.zeros(embedded.chroma_shape, bool)
    mask[1:3, 2:4] = True
    chroma = np.full((2, *mask.shape), 20, np.float32)
    rows = [list(sample_rows(embedded, model, seeds=[1], known=Known(m, chroma))) for m in (mask, np.uint8(mask) * 255)]
    assert all(np.array_equal(a.chroma, b.chroma) and a.log_prob == b.log_prob for a, b in zip(*rows, strict=True))


def test_no_seeds_are_no_samples(photo, model):
    assert not list(draw_rows(embed(photo, model), model, seeds=[])) and not list(colorize(photo, model, seeds=[]))


def test_memory_that_runs_out_between_the_networks_is_told(photo, model, monkeypatch):
    def full(*arguments):
        raise MemoryError

    for part in ("_settled", "nearest"):
        with monkeypatch.context() as patch, pytest.raises(OutOfMemoryError):
            patch.setattr(pipeline, part, full)
            list(colorize(photo, model, seeds=[1], candidates=2))


def test_a_card_that_is_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "has_usable_card", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(DeviceError):
        load_model(checkpoint(tmp_path), device="cuda:1")


def test_rows_come_one_by_one_from_the_top_and_may_be_left(photo, model):
    rows = sample_rows(embed(photo, model), model, seeds=[1, 2])
    first, second = next(rows), next(rows)
    assert (first.y, second.y) == (0, 1)
    assert first.chroma.shape == (2, 2, embed(photo, model).chroma_shape[1]) and first.log_prob.shape == (2,)
    rows.close()
    with pytest.raises(StopIteration):
        next(rows)


def test_inference_mode_does_not_leak_into_the_consumer(photo, model):
    for _ in sample_rows(embed(photo, model), model, seeds=[1]):
        assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize(("height", "width"), [(100, 100), (100, 150), (1000, 60), (16, 16), (16, 500)])
def test_the_aspect_is_kept(model, height, width):
    photo = photo_from_rgb(np.full((height, width), 120, np.uint8))
    h, w = network_shape(photo, model)
    assert h % 4 == w % 4 == 0 and min(h, w) >= 4
    # as near to the photo's aspect as multiples of 4 can be
    assert abs(h - w * height / width) <= 2 + 2 * height / width or min(h, w) == 4
    sample = draw(photo, model, seeds=[1])[0]
    assert sample.chroma.shape == (2, h // 4, w // 4)


def test_samples_begin_with_a_picture_of_the_size_of_training_pictures(photo, model):
    size = model.network.config.network_size
    embedded = embed(photo, model)
    assert embedded.first is embedded.coarse and embedded.first.first is embedded.first
    for one, side in ((embedded.coarse, size), (embedded, 2 * size)):
        assert one.luminance.shape[2] * one.luminance.shape[3] == pytest.approx(side**2, rel=0.15)


def test_the_network_sees_a_picture_as_it_did_in_training(model):
    size = model.network.config.network_size
    picture = colored_picture(size, size, seed=1)
    luminance, _ = lab_batch(torch.from_numpy(picture)[None], model.network.config)
    assert torch.allclose(embed(photo_from_rgb(picture), model).first.luminance, luminance, atol=0.01) and luminance.std() > 0.1


def test_the_long_side_can_be_chosen(photo, model):
    assert network_shape(photo, model, long_side=96) == (64, 96)
    for wrong in (0, 3, 100_000):
        with pytest.raises(PhotoError, match="long side"):
            embed(photo, model, long_side=wrong)


def test_the_draft_is_the_size_of_the_chroma_and_in_gamut(photo, model):
    embedded = embed(photo, model)
    assert embedded.draft.shape == (2, *embedded.chroma_shape) and np.isfinite(embedded.draft).all()
    # that of the picture that samples begin with, enlarged
    shape = embedded.coarse.chroma_shape
    again = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(embedded.draft), shape).numpy()
    assert np.abs(again - embedded.coarse.draft).mean() < 0.4 * np.abs(embedded.coarse.draft - embedded.coarse.draft.mean((1, 2), keepdims=True)).mean()


def test_errors_are_sentences(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load_model(tmp_path / "none.safetensors")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="CUDA"):
            load_model(checkpoint(tmp_path), device="cuda")


def test_a_card_that_pytorch_has_no_kernels_for_is_not_chosen(tmp_path, monkeypatch):
    def without_kernels(*size, **options):
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

    is_usable = has_usable_card.__wrapped__  # not what is remembered
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("picgui.pipeline.torch.zeros", without_kernels)
    assert not is_usable()
    monkeypatch.setattr("picgui.pipeline.torch.zeros", lambda *size, **options: torch.tensor([0.0]))
    assert is_usable()


def test_colours_that_the_mask_does_not_cover_do_not_matter(photo, model):
    embedded = embed(photo, model)
    mask = np.zeros(embedded.chroma_shape, bool)
    mask[2:5, 2:5] = True
    drawn = []
    for nothing in (0, np.nan):
        chroma = np.full((2, *mask.shape), nothing, np.float32)
        chroma[:, mask] = 20
        drawn.append([row.chroma for row in sample_rows(embedded, model, seeds=[1], known=Known(mask, chroma))])
    assert np.array_equal(*drawn)


def test_the_text_of_a_picture_is_enough_to_draw_it_again(photo, model):
    text = png_text(checkpoint="ab12", seed=3, temperature=0.9, candidates=3, saturation=1.2, long_side=96)
    again = draw(
        photo,
        model,
        seeds=[int(text["picgui:seed"])],
        temperature=float(text["picgui:temperature"]),
        candidates=int(text["picgui:candidates"]),
        long_side=int(text["picgui:long_side"]),
    )[0]
    first = draw(photo, model, seeds=[3], temperature=0.9, candidates=3, long_side=96)[0]
    assert np.array_equal(first.chroma, again.chroma)
    assert not np.array_equal(first.chroma, draw(photo, model, seeds=[3], temperature=0.9, long_side=96)[0].chroma)
    assert text["picgui:checkpoint"] == "ab12"


def test_every_public_name_is_there():
    for name in picgui.__all__:
        assert getattr(picgui, name) is not None
    assert set(picgui.__all__) <= set(dir(picgui))
    with pytest.raises(AttributeError):
        picgui.nothing


def test_memory_that_does_not_suffice_is_told_apart_from_other_errors(photo, model, monkeypatch):
    stem = model.network.embedding
    monkeypatch.setattr(stem, "stem", lambda _: torch.empty(1 << 60))
    with pytest.raises(OutOfMemoryError, match="other programs") as caught:
        embed(photo, model)
    assert not isinstance(caught.value, CardMemoryError)

    def full(_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(stem, "stem", full)
    with pytest.raises(CardMemoryError, match="processor"):
        embed(photo, replace(model, device=torch.device("meta")))  # any device but the processor
    monkeypatch.setattr(stem, "stem", lambda _: torch.ones(2) @ torch.ones(3))
    with pytest.raises(RuntimeError, match="size"):
        embed(photo, model)


def test_large_samples_are_drawn_fewer_at_once_and_are_the_same(photo, model, monkeypatch):
    at_once, draw_rows = [], pipeline.draw_rows
    monkeypatch.setattr(pipeline, "draw_rows", lambda *args, seeds, **options: at_once.append(len(seeds)) or draw_rows(*args, seeds=seeds, **options))
    together = draw(photo, model, seeds=range(5))
    pixels = math.prod(embed(photo, model).chroma_shape)
    monkeypatch.setattr(pipeline, "_PIXELS_AT_ONCE", 2 * pixels + 1)
    few = draw(photo, model, seeds=range(5))
    monkeypatch.setattr(pipeline, "_PIXELS_AT_ONCE", 1)
    draw(photo, model, seeds=range(2))
    assert at_once == [5, 2, 2, 1, 1, 1]
    assert all(np.array_equal(a.chroma, b.chroma) for a, b in zip(together, few, strict=True))
