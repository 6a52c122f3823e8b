"""Training in a log: a line every half minute, with what a bar would show."""

import time

from train.loop.progress import training_progress


def test_without_a_terminal_a_line_stands_every_half_minute(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with training_progress(steps=100, done=40, frames_per_step=320) as on_step:
        for _ in range(32):
            now[0] += 2.0
            on_step({"loss": 0.5, "pose": 0.25})
    first, second = capsys.readouterr().err.splitlines()
    assert first == ("training, steps: 55 of 100 (55%), about 1.5 minutes left  160 frames/s  loss 0.5000  pose 0.2500")
    assert second.startswith("training, steps: 70 of 100 (70%), about 1.0 minutes left  160 frames/s")
