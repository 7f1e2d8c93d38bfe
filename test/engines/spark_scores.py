"""Scores on a Spark cluster of two workers; prints one check a line, as JSON.

Arguments: the command of slipway, its state folder, a folder for what is written.
"""

import json
import os
import pathlib
import signal
import sys
import time

from pyspark import TaskContext
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as f

from slipway_bridge import score, score_pandas, spark_schema

command, state, folder = sys.argv[1:4]
rows = 6_000
partitions = 5

spark = (
    SparkSession.builder.master("local-cluster[2,1,1024]")
    .config("spark.ui.enabled", "false")
    .config("spark.task.maxFailures", "2")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.executorEnv.PYTHONPATH", os.environ["PYTHONPATH"])
    .config("spark.executorEnv.SLIPWAY_COMMAND", command)
    .config("spark.executorEnv.SLIPWAY_STATE", state)
    .config("spark.sql.execution.arrow.maxRecordsPerBatch", "500")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")


def report(name, ok, **detail):
    print(json.dumps({"name": name, "ok": bool(ok), **detail}), flush=True)


def row(i):
    # Every 100th row lacks what the model needs.
    amount = None if i % 100 == 7 else i / 7
    return (i, amount, i * 3, i % 2 == 0, ["DE", "FR", "é"][i % 3])


def part(index):
    """The last partition is empty."""
    size = rows // (partitions - 1)
    return [] if index == partitions - 1 else [row(i) for i in range(index * size, (index + 1) * size)]


columns = "id long, amount double, count long, member boolean, country string"
source = spark.sparkContext.parallelize(range(partitions), partitions).flatMap(part)
frame = spark.createDataFrame(source, columns)
scorer = score("many", pass_columns=["id"])
schema = spark_schema("many", frame, slipway=command, state=state, pass_columns=["id"])


def found(scored):
    """By id: score, source, codes."""
    return {r["id"]: [r["score"], r["_source"], r["_codes"]] for r in scored.collect()}


def children():
    """Scoring processes of any parent on this machine that use the state folder."""
    pids = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = entry.joinpath("cmdline").read_bytes().split(b"\0")
            environment = entry.joinpath("environ").read_bytes()
        except OSError:
            continue
        if b"score" in words and state.encode() in environment and b"--with-parent" in words:
            pids.append(int(entry.name))
    return pids


def gone(limit=5.0):
    end = time.monotonic() + limit
    while children() and time.monotonic() < end:
        time.sleep(0.05)
    return children()


def dying(how):
    """The first attempt of partition 1 ends after its first batch: by an error, or killed with its process."""

    def scored(batches):
        context = TaskContext.get()
        for batch in scorer(batches):
            yield batch
            if context.partitionId() == 1 and context.attemptNumber() == 0:
                pathlib.Path(folder, f"died-{how}").write_text(" ".join(map(str, children())))
                if how == "killed":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise RuntimeError("the first attempt fails")

    return scored


report("schema", schema.startswith("`id` bigint, `score` double, `_source` string"), schema=schema)

plain = found(frame.mapInArrow(scorer, schema))
report("mapInArrow", len(plain) == rows, scores=plain)
report("nothing is left after a job", gone() == [], children=children())

for how in ("failed", "killed"):
    out = str(pathlib.Path(folder, f"out-{how}"))
    frame.mapInArrow(dying(how), schema).write.mode("overwrite").parquet(out)
    written = spark.read.parquet(out)
    died = pathlib.Path(folder, f"died-{how}").read_text().split()
    report(f"a first attempt that is {how} writes nothing twice", written.count() == rows and found(written) == plain)
    report(f"a worker that is {how} leaves no scoring process", len(died) > 0 and gone() == [], died=died, children=children())

windowed = frame.withColumn("n", f.row_number().over(Window.partitionBy("country").orderBy("id"))).drop("n")
pandas = found(windowed.mapInPandas(score_pandas("many", pass_columns=["id"]), schema))
report("mapInPandas after a window", pandas == plain)

environment = {**os.environ, "SLIPWAY_STATE": state}
line = f"{command} score --model many --state {state} --format jsonl --pass id"
piped = frame.toJSON().pipe(line, environment, checkCode=True).map(json.loads).collect()
report("rdd.pipe", {r["id"]: [r["score"], r["_source"], r["_codes"]] for r in piped} == plain)

try:
    frame.toJSON().pipe(line.replace("many", "nobody"), environment, checkCode=True).count()
    report("rdd.pipe tells a failure", False)
except Exception as error:  # noqa: BLE001
    report("rdd.pipe tells a failure", "status 4" in str(error) or "4" in str(error))

try:
    frame.drop("amount").mapInArrow(scorer, schema).count()
    report("a wrong schema fails the job, and says why", False)
except Exception as error:  # noqa: BLE001
    report("a wrong schema fails the job, and says why", "SOURCE_SCHEMA: the stream has no column `amount`" in str(error))

spark.stop()
report("nothing is left at the end", gone() == [], children=children())
