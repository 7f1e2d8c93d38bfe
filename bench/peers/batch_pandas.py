"""Batch scoring in Python, two ways.

    python batch_pandas.py parquet --model mlp.onnx --input in.parquet --output out [--workers 2]
    python batch_pandas.py csv --model mlp.onnx --input in.csv --output out.csv

`parquet` is careful: pyarrow reads batches of 65,536 rows, ONNX Runtime scores them, a ParquetWriter writes id and score. With one worker pyarrow's
threads and those of ONNX Runtime use the cores; with more, each process scores its share of the row groups into its own file of the folder `output`.
`csv` is the recipe of articles: `pandas.read_csv(chunksize=1000)`, `fillna`, a range check, `to_csv` in append mode.
"""

import argparse
import multiprocessing
import multiprocessing.pool
import os
import time
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from batch_scoring import FALLBACK, HIGH, LOW, NAMES, Stopwatch, open_session, peak_rss_mb, report, score

BATCH_ROWS = 65_536


def score_groups(model: str, source: str, target: str, groups: list[int] | None, threads: int) -> tuple[int, int, float]:
    """Scores row groups of a Parquet file into another; gives rows, fallbacks and the peak memory of this process."""
    session = open_session(model, threads)
    file = pq.ParquetFile(source, memory_map=True)
    schema = pa.schema([("id", pa.int64()), ("score", pa.float32())])
    rows = fallbacks = 0
    x = np.empty((BATCH_ROWS, len(NAMES)), dtype=np.float32)
    with pq.ParquetWriter(target, schema, compression="snappy") as writer:
        for batch in file.iter_batches(BATCH_ROWS, row_groups=groups, columns=["id", *NAMES], use_threads=threads > 1):
            filled = x[: batch.num_rows]
            for i, name in enumerate(NAMES):
                filled[:, i] = batch.column(name).to_numpy(zero_copy_only=False)
            scores, bad = score(session, filled)
            writer.write_batch(pa.record_batch([batch.column("id"), pa.array(scores)], schema=schema))
            rows += batch.num_rows
            fallbacks += bad
    return rows, fallbacks, peak_rss_mb()


def score_parts(pool: multiprocessing.pool.Pool, workers: int, model: str, source: str, target: str) -> tuple[int, int, float]:
    """Scores a Parquet file into the folder `target`, a share of its row groups in each process."""
    Path(target).mkdir(parents=True, exist_ok=True)
    shares = np.array_split(np.arange(pq.ParquetFile(source).num_row_groups), workers)
    jobs = [(model, source, f"{target}/part-{i}.parquet", share.tolist(), 1) for i, share in enumerate(shares) if len(share) > 0]
    results = pool.starmap(score_groups, jobs, chunksize=1)
    return sum(r[0] for r in results), sum(r[1] for r in results), peak_rss_mb() + sum(r[2] for r in results)


def started_pool(workers: int) -> multiprocessing.pool.Pool:
    """Processes that have imported what they need, so that none of it is timed."""
    pool = multiprocessing.get_context("spawn").Pool(workers)
    pool.map(time.sleep, [0.2] * workers, chunksize=1)
    return pool


def score_csv(model: str, source: str, target: str, chunk_rows: int) -> tuple[int, int, float]:
    session = onnxruntime.InferenceSession(model)
    rows = fallbacks = 0
    Path(target).unlink(missing_ok=True)
    for chunk in pd.read_csv(source, chunksize=chunk_rows):
        features = chunk[NAMES].fillna(0)
        outside = ((features < LOW) | (features > HIGH)).any(axis=1)
        chunk["score"] = session.run(None, {"x": features.to_numpy(dtype=np.float32)})[0][:, 0]
        chunk.loc[outside, "score"] = FALLBACK
        chunk[["id", "score"]].to_csv(target, mode="a", header=rows == 0, index=False)
        rows += len(chunk)
        fallbacks += int(outside.sum())
    return rows, fallbacks, peak_rss_mb()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("format", choices=["parquet", "csv"])
    for name in ("model", "input", "output"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--workers", type=int, default=1, help="processes, for Parquet")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="threads of a single process, for Parquet")
    parser.add_argument("--chunk-rows", type=int, default=1000, help="for CSV")
    options = parser.parse_args()
    pool = started_pool(options.workers) if options.workers > 1 else None
    with Stopwatch() as watch:
        if options.format == "csv":
            result = score_csv(options.model, options.input, options.output, options.chunk_rows)
        elif pool is None:
            result = score_groups(options.model, options.input, options.output, None, options.threads)
        else:
            result = score_parts(pool, options.workers, options.model, options.input, options.output)
    if pool is not None:
        pool.terminate()
    rows, fallbacks, peak = result
    report(rows, fallbacks, watch.seconds, peak)


if __name__ == "__main__":
    main()
