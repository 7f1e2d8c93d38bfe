"""Lookups of stored predictions by FastAPI from Postgres with asyncpg: `GET /models/mlp/stored/{key}`.

    python stored_fastapi_asyncpg.py 1000000     # makes the tables and loads as many keys
    python -m uvicorn stored_fastapi_asyncpg:app --loop uvloop --http httptools --no-access-log --log-level warning

BENCH_POSTGRES is its URL. The pointer, the head of the set and the prediction are read by one prepared statement.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI
from fastapi.responses import Response

from stored_answers import MODEL_VERSION, PRODUCED_AT_MS, SET_ID, found, missing, rows

URL = os.environ.get("BENCH_POSTGRES", "postgresql://127.0.0.1:5432/postgres")
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "16"))

TABLES = """
DROP SCHEMA IF EXISTS bench_stored CASCADE;
CREATE SCHEMA bench_stored;
CREATE TABLE bench_stored.sets (id text PRIMARY KEY, version text NOT NULL, produced_at bigint NOT NULL);
CREATE TABLE bench_stored.active (model text PRIMARY KEY, set_id text NOT NULL);
CREATE TABLE bench_stored.predictions (set_id text NOT NULL, key text NOT NULL, value text NOT NULL);
"""
INDEX = "ALTER TABLE bench_stored.predictions ADD PRIMARY KEY (set_id, key); ANALYZE bench_stored.predictions"
READ = """
SELECT s.id, s.version, s.produced_at, p.value
FROM bench_stored.active a
JOIN bench_stored.sets s ON s.id = a.set_id
LEFT JOIN bench_stored.predictions p ON p.set_id = a.set_id AND p.key = $2
WHERE a.model = $1
"""


async def keep(_: asyncpg.Connection) -> None:
    """Lookups leave nothing behind on a connection: the reset of the pool would be a second round trip for each."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(URL, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=keep)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> Response:
    return Response("ok")


@app.get("/models/{model}/stored/{key}")
async def stored(model: str, key: str) -> Response:
    # asyncpg keeps the prepared statement of each connection.
    row = await app.state.pool.fetchrow(READ, model, key)
    if row is None or row["value"] is None:
        return missing(key)
    return found(key, row["value"], row["id"], row["version"], row["produced_at"])


async def load(count: int) -> None:
    connection = await asyncpg.connect(URL)
    await connection.execute(TABLES)
    for start in range(0, count, 100_000):
        records = [(SET_ID, key, value) for key, value in rows(min(100_000, count - start), start)]
        await connection.copy_records_to_table("predictions", schema_name="bench_stored", records=records)
    await connection.execute(INDEX)
    await connection.execute("INSERT INTO bench_stored.sets VALUES ($1, $2, $3)", SET_ID, MODEL_VERSION, PRODUCED_AT_MS)
    await connection.execute("INSERT INTO bench_stored.active VALUES ('mlp', $1)", SET_ID)
    await connection.close()


if __name__ == "__main__":
    asyncio.run(load(int(sys.argv[1])))
