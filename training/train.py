"""Train a network: a run is a folder with its state, its curve and its configuration, and goes on where it stopped."""

import csv
import fnmatch
import io
import json
import math
import os
import platform
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from picgui.errors import DataError
from picgui.files import whole
from picgui.pic import mixture
from picgui.pic.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from picgui.pic.layers import initialize_from_data, weight_norm_convolutions
from picgui.pic.network import PIC
from training.augment import Batch, crop_and_flip, halve, training_batch
from training.baselines import OBJECTIVES
from training.config import TrainingConfig, TrainingStage, parse_config
from training.data import Pictures
from training.evaluate import evaluate
from training.figures import CURVE_FILE
from training.growth import grown
from training.machine import PRECISIONS, check_compiler, fast_products, fastest_precision
from training.optimizer import Muon
from training.parallel import World
from training.supervision import LevelHeads, SupervisedPIC, without_heads

STATE_FILE = "state.pt"
RECIPE_FILE = "run.json"
WORDS = {
    "train_bits_per_dim": "bits/dim",
    "train_bits_per_dim_embedding_only": "g^w alone",
    "bits_per_dim": "bits/dim",
    "bits_per_dim_embedding_only": "g^w alone",
    "train_loss": "loss",
    "loss": "loss",
}
LIKELIHOOD_COLUMNS = ("train_bits_per_dim", "train_bits_per_dim_embedding_only")
CURVE_COLUMNS = (
    "seconds",
    "images",
    "size",
    "rate",
    *LIKELIHOOD_COLUMNS,
    "bits_per_dim",
    "bits_per_dim_embedding_only",
    "train_loss",
    "loss",
    "images_per_second",
)


@dataclass
class Progress:
    """Where a run stands."""

    images: int = 0
    steps: int = 0
    seconds: float = 0.0  # of training, over all its sessions

    def __post_init__(self):
        if not all(type(seen) is int and seen >= 0 for seen in (self.images, self.steps)):
            raise ValueError("what a run has seen are whole numbers from 0 on")


class Trainer:
    """One run: the network, its averaged copy, the optimizer and the randomness.

    In a world of several processes each prepares the same batches and takes its share of them: a run is the same for any
    number of processes, but for dropout, the order of sums, and the frequencies that `Rebalanced` counts, which are of the first one's share.
    """

    def __init__(
        self,
        config: TrainingConfig,
        *,
        device: torch.device | str = "cpu",
        init: Checkpoint | None = None,
        world: World = World(),
        at_once: int | None = None,
        precision: torch.dtype | None = None,
        compile: bool = False,
    ):
        for stage in config.stages:
            if stage.batch // config.pixel_cnn_every % world.size:
                raise DataError(f"A batch of {stage.batch} cannot be shared by {world.size} processes.")
        self.config, self.world, self.at_once = config, world, at_once
        self.device = torch.device(device)
        torch.backends.cudnn.allow_tf32 = False  # float32 is what it says; bfloat16 is as fast as before
        self.precision_is_given, self.compile = precision is not None, compile
        # one for all processes, whatever each would measure
        is_float32 = (precision or fastest_precision(self.device)) == torch.float32
        self.precision = torch.float32 if world.any(world.is_first and is_float32, self.device) else torch.bfloat16
        if compile:
            check_compiler(self.device)
        torch.manual_seed(config.seed)
        self.generator = torch.Generator().manual_seed(config.seed)
        kind = SupervisedPIC if config.level_weight else OBJECTIVES[config.objective]
        network, self.uninitialized = _start(kind, config, init)
        for pattern in config.held:
            held = fnmatch.filter((name for name, _ in network.named_parameters()), pattern)
            if not held:
                raise DataError(f"The network has no parameter like {pattern!r} that could be held.")
            for name in held:
                network.get_parameter(name).requires_grad_(False)
        if not any(p.requires_grad for p in network.parameters()):
            raise DataError("All parameters are held, so there is nothing to train.")
        self.network = network.to(self.device).to(memory_format=torch.channels_last).train()
        self.average = kind(config.model).to(self.device).to(memory_format=torch.channels_last).eval()
        self.average.requires_grad_(False)
        self._copy_to_average()
        self.optimizer = _optimizer(self.network, config)
        self.progress = Progress()
        self.parallel: nn.Module | None = None
        self.checked: set[torch.Size] = set()  # of batches whose compiled steps had the gradients of others
        self._held_pictures: tuple[Pictures, Tensor] | None = None

    def _join(self) -> nn.Module:
        """The network with gradients of the whole world; from here on each process drops out units of its own."""
        if self.world.size == 1:
            return self.network
        if not self.world.is_first:
            torch.manual_seed(self.config.seed + 7919 * self.world.rank + self.progress.steps)
        return DistributedDataParallel(self.network)

    # the schedule

    def stage(self) -> tuple[TrainingStage, int] | None:
        """The stage the run is in, and the pictures it has seen in it; None when all are done."""
        seen = self.progress.images
        for stage in self.config.stages:
            if seen < stage.images:
                return stage, seen
            seen -= stage.images
        return None

    def rate(self, stage: TrainingStage, seen: int) -> float:
        """The learning rate at this step."""
        warm_up = min(1.0, (self.progress.steps + 1) / max(1, self.config.warm_up_steps))
        done = seen / stage.images
        if stage.decay == "linear":
            return warm_up * (stage.rate + (stage.end_rate - stage.rate) * done)
        return warm_up * stage.rate * (stage.end_rate / stage.rate) ** done

    # one step

    def next_images(self, pictures: Pictures, stage: TrainingStage) -> Tensor:
        """The next pictures of a shuffled order that changes every epoch, cropped, flipped and brought to size."""
        number = len(pictures)
        positions = range(self.progress.images, self.progress.images + stage.batch)
        orders = {epoch: self._order(epoch, number) for epoch in {p // number for p in positions}}
        source = self._source(pictures)
        chosen = torch.tensor([orders[p // number][p % number] for p in positions], device=source.device)
        images = crop_and_flip(
            source[chosen].to(self.device),
            size=self.config.model.network_size,
            flip=self.config.augmentation.flip,
            generator=self.generator,
        )
        half = stage.size < self.config.model.network_size
        if stage.halved:
            half = torch.rand((), generator=self.generator).item() < stage.halved
        return halve(images) if half else images

    def _source(self, pictures: Pictures) -> Tensor:
        """All pictures as a tensor: memory-mapped, or on the GPU where they take less than half of its free memory."""
        if self._held_pictures is None or self._held_pictures[0] is not pictures:
            images = torch.from_numpy(pictures.images)
            if self.device.type == "cuda" and 2 * images.nbytes < torch.cuda.mem_get_info(self.device)[0]:
                images = images.to(self.device)
            self._held_pictures = (pictures, images)
        return self._held_pictures[1]

    def _order(self, epoch: int, number: int) -> np.ndarray:
        if getattr(self, "_order_of", None) != (epoch, number):
            self._order_of = (epoch, number)
            self._last_order = np.random.default_rng((self.config.seed, epoch)).permutation(number)
        return self._last_order

    def step(self, batch: Batch, rate: float) -> dict[str, float]:
        """One update; returns the losses on the counted pixels of this batch, by the curve's column."""
        if self.uninitialized:
            part = self.network.get_submodule(self.uninitialized.removeprefix("."))
            initialize_from_data(self.network, lambda: self.network(batch.luminance, batch.past, batch.known, batch.strength), part=part)
            if isinstance(part, (PIC, LevelHeads)):
                part.center_outputs()
            self._copy_to_average()
            self.uninitialized = ""
        if self.parallel is None:  # only now: the data-dependent initialisation draws the same numbers in every process
            self.uncompiled = self._join()
            self.parallel = torch.compile(self.uncompiled, dynamic=False) if self.compile else self.uncompiled
        every = self.config.pixel_cnn_every
        counted = [batch.counted[: len(batch.counted) // e].sum().clamp_min(1) for e in (every, 1)]  # of f, of g^w alone
        batch = batch.map(self.world.share)
        sums = self._gradients(self.parallel, batch, counted)
        if self.compile and batch.luminance.shape not in self.checked:
            self._check_compiled(batch, counted)
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip_gradient_norm)
        if not norm.isfinite():
            raise DataError(
                f"The gradient is not finite after {self.progress.images:,} pictures. Begin again with a lower rate, or go on with one from the "
                "last saved state, if there is one: it is kept."
            )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with fast_products():
            self.optimizer.step()
        self._update_average()
        sums = self.world.sum(sums).tolist()
        if isinstance(self.network, PIC):
            return {key: loss / math.log(2) for key, loss in zip(LIKELIHOOD_COLUMNS, sums)}
        return {"train_loss": sums[0]}

    def _gradients(self, network: nn.Module, batch: Batch, counted: list[Tensor]) -> Tensor:
        """Leave the gradients of a batch in the parameters; the sums of its losses over as many pixels as are counted."""
        self.optimizer.zero_grad(set_to_none=True)
        number, every = len(batch.luminance), self.config.pixel_cnn_every
        at_once = self.at_once or number
        sums = 0
        for start in range(0, number, at_once):
            part = batch.map(lambda tensor: tensor[start : start + at_once])
            last = start + at_once >= number
            with nullcontext() if last or self.world.size == 1 else network.no_sync():
                losses = self._losses(network, part, number // every - start)
                levels = max(0, len(losses) - 2)  # whose heads see as many pictures as that of g^w alone
                losses = torch.stack([loss / all_ for loss, all_ in zip(losses, counted + counted[1:] * levels)])
                # DistributedDataParallel takes the mean over processes; the loss is their sum
                weights = losses.new_tensor([1.0, self.config.auxiliary_weight, *[self.config.level_weight] * levels][: len(losses)])
                (self.world.size * (weights * losses).sum()).backward()
            sums = sums + losses.detach()
        return sums

    def _check_compiled(self, batch: Batch, counted: list[Tensor]) -> None:
        """Raise DataError unless the gradients that a compiled pass has left are those of the network, which stay.

        PyTorch 2.13 has lost some in silence (`F.interpolate` in bfloat16 on the CPU). Under dropout only their size can be compared.
        """
        compiled = {name: p.grad for name, p in self.network.named_parameters() if p.grad is not None}
        buffers = [buffer.clone() for buffer in self.network.buffers()]
        self._gradients(self.uncompiled, batch, counted)
        for buffer, counted_once in zip(self.network.buffers(), buffers):
            buffer.copy_(counted_once)
        gradients = {name: p.grad for name, p in self.network.named_parameters() if p.grad is not None}
        least = 1e-6 * math.hypot(*(gradient.norm().item() for gradient in gradients.values()))  # smaller ones are rounding

        def differs(one: Tensor, other: Tensor) -> bool:
            if self.config.model.dropout:
                return not other.norm() / 4 < one.norm() < 4 * other.norm()
            return not (one - other).norm() < 0.3 * other.norm()

        wrong = [name for name, gradient in gradients.items() if gradient.norm() > least and differs(compiled.get(name, torch.zeros_like(gradient)), gradient)]
        if wrong:
            raise DataError(
                f"PyTorch compiles this network wrongly here: the gradients of {len(wrong)} parameters, such as {wrong[0]}, come out otherwise. Train without --compile."
            )
        self.checked.add(batch.luminance.shape)

    def _losses(self, network: nn.Module, batch: Batch, read: int) -> list[Tensor]:
        """What is made small, each summed over the pixels that count: nats per dimension of f, which reads the first ``read`` pictures, of the
        auxiliary head, and of coarser levels' heads, whose pixels count as often as those that they cover; or a baseline's loss."""
        read = min(max(read, 0), len(batch.past))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == torch.bfloat16):
            outputs = network(
                batch.luminance.contiguous(memory_format=torch.channels_last), batch.past[:read], batch.known, batch.strength[:read]
            )
        if not isinstance(self.network, PIC):
            return [(self.network.loss(outputs.float(), batch.chroma) * batch.counted).sum()]
        losses = []
        for output in outputs:
            covered = batch.chroma.shape[-1] // output.shape[-1]  # pixels, along each axis
            chroma, counted = (F.avg_pool2d(x[: len(output)], covered) for x in (batch.chroma, batch.counted[:, None]))
            loss = -mixture.log_prob(output.float(), chroma) / 2
            losses.append((loss * counted[:, 0]).sum() * covered**2)
        return losses

    def _copy_to_average(self) -> None:
        self.average.load_state_dict(self.network.state_dict())

    def _update_average(self) -> None:
        for mine, theirs in zip(self.average.buffers(), self.network.buffers()):
            mine.copy_(theirs)
        decay = min(self.config.average_decay, (1 + self.progress.steps) / (10 + self.progress.steps))
        torch._foreach_lerp_(
            list(self.average.parameters()), [p.detach() for p in self.network.parameters()], 1 - decay
        )

    # state

    def save(self, folder: Path) -> None:
        """Write the whole state, atomically. Raises DataError where that fails; what was saved before is kept."""
        state = {
            "config": json.dumps(self.config.source),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
            "progress": vars(self.progress),
            "precision": _name(self.precision),
        }
        temporary = folder / f"{STATE_FILE}.part"  # always that name: what a kill leaves is large, and overwritten
        try:
            with open(temporary, "wb") as stream:
                torch.save(state, stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, folder / STATE_FILE)
        except (OSError, RuntimeError) as error:  # torch tells of a full disk by RuntimeError
            temporary.unlink(missing_ok=True)
            raise DataError(
                f"The state of the run cannot be saved in {folder}: {error}. What was saved there before is kept; "
                "make room, then go on with --resume."
            ) from error

    def restore(self, folder: Path) -> None:
        """Go back to the state of `save`; the configuration must fit. Raises DataError where it does not."""
        state = read_state(folder, self.device)
        try:
            before = parse_config(json.loads(state["config"]))
            if _kept(before) != _kept(self.config):
                raise DataError(f"The run in {folder} is of another model, objective or optimizer, holds other parameters, or has other heads (level_weight); choose another --out.")
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            settings = [{key: value for key, value in group.items() if key != "params"} for group in self.optimizer.param_groups]
            self.optimizer.load_state_dict(state["optimizer"])
            for group, ours in zip(self.optimizer.param_groups, settings):
                group.update(ours)  # the configuration's, which may have changed
            self.generator.set_state(state["generator"].cpu())
            torch.set_rng_state(state["torch"].cpu())
            if state["cuda"] is not None and self.device.type == "cuda":
                torch.cuda.set_rng_state(state["cuda"].cpu(), self.device)
            self.progress = Progress(**state["progress"])
            if not self.precision_is_given:
                self.precision = PRECISIONS[state.get("precision", "bfloat16")]  # as all runs once were
        except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise DataError(
                f"The run in {folder} trains other parameters, or otherwise, or its state is damaged; choose another --out."
            ) from error
        if self.progress.steps:
            self.uninitialized = ""


def _optimizer(network: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    trained = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    if config.optimizer == "adam":
        return torch.optim.Adam(trained.values(), lr=1e-3, betas=config.betas, eps=config.epsilon, fused=True)
    directions = {f"{name}.v" for name in weight_norm_convolutions(network)}
    return Muon(
        [parameter for name, parameter in trained.items() if name in directions],
        [parameter for name, parameter in trained.items() if name not in directions],
        radians_per_rate=config.radians_per_rate,
        momentum=config.momentum,
        betas=config.betas,
        epsilon=config.epsilon,
    )


def read_state(folder: Path, device: torch.device | str = "cpu") -> dict:
    """The state of a run. Raises DataError where there is none or it is damaged."""
    path = Path(folder) / STATE_FILE
    if not path.is_file():
        raise _no_run(folder)
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        if not isinstance(state, dict):
            raise TypeError("it holds no state")
    except Exception as error:  # torch raises many kinds for a damaged file
        raise DataError(f"{path} is damaged: {error}") from error
    return state


def _no_run(folder: Path) -> DataError:
    return DataError(f"There is no run in {folder}: it has no {STATE_FILE}.")


def _kept(config: TrainingConfig) -> tuple:
    """What a run's state depends on."""
    model = replace(config.model, name="", sampling_strength=0.0, coarse_strength=0.0)
    return model, config.objective, config.optimizer, config.held, config.level_weight > 0


def read_run(folder: Path) -> tuple[dict, TrainingConfig]:
    """The state of a run and its configuration. Raises DataError where there is none or it is damaged."""
    state = read_state(folder)
    try:
        return state, parse_config(json.loads(state["config"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"The configuration that the run in {folder} keeps is damaged, or of another version: {error}.") from error


def _start(kind: type[nn.Module], config: TrainingConfig, init: Checkpoint | None) -> tuple[nn.Module, str]:
    """A network to train, and the name of its part that data must still initialise: "." for all of it, "" for none."""
    if init is None:
        return kind(config.model), "."
    network = grown(init, config.model)
    if kind is PIC:
        return network, ""
    other = kind(config.model)
    return other, "" if other.begin_with(network) else kind.HEAD


def train(
    config: TrainingConfig,
    *,
    pictures: Pictures,
    validation: Pictures,
    out: Path,
    device: torch.device | str = "cpu",
    resume: bool = False,
    init: Path | None = None,
    minutes: float | None = None,
    save_seconds: float = 180.0,
    validate_seconds: float = 420.0,
    command: Sequence[str] = (),
    world: World = World(),
    at_once: int | None = None,
    precision: torch.dtype | None = None,
    compile: bool = False,
) -> Progress:
    """Train until the configuration's pictures are seen, ``minutes`` are over, or SIGINT or SIGTERM comes; then save.

    ``at_once`` pictures of a batch (of each process) are in memory together, all where it is None; their gradients are summed.
    Convolutions run in ``precision``, bfloat16 or float32; where it is None in that of the run so far, or in the faster one. With ``compile`` PyTorch's compiler
    makes the steps faster, after a minute or two.
    Writes ``state.pt``, ``curve.csv``, ``run.json`` and, where TensorBoard is installed, its events, into ``out``. In a ``world`` of
    several processes only the first writes; after a restart by torchrun they go on from the last saved state.
    """
    out = Path(out)
    resume = resume or world.any(world.is_first and world.restarts > 0 and _launcher(out) == world.launcher, torch.device(device))
    before = load_checkpoint(init) if init and not resume else None  # a run that goes on has its own weights
    if resume and not (out / STATE_FILE).is_file():
        raise _no_run(out)
    with _alone_in(out) if world.is_first else nullcontext():
        if (out / STATE_FILE).exists() and not resume:
            raise DataError(f"{out} already holds a run; go on with it by --resume, or choose another --out.")
        trainer = Trainer(config, device=device, init=before, world=world, at_once=at_once, precision=precision, compile=compile)
        if resume:
            trainer.restore(out)
        log = _begin(out, trainer, resume=resume, recipe=_recipe(trainer, pictures, validation, before, command)) if world.is_first else None
        try:
            _go_on(trainer, pictures, validation, out, log, minutes=minutes, save_seconds=save_seconds, validate_seconds=validate_seconds)
        finally:
            if log is not None:
                log.close()
        return trainer.progress


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """Keep other trainings out of a run's folder, where the system can. Raises DataError where one is there, or nothing can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = open(out / "lock", "w")
    except OSError as error:
        raise _unwritable(out, error) from error
    with file:
        with suppress(ImportError):  # on Windows
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DataError(f"Another training is writing its run to {out}. Wait for its end, or choose another --out.") from None
            except OSError:  # a disk that knows no locks
                pass
        yield


def _unwritable(out: Path, error: OSError) -> DataError:
    return DataError(f"The run cannot be written to {out}: {error.strerror}. Make room, or choose another --out.")


def _begin(out: Path, trainer: Trainer, *, resume: bool, recipe: dict) -> "_Log":
    """Write what the run is made of, with what is known of its beginning, and open its curve. Raises DataError where the pictures are others than then."""
    if resume and (out / RECIPE_FILE).exists():  # what it began with, and by which commands it came here
        earlier = _read_recipe(out)
        for split in ("data", "validation"):
            if any(earlier.get(split, recipe[split])[key] != recipe[split][key] for key in ("digest", "images")):
                raise DataError(
                    f"The run in {out} is of other pictures or another picture_size, so that some that it was trained on might now validate it. Go on "
                    "with its own --data and picture_size; or export it, and begin another run with --init."
                )
        recipe["init"] = earlier["init"]
        if earlier["command"] != recipe["command"]:
            recipe["command"] = f"{earlier['command']}; {recipe['command']}"
    try:
        with whole(out / RECIPE_FILE) as file:
            file.write(json.dumps(recipe, indent=1).encode())
        return _Log(out, images=trainer.progress.images if resume else None)
    except OSError as error:
        raise _unwritable(out, error) from error


def _go_on(
    trainer: Trainer,
    pictures: Pictures,
    validation: Pictures,
    out: Path,
    log: "_Log | None",
    *,
    minutes: float | None,
    save_seconds: float,
    validate_seconds: float,
) -> None:
    """Step after step until all is seen or an end is asked for; the process with a ``log`` saves, measures and tells."""
    config, progress = trainer.config, trainer.progress
    started = last_saved = last_validated = last_told = time.monotonic()
    seconds_before, told_images = progress.seconds, progress.images
    recent: list[dict[str, float]] = []
    with _StopOnSignal() as stop:
        while (where := trainer.stage()) is not None:
            stage, seen = where
            rate = trainer.rate(stage, seen)
            images = trainer.next_images(pictures, stage)
            batch = training_batch(images, config.model, augmentation=config.augmentation, generator=trainer.generator)
            recent.append(trainer.step(batch, rate))
            progress.images += stage.batch
            progress.steps += 1
            now = time.monotonic()
            progress.seconds = seconds_before + now - started
            over = stop.asked or (minutes is not None and now - started >= minutes * 60) or trainer.stage() is None
            over = trainer.world.any(over, trainer.device)
            if log is None:
                recent.clear()
            elif over or now - last_saved >= save_seconds:  # before the validation: who asks for the end may not wait for it
                trainer.save(out)
                last_saved = time.monotonic()
            validates = over or now - last_validated >= validate_seconds
            if log is not None and (validates or now - last_told >= 30):
                row = _row(trainer, stage, rate, recent, (progress.images - told_images) / (now - last_told))
                if validates:
                    row |= _validation(trainer, validation)
                    last_validated = now = time.monotonic()
                else:
                    _tell(config, progress, row)
                log.write(row)
                last_told, told_images, recent = now, progress.images, []
            if over:
                break


def _name(precision: torch.dtype) -> str:
    return next(name for name, dtype in PRECISIONS.items() if dtype == precision)


def _launcher(out: Path) -> int | None:
    """The process that launched the run that is there."""
    return _read_recipe(out).get("launcher") if (out / RECIPE_FILE).exists() and (out / STATE_FILE).exists() else None


def _row(trainer: Trainer, stage: TrainingStage, rate: float, recent: list, speed: float) -> dict:
    return {
        "seconds": round(trainer.progress.seconds, 1),
        "images": trainer.progress.images,
        "size": stage.size,
        "rate": f"{rate:.3g}",
        **{key: round(float(np.mean([losses[key] for losses in recent])), 4) for key in recent[0]},
        "images_per_second": round(speed, 2),
    }


def _validation(trainer: Trainer, validation: Pictures) -> dict:
    figures = evaluate(
        trainer.average,
        validation,
        device=trainer.device,
        limit=trainer.config.validation_images,
        dtype=trainer.precision,
    )
    row = {key: round(figures[key], 4) for key in CURVE_COLUMNS if key in figures}
    print(f"validation after {trainer.progress.images:,} pictures: {_in_words(row)}", file=sys.stderr, flush=True)
    return row


def _in_words(losses: dict) -> str:
    return ", ".join(f"{WORDS[key]} {value:.3f}" for key, value in losses.items() if key in WORDS)


def _tell(config: TrainingConfig, progress: Progress, row: dict) -> None:
    # pictures of a larger size cost more: time left is counted in pixels
    stages, seen, pixels = config.stages, progress.images, 0
    for stage in stages:
        left = max(0, stage.images - max(0, seen))
        seen -= stage.images
        pixels += left * stage.size**2
    left = pixels / max(1e-9, row["images_per_second"] * row["size"] ** 2)
    print(
        f"{progress.images:,} of {config.images:,} pictures, {row['images_per_second']:.1f}/s, "
        f"{left / 60:.0f} min left, rate {row['rate']}, {_in_words(row)}",
        file=sys.stderr,
        flush=True,
    )


def _recipe(
    trainer: Trainer, pictures: Pictures, validation: Pictures, init: Checkpoint | None, command: Sequence[str]
) -> dict:
    config, device, world = trainer.config, trainer.device, trainer.world
    machine = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {os.cpu_count()} cores"
    return {
        "config": config.source,
        "command": " ".join(command),
        "seed": config.seed,
        "init": {"file": init.path.name, "training": init.metadata.get("training")} if init else None,
        "data": {"files": pictures.sources, "images": len(pictures), "digest": pictures.digest},
        "validation": {"files": validation.sources, "images": len(validation), "digest": validation.digest},
        "machine": f"{machine}, {platform.machine()}",
        "processes": world.size,
        "launcher": world.launcher,
        "torch": torch.__version__,
        "precision": _name(trainer.precision),
        "compiled": trainer.compile,
    }


def _read_recipe(run: Path) -> dict:
    """What `_recipe` said of a run. Raises DataError where that is missing or damaged."""
    path = run / RECIPE_FILE
    try:
        recipe = json.loads(path.read_text())
        if not {"config", "command", "seed", "init", "data", "machine", "torch"} <= set(recipe) or "digest" not in recipe["data"]:
            raise ValueError("it is not complete")
    except (OSError, TypeError, ValueError) as error:
        raise DataError(f"The recipe of the run, {path}, is missing or damaged: {error}.") from error
    return recipe


class _StopOnSignal:
    """While entered, SIGINT and SIGTERM ask for an orderly end; a second one ends at once."""

    def __enter__(self):
        self.asked = False
        self._before = {}
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        except ValueError:  # not the main thread: no signals here
            pass
        return self

    def _ask(self, number, frame) -> None:
        self.asked = True
        signal.signal(number, self._before[number])

    def __exit__(self, *exception) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class _Log:
    """The curve as CSV and, where it is installed, for TensorBoard."""

    def __init__(self, folder: Path, *, images: int | None):
        """``images`` are those that a run which goes on has seen: later rows are of what a crash undid. None begins anew."""
        path = folder / CURVE_FILE
        columns, rows = CURVE_COLUMNS, []
        if images is not None and path.exists():
            with open(path, newline="", errors="replace") as file:
                reader = csv.DictReader(line.replace("\0", "") for line in file)
                if {"seconds", "images", "size", "rate", "images_per_second"} <= set(reader.fieldnames or ()):  # else it is damaged
                    columns = reader.fieldnames
                for row in reader:
                    seen = int(row["images"]) if (row.get("images") or "").isdigit() else 0
                    if (int(rows[-1]["images"]) if rows else 0) < seen <= images:
                        rows.append(row)
        with whole(path) as file:
            text = io.TextIOWrapper(file, newline="", write_through=True)
            writer = csv.DictWriter(text, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
            text.detach()
        self._file = open(path, "a", newline="")
        self._csv = csv.DictWriter(self._file, columns, extrasaction="ignore")
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self._board = None
        else:
            self._board = SummaryWriter(folder / "tensorboard")

    def write(self, row: dict) -> None:
        try:
            self._csv.writerow(row)
            self._file.flush()
        except OSError as error:
            raise DataError(f"The curve {self._file.name} cannot be written: {error.strerror}.") from error
        if self._board:
            try:
                for key, value in row.items():
                    if key not in ("seconds", "images"):
                        self._board.add_scalar(key, float(value), row["images"])
            except OSError as error:  # it only shows what the curve has, too
                print(f"training: what TensorBoard shows cannot be written any more: {error.strerror}.", file=sys.stderr, flush=True)
                self._board = None

    def close(self) -> None:
        self._file.close()
        if self._board:
            self._board.close()


def export(
    run: Path,
    out: Path,
    *,
    validation: Pictures | None = None,
    device: torch.device | str = "cpu",
    sampling_strength: float | None = None,
    coarse_strength: float | None = None,
) -> tuple[Path, dict]:
    """Write the averaged weights of a run as a checkpoint, with its recipe and, given pictures, its bits/dim.

    ``sampling_strength`` and ``coarse_strength`` in [0, 1] replace the configuration's (`ModelConfig`). Raises DataError where one
    is out of range, or a file of the run is missing or damaged.
    """
    run = Path(run)
    (state, config), recipe = read_run(run), _read_recipe(run)
    chosen = {"sampling_strength": sampling_strength, "coarse_strength": coarse_strength}
    try:
        model = replace(config.model, **{key: value for key, value in chosen.items() if value is not None})
    except ValueError as error:
        raise DataError(f"{error}.") from error
    network = OBJECTIVES[config.objective](model)
    try:
        network.load_state_dict(without_heads(state["average"]))
        progress = Progress(**state["progress"])
        seen = {"images": progress.images, "seconds": round(progress.seconds)}
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise DataError(f"The state of the run in {run} is damaged: {error}.") from error
    network.fold()
    metadata = {
        "training": {key: recipe[key] for key in ("config", "command", "seed", "init", "machine", "torch")}
        | {"processes": recipe.get("processes", 1), "precision": recipe.get("precision", "bfloat16"), "compiled": recipe.get("compiled", False)}
        | seen,
        "data": recipe["data"],
    }
    if validation is not None and validation.digest != recipe.get("validation", {}).get("digest", validation.digest):
        raise DataError(
            f"These are not the pictures that validate the run in {run}: it may have been trained on some of them. Give the --data of the run, or none."
        )
    path = save_checkpoint(out, network, metadata=metadata)
    if validation is not None:
        torch.backends.cudnn.allow_tf32 = False  # as `training evaluate` has it
        rounded = load_checkpoint(path, kinds=tuple(OBJECTIVES.values())).network().fold()  # of what the file holds
        rounded.load_state_dict(dict(network.named_buffers()), strict=False)  # the frequencies of `Rebalanced`, which no answer needs and no file has
        metadata |= evaluate(rounded.to(device), validation, device=device)
        save_checkpoint(path, network, metadata=metadata)
    return path, metadata
