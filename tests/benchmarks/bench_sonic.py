"""How long a media server waits for similar songs and for a path, in a library of 100,000 tracks.

    python tests/benchmarks/bench_sonic.py [TRACKS]

Prints CPU milliseconds: the first answer (statistics of the library included), then the median and the slowest of 20
more, for other songs, without HTTP. Every track is a song of the server.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable

from bench_playlists import synthetic_table

from workbench.session.media.sonic import Sonic
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.library.records import ScannedFile, ServerSong

BAR_MS = 50


def measured_ms(ask: Callable[[int], object], number: int) -> float:
    started = time.process_time()
    ask(number)
    return 1000 * (time.process_time() - started)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    table = synthetic_table(count)
    with tempfile.TemporaryDirectory() as folder, DatabasePool(f"{folder}/library.sqlite3") as pool:
        library = Library(pool)
        library.files.add([ScannedFile(path, 1, 1, None) for path in table["path"]])
        library.server_songs.replace(
            "navi", [ServerSong(f"so-{id_}", track_id=int(id_), by="path", score=1.0) for id_ in table.ids]
        )
        sonic = Sonic(library, table)
        cases: dict[str, Callable[[int], object]] = {
            "similar": lambda number: sonic.similar(f"so-{number}", 50),
            "path": lambda number: sonic.path(f"so-{number}", f"so-{count - number}", 25),
        }
        print(f"{count:,} tracks; bar {BAR_MS} ms")
        for name, ask in cases.items():
            first = measured_ms(ask, 7)
            later = [measured_ms(ask, 1000 + 31 * number) for number in range(20)]
            print(
                f"{name:<8} first {first:6.0f} ms, then {statistics.median(later):5.1f} ms, "
                f"slowest {max(later):5.1f} ms"
            )


if __name__ == "__main__":
    main()
