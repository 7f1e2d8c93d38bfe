"""Lookups of stored predictions by FastAPI from Redis: `GET /models/mlp/stored/{key}`.

    python stored_fastapi_redis.py 1000000       # loads as many keys
    python -m uvicorn stored_fastapi_redis:app --loop uvloop --http httptools --no-access-log --log-level warning

BENCH_REDIS is its URL. A set is a hash with version and time, its predictions are `p:<set>:<key>`; `active:<model>` names the set that is read. The
pointer, the head of the set and the prediction come in one call of a script, so that no answer mixes two sets.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.asyncio as redis
from fastapi import FastAPI
from fastapi.responses import Response

from stored_answers import MODEL_VERSION, PRODUCED_AT_MS, SET_ID, found, missing, rows

URL = os.environ.get("BENCH_REDIS", "redis://127.0.0.1:6379/0")
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "32"))

READ = """
local set = redis.call('GET', 'active:' .. KEYS[1])
if not set then return false end
local head = redis.call('HMGET', 'set:' .. set, 'version', 'producedAt')
return {set, head[1], head[2], redis.call('GET', 'p:' .. set .. ':' .. KEYS[2])}
"""

client = redis.Redis(connection_pool=redis.BlockingConnectionPool.from_url(URL, max_connections=CONNECTIONS, timeout=5))
read = client.register_script(READ)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    await client.ping()
    yield
    await client.aclose()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> Response:
    return Response("ok")


@app.get("/models/{model}/stored/{key}")
async def stored(model: str, key: str) -> Response:
    answer = await read(keys=[model, key])
    if not answer or answer[3] is None:
        return missing(key)
    set_id, version, produced_at, value = answer
    return found(key, value, set_id.decode(), version.decode(), int(produced_at))


async def load(count: int) -> None:
    for start in range(0, count, 10_000):
        pipe = client.pipeline(transaction=False)
        for key, value in rows(min(10_000, count - start), start):
            pipe.set(f"p:{SET_ID}:{key}", value)
        await pipe.execute()
    await client.hset(f"set:{SET_ID}", mapping={"version": MODEL_VERSION, "producedAt": PRODUCED_AT_MS})
    await client.set("active:mlp", SET_ID)
    await client.aclose()


if __name__ == "__main__":
    asyncio.run(load(int(sys.argv[1])))
