"""Fuzz the readers of files: python tests/fuzz --minutes 10

Valid files are changed by their structure, and read within limits of time and memory. Inputs that end in anything but
an answer or one sentence are kept, with the words that make them again; counts by form and outcome come last.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # the checkout that these tests are of

from trials import READ, REFUSED, WAITED, Outcome, prepare, trial  # noqa: E402

GRACE = 15.0  # seconds beyond the limit of an input after which its process is ended


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="How long to go on.")
    parser.add_argument("--seed", type=int, default=None, help="Seed of all inputs. Not given: the time.")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"), help="Folder for inputs that end badly.")
    parser.add_argument("--form", default="", help="Only forms whose names begin so.")
    parser.add_argument("--number", type=int, default=None, help="Only this input of each form, to see it again.")
    options = parser.parse_args()
    seed = int(time.time()) if options.seed is None else options.seed
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        forms = [form for form in prepare(folder / "valid") if form.startswith(options.form)]
        print(f"{len(forms)} forms, seed {seed}, {options.minutes:g} minutes", flush=True)
        end, told, first = time.monotonic() + 60 * options.minutes, time.monotonic(), options.number or 0
        if options.number is not None:
            end = told  # one round, however long it takes
        while True:
            for number, form, outcome in _until_a_death(folder, forms, seed, first, end):
                first = number
                counts[form, outcome.kind] += 1
                if not outcome.right or options.number is not None:
                    _keep(options.keep, folder / "input", form, seed, number, outcome)
                if time.monotonic() > told + 60:
                    told = time.monotonic()
                    print(_summary(counts), flush=True)
            if time.monotonic() >= end:
                break
            first += 1
    print(_table(counts))
    return 0 if all(kind in (READ, REFUSED) for _, kind in counts) else 1


def _until_a_death(
    folder: Path, forms: list[str], seed: int, first: int, end: float
) -> Iterator[tuple[int, str, Outcome]]:
    """Outcomes of inputs that are read in a process of its own, until its time is up or an input ends it."""
    ours, theirs = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=_work, args=(theirs, folder, forms, seed, first, end))
    process.start()
    theirs.close()
    at = (first, forms[0])
    try:
        while True:
            if not ours.poll(WAITED + GRACE):
                yield *at, Outcome("HANG", f"more than {WAITED + GRACE:g} s, and no signal ends it")
                return
            said = ours.recv()
            if isinstance(said[-1], Outcome):
                yield said
                ours.send("go on")
            else:
                at = said
    except EOFError:
        process.join()
        if process.exitcode:
            yield *at, Outcome("CRASH", f"the process ended with {process.exitcode}")
    finally:
        process.kill()
        process.join()


def _work(pipe: Connection, folder: Path, names: list[str], seed: int, first: int, end: float) -> None:
    forms = prepare_again(folder)
    number = first
    while True:
        for name in names:
            pipe.send((number, name))
            pipe.send((number, name, trial(forms[name], seed, number, folder / "input")))
            pipe.recv()  # what is there may have to be kept first
        number += 1
        if time.monotonic() >= end:
            return


def prepare_again(folder: Path):
    shutil.rmtree(folder / "valid", ignore_errors=True)
    return prepare(folder / "valid")


def _keep(keep: Path, path: Path, form: str, seed: int, number: int, outcome: Outcome) -> None:
    there = keep / f"{form}-{outcome.kind}-{seed}-{number}".replace(" ", "_")
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(path, there)
    again = f"python tests/fuzz --form '{form}' --seed {seed} --number {number}"
    (there / "WHY.txt").write_text(f"{outcome.kind}: {outcome.words}\n{again}\n", encoding="utf-8", errors="replace")
    print(f"{outcome.kind}  {form}  number {number}: {outcome.words[:300]!r}", flush=True)


def _summary(counts: Counter[tuple[str, str]]) -> str:
    kinds = Counter[str]()
    for (_, kind), count in counts.items():
        kinds[kind] += count
    return f"{sum(kinds.values()):,} inputs: " + ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())


def _table(counts: Counter[tuple[str, str]]) -> str:
    kinds = sorted({kind for _, kind in counts})
    lines = ["".join(f"{head:>16}" for head in ("", *kinds))]
    for form in sorted({form for form, _ in counts}):
        lines.append(f"{form:<24}" + "".join(f"{counts[form, kind] or '':>16}" for kind in kinds))
    return "\n".join([*lines, _summary(counts)])


if __name__ == "__main__":
    sys.exit(main())
