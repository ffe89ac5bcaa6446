"""``python -m training``: train, evaluate and export the networks of picgui."""

import argparse
import json
import math
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from picgui import arguments
from picgui.errors import DataError, DeviceError, PicError, is_out_of_memory
from picgui.pic.checkpoint import Checkpoint
from picgui.pipeline import Model, has_usable_card, load_model
from training.baselines import Baseline, check_comparable, load_baseline
from training.benchmark import benchmark, table
from training.config import read_config
from training.data import Pictures, load_pictures
from training.evaluate import MEASURED, check_known_colors, evaluate, evaluate_coarse, measure_dabs, measure_samples
from training.figures import check_others, make_figures, originals, photographs, plot_curves, write_grey
from training.machine import PRECISIONS, keep_memory
from training.measures import Figure
from training.parallel import World
from training.train import export, read_run, train


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 with a sentence on stderr when not."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except PicError as error:
        return _say(error)
    except KeyboardInterrupt:
        return _say("stopped") + 129
    except OSError as error:  # of a file or folder that no sentence of ours is about
        what = error.filename or "A file"
        return _say(f"{what} cannot be read or written: {error.strerror or error}.")
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return _say(f"There is not enough memory ({error}). Where a batch does not fit, train --at-once a part of it.")
    return 0


def _say(message: object) -> int:
    print(f"training: {message}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("train", help="train a network")
    command.add_argument("config", type=Path, help="a TOML file, such as training/configs/photo.toml")
    _add_data(command, required=True)
    command.add_argument("--out", type=Path, required=True, help="the folder of the run")
    command.add_argument("--resume", action="store_true", help="go on with the run in --out")
    command.add_argument("--init", type=Path, help="begin with the weights of this checkpoint")
    command.add_argument("--minutes", type=arguments.minutes, help="stop and save after so many minutes")
    command.add_argument(
        "--at-once",
        type=arguments.positive,
        metavar="N",
        help="only N pictures of a batch in memory together, their gradients summed: slower, smaller (a first step whose network, or its heads, data must initialise takes them all)",
    )
    command.add_argument(
        "--precision",
        choices=tuple(PRECISIONS),
        help="of the convolutions (default: that of a run that goes on, else the faster one on this machine, measured)",
    )
    command.add_argument(
        "--compile", action="store_true", help="compile the steps first, which takes minutes and a C++ compiler: then faster"
    )
    command.set_defaults(run=_train)

    command = commands.add_parser("evaluate", help="bits/dim of a checkpoint on the validation pictures")
    command.add_argument("checkpoint", type=Path, help="a .safetensors file, such as picgui/resources/photo.safetensors")
    _add_data(command, required=True)
    command.add_argument("--limit", type=arguments.positive, help="bits/dim of only so many pictures (samples: --sampled-pictures)")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--samples", type=arguments.positive, metavar="S", help="also draw S samples of each picture and measure them"
    )
    command.add_argument(
        "--sampled-pictures", type=arguments.positive, default=125, metavar="P", help="of the first P pictures (default 125)"
    )
    command.add_argument("--dabs", action="store_true", help="also measure what known colours do to the rest")
    command.add_argument("--unrounded", action="store_true", help="also the bits/dim of chroma as the released code has it")
    _add_sampling(command)
    command.add_argument("--one-pass", action="store_true", help="draw samples without coarse ones before them")
    _add_rivals(command)
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("export", help="write the averaged weights of a run as a checkpoint")
    command.add_argument("run_folder", metavar="RUN", type=Path)
    command.add_argument("-o", "--output", type=Path, required=True, help="the checkpoint's file")
    command.add_argument(
        "--sampling-strength", type=float, metavar="S", help="0 to 1: how corrupted f is told that what it drew before is (default: the configuration's)"
    )
    command.add_argument(
        "--coarse-strength", type=float, metavar="S", help="0 to 1: how corrupted g^w is told that the coarse colours are (default: the configuration's)"
    )
    _add_data(command, required=False, use=": then the checkpoint's bits/dim on those that validate is kept in it")
    command.set_defaults(run=_export)

    command = commands.add_parser("figures", help="the paper's figures from a checkpoint, as PNG sheets")
    command.add_argument("checkpoint", type=Path, help="a .safetensors file, such as picgui/resources/photo.safetensors")
    pictures = command.add_mutually_exclusive_group(required=True)
    pictures.add_argument("--photos", type=Path, help="a folder of photographs, as they are")
    pictures.add_argument("--data", type=Path, nargs="+", help="validation pictures of training data, with originals")
    command.add_argument("--cache", type=Path, help="where decoded pictures are kept (default: the user's cache)")
    command.add_argument("--device", choices=("cpu", "cuda"), help="default: cuda where there is one")
    command.add_argument("--limit", type=arguments.positive, default=16, help="how many pictures (default 16)")
    command.add_argument("--samples", type=arguments.positive, default=6, help="of each (default 6)")
    _add_sampling(command, of="the samples in figures 3, 4 and 7")
    _add_rivals(command)
    command.add_argument("-o", "--output", type=Path, required=True, help="the folder to write into")
    command.set_defaults(run=_figures)

    command = commands.add_parser("grey", help="write validation pictures without colour, for other programs to colorize")
    _add_data(command, required=True, device=False)
    command.add_argument("--size", type=arguments.positive, default=144, help="pixels (default 144)")
    command.add_argument(
        "--limit", type=arguments.positive, default=16, help="how many pictures (default 16; evaluate wants as many as --sampled-pictures)"
    )
    command.add_argument("-o", "--output", type=Path, required=True, help="the folder to write into")
    command.set_defaults(run=_grey)

    command = commands.add_parser("plot", help="bits/dim against pictures seen, from the curves of runs (needs matplotlib)")
    command.add_argument("curves", metavar="CURVE", type=Path, nargs="+", help="curve.csv of runs, or folders of runs")
    command.add_argument(
        "--mark", nargs=3, action="append", default=[], metavar=("NAME", "IMAGES", "BITS"), help="also a point, such as a paper's"
    )
    command.add_argument("-o", "--output", type=Path, required=True, help="the PNG to write")
    command.set_defaults(run=_plot)

    command = commands.add_parser("benchmark", help="speed of sampling and of the whole way, on this machine")
    command.add_argument("--checkpoint", type=Path, help="default: the shipped one")
    command.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="of the whole way (default cpu)")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_benchmark)
    return parser


def _add_data(command: argparse.ArgumentParser, *, required: bool, use: str = "", device: bool = True) -> None:
    command.add_argument(
        "--data", type=Path, nargs="+", required=required, help=f"pictures, folders of them, npz packs, or CIFAR-10{use}"
    )
    command.add_argument("--cache", type=Path, help="where decoded pictures are kept (default: the user's cache)")
    if device:
        command.add_argument("--device", choices=("cpu", "cuda"), help="default: cuda where there is one")


def _add_sampling(command: argparse.ArgumentParser, *, of: str = "the samples") -> None:
    command.add_argument("--temperature", type=arguments.from_zero, default=1.0, help=f"of {of} (default 1.0)")
    command.add_argument(
        "--candidates",
        type=arguments.candidates,
        default=1,
        metavar="N",
        help=f"of {of}: {arguments.CANDIDATES_HELP} (default 1)",
    )


def _sampling(options: argparse.Namespace) -> dict[str, float]:
    return {"temperature": options.temperature, "candidates": options.candidates}


def _check_sampling(model: Model, options: argparse.Namespace) -> None:
    """Raise DataError where candidates are wanted of a model that draws no coarse samples."""
    if options.candidates > 1 and model.network.config.coarse_factor == 1:
        raise DataError("Candidates are coarse samples, and samples are drawn in one pass here, by the model or by --one-pass: leave --candidates out.")


def _add_rivals(command: argparse.ArgumentParser) -> None:
    command.add_argument("--baselines", type=Path, nargs="*", default=[], help="checkpoints of baselines (figure 6 of figures shows the one called independent)")
    command.add_argument("--others", type=Path, nargs="*", default=[], help="folders of other programs' results; see grey")


def _rivals(options: argparse.Namespace) -> dict[str, object]:
    """The baselines by name and the folders of others. Raises DataError where two have one name."""
    names = [*MEASURED, *(path.stem for path in options.baselines), *(path.name for path in options.others)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"Two of what is to be compared are called {twice}; rename a file or folder.")
    baselines: dict[str, Baseline] = {path.stem: load_baseline(path, device=_device(options)) for path in options.baselines}
    return {"baselines": baselines, "others": options.others}


def _device(options: argparse.Namespace) -> str:
    if options.device == "cuda" and not has_usable_card():
        raise DeviceError("There is no CUDA device that PyTorch can use; leave --device out or say cpu.")
    return options.device or ("cuda" if has_usable_card() else "cpu")


def _train(options: argparse.Namespace) -> None:
    keep_memory()
    if options.resume and options.init:
        raise DataError("--init begins a run, --resume goes on with one, by its own weights: leave one of them out.")
    config = read_config(options.config)
    pictures, validation = (
        load_pictures(options.data, split=split, size=config.picture_size, cache=options.cache)
        for split in ("train", "validation")
    )
    if options.device != "cpu":
        World.choose_card()
    device = World.local_device(_device(options))
    world = World.join(device)
    progress = train(
        config,
        pictures=pictures,
        validation=validation,
        out=options.out,
        device=device,
        world=world,
        resume=options.resume,
        init=options.init,
        minutes=options.minutes,
        at_once=options.at_once,
        precision=PRECISIONS.get(options.precision),
        compile=options.compile,
        command=("python", "-m", "training", *sys.argv[1:]),
    )
    world.leave()
    if world.is_first:
        print(f"{progress.images:,} pictures in {progress.seconds / 60:.1f} minutes; the run is in {options.out}")


def _evaluate(options: argparse.Namespace) -> None:
    if (options.baselines or options.others) and not options.samples:
        raise DataError("Baselines and others are compared with samples: say how many with --samples.")
    sampling, rivals = _sampling(options), _rivals(options)
    model = load_model(options.checkpoint, device=_device(options))
    if options.one_pass:
        model.network.config = replace(model.network.config, coarse_factor=1)
    _check_sampling(model, options)
    check_comparable(model, rivals["baselines"])
    if options.dabs:
        check_known_colors(model)
    pictures = _validation_pictures(model.checkpoint, options)
    check_others(options.others, map(str, range(min(options.sampled_pictures, len(pictures)))), size=pictures.size)
    figures = evaluate(model.network, pictures, device=model.device, limit=options.limit)
    if options.unrounded:
        unrounded = evaluate(model.network, pictures, device=model.device, limit=options.limit, whole_units=False)
        figures["bits_per_dim_unrounded"] = unrounded["bits_per_dim"]
    if model.network.config.coarse_factor > 1:
        figures |= evaluate_coarse(model.network, pictures, device=model.device, limit=options.limit)
    figures |= {"checkpoint": model.checkpoint.sha256, "data": pictures.sources}
    if options.samples or options.dabs:
        figures["sampling"] = sampling
    if options.samples:
        figures["measures"] = measure_samples(
            model,
            pictures,
            number=options.sampled_pictures,
            samples=options.samples,
            **sampling,
            **rivals,
        )
    if options.dabs:
        figures["known_dabs"] = measure_dabs(model, pictures, number=options.sampled_pictures, **sampling)
    if options.json:
        print(_json(figures))
        return
    error = figures["bits_per_dim_standard_error"]  # None of a single picture
    print(
        f"{figures['bits_per_dim']:.3f} bits/dim (standard error {'-' if error is None else f'{error:.3f}'}), "
        f"g^w alone {figures['bits_per_dim_embedding_only']:.3f}, "
        f"{figures['n_images']:,} pictures, {figures['chroma_rule']} chroma"
    )
    if options.unrounded:
        print(f"{figures['bits_per_dim_unrounded']:.3f} of chroma that is not rounded to whole units, as the released code has it")
    if "bits_per_dim_coarse" in figures:
        print(
            f"{figures['bits_per_dim_coarse']:.3f} of coarse colours, {figures['bits_per_dim_given_coarse']:.3f} given them, "
            f"{figures['bits_per_dim_two_passes']:.3f} of both passes"
        )
    for what, measures in figures.get("measures", {}).items():
        print(f"\n{what}")
        for name, figure in measures.items():
            print(_line(name, figure))
    if options.dabs:
        print("\nchroma error by known dabs")
        for count, figure in figures["known_dabs"].items():
            print(_line(count, figure))


def _line(name: object, figure: Figure) -> str:
    interval = f"  95 %: {figure.low:.3f} to {figure.high:.3f}" if math.isfinite(figure.low) else "  (of one picture)"
    return f"  {name:28} {figure.mean:8.3f}{interval}"


def _json(figures: object) -> str:
    """Figures as JSON, which knows no NaN: null for what is not a number."""
    def known(value: object) -> object:
        if isinstance(value, dict):
            return {key: known(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [known(inner) for inner in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return json.dumps(known(figures), allow_nan=False)


def _validation_pictures(checkpoint: Checkpoint, options: argparse.Namespace) -> Pictures:
    least = size = checkpoint.config.network_size
    with suppress(AttributeError, KeyError, OverflowError, TypeError, ValueError):  # what others wrote need not say
        size = int(checkpoint.metadata["training"]["config"]["picture_size"])
    size = max(size, least)
    return load_pictures(options.data, split="validation", size=size, cache=options.cache)


def _figures(options: argparse.Namespace) -> None:
    model = load_model(options.checkpoint, device=_device(options))
    _check_sampling(model, options)
    if options.photos:
        pictures = photographs(options.photos, limit=options.limit)
    else:
        pictures = originals(_validation_pictures(model.checkpoint, options).images[: options.limit])
    written = make_figures(
        pictures,
        model,
        out=options.output,
        samples=options.samples,
        **_sampling(options),
        **_rivals(options),
    )
    for path in written:
        print(path)


def _grey(options: argparse.Namespace) -> None:
    pictures = load_pictures(options.data, split="validation", size=options.size, cache=options.cache)
    for path in write_grey(originals(pictures.images[: options.limit]), options.output):
        print(path)


def _plot(options: argparse.Namespace) -> None:
    try:
        marks = [(name, float(images), float(bits)) for name, images, bits in options.mark]
    except ValueError as error:
        raise DataError(f"--mark takes a name, a number of pictures and bits/dim: {error}.") from error
    print(plot_curves(options.curves, options.output, marks=marks))


def _benchmark(options: argparse.Namespace) -> None:
    figures = benchmark(load_model(options.checkpoint, device=_device(options)))
    print(_json(figures) if options.json else table(figures))


def _export(options: argparse.Namespace) -> None:
    validation = None
    if options.data:
        size = read_run(options.run_folder)[1].picture_size
        validation = load_pictures(options.data, split="validation", size=size, cache=options.cache)
    path, metadata = export(
        options.run_folder,
        options.output,
        validation=validation,
        device=_device(options),
        sampling_strength=options.sampling_strength,
        coarse_strength=options.coarse_strength,
    )
    if "bits_per_dim" in metadata:
        print(f"{metadata['bits_per_dim']:.3f} bits/dim", file=sys.stderr)
    print(path)


if __name__ == "__main__":
    sys.exit(main())
