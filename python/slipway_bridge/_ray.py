"""A callable class for Ray Data: one actor, one process, as long as it lives."""

from __future__ import annotations

from typing import Any, List, Optional

import pyarrow as pa

from ._child import Child
from ._command import Columns, Command, Options


class RayScorer:
    """For `Dataset.map_batches(RayScorer, fn_constructor_kwargs={"model": …}, batch_format="pyarrow", concurrency=n)`."""

    def __init__(
        self,
        model: str,
        *,
        slipway: Command = None,
        state: Optional[str] = None,
        pass_columns: Columns = (),
        bad: str = "null",
    ) -> None:
        self._options = Options(model, slipway, state, pass_columns, bad)
        self._child: Optional[Child] = None
        self._schema: Optional[pa.Schema] = None
        self._writer: Any = None
        self._reader: Any = None

    def __call__(self, table: pa.Table) -> pa.Table:
        """Scores one block. Blocks of another schema get a new process."""
        batches = [batch for batch in table.combine_chunks().to_batches() if batch.num_rows > 0]
        if self._schema is None or not self._schema.equals(table.schema):
            self._start(table.schema)
        answers: List[pa.RecordBatch] = [self._ask(batch) for batch in batches]
        return pa.Table.from_batches(answers, None if answers else self._answer_schema(table.schema))

    def _start(self, schema: pa.Schema) -> None:
        self.close()
        self._child = Child(self._options.command("--with-parent"))
        self._schema = schema
        self._writer = pa.ipc.new_stream(self._child.stdin, schema)

    def _ask(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch is read whole before it is answered, so that one thread may write and then read."""
        assert self._child is not None
        try:
            self._writer.write_batch(batch)
            self._child.stdin.flush()
            if self._reader is None:
                self._reader = pa.ipc.open_stream(self._child.stdout)
            return self._reader.read_next_batch()
        except (pa.ArrowException, OSError, StopIteration) as error:
            child = self._child
            self._forget()
            try:
                raise child.failure() from error
            finally:
                child.kill()

    def _answer_schema(self, schema: pa.Schema) -> pa.Schema:
        empty = pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
        return self._ask(empty).schema

    def _forget(self) -> None:
        self._child = self._schema = self._writer = self._reader = None

    def close(self) -> None:
        """Ends the process; the next block starts another."""
        child, self._child = self._child, None
        self._forget()
        if child is not None:
            child.kill()

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:  # noqa: BLE001
            pass
