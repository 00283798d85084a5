"""Connect to a Dask scheduler within a time limit and without logs; explain why if it cannot work."""

from __future__ import annotations

import asyncio
import logging
import platform
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

from workbench.errors import SchedulerError
from workbench.processing.cluster.credentials import Credentials

SENT_MESSAGES_KEPT = 10  # set by hand: enough for a debugger; 1000 by default
MUST_AGREE = ("distributed", "cloudpickle", "msgpack")


def connect(address: str, credentials: Credentials | None, *, timeout_s: float) -> Any:
    """Return a ``distributed.Client``.

    Raises
    ------
    SchedulerError
        Nothing answers at ``address``, or the protocol differs.
    """
    import dask
    from distributed import Client
    from distributed.security import Security

    _quiet_logs()
    fields = credentials.security_fields() if credentials else {}
    security = Security(**fields)  # type: ignore[no-untyped-call]
    options = {"security": security, "timeout": timeout_s, "set_as_default": False, "name": "workbench"}
    try:
        # A Client that fails to connect leaves a thread behind, and collecting it as garbage may block.
        with ThreadPoolExecutor(1) as aside:  # this thread may have a running event loop
            aside.submit(asyncio.run, _knock(address, security, timeout_s)).result()
        # Dask keeps the last messages that it sent for its developers, which take 4 kB per job here.
        with dask.config.set({"distributed.admin.low-level-log-length": SENT_MESSAGES_KEPT}):
            return Client(address, **options)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, TypeError, ValueError) as error:
        hint = ""
        if address.startswith("tls") and credentials is None:
            hint = " For tls:// set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, __CLIENT__CERT and __CLIENT__KEY."
        raise SchedulerError(
            f"The Dask scheduler at {address} does not answer ({_first_line(error)}). "
            f"Check the address and that it runs.{hint}",
            address=address,
        ) from error


async def _knock(address: str, security: Any, timeout_s: float) -> None:
    from distributed.comm.core import connect as open_comm

    options = security.get_connection_args("client")
    comm = await open_comm(address, timeout=timeout_s, **options)  # type: ignore[no-untyped-call]
    await comm.close()


def check_versions(client: Any, address: str) -> None:
    """Raise an error if the versions of Python or packages in the cluster differ from ours.

    Raises
    ------
    SchedulerError
        Versions differ. The message says which and where.
    """
    found = client.get_versions(check=False)
    ours = {name: found["client"]["packages"].get(name) for name in MUST_AGREE}
    ours["python"] = _minor(platform.python_version())
    for place, facts in {"scheduler": found["scheduler"], **found["workers"]}.items():
        theirs = {name: facts["packages"].get(name) for name in MUST_AGREE}
        theirs["python"] = _minor(facts["host"]["python"])
        _compare(ours, theirs, "the scheduler" if place == "scheduler" else f"worker {place}", address)
    _check_package(client, address)


def _check_package(client: Any, address: str) -> None:
    ours = {"playlist-workbench": package_version()}
    for worker, found in client.run(package_version, on_error="return").items():
        theirs = {"playlist-workbench": found if isinstance(found, str) else "missing"}
        _compare(ours, theirs, f"worker {worker}", address)


def package_version() -> str:
    """Return the version of this package in the process that runs this function."""
    return version("playlist-workbench")


def _compare(ours: dict[str, Any], theirs: dict[str, Any], place: str, address: str) -> None:
    differing = [name for name in ours if ours[name] != theirs[name]]
    differences = [f"{name} {theirs[name]} (here {ours[name]})" for name in differing]
    if differences:
        raise SchedulerError(
            f"The cluster at {address} does not match this installation: "
            f"{place} has {', '.join(differences)}. Install the same versions on every machine.",
            address=address,
        )


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _quiet_logs() -> None:
    # The job reports a lost worker or scheduler; Dask would report it again, with tracebacks.
    for name in ("", ".client", ".comm", ".core", ".batched"):
        logging.getLogger(f"distributed{name}").setLevel(logging.CRITICAL)
