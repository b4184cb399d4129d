"""Connects to a scheduler by address, scheduler file or hook; never in the clear by accident."""

from __future__ import annotations

import importlib
import ipaddress
import json
import os
import socket
import time
from dataclasses import dataclass
from typing import Any

from distributed import Client
from distributed.comm.addressing import parse_address, parse_host_port
from distributed.security import Security

from graticule_dask.errors import GraticuleError

#: Transports that nobody on the network can read or join, or that never leave the process.
SAFE = frozenset({"tls", "wss", "gateway", "inproc"})


@dataclass(frozen=True)
class Target:
    """Where the scheduler is, and how to get there."""

    address: str | None = None
    scheduler_file: str | None = None
    hook: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    insecure: bool = False
    timeout: float = 30.0

    @property
    def encrypted(self) -> bool:
        """Whether the connection is to be by TLS."""
        return any((self.ca_file, self.client_cert, self.client_key))


def connect(target: Target) -> Client:
    """A client that is connected to the scheduler of ``target``."""
    if target.hook:
        client = _from_hook(target.hook)
        refuse_insecure(client.scheduler.address, target.insecure)
        return client
    if target.scheduler_file:
        address = _from_file(target.scheduler_file, target.timeout)
    elif target.address:
        address = target.address
    else:
        raise GraticuleError(
            "Invalid",
            "no scheduler is named",
            help="give an address, a scheduler file or a hook `module:function`",
        )
    if target.encrypted and "://" not in address:
        address = "tls://" + address
    refuse_insecure(address, target.insecure)
    return _open(address, target)


def refuse_insecure(address: str, insecure: bool) -> None:
    """Raises unless ``address`` is encrypted, on this machine, or ``insecure`` says that it may be.

    Whoever can reach a Dask port can run code on the cluster, and whoever answers in its place can run
    code here.
    """
    scheme, place = parse_address(address)
    if scheme in SAFE or insecure or _loopback(place):
        return
    raise GraticuleError(
        "Invalid",
        f"the scheduler `{address}` is on another machine and its connection is not encrypted:"
        " anybody on the network could run code on the workers and here",
        help="give TLS certificates and a tls:// address, or allow it by name with `insecure`"
        " where the network is trusted",
    )


def _loopback(place: str) -> bool:
    host = parse_host_port(place, 0)[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(ipaddress.ip_address(entry[4][0]).is_loopback for entry in found)


def _from_file(path: str, timeout: float) -> str:
    """The address in a scheduler file, which the scheduler may be about to write."""
    end = time.monotonic() + timeout
    while True:
        try:
            with open(path, encoding="utf-8") as file:
                return str(json.load(file)["address"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            if time.monotonic() > end:
                raise GraticuleError(
                    "NotFound" if isinstance(error, OSError) else "Invalid",
                    f"the scheduler file `{path}` names no scheduler after {timeout:g} s: {error}",
                    help="start `dask scheduler --scheduler-file` with the same path,"
                    " on a file system that both machines share",
                ) from error
        time.sleep(0.1)


def _from_hook(hook: str) -> Client:
    module, colon, name = hook.partition(":")
    if not colon:
        raise GraticuleError("Invalid", f"the hook `{hook}` is not of the form `module:function`")
    try:
        client = getattr(importlib.import_module(module), name)()
    except Exception as error:
        raise GraticuleError(
            "Invalid", f"the hook `{hook}` failed: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(client, Client) or client.asynchronous:
        raise GraticuleError(
            "Invalid",
            f"the hook `{hook}` returned a {type(client).__name__},"
            " not a `distributed.Client` that is not asynchronous",
        )
    return client


def _open(address: str, target: Target) -> Client:
    options: dict[str, Any] = {}
    if target.encrypted:
        for path in (target.ca_file, target.client_cert, target.client_key):
            if path and not os.path.exists(path):
                raise GraticuleError("NotFound", f"there is no certificate file `{path}`")
        options["security"] = Security(
            tls_ca_file=target.ca_file,
            tls_client_cert=target.client_cert,
            tls_client_key=target.client_key,
            require_encryption=True,
        )
    try:
        return Client(address, timeout=target.timeout, set_as_default=False, **options)
    except Exception as error:
        raise GraticuleError(
            "NotFound",
            f"no Dask scheduler answers at `{address}`: {type(error).__name__}: {error}",
            help="is it running, and is this its address as seen from this machine?",
        ) from error
