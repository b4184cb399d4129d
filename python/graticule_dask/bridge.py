"""The bridge between a graticule program and a Dask cluster: messages in, messages out."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO

import distributed

from graticule_dask import PROTOCOL, __version__
from graticule_dask.checks import check_versions, wait_for_workers
from graticule_dask.connect import Target, connect
from graticule_dask.core import CoreSettings
from graticule_dask.errors import GraticuleError
from graticule_dask.frames import read_frame
from graticule_dask.outbox import READY, Outbox
from graticule_dask.session import Session

HELLO, PLAN, SUBMIT, RELEASE, CANCEL, END = 1, 2, 3, 4, 5, 6

#: Frames that are read before the ones before them are dealt with.
AHEAD = 4


class Inbox:
    """Reads frames in a thread, so that the end of the program is noticed while we connect."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._frames: queue.Queue[tuple[int, dict[str, Any]] | Exception | None]
        self._frames = queue.Queue(AHEAD)
        self.connected = False
        threading.Thread(target=self._read, name="graticule-inbox", daemon=True).start()

    def next(self) -> tuple[int, dict[str, Any]] | None:
        """The next frame, or ``None`` when the program has closed its end."""
        frame = self._frames.get()
        if isinstance(frame, Exception):
            raise frame
        return frame

    def _read(self) -> None:
        try:
            while (frame := read_frame(self._stream)) is not None:
                self._frames.put(frame)
        except Exception as error:
            self._frames.put(error)
            return
        if not self.connected:
            # Nothing of ours is on the cluster yet, and connecting can take minutes.
            os._exit(0)
        self._frames.put(None)


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> int:
    """Serves one program until it closes its pipe; the exit code of the bridge."""
    inbox = Inbox(incoming)
    outbox = Outbox(outgoing)
    session = None
    try:
        frame = inbox.next()
        if frame is None:
            return 0
        session = greet(frame, outbox, inbox)
        while (frame := inbox.next()) is not None:
            handle(session, outbox, *frame)
        return 0
    except Exception as error:
        outbox.send_error(error)
        return 1
    finally:
        if session is not None:
            session.close()


def greet(frame: tuple[int, dict[str, Any]], outbox: Outbox, inbox: Inbox) -> Session:
    """Connects as HELLO asks, checks the cluster, and answers READY."""
    kind, hello = frame
    if kind != HELLO or hello.get("protocol") != PROTOCOL:
        raise GraticuleError(
            "Unsupported",
            f"the program speaks protocol {hello.get('protocol')}, graticule-dask {__version__}"
            f" speaks protocol {PROTOCOL}",
            help="install the graticule-dask of the program's version of graticule",
        )
    client = connect(_target(hello))
    try:
        wait_for_workers(client, hello["timeout"])
        check_versions(client)
        # From here on something of ours is on the cluster, and has to be taken off it.
        inbox.connected = True
        session = Session(client, _settings(hello), outbox)
    except BaseException:
        client.close(timeout=5)
        raise
    outbox.send(
        READY,
        {
            "protocol": PROTOCOL,
            "version": __version__,
            "distributed": distributed.__version__,
            "workers": session.workers,
        },
    )
    session.watch()
    return session


def handle(session: Session, outbox: Outbox, kind: int, message: Mapping[str, Any]) -> None:
    """Does what one message asks; an error in it belongs to its run."""
    run = message["run"]
    try:
        if kind == PLAN:
            session.plan(run, message["plan"])
        elif kind == SUBMIT:
            session.submit(run, message["batches"])
        elif kind == RELEASE:
            session.release(run, message["ids"])
        elif kind in (CANCEL, END):
            session.end(run)
        else:
            raise GraticuleError("Invalid", f"a message of the unknown type {kind}")
    except Exception as error:
        outbox.send_error(error, run)


def _target(hello: Mapping[str, Any]) -> Target:
    names = Target.__dataclass_fields__
    return Target(**{name: hello[name] for name in names})


def _settings(hello: Mapping[str, Any]) -> CoreSettings:
    program = hello["program"]
    return CoreSettings(
        version=hello["version"],
        library=hello["library"],
        program=tuple(program) if program else None,
    )


def main() -> int:
    """Serves the program at stdin and stdout."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    # What anybody prints must not get onto the wire.
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout = sys.stderr
    return serve(incoming, outgoing)
