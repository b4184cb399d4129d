#!/usr/bin/env python3
"""A web server for tests: a folder by HTTP with ranges, as slow and as unreliable as asked.

    serve.py FOLDER [--delay SECONDS] [--fail-every N]

Prints its port, then serves until its standard input ends. Every answer comes after the delay; each N-th request is
answered with 503. `GET /requests` tells how many requests there were, and how many at the same time at most. One thread
serves all connections, with little work for each request: many at the same time are not kept waiting by each other.
"""

import argparse
import asyncio
import os
import re
import sys
import threading
from pathlib import Path
from urllib.parse import unquote

REASONS = {200: "OK", 206: "Partial Content", 404: "Not Found", 416: "Range Not Satisfiable", 503: "Service Unavailable"}

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("--delay", type=float, default=0.0)
parser.add_argument("--fail-every", type=int, default=0)
args = parser.parse_args()

requests = running = most = 0


def content(path: str, asked: str) -> tuple[int, int, bytes, str]:
    """Status, length, bytes and range of what is asked for."""
    file = args.folder / unquote(path).lstrip("/")
    if not file.is_file():
        return 404, 0, b"", ""
    size = file.stat().st_size
    first, last, status = 0, size - 1, 200
    if found := re.fullmatch(r"bytes=(\d*)-(\d*)", asked):
        status = 206
        if found[1] == "":
            first, last = max(size - int(found[2]), 0), size - 1
        else:
            first, last = int(found[1]), min(int(found[2] or size), size - 1)
        if first > last:
            return 416, 0, b"", f"bytes */{size}"
    with file.open("rb") as f:
        f.seek(first)
        body = f.read(last - first + 1)
    return status, len(body), body, f"bytes {first}-{last}/{size}" if status == 206 else ""


async def answer(method: str, path: str, asked: str) -> bytes:
    """The answer to a request, head and body."""
    global requests, running, most
    if path == "/requests":
        body = f"{requests} {most}".encode()
        status, length, within = 200, len(body), ""
    else:
        requests += 1
        running += 1
        most = max(most, running)
        fails = args.fail_every and requests % args.fail_every == 0
        await asyncio.sleep(args.delay)
        status, length, body, within = (503, 0, b"", "") if fails else content(path, asked)
        running -= 1
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Length: {length}\r\n"
    head += "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
    head += f"Content-Range: {within}\r\n\r\n" if within else "\r\n"
    return head.encode() + (b"" if method == "HEAD" else body)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, until either end closes it."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode("latin-1").split("\r\n")
            fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            method, path, _ = first.split(" ")
            writer.write(await answer(method, path, fields.get("range", "")))
            await writer.drain()
            if fields.get("connection", "").lower() == "close":
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
asyncio.run(main())
