"""What comes out: columns and types, for engines that want to know before they start."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Dict, List, Optional

import pyarrow as pa

from ._command import Columns, Command, Options, SlipwayError

_TYPES: Dict[str, pa.DataType] = {
    "double": pa.float64(),
    "float": pa.float32(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "smallint": pa.int16(),
    "tinyint": pa.int8(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "decimal(20,0)": pa.uint64(),
}


def output_schema(
    model: str,
    *,
    slipway: Command = None,
    state: Optional[str] = None,
    pass_columns: Columns = (),
    input_schema: Optional[pa.Schema] = None,
) -> pa.Schema:
    """Columns of scored batches. Types of passed columns are those of `input_schema`."""
    passed: List[pa.Field] = []
    if pass_columns:
        if input_schema is None:
            raise SlipwayError("passed columns have the types of the input: give input_schema=…")
        names = input_schema.names if pass_columns == "*" else _names(pass_columns)
        passed = [input_schema.field(name) for name in names]
    added = _describe(Options(model, slipway, state))["columns"]
    return pa.schema(passed + [pa.field(column["name"], _type(column["spark"])) for column in added])


def spark_schema(
    model: str,
    frame: Any = None,
    *,
    slipway: Command = None,
    state: Optional[str] = None,
    pass_columns: Columns = (),
) -> str:
    """The same as a DDL string for `mapInArrow`; `frame` is the Spark DataFrame that passed columns come from."""
    passed: List[str] = []
    if pass_columns:
        if frame is None:
            raise SlipwayError("passed columns have the types of the input: give the data frame")
        names = frame.columns if pass_columns == "*" else _names(pass_columns)
        passed = [f"`{name}` {frame.schema[name].dataType.simpleString()}" for name in names]
    return ", ".join([*passed, str(_describe(Options(model, slipway, state))["ddl"])])


def _names(columns: Columns) -> List[str]:
    return columns.split(",") if isinstance(columns, str) else list(columns)


def _describe(options: Options) -> Dict[str, Any]:
    done = subprocess.run(options.command("--schema"), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SlipwayError(f"slipway ended with {done.returncode}: {done.stderr.strip()}", done.returncode)
    described: Dict[str, Any] = json.loads(done.stdout)
    return described


def _type(spark: str) -> pa.DataType:
    if spark.startswith("array<"):
        return pa.list_(_type(spark[len("array<") : -1]))
    return _TYPES[spark]
