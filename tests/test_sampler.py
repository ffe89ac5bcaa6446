"""The cached sampler draws exactly what full forward passes would."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from threading import Barrier, Thread

import numpy as np
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from picgui import color
from picgui.compiled import Loop
from picgui.errors import is_out_of_memory
from picgui.pic import lanes, mixture, pixel_loop, products, row_phase, sampler
from picgui.pic.network import past_planes
from picgui.pic.sampler import sample_rows, teacher_forced
from picgui.pic.layers import weight_norm_convolutions
from picgui.pic.checkpoint import load_checkpoint
from picgui.pipeline import has_usable_card
from picgui.threads import side_by_side, using_threads
from tests.models import TINY, TINY_PAPER, checkpoint, network

KERNELS = pytest.mark.parametrize("config", [TINY, TINY_PAPER, replace(TINY, blocks=1, channels=5)], ids=lambda c: f"{c.name}-{c.channels}")


def setting(config, height, width, *, dtype=torch.float32, seed=0):
    """A folded f, its weights as checkpoints hold them, with a random embedding, luminance and chroma."""
    torch.manual_seed(seed)
    built = network(config, seed=seed)
    for convolution in weight_norm_convolutions(built).values():
        convolution.set_weight(convolution.weight().half().float())
    f = built.fold().to(dtype).pixel_cnn
    embedding = torch.randn(1, config.embedding_channels, height, width, dtype=dtype)
    luminance = torch.rand(1, 1, height, width, dtype=dtype) * 1.6 - 0.8
    chroma = mixture.snap(torch.randn(1, 2, height, width, dtype=dtype) * 0.2)
    return f, embedding, luminance, chroma


def whole(rows):
    rows = list(rows)
    return np.stack([r.chroma for r in rows], axis=2), np.stack([r.log_prob for r in rows]).sum(0)


def use(monkeypatch, path):
    """Draw by PyTorch alone, sample by sample or "batched" as on other devices, or "compiled"."""
    if path == "compiled" and not products.CAN_COMPILE:
        pytest.skip("nothing can be compiled for this processor")
    monkeypatch.setattr(sampler.pixel_loop.LOOP, "is_available", lambda: path == "compiled")
    monkeypatch.setattr(sampler, "_is_on_cpu", lambda x: path != "batched")


FLOAT32_PATHS = pytest.mark.parametrize("path", ["torch", "batched", "compiled"])
PATHS = pytest.mark.parametrize("path", ["torch", "float64", "batched", "compiled"])
SIZES = [(1, 1), (1, 7), (6, 1), (2, 2), (5, 9)]


@KERNELS
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_cached_rows_equal_the_full_pass_in_float64(config, height, width):
    f, embedding, luminance, chroma = setting(config, height, width, dtype=torch.float64)
    with torch.no_grad():
        full = f(past_planes(luminance, chroma), embedding)
    assert torch.allclose(teacher_forced(f, embedding, luminance, chroma), full, atol=1e-10, rtol=0)


@PATHS
def test_the_strength_told_is_the_full_pass_s(path, monkeypatch):
    use(monkeypatch, path)
    dtype = torch.float64 if path == "float64" else torch.float32
    f, embedding, luminance, chroma = setting(TINY, 5, 9, dtype=dtype)
    with torch.no_grad():
        full, bare = (f(past_planes(luminance, chroma, torch.tensor([s], dtype=dtype)), embedding) for s in (0.3, 0.0))
    assert torch.allclose(teacher_forced(f, embedding, luminance, chroma, strength=0.3), full, atol=1e-4 if dtype == torch.float32 else 1e-10, rtol=0)
    assert not torch.allclose(full, bare, atol=1e-3)


@KERNELS
@FLOAT32_PATHS
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_cached_rows_equal_the_full_pass_in_float32(config, path, height, width, monkeypatch):
    use(monkeypatch, path)
    f, embedding, luminance, chroma = setting(config, height, width)
    with torch.no_grad():
        full = f(past_planes(luminance, chroma), embedding)
    assert torch.allclose(teacher_forced(f, embedding, luminance, chroma), full, atol=1e-4, rtol=0)


@pytest.mark.skipif(not has_usable_card(), reason="there is no graphics card")
@KERNELS
def test_a_graphics_card_computes_what_the_processor_does(config):
    f, embedding, luminance, chroma = setting(config, 5, 9)
    on_cpu = teacher_forced(f, embedding, luminance, chroma, strength=0.1)
    f, *given = (x.to("cuda") for x in (f, embedding, luminance, chroma))
    assert torch.allclose(teacher_forced(f, *given, strength=0.1).cpu(), on_cpu, atol=1e-3, rtol=0)


@pytest.mark.parametrize("packs", [True, False], ids=["packed by oneDNN", "not"])
@pytest.mark.parametrize("horizontal", [(2, 2), (1, 3)], ids=str)
def test_pytorch_s_wide_products_are_the_full_pass_packed_or_not(packs, horizontal, monkeypatch):
    use(monkeypatch, "torch")
    if packs and not row_phase._ONEDNN_PACKS:
        pytest.skip("this PyTorch packs nothing")
    monkeypatch.setattr(row_phase, "_ONEDNN_PACKS", packs)
    config = replace(TINY, channels=70, embedding_channels=80, horizontal_kernel=horizontal)
    f, embedding, luminance, chroma = setting(config, 4, 9, seed=3)
    assert (row_phase.Packed.of(f).vertical[0].gate.rows.packed is not None) == packs
    with torch.no_grad():
        full = f(past_planes(luminance, chroma, torch.tensor([0.1])), embedding)
    assert torch.allclose(teacher_forced(f, embedding, luminance, chroma, strength=0.1), full, atol=1e-4, rtol=0)


@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_the_compiled_loop_is_the_full_pass_also_where_products_have_many_tiles(number):
    """Several panels of columns, several parts of the inputs, 8 + 4 + 1 columns of the picture, samples by four, two and one."""
    f, embedding, luminance, _ = setting(replace(TINY, channels=90, blocks=2), 3, 13, seed=5)
    drawn, log_prob = whole(sample_rows(f, embedding, luminance, seeds=range(number)))
    normalised = mixture.snap(color.normalize_chroma(torch.from_numpy(drawn)))
    with torch.no_grad():
        full = f(past_planes(luminance.expand(number, -1, -1, -1), normalised), embedding.expand(number, -1, -1, -1))
    assert np.allclose(log_prob, mixture.log_prob(full, normalised).sum((1, 2)).numpy(), atol=1e-2)
    with torch.no_grad():
        full = f(past_planes(luminance, normalised[:1]), embedding)
    assert torch.allclose(teacher_forced(f, embedding, luminance, normalised[:1]), full, atol=1e-4, rtol=0)
    alone, _ = whole(sample_rows(f, embedding, luminance, seeds=[number - 1]))
    assert np.array_equal(drawn[-1], alone[0])


@pytest.mark.parametrize("path", ["torch", "compiled"])
def test_no_seeds_are_no_rows(path, monkeypatch):
    use(monkeypatch, path)
    f, embedding, luminance, _ = setting(TINY, 2, 3)
    assert list(sample_rows(f, embedding, luminance, seeds=[])) == []


@FLOAT32_PATHS
def test_what_was_drawn_is_what_the_full_pass_would_draw(path, monkeypatch):
    """Pixel by pixel with the full network and `mixture.draw`, from the same noise."""
    use(monkeypatch, path)
    f, embedding, luminance, _ = setting(TINY, 4, 5)
    drawn, _ = whole(sample_rows(f, embedding, luminance, seeds=[3], temperature=0.8, within_gamut=False))
    generator = np.random.default_rng(3)
    chroma = torch.zeros(1, 2, 4, 5)
    for y in range(4):
        uniforms = torch.from_numpy(generator.random((5, lanes.ATTEMPTS, 3), dtype=np.float32))
        for x in range(5):
            with torch.no_grad():
                parameters = f(past_planes(luminance, chroma), embedding)[:, :, y : y + 1, x : x + 1]
            chroma[:, :, y, x] = mixture.draw(parameters, uniforms[x, :1].view(1, 3, 1, 1), temperature=0.8)[:, :, 0, 0]
    expected = color.round_chroma(color.denormalize_chroma(chroma))[0].numpy()
    assert np.array_equal(drawn[0], expected)


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("within_gamut", [True, False])
@pytest.mark.parametrize("path", ["batched", "compiled"])
def test_all_paths_draw_the_same(temperature, within_gamut, path, monkeypatch):
    f, embedding, luminance, _ = setting(TINY, 7, 6, seed=2)
    options = {"seeds": [1, 2, 3], "temperature": temperature, "within_gamut": within_gamut}
    use(monkeypatch, "torch")
    chroma, log_prob = whole(sample_rows(f, embedding, luminance, **options))
    use(monkeypatch, path)
    other_chroma, other_log_prob = whole(sample_rows(f, embedding, luminance, **options))
    assert np.array_equal(chroma, other_chroma) and np.allclose(log_prob, other_log_prob, atol=1e-3)


def test_batches_of_a_card_are_smaller_for_large_pictures(monkeypatch):
    use(monkeypatch, "batched")
    f, embedding, luminance, _ = setting(TINY, 7, 6, seed=2)
    lanes, given_of = [], sampler.Given.of
    monkeypatch.setattr(sampler.Given, "of", lambda f, embedding, *rest: lanes.append(len(embedding)) or given_of(f, embedding, *rest))
    options = {"embedding": embedding.repeat(3, 1, 1, 1), "luminance": luminance, "seeds": [1, 2, 3]}
    chroma, _ = whole(sample_rows(f, **options))
    monkeypatch.setattr(sampler, "_PIXELS", 2 * luminance.numel() + 1)
    fewer, _ = whole(sample_rows(f, **options))
    assert lanes == [sampler.LANES, 2, 2] and np.array_equal(fewer, chroma)


@pytest.mark.parametrize("path", ["torch", "compiled"])
def test_a_sample_does_not_depend_on_its_company_to_the_last_bit(path, monkeypatch):
    use(monkeypatch, path)
    f, embedding, luminance, _ = setting(replace(TINY, channels=24, embedding_channels=16), 8, 9)
    alone, alone_log_prob = whole(sample_rows(f, embedding, luminance, seeds=[4]))
    for seeds in ([4, 5], [1, 4, 7], list(range(9)), [0, 1, 2, 3, 5, 6, 7, 8, 4]):
        chroma, log_prob = whole(sample_rows(f, embedding, luminance, seeds=seeds))
        assert np.array_equal(chroma[seeds.index(4)], alone[0])
        assert log_prob[seeds.index(4)] == pytest.approx(alone_log_prob[0], rel=1e-12)
    with using_threads(3):
        chroma, _ = whole(sample_rows(f, embedding, luminance, seeds=[9, 8, 4]))
    assert np.array_equal(chroma[2], alone[0])


def own_embeddings(path, monkeypatch):
    """A network, 11 embeddings, and a function that draws seeds from some of them: the rows' chroma and parameters, unrounded."""
    dtype = torch.float64 if path == "float64" else torch.float32
    use(monkeypatch, path)
    f, _, luminance, _ = setting(replace(TINY, channels=24, embedding_channels=16), 5, 6, dtype=dtype)
    embeddings = torch.randn(11, 16, 5, 6, dtype=dtype)

    def draw(embedding, seeds):
        noise = [np.random.default_rng(seed) for seed in seeds]
        rows = sampler._rows(
            f, embedding, luminance, noise=noise, temperature=0.9, known=None, within_gamut=True, strength=0.1
        )
        return [torch.cat(parts, dim=2).numpy() for parts in list(zip(*rows))[1:3]]

    return f, embeddings, draw


@PATHS
def test_a_sample_of_its_own_embedding_is_that_sample_alone_to_the_last_bit(path, monkeypatch):
    _, embeddings, draw = own_embeddings(path, monkeypatch)
    alone = [draw(embeddings[i : i + 1], [i]) for i in range(11)]
    assert not np.array_equal(alone[0][0], draw(embeddings[1:2], [0])[0])  # embeddings make a difference
    for members in (list(range(11)), [7, 2], [10, 9, 8, 3]):
        for number in [torch.get_num_threads()] if path == "batched" else (1, 3):  # other devices have none
            with using_threads(number):
                chroma, parameters = draw(embeddings[members], members)
            for place, i in enumerate(members):
                assert np.array_equal(chroma[place], alone[i][0][0])
                assert np.array_equal(parameters[place], alone[i][1][0])


@PATHS
def test_one_embedding_for_each_that_is_the_same_draws_as_a_shared_one(path, monkeypatch):
    _, embeddings, draw = own_embeddings(path, monkeypatch)
    shared, each = (draw(embeddings[:1].expand(n, -1, -1, -1), [4, 5, 6]) for n in (1, 3))
    assert all(np.array_equal(a, b) for a, b in zip(shared, each))


def test_a_sample_of_its_own_embedding_is_what_the_full_pass_would_draw(monkeypatch):
    f, embeddings, draw = own_embeddings("float64", monkeypatch)
    luminance = setting(replace(TINY, channels=24, embedding_channels=16), 5, 6, dtype=torch.float64)[2]
    chroma, parameters = map(torch.from_numpy, draw(embeddings[:3], [1, 2, 3]))
    past = past_planes(luminance.expand(3, -1, -1, -1), chroma, torch.full((3,), 0.1, dtype=torch.float64))
    with torch.no_grad():
        assert torch.allclose(f(past, embeddings[:3]), parameters, atol=1e-10, rtol=0)


def test_other_numbers_of_embeddings_are_refused():
    f, embedding, luminance, _ = setting(TINY, 2, 2)
    for number, seeds in ((2, [1]), (2, [1, 2, 3]), (3, [1, 2])):
        with pytest.raises(ValueError, match=f"{number} embeddings for {len(seeds)} seeds"):
            next(sample_rows(f, embedding.expand(number, -1, -1, -1), luminance, seeds=seeds))


@pytest.mark.parametrize("path", ["torch", "compiled"])
def test_a_shared_embedding_s_terms_exist_once(path, monkeypatch):
    use(monkeypatch, path)
    f, embedding, luminance, _ = setting(TINY, 2, 3)
    made, of = [], sampler.Given.of
    monkeypatch.setattr(sampler.Given, "of", lambda *arguments: made.append(of(*arguments)) or made[-1])
    with using_threads(2):
        assert len(list(sample_rows(f, embedding, luminance, seeds=range(4)))) == 2
    assert len(made) == 1 and made[0].vertical.shape[:4] == (1, TINY.blocks, 2, 3)


@FLOAT32_PATHS
def test_log_prob_is_that_of_the_full_pass(path, monkeypatch):
    use(monkeypatch, path)
    f, embedding, luminance, _ = setting(TINY, 6, 5)
    chroma, log_prob = whole(sample_rows(f, embedding, luminance, seeds=[1, 2], temperature=0.6))
    normalised = mixture.snap(color.normalize_chroma(torch.from_numpy(chroma)))
    with torch.no_grad():
        full = f(past_planes(luminance.expand(2, -1, -1, -1), normalised), embedding.expand(2, -1, -1, -1))
    assert np.allclose(log_prob, mixture.log_prob(full, normalised).sum((1, 2)).numpy(), atol=1e-2)


@FLOAT32_PATHS
def test_known_pixels_are_kept_and_not_counted(path, monkeypatch):
    use(monkeypatch, path)
    f, embedding, luminance, chroma = setting(TINY, 6, 5)
    mask = torch.zeros(1, 1, 6, 5)
    mask[..., 2:4, 1:4] = 1
    drawn, log_prob = whole(sample_rows(f, embedding, luminance, seeds=[1, 2], known=(mask, chroma)))
    expected = color.round_chroma(color.denormalize_chroma(chroma))[0].numpy()
    inside = mask[0, 0].bool().numpy()
    assert np.array_equal(drawn[0][:, inside], expected[:, inside])
    assert not np.array_equal(drawn[0][:, ~inside], drawn[1][:, ~inside])
    everything, nothing = whole(sample_rows(f, embedding, luminance, seeds=[1], known=(torch.ones_like(mask), chroma)))
    assert np.array_equal(everything[0], expected) and nothing[0] == 0 > log_prob[0]


@FLOAT32_PATHS
def test_drawn_colours_are_real_also_where_luminance_leaves_little_room(path, monkeypatch):
    use(monkeypatch, path)
    f, embedding, luminance, _ = setting(TINY, 8, 8, seed=1)
    with torch.no_grad():
        f.out.bias[3:6] += 0.7  # means of a far outside
    luminance[..., :4, :] = -0.98
    luminance[..., 4:6, :] = 0.99
    luminance[..., 7, :] = 1.0
    drawn, _ = whole(sample_rows(f, embedding, luminance, seeds=[1, 2]))
    lightness = (luminance[0] * 50 + 50).expand(2, 1, 8, 8)
    assert color.in_gamut(torch.cat((lightness, torch.from_numpy(drawn)), dim=1)).all()
    free, _ = whole(sample_rows(f, embedding, luminance, seeds=[1, 2], within_gamut=False))
    assert not color.in_gamut(torch.cat((lightness, torch.from_numpy(free)), dim=1)).all()
    assert np.array_equal(drawn, drawn.round())


@pytest.mark.parametrize("within_gamut", [True, False])
@pytest.mark.parametrize("temperature", [1e-3, 0.7, 1.0])
def test_one_pixel_is_drawn_in_python_as_in_the_loop_and_as_in_a_batch(temperature, within_gamut):
    """Lightness 0.5 to 100 and means far out: first draws, later ones, and what is moved to grey."""
    generator, number, components = np.random.default_rng(1), 3000, 4
    parameters = generator.normal(size=(number, 6 * components)).astype(np.float32)
    parameters[:, components : 2 * components] *= 0.5
    for scales in (2, 4):
        parameters[:, scales * components : (scales + 1) * components] -= 3
    uniforms = generator.random((number, lanes.ATTEMPTS, 3), dtype=np.float32)
    uniforms[:20, 0, 1:] = [[0, 1 - 2**-24]]
    lightness = generator.uniform(0.5, 100, number).astype(np.float32)
    attempts = lanes.ATTEMPTS if within_gamut else 0
    cumulative = np.empty(components, np.float32)
    in_loop = [
        pixel_loop._draw_real(p, cumulative, u, light, np.float32(temperature), attempts)
        for p, u, light in zip(parameters, uniforms, lightness)
    ]
    in_python = [
        pixel_loop.draw_real(p, [0.0] * components, u, light, temperature, attempts)
        for p, u, light in zip(parameters.tolist(), uniforms.tolist(), lightness.tolist())
    ]
    batch = lanes.BatchLanes.__new__(lanes.BatchLanes)
    batch.temperature, batch.within_gamut = temperature, within_gamut
    in_batch = torch.stack(
        [batch._draw(*(torch.from_numpy(x)[i : i + 1] for x in (parameters, uniforms, lightness)))[0] for i in range(number)]
    )
    units = [np.rint(np.asarray(drawn) * 127.5 + [0.5, -0.5]) for drawn in (in_loop, in_python, in_batch.numpy())]
    assert len(np.unique(units[0], axis=0)) > 500
    for other in units[1:]:
        assert (other != units[0]).any(1).mean() <= 1e-3  # where rounding decides


def test_drawing_in_python_survives_what_no_network_should_give():
    for value in (float("nan"), float("inf"), 1e30, -1e30):
        drawn = pixel_loop.draw_real([value] * 12, [0.0] * 2, [[0.5, 0.5, 0.7]] * 16, 50.0, 1.0, 16)
        assert all(-1.01 <= x <= 1.01 for x in drawn)


def test_a_negative_temperature_is_refused():
    f, embedding, luminance, _ = setting(TINY, 2, 2)
    with pytest.raises(ValueError, match="temperature"):
        next(sample_rows(f, embedding, luminance, seeds=[1], temperature=-1))


def test_leaving_early_leaves_no_thread():
    before = set(threading.enumerate())
    f, embedding, luminance, _ = setting(TINY, 6, 6)
    rows = sample_rows(f, embedding, luminance, seeds=[1, 2])
    next(rows)
    rows.close()
    assert set(threading.enumerate()) <= before, "none of its own; others may have ended meanwhile"


def test_rows_are_computed_in_one_thread_each(monkeypatch):
    use(monkeypatch, "compiled")
    used, row = [], lanes.CompiledLanes.row
    monkeypatch.setattr(lanes.CompiledLanes, "row", lambda self, y: used.append(torch.get_num_threads()) or row(self, y))
    with using_threads(2):
        f, embedding, luminance, _ = setting(TINY, 3, 3)
        list(sample_rows(f, embedding, luminance, seeds=[1, 2]))
    assert used == [1] * 6


def test_drawing_leaves_other_threads_theirs():
    with using_threads(2):
        f, embedding, luminance, _ = setting(TINY, 3, 3)
        list(sample_rows(f, embedding, luminance, seeds=[1, 2]))
        with ThreadPoolExecutor(1) as other:
            assert other.submit(torch.get_num_threads).result() == torch.get_num_threads() == 2


def test_two_at_once_leave_new_threads_theirs():
    f, embedding, luminance, _ = setting(TINY, 8, 3)

    def work():
        rows = sample_rows(f, embedding, luminance, seeds=[1, 2])
        next(rows)
        both_draw.wait(60)
        list(rows)

    with using_threads(2):
        for _ in range(3):
            both_draw = Barrier(2)
            threads = [Thread(target=work) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with ThreadPoolExecutor(1) as other:
                assert other.submit(torch.get_num_threads).result() == 2


def test_a_thread_that_cannot_begin_keeps_no_other_waiting(monkeypatch):
    begun, begin = [], Thread.start

    def start(thread):
        begun.append(thread)
        if len(begun) == 2:
            raise RuntimeError("can't start new thread")
        begin(thread)

    monkeypatch.setattr(Thread, "start", start)
    with using_threads(2), pytest.raises(RuntimeError, match="can't start") as caught:
        side_by_side(abs, [1, 2])
    assert is_out_of_memory(caught.value)
    begun[0].join(30)
    assert not begun[0].is_alive()


def test_masks_of_any_layout_are_drawn_by_the_same_loop():
    f, embedding, luminance, chroma = setting(TINY, 5, 4)
    mask = (torch.arange(20).view(1, 1, 5, 4) % 3 == 0).float()
    turned = mask.transpose(2, 3).contiguous().transpose(2, 3)
    assert not turned.is_contiguous()

    def drawn(mask):
        return np.stack([row.chroma for row in sample_rows(f, embedding, luminance, seeds=[1], known=(mask, chroma))])

    first, compiled = drawn(mask), len(pixel_loop._draw_row.signatures)
    assert np.array_equal(drawn(turned), first) and len(pixel_loop._draw_row.signatures) == compiled


def test_what_cannot_be_compiled_is_left_to_pytorch(monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    loop = Loop(full, possible=True, otherwise="PyTorch serves")
    monkeypatch.setattr(pixel_loop, "LOOP", loop)
    with pytest.warns(UserWarning, match="PyTorch serves: .*No space left"):
        assert not loop.is_available()
    assert not loop.is_available(), "and is not tried again"
    f, embedding, luminance, _ = setting(TINY, 2, 3)
    assert len(list(sample_rows(f, embedding, luminance, seeds=[1]))) == 2


def test_drawing_a_row_looks_at_no_value_so_that_cuda_can_capture_it():
    f, embedding, luminance, _ = setting(TINY, 3, 4)
    packed, given = row_phase.Packed.of(f), row_phase.Given.of(f, embedding, luminance, 0.0)
    batch = lanes.BatchLanes(packed, given, [np.random.default_rng(0)], temperature=1.0, known=None, within_gamut=True)
    looked = DataDependentOutputException
    with FakeTensorMode(allow_non_fake_inputs=True), torch.inference_mode():
        batch._draw_row()
        with pytest.raises(looked):  # the check itself works
            batch.chroma.sum().add(1).item()


def test_a_capture_that_fails_says_why_and_is_not_replayed(monkeypatch):
    f, embedding, luminance, _ = setting(TINY, 3, 4)
    packed, given = row_phase.Packed.of(f), row_phase.Given.of(f, embedding, luminance, 0.0)
    batch = lanes.BatchLanes(packed, given, [np.random.default_rng(0)], temperature=1.0, known=None, within_gamut=True)
    calls = []

    class Graph:
        def capture_begin(self, **options):
            calls.append("begin")

        def capture_end(self):
            calls.append("end")
            if fails:
                raise RuntimeError("operation failed due to a previous error during capture")

        def replay(self):
            calls.append("replay")

    def draw():
        if fails:
            raise torch.OutOfMemoryError("CUDA out of memory")

    for name, stand_in in (("CUDAGraph", Graph), ("synchronize", lambda: None), ("empty_cache", lambda: calls.append("free")), ("Stream", lambda _: None), ("stream", lambda _: nullcontext())):
        monkeypatch.setattr(torch.cuda, name, stand_in)
    monkeypatch.setattr(torch.cuda, "device", lambda _: nullcontext())
    monkeypatch.setattr(batch, "_draw_row", draw)
    for fails in (True, True):
        with pytest.raises(torch.OutOfMemoryError):
            batch._replay()
    assert calls == ["free", "begin", "end"] * 2, "what earlier graphs held is freed before: a capture cannot"
    fails = False
    batch._replay()
    batch._replay()
    assert calls[6:] == ["free", "begin", "end", "replay", "replay"]


def test_the_compiled_loop_serves_every_checkpoint_and_no_weights_that_it_would_change(tmp_path):
    loaded = load_checkpoint(checkpoint(tmp_path)).network().fold()
    _, embedding, luminance, _ = setting(TINY, 2, 3)
    assert pixel_loop.pack(loaded.pixel_cnn) is not None
    raw = network(TINY).fold()
    assert pixel_loop.pack(raw.pixel_cnn) is None
    assert len(list(sample_rows(raw.pixel_cnn, embedding, luminance, seeds=[1]))) == 2  # PyTorch serves them


@pytest.mark.parametrize(
    ("pack", "kernel_of", "bias_of"),
    [
        (pixel_loop.pack, lambda packed: packed.vertical_gate[0, -1], lambda packed: packed.vertical_gate_bias[0]),
        (row_phase.Packed.of, lambda packed: packed.vertical[0].gate.rows.weight.numpy(), lambda packed: packed.vertical[0].gate_bias.detach().numpy()),
    ],
    ids=["compiled", "torch"],
)
def test_weights_are_packed_once_and_anew_when_they_are_others(pack, kernel_of, bias_of):
    f = setting(TINY, 2, 3)[0]
    gate = f.u_blocks[0].gate
    packed = pack(f)
    assert pack(f) is packed
    before = bias_of(packed).copy()
    with torch.no_grad():
        gate.bias += 1
    assert np.allclose(bias_of(pack(f)) - before, 1)
    before = kernel_of(pack(f)).copy()
    with torch.no_grad():
        gate.v.mul_(2)
    assert not np.array_equal(kernel_of(pack(f)), before), "changed where it is"
    before = kernel_of(pack(f)).copy()
    gate.v = nn.Parameter(gate.v * 2, requires_grad=False)
    assert not np.array_equal(kernel_of(pack(f)), before), "another one"


def test_vertical_kernels_of_another_width_are_left_to_pytorch():
    f, embedding, luminance, _ = setting(replace(TINY, vertical_kernel=(2, 5)), 2, 3)
    assert pixel_loop.pack(f) is None
    assert len(list(sample_rows(f, embedding, luminance, seeds=[1]))) == 2


def test_log_prob_of_one_pixel_is_that_of_a_batch_near_and_far_off():
    generator, k = np.random.default_rng(0), 10
    parameters = generator.normal(size=(600, 6 * k)).astype(np.float32)
    parameters[:, 2 * k : 3 * k] -= generator.uniform(0, 8, (600, 1))  # down to the narrowest
    parameters[:, 4 * k : 5 * k] -= generator.uniform(0, 8, (600, 1))
    chroma = np.rint(generator.uniform(-1, 1, (600, 2)) * 127.5 - 0.5) / 127.5 + 0.5 / 127.5
    chroma[:40] = [[-1, 1]] * 20 + [[1, -1]] * 20  # the ends, which have all that lies beyond
    chroma = chroma.clip(-1, 1).astype(np.float32)
    expected = mixture.log_prob(torch.from_numpy(parameters)[:, :, None, None].double(), torch.from_numpy(chroma)[:, :, None, None].double())[:, 0, 0]
    found = np.array([pixel_loop._log_prob(p, k, a, b) for p, (a, b) in zip(parameters, chroma)])
    assert found == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-5) and found.min() < -600 and found.max() > -12
    far_off = np.array([pixel_loop._log_prob_far_off(p, k, a, b) for p, (a, b) in zip(parameters, chroma)])
    assert found == pytest.approx(far_off, rel=1e-9, abs=1e-9)
