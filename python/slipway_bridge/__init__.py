"""Scores with a slipway model where Python runs: in Spark executors, in Ray actors, over any iterator of record batches."""

from ._command import Options, SlipwayError
from ._ray import RayScorer
from ._schema import output_schema, spark_schema
from ._stream import score, score_pandas

__all__ = ["Options", "RayScorer", "SlipwayError", "output_schema", "score", "score_pandas", "spark_schema"]
