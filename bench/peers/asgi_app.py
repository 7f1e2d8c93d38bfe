"""The model behind nothing but ASGI and orjson: the least that a Python web server can do for `POST /predict`.

    python -m uvicorn asgi_app:app --loop uvloop --http httptools --no-access-log --lifespan off
"""

import orjson

from model import NAMES, probability

JSON = [(b"content-type", b"application/json")]


async def app(scope, receive, send) -> None:
    if scope["type"] != "http":
        raise RuntimeError(f"cannot handle {scope['type']}")
    if scope["path"] == "/predict" and scope["method"] == "POST":
        status, answer = answer_to(await read(receive))
    else:
        status, answer = (200, {"status": "ok"}) if scope["path"] == "/health" else (404, {"error": "not found"})
    body = orjson.dumps(answer)
    await send({"type": "http.response.start", "status": status, "headers": [*JSON, (b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def answer_to(body: bytes) -> tuple[int, dict]:
    try:
        row = orjson.loads(body)
        values = [row[name] for name in NAMES]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        return 422, {"error": str(error)}
    return 200, {"probability": probability(values)}


async def read(receive) -> bytes:
    message = await receive()
    body = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
    return body
