"""How the server answers while every core analyses: ``python tests/benchmarks/bench_server.py [FOLDER]``.

One run, one table. Without a folder the demo library is synthesized. Analyzes are asked for until the window closes,
and the table says how busy the workers were in it. The last lines do the same analysis inside the handler, as a server
without workers would, to show what waiting for it costs everybody else.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

CLIENTS = 64
OPEN_SECONDS = 60.0  # what the server says of its event loop is about the last minute
ANALYSES_AT_ONCE = 6  # one on each worker, the others wait for them
CLOSED_SECONDS = 5.0
PATHS = (
    "/api/v1/health",
    "/api/v1/performance/metrics",
    "/api/v1/performance/cache/stats",
    "/api/v1/performance/database/pool",
    "/api/v1/performance/async-processor/health",
    "/api/v1/performance/resource-usage",
    "/api/v1/performance/optimization-report",
    "/api/v1/tracks?limit=50",
    "/api/v1/tracks/1",
    "/api/v1/stats/analysis",
    "/api/v1/playlists",
    "/api/v1/database/info",
    "/api/v1/jobs",
    "/api/v1/openapi.json",
    "/metrics",
)
SYNCHRONOUS = """
import sys
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler
from workbench.analysis import analyze_file, warm_up

class Fast(RequestHandler):
    def get(self):
        self.write("ok")

class Slow(RequestHandler):
    def get(self):
        analyze_file(sys.argv[1])
        self.write("ok")

warm_up()
server = Application([("/fast", Fast), ("/slow", Slow)]).listen(0, "127.0.0.1")
print("is at http://127.0.0.1:%d/" % next(iter(server._sockets.values())).getsockname()[1], file=sys.stderr, flush=True)
IOLoop.current().start()
"""

PUBLISHING = """
import sys, threading, time
from workbench import Workbench
with Workbench(sys.argv[1], role="kernel") as wb:
    publisher = next(thread for thread in threading.enumerate() if thread.name == "process-publisher")
    clock = time.pthread_getcpuclockid(publisher.ident)
    time.sleep(2)
    for busy in (False, True):
        before, end = time.clock_gettime(clock), time.monotonic() + 6
        while time.monotonic() < end:
            if busy:
                wb.library.maintenance.info()  # a figure that changes is published every second
            time.sleep(0.1)
        print((time.clock_gettime(clock) - before) / 6)
"""


class Connection:
    """One keep-alive HTTP connection, as light as can be, so that the client is not what is measured."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.reader: asyncio.StreamReader | None = None

    async def ask(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        if self.reader is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=2**24)
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: {self.host}\r\n"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(head.encode() + b"\r\n" + (body or b""))
        header = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", header.lower())
        content = await self.reader.readexactly(int(length[1])) if length else b""
        return int(header.split(b" ", 2)[1]), content


class Process:
    """A server in a process of its own."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=os.environ | environment
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r"is at http://([^:/]+):(\d+)", line):
                break
        else:
            raise SystemExit("the server did not start")
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.host, self.port = found[1], int(found[2])

    def connect(self) -> Connection:
        return Connection(self.host, self.port)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


async def open_loop(server: Process, paths: tuple[str, ...], seconds: float) -> tuple[list[float], int]:
    """Every client asks once a second, however long answers take; time counts from when it should have asked."""
    times, errors = [], 0

    async def client(number: int) -> None:
        nonlocal errors
        connection, turn = server.connect(), itertools.count(number)
        start = time.perf_counter() + number / CLIENTS
        for second in range(int(seconds)):
            due = start + second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            status, _ = await connection.ask(paths[next(turn) % len(paths)])
            times.append(time.perf_counter() - due)
            errors += status != 200

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return times, errors


async def closed_loop(
    server: Process, path: str, seconds: float, body: bytes | None = None, clients: int = 8
) -> list[float]:
    """Every client asks again as soon as it has its answer."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        connection = server.connect()
        while (start := time.perf_counter()) < end:
            status, content = await connection.ask(path, body)
            assert status == 200, content
            times.append(time.perf_counter() - start)

    await asyncio.gather(*(client() for _ in range(clients)))
    return times


def row(name: str, value: str, wanted: str = "") -> None:
    print(f"{name:<58} {value:>18}   {wanted}", flush=True)


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


def percentile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1]


async def ask_json(server: Process, path: str, body: object = None) -> object:
    content = None if body is None else json.dumps(body).encode()
    return json.loads((await server.connect().ask(path, content))[1])


async def analyze_for_ever(server: Process, files: list[str]) -> None:
    """Ask for one file after another, and for the first again after the last."""
    connection = server.connect()
    for file in itertools.cycle(files):
        body = json.dumps({"file_path": file, "force_reanalysis": True}).encode()
        status, content = await connection.ask("/api/v1/tracks/analyze?wait=60", body)
        assert status == 200, content


async def watch_workers(server: Process, busy: list[tuple[int, float]]) -> None:
    """Note every second how many batches are on the workers, and how busy the machine was."""
    while True:
        await asyncio.sleep(1)
        health = await ask_json(server, "/api/v1/performance/async-processor/health")
        busy.append((health["active_operations"], psutil.cpu_percent()))  # type: ignore[index]


async def while_analyzing(server: Process, folder: Path) -> None:
    """The open loop while every core analyses, and the proof that it did."""
    files = [track["path"] for track in (await ask_json(server, "/api/v1/tracks?limit=1000"))["tracks"]]  # type: ignore[index]
    pumps = [
        asyncio.create_task(analyze_for_ever(server, files[number::ANALYSES_AT_ONCE]))
        for number in range(ANALYSES_AT_ONCE)
    ]
    await asyncio.sleep(3)
    before = (await ask_json(server, "/api/v1/performance/async-processor/health"))["total_processed"]  # type: ignore[index]
    workers = await worker_processes(server)
    busy: list[tuple[int, float]] = []
    psutil.cpu_percent()
    watch = asyncio.create_task(watch_workers(server, busy))
    used, start = processor_seconds(workers), time.perf_counter()
    times, errors = await open_loop(server, PATHS, OPEN_SECONDS)
    elapsed = time.perf_counter() - start
    used = processor_seconds(workers) - used
    health = await ask_json(server, "/api/v1/health")
    after = (await ask_json(server, "/api/v1/performance/async-processor/health"))["total_processed"]  # type: ignore[index]
    for task in (*pumps, watch):
        assert not task.done(), task
        task.cancel()
    row(
        f"64 clients, {OPEN_SECONDS:.0f} s, all cores analyzing: p50",
        milliseconds(percentile(times, 50)),
        "< 15 ms",
    )
    row("   p99", milliseconds(percentile(times, 99)), "< 150 ms")
    row("   slowest", milliseconds(max(times)))
    row("   errors", f"{errors} of {len(times)}", "0")
    lag = health["event_loop_lag_ms"]  # type: ignore[index]
    row("   event loop kept from its work at most", f"{lag['last_minute']:.1f} ms", "< 100 ms")
    active, machine = zip(*busy, strict=True)
    row(
        "   batches on the workers: mean / least",
        f"{statistics.mean(active):.2f} / {min(active)}",
        f"of {len(workers)}",
    )
    row(
        "   cores busy: mean / least in any second",
        f"{statistics.mean(machine):.0f} % / {min(machine):.0f} %",
        "100 %",
    )
    row("   the workers' part of that", f"{100 * used / elapsed / psutil.cpu_count():.0f} %")
    row("   tracks analyzed meanwhile", f"{after - before}")
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*pumps, watch)
    for job in (await ask_json(server, "/api/v1/jobs"))["jobs"]:  # type: ignore[index]
        if job["status"] in ("queued", "running"):
            await ask_json(server, f"/api/v1/jobs/{job['id']}?wait=60")


async def worker_processes(server: Process) -> list[psutil.Process]:
    """The workers, as the server lists them."""
    rows = (await ask_json(server, "/api/v1/performance/metrics"))["processes"]  # type: ignore[index]
    return [psutil.Process(row["pid"]) for row in rows if row["role"] == "worker"]


def processor_seconds(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


async def preheated(server: Process) -> None:
    """Wait until every app's kernel is up: the start-up is told apart from what is measured."""
    while (lag := (await ask_json(server, "/api/v1/health"))["event_loop_lag_ms"])["start_up"] is None:  # type: ignore[index]
        await asyncio.sleep(0.2)
    row("event loop kept from its work at most, start-up", f"{lag['start_up']:.1f} ms")


async def measure(server: Process, folder: Path) -> None:
    await preheated(server)
    await ask_json(server, "/api/v1/tracks/import?wait=60", {"directory_path": str(folder)})
    one = (await ask_json(server, "/api/v1/tracks/1"))["path"]  # type: ignore[index]
    idle, _ = await open_loop(server, PATHS, 5)
    row(
        "GETs mixed, idle: p50 / p99",
        f"{milliseconds(percentile(idle, 50))} / {milliseconds(percentile(idle, 99))}",
    )

    await while_analyzing(server, folder)
    lag = (await ask_json(server, "/api/v1/health"))["event_loop_lag_ms"]  # type: ignore[index]
    row(
        "event loop kept from its work at most, workers' start included",
        f"{lag['longest']:.1f} ms",
        "< 100 ms",
    )
    for path in ("/api/v1/health", "/api/v1/performance/optimization-report"):
        times = await closed_loop(server, path, CLOSED_SECONDS)
        row(
            f"closed loop, 8 clients: {path.rsplit('/', 1)[1]}",
            f"{len(times) / CLOSED_SECONDS:.0f} requests/s",
        )
    times = await closed_loop(server, "/api/v1/performance/optimization-report", 2, clients=1)
    row("optimization report, one client: p50", milliseconds(percentile(times, 50)), "< 10 ms")
    body = json.dumps({"file_path": one}).encode()
    times = await closed_loop(server, "/api/v1/tracks/analyze", 3, body, clients=1)
    row("tracks/analyze of a known track: p50", milliseconds(percentile(times, 50)), "< 5 ms")


async def pages(server: Process) -> None:
    """The first page comes from a kernel that waits; a second at once finds the pool empty."""
    path = "/voila/render/performance.ipynb"

    async def whole_page() -> float:
        start = time.perf_counter()
        reader, writer = await asyncio.open_connection(server.host, server.port, limit=2**24)
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {server.host}\r\n\r\n".encode())
        await reader.read()
        return time.perf_counter() - start

    await asyncio.sleep(5)
    warm = await whole_page()
    cold = await whole_page()
    row("app page from a preheated kernel / from a cold one", f"{milliseconds(warm)} / {milliseconds(cold)}")
    await asyncio.sleep(5)  # until a kernel waits again
    lag = (await ask_json(server, "/api/v1/health"))["event_loop_lag_ms"]  # type: ignore[index]
    row("event loop kept from its work at most, pages included", f"{lag['longest']:.1f} ms", "< 100 ms")


async def synchronous(file: str) -> None:
    """The handler analyses by itself: a request that needs nothing waits for it all the same."""
    server = Process([sys.executable, "-c", SYNCHRONOUS, file])
    try:
        slow = asyncio.create_task(server.connect().ask("/slow"))
        await asyncio.sleep(0.05)
        start = time.perf_counter()
        await server.connect().ask("/fast")
        waited = time.perf_counter() - start
        await slow
        row("the seed's 'before': a request beside one analysis waits", milliseconds(waited))
    finally:
        server.stop()


def publishing(folder: Path) -> None:
    """What a process pays for telling the others what it does: processor time of the thread that publishes."""
    command = [sys.executable, "-c", PUBLISHING, str(folder)]
    idle, busy = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    row("publishing, of a core: idle / busy", f"{float(idle):.2%} / {float(busy):.2%}", "< 0.5 %")


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else Path(temporary) / "demo"
        if len(sys.argv) == 1:
            from workbench.audio.demo.demo_library import make_demo_library

            make_demo_library(folder)
        command = [
            sys.executable,
            "-m",
            "workbench",
            "serve",
            "--data-dir",
            f"{temporary}/data",
            "--port",
            "0",
        ]
        server = Process(command, WORKBENCH_LIBRARY_ROOTS=str(folder))
        try:
            asyncio.run(measure(server, folder))
            asyncio.run(pages(server))
        finally:
            server.stop()
        file = max(
            (path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size
        )
        asyncio.run(synchronous(str(file)))
        publishing(Path(temporary) / "publishing")


if __name__ == "__main__":
    main()
