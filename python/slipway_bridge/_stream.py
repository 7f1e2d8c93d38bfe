"""Iterators of batches: what Spark's mapInArrow and mapInPandas take."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Callable, Iterable, Iterator, List, Optional

import pyarrow as pa

from ._child import Child
from ._command import Columns, Command, Options

if TYPE_CHECKING:
    import pandas as pd

ArrowFunction = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
PandasFunction = Callable[[Iterable["pd.DataFrame"]], Iterator["pd.DataFrame"]]


def score(
    model: str,
    *,
    slipway: Command = None,
    state: Optional[str] = None,
    pass_columns: Columns = (),
    bad: str = "null",
) -> ArrowFunction:
    """A function for `DataFrame.mapInArrow`: one process for each partition, none for an empty one, a batch out for a batch in."""
    options = Options(model, slipway, state, pass_columns, bad)

    def scored(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return score_batches(options, batches)

    return scored


def score_pandas(
    model: str,
    *,
    slipway: Command = None,
    state: Optional[str] = None,
    pass_columns: Columns = (),
    bad: str = "null",
    input_schema: Optional[pa.Schema] = None,
) -> PandasFunction:
    """The same for `DataFrame.mapInPandas`: for Spark 3.5 after window functions, where mapInArrow fails.

    Column types are those of the first data frame, unless `input_schema` says them.
    """
    options = Options(model, slipway, state, pass_columns, bad)

    def scored(frames: Iterable["pd.DataFrame"]) -> Iterator["pd.DataFrame"]:
        for batch in score_batches(options, _as_batches(frames, input_schema)):
            yield batch.to_pandas()

    return scored


def _as_batches(frames: Iterable["pd.DataFrame"], schema: Optional[pa.Schema]) -> Iterator[pa.RecordBatch]:
    for frame in frames:
        batch = pa.RecordBatch.from_pandas(frame, schema=schema, preserve_index=False)
        schema = batch.schema
        yield batch


def score_batches(options: Options, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Scores batches of one schema, in order. The process is gone when the iterator ends, is closed, or fails."""
    source = iter(batches)
    first = next((batch for batch in source if batch.num_rows > 0), None)
    if first is None:
        return
    child = Child(options.command("--with-parent"))
    feeder = _Feeder(child, first, source)
    try:
        feeder.start()
        try:
            yield from pa.ipc.open_stream(child.stdout)
        except (pa.ArrowException, OSError) as error:
            feeder.raise_failure()
            raise child.failure() from error
        feeder.raise_failure()
        child.wait()
    finally:
        child.kill()


class _Feeder(threading.Thread):
    """Writes to the child while its answers are read: on one thread both pipes would fill, and nobody go on."""

    def __init__(self, child: Child, first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> None:
        super().__init__(daemon=True)
        self._child = child
        self._first: List[pa.RecordBatch] = [first]
        self._rest = rest
        self._failure: Optional[BaseException] = None

    def run(self) -> None:
        writer = None
        try:
            first = self._first.pop()
            writer = pa.ipc.new_stream(self._child.stdin, first.schema)
            writer.write_batch(first)
            for batch in self._rest:
                writer.write_batch(batch)
            # Only a stream that is whole gets its end marker: the child refuses others.
            writer.close()
            self._child.stdin.close()
        except BrokenPipeError:
            # The child is gone, and says why itself.
            pass
        except BaseException as error:  # noqa: BLE001
            self._failure = error
            self._close_half()

    def _close_half(self) -> None:
        try:
            self._child.stdin.close()
        except OSError:
            pass

    def raise_failure(self) -> None:
        """What went wrong before the child: an error of the source of the batches."""
        if self._failure is not None:
            raise self._failure
