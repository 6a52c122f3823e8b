"""The training loop: epochs of windows, validation, and checkpoints."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from graphs import graph_name
from pygpose.data import TrainingWindows, WindowLoader, Windows
from pygpose.data.transforms.ends import end_some
from pygpose.data.transforms.mirror import mirror_some
from pygpose.inference.checkpoint import save_model
from pygpose.losses import WeightedSum
from pygpose.models import Lifter
from pygpose.safe.atomic import write_atomic
from pygpose.safe.text import reason
from train.config.environment import use_bfloat16
from train.config.settings import Config
from train.loop.folder import STATE
from train.loop.state import load_state, save_state


class DivergedError(RuntimeError):
    """The loss is no longer a number."""


@dataclass
class Progress:
    """How far a run has come; saved with the weights after every epoch."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    """Wall time of the steps: what ``--max-minutes`` limits."""
    cpu_seconds: float = 0.0
    """Time of all CPU cores in the steps."""
    best_mpjpe_mm: float = math.inf
    best_epoch: int = 0
    log: list[dict[str, float]] = field(default_factory=list)


class Trainer:
    """Trains a model and keeps ``log.csv``, ``last.pt`` and ``best.safetensors`` in the run folder.

    What an epoch does depends on the weights it starts from, the seed and its number alone, so a run that was killed
    goes on from its last whole epoch to the same numbers (unless ``--max-minutes`` made the learning rate follow the
    clock).

    Args:
        config: The run.
        model: On ``device``.
        loss: The objective.
        dataset: Training windows.
        unlabelled: Windows of clips whose 3D targets nobody looks at, for ``--semi``.
        validate: Gives ``val_*`` columns of the log for a model; ``val_mpjpe_mm`` chooses the best.
        run_dir: Where files go.
        device: Where the model is.
    """

    def __init__(
        self,
        config: Config,
        model: Lifter,
        loss: WeightedSum,
        dataset: TrainingWindows,
        validate: Callable[[Lifter], Mapping[str, float]],
        run_dir: Path,
        device: torch.device,
        unlabelled: TrainingWindows | None = None,
    ) -> None:
        self.config = config
        self.model = model
        self.loss = loss.to(device)
        self.loader = WindowLoader(dataset, config.batch_size, config.seed, unlabelled, config.semi_share)
        self.validate = validate
        self.run_dir = run_dir
        self.device = device
        self.progress = Progress()
        self.bfloat16 = use_bfloat16(config.amp, device)
        self.optimizer = make_optimizer(config, model)
        self.predict = torch.compile(model) if config.compile else model

    @property
    def subjects(self) -> list[str]:
        """Whom the model sees in training, with targets or without."""
        seen = [part.sequences for part in (self.loader.dataset, self.loader.unlabelled) if part is not None]
        return sorted({clip.subject for clips in seen for clip in clips})

    @property
    def total_steps(self) -> int:
        return self.config.epochs * len(self.loader)

    @property
    def out_of_time(self) -> bool:
        return 0 < self.config.max_minutes * 60 <= self.progress.seconds

    def train(self, on_step: Callable[[dict[str, float]], None]) -> None:
        """Go on until the last epoch, or until time is up; ``on_step`` gets each step's losses.

        Raises:
            DivergedError: For a loss that is NaN or infinite, naming the term; files keep the last whole epoch.
        """
        if not self.progress.step:
            self._save()  # so that a run can be resumed from its first moment
        while self.progress.step < self.total_steps and not self.out_of_time:
            means = self._epoch(on_step)
            if not all(weight.isfinite().all() for weight in self.model.parameters()):
                raise DivergedError(self._divergence("its last update left weights that are NaN or infinite"))
            progress = self.progress
            progress.epoch += 1
            row = {"epoch": progress.epoch, "lr": self.optimizer.param_groups[0]["lr"], **means}
            last = progress.step == self.total_steps or self.out_of_time
            if last or progress.epoch % self.config.validate_every == 0:
                row.update(self.validate(self.model))
                if row["val_mpjpe_mm"] < progress.best_mpjpe_mm:
                    progress.best_mpjpe_mm, progress.best_epoch = row["val_mpjpe_mm"], progress.epoch
                    self.save_best()
            progress.log.append(row)
            self._save()

    def _epoch(self, on_step: Callable[[dict[str, float]], None]) -> dict[str, float]:
        torch.manual_seed(self.config.seed * 100_003 + self.progress.epoch)
        sums: dict[str, float] = {}
        batches = 0
        self.model.train()
        self.model.set_progress(self._done())
        start, cpu_start = time.perf_counter(), time.process_time()
        for windows in self.loader.epoch(self.progress.epoch):
            losses = self.step(windows.to(self.device))
            self.progress.step += 1
            now, cpu_now = time.perf_counter(), time.process_time()
            self.progress.seconds += now - start
            self.progress.cpu_seconds += cpu_now - cpu_start
            start, cpu_start = now, cpu_now
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + value
            batches += 1
            on_step(losses)
            if self.out_of_time or self.progress.step == self.total_steps:
                break
        return {f"train_{name}": value / batches for name, value in sums.items()}

    def step(self, windows: Windows) -> dict[str, float]:
        """One step of the optimiser on these windows; the losses, unweighted."""
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        if self.config.flip and self.model.input == "x":
            windows = mirror_some(windows, self.model.skeleton)
        if self.model.beyond != "repeated":
            windows = end_some(windows, self.config.hidden_ends, reflect=self.model.beyond == "reflected")
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bfloat16):
            outputs = self.predict(windows, with_context=True, all_outputs=True)
        waiting = self.progress.epoch < self.config.semi_warmup
        total, terms = self.loss.of_batch(
            outputs, windows, share=self._term_share(), unlabelled_share=0.0 if waiting else 1.0
        )
        values = {"loss": float(total.detach())} | {name: float(value) for name, value in terms.items()}
        if not math.isfinite(values["loss"]):
            raise DivergedError(self._divergence(_guilty(values)))
        self.optimizer.zero_grad()
        total.backward()
        self.optimizer.step()
        return values

    def _divergence(self, reason: str) -> str:
        kept = "The last whole epoch is kept" if self.progress.epoch else "No whole epoch is kept yet"
        return (
            f"training diverged in epoch {self.progress.epoch + 1}, step {self.progress.step + 1}: {reason}. "
            f"{kept} in {self.run_dir}; a smaller --lr (now {self.config.lr:g}) usually mends it"
        )

    def _done(self) -> float:
        """Share of training that is behind us."""
        steps = self.progress.step / self.total_steps
        if not self.config.max_minutes:
            return steps
        return max(steps, min(1.0, self.progress.seconds / (60 * self.config.max_minutes)))

    def _term_share(self) -> float:
        ramp = self.config.term_ramp
        return min(1.0, self._done() / ramp) if ramp else 1.0

    def _learning_rate(self) -> float:
        done = self._done()
        if self.config.schedule == "steps":
            return self.config.lr * 0.1 ** sum(done >= share for share in self.config.lr_steps)
        if self.config.schedule == "exponential":
            return self.config.lr * self.config.lr_decay ** math.floor(done * self.config.epochs + 1e-6)
        if self.config.schedule == "plateau":
            return self.config.lr * 0.1 ** stalls(self.progress.log, self.config.lr_patience)
        warm_up = 0.05
        if done < warm_up:
            return self.config.lr * (0.02 + 0.98 * done / warm_up)
        return self.config.lr * 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up)))

    def save_best(self) -> None:
        facts = {
            "epoch": str(self.progress.epoch),
            "loss": self.config.loss,
            "data": self.config.data,
            "subjects": json.dumps(self.subjects),
            "num_frames": str(self.config.num_frames),
            "graph": graph_name(self.config.graph),
        }
        save_model(self.run_dir / "best.safetensors", self.model, self.config.arch, facts)

    def _save(self) -> None:
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": vars(self.progress),
        }
        save_state(self.run_dir / STATE, state)
        self._write_log()

    def _write_log(self) -> None:
        log = pd.DataFrame(self.progress.log)
        write_atomic(self.run_dir / "log.csv", lambda part: log.to_csv(part, index=False))

    def resume(self) -> None:
        """Take up the run folder's last whole epoch.

        Raises:
            FileNotFoundError, ValueError: For a run without a state, and one of another model or version.
        """
        path = self.run_dir / STATE
        state = load_state(path)
        try:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.progress = Progress(**state["progress"])
        except (RuntimeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is the state of another model or version of pygpose ({reason(error)}); start the run anew"
            ) from error
        self._write_log()  # which a kill may have left one row behind


def _guilty(values: Mapping[str, float]) -> str:
    terms = [name for name, value in values.items() if name != "loss" and not math.isfinite(value)]
    return f"term '{terms[0]}' became {values[terms[0]]}" if terms else "the weighted sum overflowed"


def stalls(log: Sequence[Mapping[str, float]], patience: int) -> int:
    """How often ``patience`` validations in a row were no better than the best before them."""
    best, waited, count = math.inf, 0, 0
    for error in (row["val_mpjpe_mm"] for row in log if "val_mpjpe_mm" in row):
        waited = 0 if error < best else waited + 1
        best = min(best, error)
        if waited == patience:
            waited, count = 0, count + 1
    return count


def make_optimizer(config: Config, model: Lifter) -> torch.optim.Optimizer:
    """Weight decay on weights of more than one dimension only: not on biases and norms."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
    if config.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=config.lr, fused=True)
    return torch.optim.Adam(groups, lr=config.lr, amsgrad=config.optimizer == "amsgrad", fused=True)
