"""What the batch peers share: the columns, the ONNX Runtime session, a simple guard, and the line of figures that each prints."""

import json
import resource
import time

import numpy as np
import onnxruntime

NAMES = [f"f{i}" for i in range(20)]
LOW, HIGH = -10.0, 10.0
FALLBACK = 0.5


def open_session(model: str, threads: int) -> onnxruntime.InferenceSession:
    """A session with `threads` threads inside a run; ONNX Runtime's own choice when 0."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = min(threads, 1)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def score(session: onnxruntime.InferenceSession, x: np.ndarray) -> tuple[np.ndarray, int]:
    """Scores of a float32 matrix, and how many rows got the fallback: those with a value that is absent, not finite or out of range."""
    inside = ((x >= LOW) & (x <= HIGH)).all(axis=1)
    fallbacks = len(x) - int(np.count_nonzero(inside))
    scores = session.run(["score"], {"x": x if fallbacks == 0 else np.nan_to_num(x)})[0][:, 0]
    inside &= (scores >= 0) & (scores <= 1)
    if not inside.all():
        scores = np.where(inside, scores, np.float32(FALLBACK))
    return scores, len(x) - int(np.count_nonzero(inside))


class Stopwatch:
    """Times what runs inside it; the start of Python and its imports are not counted."""

    def __enter__(self) -> "Stopwatch":
        self.start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.start


def peak_rss_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def report(rows: int, fallbacks: int, seconds: float, peak_mb: float) -> None:
    """Prints the figures as one JSON line."""
    figures = {"rows": rows, "fallbackRows": fallbacks, "seconds": round(seconds, 3), "rowsPerSecond": round(rows / seconds), "peakRssMb": round(peak_mb, 1)}
    print(json.dumps(figures))
