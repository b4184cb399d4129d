#!/usr/bin/env python3
"""A web server for tests: a folder by HTTP with ranges, as slow and as unreliable as asked.

    serve.py FOLDER [--delay SECONDS] [--fail-every N]

Prints its port, then serves until its standard input ends. Every answer comes after the delay; each N-th request is
answered with 503. `GET /requests` tells how many requests there were, and how many at the same time at most.
"""

import argparse
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("--delay", type=float, default=0.0)
parser.add_argument("--fail-every", type=int, default=0)
args = parser.parse_args()

lock = threading.Lock()
requests = running = most = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second would wait until the first is acknowledged.
    disable_nagle_algorithm = True

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Sat, 01 Jan 2000 00:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        global requests, running, most
        if self.path == "/requests":
            return self.answer(200, f"{requests} {most}".encode())
        with lock:
            requests += 1
            running += 1
            most = max(most, running)
            fails = args.fail_every and requests % args.fail_every == 0
        time.sleep(args.delay)
        try:
            if fails:
                return self.answer(503)
            path = args.folder / unquote(self.path).lstrip("/")
            if not path.is_file():
                return self.answer(404)
            size = path.stat().st_size
            asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
            first, last, status = 0, size - 1, 200
            if asked:
                status = 206
                first, last = asked.groups()
                if first == "":
                    first, last = max(size - int(last), 0), size - 1
                else:
                    first, last = int(first), min(int(last or size), size - 1)
                if first > last:
                    return self.answer(416, Content_Range=f"bytes */{size}")
            with path.open("rb") as file:
                file.seek(first)
                body = file.read(last - first + 1)
            ranged = {"Content_Range": f"bytes {first}-{last}/{size}"} if asked else {}
            if self.command == "HEAD":
                self.send_response(status)
                self.send_header("Content-Length", str(size))
                self.send_header("Last-Modified", "Sat, 01 Jan 2000 00:00:00 GMT")
                return self.end_headers()
            self.answer(status, body, **ranged)
        finally:
            with lock:
                running -= 1

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
