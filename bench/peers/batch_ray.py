"""Batch scoring with Ray Data: read_parquet -> map_batches with an actor that holds the session -> write_parquet.

    python batch_ray.py --model mlp.onnx --input in.parquet --output out [--cpus 2] [--actors 1] [--batch-rows 65536] [--blocks 0]

The time is that of the pipeline: the start of Ray, of its workers and imports are not counted, but that of the actors is. Memory is the proportional set size of this process and all below
it, sampled twice a second: their resident sizes would count the shared object store once for each.
"""

import argparse
import logging
import os
import tempfile
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import ray

from batch_scoring import NAMES, Stopwatch, open_session, report, score


class Scorer:
    """One model for all batches of an actor."""

    def __init__(self, model: str) -> None:
        self.session = open_session(model, 1)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        x = np.column_stack([batch[name] for name in NAMES]).astype(np.float32, copy=False)
        scores, bad = score(self.session, x)
        return {"id": batch["id"], "score": scores, "fallback": np.arange(len(x)) < bad}


def run(options: argparse.Namespace, source: str, target: str) -> None:
    blocks = {"override_num_blocks": options.blocks} if options.blocks > 0 else {}
    scored = ray.data.read_parquet(source, **blocks).select_columns(["id", *NAMES]).map_batches(
        Scorer,
        fn_constructor_args=(options.model,),
        compute=ray.data.ActorPoolStrategy(size=options.actors),
        num_cpus=options.actor_cpus,
        batch_size=options.batch_rows,
        batch_format="numpy",
    )
    scored.write_parquet(target)


def warm_up(options: argparse.Namespace) -> None:
    """Scores the first rows, so that worker processes have started and imported what they need."""
    with tempfile.TemporaryDirectory() as folder:
        first = next(pq.ParquetFile(options.input).iter_batches(1000))
        pq.write_table(pa.Table.from_batches([first]), f"{folder}/first.parquet")
        run(options, f"{folder}/first.parquet", f"{folder}/scored")


def count(folder: str) -> tuple[int, int]:
    """Rows and fallbacks in what was written: asking the data set itself would score it again."""
    tables = [pq.read_table(path, columns=["fallback"]) for path in Path(folder).rglob("*.parquet")]
    return sum(len(table) for table in tables), sum(int(table.column("fallback").to_numpy().sum()) for table in tables)


class MemoryWatch(threading.Thread):
    """Samples the memory of this process and its descendants until it is stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.5):
            self.peak_mb = max(self.peak_mb, sum(map(proportional_mb, descendants(os.getpid()))))


def descendants(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(parents.get(pid, []))
    return found


def proportional_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:")), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("model", "input", "output"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--actors", type=int, default=1)
    parser.add_argument("--actor-cpus", type=float, default=1)
    parser.add_argument("--batch-rows", type=int, default=65_536)
    parser.add_argument("--blocks", type=int, default=0, help="blocks that the input is cut into; Ray's own choice when 0")
    options = parser.parse_args()
    for name in ("model", "input", "output"):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    here = str(Path(__file__).resolve().parent)
    ray.init(num_cpus=options.cpus, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR, runtime_env={"env_vars": {"PYTHONPATH": here}})
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    memory = MemoryWatch()
    memory.start()
    warm_up(options)
    with Stopwatch() as watch:
        run(options, options.input, options.output)
    memory.done.set()
    memory.join()
    rows, fallbacks = count(options.output)
    report(rows, fallbacks, watch.seconds, memory.peak_mb)
    ray.shutdown()


if __name__ == "__main__":
    main()
