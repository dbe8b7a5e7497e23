"""The command line: `riffbridge serve | generate | band | history | replay | status | stop | doctor | demo | data |
train | pack | evaluate | import-clap`.

Only names, options and exit codes are here; each command's work is in `bridge_server.commands` and is imported when
it is called, so that `riffbridge status` does not load the audio libraries.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bridge_server import __version__
from bridge_server.errors import RiffError
from bridge_server.settings import Settings, default_exchange_folder, default_pack_folder, default_state_folder

app = typer.Typer(
    name="riffbridge",
    help="Musical accompaniment inside a DAW: a bounced context goes in, stems come out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)
troubles = Console(stderr=True, highlight=False)


class Device(StrEnum):
    """Where the models run."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Format(StrEnum):
    """How stems are stored."""

    wav24 = "wav24"
    wav16 = "wav16"
    wav32f = "wav32f"


class Loudness(StrEnum):
    """How loud stems are made."""

    match = "match"
    raw = "raw"


State = Annotated[Path, typer.Option("--state", help="Folder of state.json, the job list and the logs.")]
Exchange = Annotated[Path, typer.Option("--exchange", help="Folder that clients without the token may use.")]
Pack = Annotated[Path, typer.Option("--pack", help="Folder of the model pack.")]
OnDevice = Annotated[Device, typer.Option("--device", help="Where the models run.")]
Host = Annotated[str, typer.Option("--host", help="Address to listen at; only this computer can reach the default.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="First port to try; 0 takes any free one.")]
STARTED = "Of the server that is started when none runs"
StartedExchange = Annotated[
    Path,
    typer.Option("--exchange", help="Folder that clients without the token may use.", rich_help_panel=STARTED),
]
StartedPack = Annotated[Path, typer.Option("--pack", help="Folder of the model pack.", rich_help_panel=STARTED)]
StartedDevice = Annotated[Device, typer.Option("--device", help="Where the models run.", rich_help_panel=STARTED)]
OutDir = Annotated[Path, typer.Option("--out-dir", help="Folder for the stems.")]

OF_A_STEM = "From a stem that is there"
Init = Annotated[
    Path | None, typer.Option("--init", help="The stem to vary, or to make anew in part.", rich_help_panel=OF_A_STEM)
]
Strength = Annotated[
    float | None,
    typer.Option("--strength", min=0, max=1, help="0 keeps it, 1 ignores it.", rich_help_panel=OF_A_STEM),
]
Redo = Annotated[
    tuple[float, float] | None,
    typer.Option("--redo", help="Start and end, in seconds, of what is made anew.", rich_help_panel=OF_A_STEM),
]
ContextLeads = Annotated[
    float | None, typer.Option("--guidance", min=0, max=20, help="How strongly the context leads; 1: as trained.")
]
PromptLeads = Annotated[
    float | None, typer.Option("--prompt-guidance", min=0, max=20, help="How strongly the prompt leads.")
]

OF_STYLE = "What it shall sound like"
Reference = Annotated[
    Path | None, typer.Option("--reference", help="A WAV in whose style to play.", rich_help_panel=OF_STYLE)
]
Blend = Annotated[
    float | None,
    typer.Option("--blend", min=0, max=1, help="0: as the prompt says, 1: as the reference.", rich_help_panel=OF_STYLE),
]
PromptTo = Annotated[str | None, typer.Option("--prompt-to", help="Another prompt to go to.", rich_help_panel=OF_STYLE)]
PromptPosition = Annotated[
    float | None, typer.Option("--prompt-position", min=0, max=1, help="How far.", rich_help_panel=OF_STYLE)
]

STATE, EXCHANGE, PACK = default_state_folder(), default_exchange_folder(), default_pack_folder()
HOST, PORT = Settings().host, Settings().port


@app.command()
def serve(
    host: Host = HOST,
    port: Port = PORT,
    state: State = STATE,
    exchange: Exchange = EXCHANGE,
    pack: Pack = PACK,
    device: OnDevice = Device.auto,
) -> None:
    """Run the server until `riffbridge stop` or Ctrl-C."""
    from bridge_server.commands.serve import serve as run

    raise typer.Exit(run(_settings(state, exchange, pack, device, host, port), console))


@app.command()
def generate(
    context: Annotated[Path | None, typer.Argument(help="The bounced WAV to play along with.")] = None,
    prompt: Annotated[str, typer.Option(help="What to play, in words, for instance 'warm analog pad' or 'bass'.")] = "",
    variations: Annotated[int, typer.Option(min=1, max=8, help="How many stems.")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Variation k uses seed + k.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=30, help="Sampling steps; default the pack's.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.5, max=600, help="Length when there is no context.")] = None,
    reference: Reference = None,
    blend: Blend = None,
    prompt_to: PromptTo = None,
    prompt_position: PromptPosition = None,
    init: Init = None,
    strength: Strength = None,
    redo: Redo = None,
    loop: Annotated[bool, typer.Option("--loop", help="The stem's end goes on into its start.")] = False,
    guidance: ContextLeads = None,
    prompt_guidance: PromptLeads = None,
    context_start: Annotated[int, typer.Option(min=0, help="First frame of the region.")] = 0,
    context_frames: Annotated[int | None, typer.Option(min=1, help="Frames of the region; default all.")] = None,
    out_dir: OutDir = Path(),
    name: Annotated[str, typer.Option(help="How the stems are called.")] = "stem",
    tempo: Annotated[float | None, typer.Option(min=10, max=1000, help="Beats per minute, if known.")] = None,
    sample_rate: Annotated[int | None, typer.Option(min=8000, max=192_000, help="Default the context's.")] = None,
    format_: Annotated[Format | None, typer.Option("--format", help="How stems are stored; default wav24.")] = None,
    loudness: Annotated[Loudness, typer.Option(help="`match` sits under the context.")] = Loudness.match,
    mono: Annotated[bool, typer.Option("--mono", help="Stems with one channel.")] = False,
    stream: Annotated[bool, typer.Option("--stream", help="Tell parts of long stems while they are made.")] = False,
    state: State = STATE,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running.", rich_help_panel=STARTED)] = False,
    exchange: StartedExchange = EXCHANGE,
    pack: StartedPack = PACK,
    device: StartedDevice = Device.auto,
) -> None:
    """Make stems for a bounced context, by the server that runs or by one started for this."""
    from bridge_server.commands.generate import frames_of
    from bridge_server.commands.generate import generate as run

    rate = sample_rate or 48_000
    start, length = frames_of(redo, init)
    wishes = {
        "context": None if context is None else str(context.absolute()),
        "context_start": context_start,
        "context_frames": context_frames,
        "length_frames": None if seconds is None else round(seconds * rate),
        "out_dir": str(out_dir.absolute()),
        "name": name,
        "prompt": prompt,
        "reference": None if reference is None else str(reference.absolute()),
        "blend": blend,
        "prompt_to": prompt_to,
        "prompt_position": prompt_position,
        "variations": variations,
        "seed": seed,
        "steps": steps,
        "init": None if init is None else str(init.absolute()),
        "strength": strength,
        "redo_start": start,
        "redo_frames": length,
        "loop": int(loop) or None,
        "guidance": guidance,
        "prompt_guidance": prompt_guidance,
        "tempo": tempo,
        "sample_rate": sample_rate,
        "format": None if format_ is None else format_.value,
        "loudness": loudness.value,
        "channels": 1 if mono else 2,
        "stream": int(stream),
    }
    given = {key: value for key, value in wishes.items() if value is not None}
    raise typer.Exit(run(_settings(state, exchange, pack, device), given, keep, console))


@app.command()
def band(
    context: Annotated[Path, typer.Argument(help="The bounced WAV to play along with.")],
    parts: Annotated[str, typer.Option(help="Prompts, separated by semicolons; each hears the ones before.")],
    out_dir: OutDir = Path("band"),
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Part k uses seed + k.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=30, help="Sampling steps; default the pack's.")] = None,
    tempo: Annotated[float | None, typer.Option(min=10, max=1000, help="Beats per minute, for the project.")] = None,
    beats_per_bar: Annotated[int, typer.Option(min=1, max=64, help="Beats in a bar, for the project.")] = 4,
    format_: Annotated[Format, typer.Option("--format", help="How the stems are stored.")] = Format.wav24,
    state: State = STATE,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running.", rich_help_panel=STARTED)] = False,
    exchange: StartedExchange = EXCHANGE,
    pack: StartedPack = PACK,
    device: StartedDevice = Device.auto,
) -> None:
    """Make a whole arrangement for a context: stems, a mix, and a REAPER project with everything on named tracks."""
    from bridge_server.commands.band import band as run

    wishes = {"steps": steps, "tempo": tempo, "beats_per_bar": beats_per_bar, "format": format_.value}
    given = {key: value for key, value in wishes.items() if value is not None}
    settings = _settings(state, exchange, pack, device)
    raise typer.Exit(run(settings, context.absolute(), parts, out_dir.absolute(), seed, given, keep, console))


@app.command()
def replay(
    recipe: Annotated[str, typer.Argument(help="The .json file beside a stem, or a job's number in `history`.")],
    out_dir: OutDir = Path("replayed"),
    pack: Pack = PACK,
    state: State = STATE,
) -> None:
    """Make a stem again from its recipe and tell whether the bytes are the same."""
    from bridge_server.commands.replay import replay as run

    raise typer.Exit(run(recipe, out_dir.absolute(), pack, state, console))


history = typer.Typer(invoke_without_command=True, help="Every job that was asked for: list, favourites, clean-up.")
app.add_typer(history, name="history")
Number = Annotated[int, typer.Argument(help="The job's number in `riffbridge history`.")]


@history.callback()
def history_list(
    called: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    favourites: Annotated[bool, typer.Option("--favourites", help="Only those.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything that is known, recipes too.")] = False,
    state: State = STATE,
) -> None:
    """List the jobs, newest first."""
    if called.invoked_subcommand is None:
        from bridge_server.commands.history import show_list as run

        raise typer.Exit(run(state, limit, favourites, as_json, console))


@history.command()
def show(number: Number, state: State = STATE) -> None:
    """Show everything about one job, its recipes too."""
    from bridge_server.commands.history import show as run

    raise typer.Exit(run(state, number, console))


@history.command()
def star(
    number: Number,
    state: State = STATE,
    off: Annotated[bool, typer.Option("--off", help="Take the mark away.")] = False,
) -> None:
    """Mark a job as a favourite; favourites are never cleaned away."""
    from bridge_server.commands.history import star as run

    raise typer.Exit(run(state, number, not off, console))


@history.command()
def clean(
    sessions: Annotated[list[Path], typer.Option(help="A folder with your DAW sessions; name all of them.")],
    days: Annotated[float, typer.Option(min=0, help="Only jobs that ended longer ago.")] = 30.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it only tells.")] = False,
    state: State = STATE,
) -> None:
    """Put aside old stems that no session and no favourite uses. Nothing is deleted."""
    from bridge_server.commands.cleaning import clean as run
    from bridge_server.commands.history import store_of

    with store_of(state) as store:
        raise typer.Exit(run(store, [folder.expanduser().absolute() for folder in sessions], days, yes, console))


@app.command()
def status(state: State = STATE) -> None:
    """Show what the server is doing."""
    from bridge_server.commands.status import status as run

    raise typer.Exit(run(state, console))


@app.command()
def stop(state: State = STATE) -> None:
    """Stop the server; what is queued is kept for its next start."""
    from bridge_server.commands.status import stop as run

    raise typer.Exit(run(state, console))


@app.command()
def doctor(
    host: Host = HOST,
    port: Port = PORT,
    state: State = STATE,
    exchange: Exchange = EXCHANGE,
    pack: Pack = PACK,
    device: OnDevice = Device.auto,
) -> None:
    """Look at everything that riffbridge needs, and play for one second."""
    from bridge_server.commands.doctor import doctor as run

    raise typer.Exit(run(_settings(state, exchange, pack, device, host, port), console))


@app.command()
def demo(
    out_dir: OutDir = Path("demo_out"),
    pack: Pack = PACK,
    device: OnDevice = Device.auto,
) -> None:
    """Play two basses and a pad to the supplied context, and leave stems, a mix and a picture."""
    from bridge_server.commands.demo import demo as run

    raise typer.Exit(run(out_dir.absolute(), pack, device.value, console))


data = typer.Typer(no_args_is_help=True, help="Folders of multitracks to train on.")
app.add_typer(data, name="data")
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@data.command()
def check(folder: Annotated[Path, typer.Argument(help="A folder of songs, each a folder of tracks.")]) -> None:
    """Tell what riffbridge can learn from in a folder of multitracks, what it leaves out, and why."""
    from bridge_server.commands.training import data_check as run

    raise typer.Exit(run(str(folder)))


@app.command(context_settings=PASSED_ON)
def train(words: typer.Context, gpus: Annotated[int, typer.Option(min=1)] = 1) -> None:
    """Go on training a pack on your own multitracks; `riffbridge train --help` lists the options."""
    from bridge_server.commands.training import train as run

    raise typer.Exit(run(words.args, gpus))


@app.command(context_settings=PASSED_ON)
def pack(words: typer.Context) -> None:
    """Turn runs of `train` into a pack that plays; `riffbridge pack --help` lists the options."""
    from bridge_server.commands.training import pack as run

    raise typer.Exit(run(words.args))


@app.command(context_settings=PASSED_ON)
def evaluate(words: typer.Context) -> None:
    """Measure a pack on held-out songs; `riffbridge evaluate --help` lists the options."""
    from bridge_server.commands.evaluate import evaluate as run

    raise typer.Exit(run(words.args))


@app.command(context_settings=PASSED_ON)
def import_clap(words: typer.Context) -> None:
    """Turn a LAION CLAP checkpoint into ONNX; `riffbridge import-clap --help` lists the options."""
    from bridge_server.commands.import_clap import import_clap as run

    raise typer.Exit(run(words.args))


def _version(wanted: bool) -> None:
    if wanted:
        console.print(f"riffbridge {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Options before the command."""


def _settings(state: Path, exchange: Path, pack: Path, device: Device, host: str = HOST, port: int = PORT) -> Settings:
    return Settings(
        host=host,
        port=port,
        state_folder=state.expanduser().absolute(),
        exchange_folder=exchange.expanduser().absolute(),
        pack_folder=pack.expanduser().absolute(),
        device=device.value,
    )


def main() -> None:
    """Entry of the command; every error of ours is shown as its two sentences."""
    try:
        app()
    except RiffError as error:
        troubles.print(f"[bold red]{escape(error.sentence)}[/] {escape(error.hint)}")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
