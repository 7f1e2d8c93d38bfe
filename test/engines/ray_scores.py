"""Scores with Ray Data on two actors; prints one check a line, as JSON.

Arguments: the command of slipway, its state folder, a folder for what is written.
"""

import json
import os
import pathlib
import signal
import sys
import time

import pyarrow as pa
import ray

from slipway_bridge import RayScorer, SlipwayError, output_schema

command, state, folder = sys.argv[1:4]
rows = 6_000


def report(name, ok, **detail):
    print(json.dumps({"name": name, "ok": bool(ok), **detail}), flush=True)


def table():
    """Every 100th row lacks what the model needs."""
    at = range(rows)
    return pa.table(
        {
            "id": pa.array(at, pa.int64()),
            "amount": pa.array([None if i % 100 == 7 else i / 7 for i in at], pa.float64()),
            "count": pa.array([i * 3 for i in at], pa.int64()),
            "member": pa.array([i % 2 == 0 for i in at], pa.bool_()),
            "country": pa.array([["DE", "FR", "é"][i % 3] for i in at], pa.string()),
        }
    )


def children():
    """Scoring processes on this machine that use the state folder."""
    pids = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = entry.joinpath("cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"score" in words and state.encode() in words:
            pids.append(int(entry.name))
    return pids


def gone(limit=10.0):
    end = time.monotonic() + limit
    while children() and time.monotonic() < end:
        time.sleep(0.05)
    return children()


class Dying(RayScorer):
    """The first actor that is asked is killed, with its process, once it has scored a block."""

    def __call__(self, block):
        scored = super().__call__(block)
        mark = pathlib.Path(folder, "died")
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return scored
        mark.write_text(" ".join(map(str, children())))
        os.kill(os.getpid(), signal.SIGKILL)


arguments = {"model": "many", "slipway": command, "state": state, "pass_columns": ["id"]}
ray.init(
    num_cpus=2,
    include_dashboard=False,
    logging_level="ERROR",
    log_to_driver=False,
    _node_ip_address="127.0.0.1",
    object_store_memory=200_000_000,
    runtime_env={"env_vars": {"PYTHONPATH": os.environ["PYTHONPATH"]}},
)
ray.data.DataContext.get_current().enable_progress_bars = False
# An empty block among the others.
blocks = [table().slice(i * 1_000, 1_000) for i in range(6)] + [table().slice(0, 0)]


def found(scorer):
    scored = ray.data.from_arrow(blocks).map_batches(
        scorer, fn_constructor_kwargs=arguments, batch_format="pyarrow", batch_size=500, concurrency=2
    )
    return [[r["id"], r["score"], r["_source"], r["_codes"]] for r in scored.take_all()]


plain = found(RayScorer)
by_id = {row[0]: row[1:] for row in plain}
report("map_batches", len(plain) == rows and len(by_id) == rows, scores=by_id)
report("nothing is left after a job", gone() == [], children=children())

died = found(Dying)
report("an actor that is killed scores nothing twice", sorted(map(str, died)) == sorted(map(str, plain)))
report("an actor that is killed leaves no scoring process", pathlib.Path(folder, "died").exists() and gone() == [], children=children())

one = RayScorer(**arguments)
first = one(table().slice(0, 10))
pids = children()
second = one(table().slice(10, 20))
report("one process answers block after block", len(pids) == 1 and children() == pids and second.num_rows == 20)
wanted = output_schema("many", slipway=command, state=state, pass_columns=["id"], input_schema=table().schema)
report("the schema is the one that is told", first.schema.equals(wanted) and one(table().slice(0, 0)).schema.equals(wanted))
try:
    one(table().drop_columns(["amount"]))
    report("a wrong schema is told", False)
except SlipwayError as error:
    report("a wrong schema is told", error.exit_code == 3 and "SOURCE_SCHEMA" in str(error))
report("a block after a failure gets a new process", one(table().slice(0, 10)).equals(first))
one.close()

ray.shutdown()
report("nothing is left at the end", gone() == [], children=children())
