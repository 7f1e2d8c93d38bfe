"""What the peers of stored predictions share: keys, values, and the answer to a lookup."""

import time

import orjson
from fastapi.responses import Response

PRODUCED_AT_MS = 1_760_000_000_000
SET_ID, MODEL_VERSION = "bench-set", "mlp@1"


def rows(count: int, start: int = 0) -> list[tuple[str, str]]:
    """Keys `k0`, `k1`, … with their predictions as JSON text."""
    return [(f"k{i}", f'{{"output":{{"score":{(i % 9973) / 9973:.6f}}},"source":"model"}}') for i in range(start, start + count)]


def found(key: str, value: bytes | str, set_id: str, version: str, produced_at_ms: int) -> Response:
    """The prediction of a key with its age and where it comes from."""
    answer = orjson.loads(value)
    answer.update(key=key, ageMs=int(time.time() * 1000) - produced_at_ms, set=set_id, model=version)
    return Response(orjson.dumps(answer), media_type="application/json")


def missing(key: str) -> Response:
    return Response(orjson.dumps({"code": "STORED_MISSING", "message": f"no prediction for the key {key}"}), status_code=404, media_type="application/json")
