"""``Workbench``: one open library, with every operation of notebooks, servers and commands."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from workbench.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from workbench.cards.html import Html
    from workbench.cards.rows import Rows
    from workbench.playlists.playlist import Playlist
    from workbench.playlists.query.cursor import Cursor
    from workbench.session.analysis import Analysis
    from workbench.session.history.history import History
    from workbench.session.jobs.queue import JobQueue
    from workbench.session.jobs.report import Report
    from workbench.session.maps import Maps
    from workbench.session.media.media import Media
    from workbench.session.models import Models
    from workbench.session.playlist_verbs import PlaylistVerbs
    from workbench.session.playlists import Playlists
    from workbench.session.plugins.plugins import Plugins
    from workbench.session.problems import Problem
    from workbench.session.recipes import Recipes
    from workbench.session.reports.reports import Reports
    from workbench.session.search import SearchResult
    from workbench.session.similarity import Similarity
    from workbench.session.tagger import Tagger
    from workbench.session.tags.tags import Tags
    from workbench.session.track_comparison import TrackComparison
    from workbench.session.track_files import TrackFiles
    from workbench.session.watching.watch import Watch
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.maintenance import Maintenance

PathLike = str | os.PathLike[str]

_OPEN: WeakSet[Workbench] = WeakSet()


@atexit.register
def _release_all() -> None:
    """Close all open sessions when a kernel or a script ends; after a fork, they belong to the parent."""
    for session in list(_OPEN):
        if session._process == os.getpid():
            session._release()


class Workbench:
    """One library: its database, caches and workers. Use it in a ``with`` statement, or let the kernel close it.

    Parameters
    ----------
    data_dir : path, optional
        Folder of the library; DATA_DIR by default.
    settings : Settings, optional
        Complete settings; environment and files are then not read.
    role : str
        The name of this process in lists of processes.
    share_cluster : bool
        Let other processes use the workers, as a server does.
    **overrides
        Single settings by lower-case name, such as ``async_workers=2``.

    Attributes
    ----------
    track : TrackReader
        Call it with an id, a path or a title; ``track.features`` and its other methods read more of a track.
    views : SavedViews
        Saved views of the table in the Library app.
    ratings : Ratings
        Your ratings of tracks in stars, and labels by hand.
    performance : Performance
        Call it for the answers of the performance endpoints.

    Raises
    ------
    SettingsError
        A setting is unknown or not allowed.
    StoreError
        The database cannot be opened: locked, damaged, read-only, or from a newer version.
    """

    def __init__(
        self,
        data_dir: PathLike | None = None,
        *,
        settings: Settings | None = None,
        role: str = "session",
        share_cluster: bool = False,
        **overrides: Any,
    ) -> None:
        self._process = os.getpid()
        self.settings = settings or Settings.load(data_dir=data_dir, **overrides)
        self._role, self._share_cluster = role, share_cluster
        self._lock = threading.RLock()
        self._when_closed: list[Callable[[], object]] = []
        self._open()

    def _open(self) -> None:
        from workbench.session.caches import Caches
        from workbench.session.copies import Copies
        from workbench.session.jobs.jobs import Jobs
        from workbench.session.kept_table import KeptTable
        from workbench.session.performance import Performance
        from workbench.session.ratings import Ratings
        from workbench.session.saved_views import SavedViews
        from workbench.session.track_reader import TrackReader
        from workbench.store.data_folder import make_data_folder
        from workbench.store.database_pool import DatabasePool
        from workbench.store.library.library import Library

        make_data_folder(self.settings.data_dir)
        pool = DatabasePool(
            self.settings.database_path,
            min_connections=self.settings.db_min_connections,
            max_connections=self.settings.db_max_connections,
        )
        self.library = Library(pool)
        self.copies = Copies(self.library)
        self.caches = Caches(self.settings, own=lambda: self.plugins.versions)
        self.jobs = Jobs(
            self.settings,
            self.library,
            share_cluster=self._share_cluster,
            announce=lambda job: self.queue.announce(job),
        )
        self.track = TrackReader(self.library, self.caches, self.table)
        self.ratings = Ratings(self.library, self.track)
        self.views = SavedViews(self.library)
        self._queue: JobQueue | None = None
        self._table = KeptTable(self.settings, self.library, self._read_table, self._add_said)
        self.performance: Performance = Performance(
            self._role, self.settings, self.library, self.caches, self.jobs
        )
        self._closed = False
        _OPEN.add(self)
        if "IPython" in sys.modules:
            from workbench.session.completion import offer_completions

            offer_completions(Workbench)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._closed:
            return f"Workbench: {self.settings.data_dir} (closed; open it again with Workbench(data_dir))"
        counts = self.library.tracks.count_by_status()
        shown = (
            ", ".join(f"{count:,} {status}" for status, count in counts.items() if count) or "no tracks yet"
        )
        return f"Workbench: {shown}\n{self.settings.data_dir}"

    def _repr_html_(self) -> str:
        from workbench.session.workbench_card import workbench_card

        return workbench_card(self)

    @property
    def closed(self) -> bool:
        """Whether this session was closed."""
        return self._closed

    def close(self) -> None:
        """Cancel jobs, stop the workers that this session owns and close the database. A second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._release()
        for tell in self._when_closed:
            tell()

    def reopen(self) -> Self:
        """Open the session again after it was closed, with the same settings; do nothing if it is open."""
        with self._lock:
            if self._closed:
                self._open()
        return self

    def when_closed(self, tell: Callable[[], object]) -> None:
        """Call ``tell`` each time this session is closed, but not when the process ends."""
        self._when_closed.append(tell)

    def _release(self) -> None:
        _OPEN.discard(self)
        if self._queue is not None:
            self._queue.close()
        self.jobs.close()
        self.performance.close()
        self.caches.close()
        self._table.close()
        self.library.pool.close()

    def make_demo_library(self) -> Path:
        """Synthesize the demo library in the data folder, unless it exists, and return its folder."""
        from workbench.audio.demo.demo_library import make_demo_library

        folder = self.settings.data_dir / "demo"
        make_demo_library(folder)
        return folder

    @property
    def analyze(self) -> Analysis:
        """Call it with folders and files to analyze them; ``analyze.plan`` says what that would do."""
        from workbench.session.analysis import Analysis

        return Analysis(
            self.settings,
            self.library,
            self.caches,
            self.jobs,
            self.plugins,
            advice=lambda: self.models.advice(),
        )

    def watch(
        self,
        *paths: PathLike,
        quiet_s: float | None = None,
        grace_s: float | None = None,
        poll_s: float | None = None,
        within: Sequence[Path] | None = None,
    ) -> Watch:
        """Return a watch over folders; iterate over it to run it. WATCH by default.

        Parameters
        ----------
        quiet_s : float, optional
            A file is analyzed when its size and time have not changed for this long; 5 by default.
        grace_s : float, optional
            A file is marked as missing when it has not existed for this long; 60 by default.
        poll_s : float, optional
            Interval of polling. By default, events of the system are used, and shares are polled every 30 seconds.
        within : sequence of Path, optional
            Links may not lead out of these folders.

        Raises
        ------
        LibraryPathError
            One of the folders does not exist, or none is given.

        Examples
        --------
        >>> for event in wb.watch("~/Music"):  # doctest: +SKIP
        ...     print(event.message)
        """
        from workbench.session.watching.watch import GRACE_S, QUIET_S, Watch, check_folders

        check_folders(paths)
        return Watch(
            self.library,
            self.analyze,
            self.settings.scan_exclude,
            paths or self.settings.watch,
            quiet_s=QUIET_S if quiet_s is None else quiet_s,
            grace_s=GRACE_S if grace_s is None else grace_s,
            poll_s=poll_s,
            within=within,
        )

    async def analyze_async(
        self, *paths: PathLike, force: bool = False, timeout: float | None = None
    ) -> Report:
        """Analyze without blocking the event loop; see :attr:`analyze`."""
        plan = await asyncio.to_thread(self.analyze.plan, *paths, force=force)
        return await self.analyze(plan=plan, timeout=timeout, show=False)

    @property
    def tracks(self) -> pd.DataFrame:
        """Every track as a DataFrame, with one row per track, indexed by id.

        ``attrs`` has unit, meaning and source of each descriptor: ``wb.tracks.attrs["units"]["bpm"]``. You can pass
        a filtered frame to a method: ``wb.playlist("harmonic", among=frame)``.
        """
        from workbench.session.questions import with_units

        return with_units(self.table().to_frame(), [own.about for own in self.plugins.descriptors.values()])

    def sql(self, question: str) -> pd.DataFrame:
        """Answer a ``SELECT`` about the table ``tracks``, whose columns are those of ``wb.tracks``.

        Nothing can be changed, and no file is read or written.

        Raises
        ------
        QuerySyntaxError
            The text is not a single ``SELECT``, or it has an error.

        Examples
        --------
        >>> wb.sql("SELECT artist, avg(bpm) FROM tracks GROUP BY artist")  # doctest: +SKIP
        """
        from workbench.session.questions import ask

        return ask(self.tracks, question)

    def export(
        self,
        path: PathLike,
        *,
        where: str | None = None,
        prefix_map: Mapping[str, str] | None = None,
        force: bool = False,
    ) -> Path:
        """Write the library to a file: every column as CSV, JSON Lines or Parquet, or a collection for DJ programs.

        Parameters
        ----------
        path : path
            ``.csv``, ``.jsonl`` or ``.parquet`` for a table; ``.xml`` (Rekordbox) or ``.nml`` (Traktor) for a
            collection, which has the kept playlists and no missing tracks.
        where : str, optional
            Only tracks that match this filter.
        prefix_map : mapping of str to str, optional
            For a collection: prefixes of paths here, and the ones on the machine of the DJ program.
        force : bool
            Overwrite a file that this package did not make, or a collection that has twice as many tracks.

        Raises
        ------
        LibraryPathError, PlaylistFileError
            There is no such format, or the file cannot be written.
        QuerySyntaxError
            The filter cannot be read.
        """
        from workbench.playlists.dj.writing import is_collection, write_collection
        from workbench.session.dj_collection import whole_collection
        from workbench.session.export import rows_that_match, table_format, write_table

        table, path = self.table(), Path(path)
        rows = rows_that_match(table, where)
        if is_collection(path):
            kept = [self.playlists.get(summary.id) for summary in self.playlists()]
            collection = whole_collection(self.library, table, kept, rows=rows, prefix_map=prefix_map)
            return write_collection(collection, path, force=force)
        return write_table(self.tracks.iloc[rows], path, table_format(path), force=force)

    def to_parquet(self, path: PathLike, *, where: str | None = None, force: bool = False) -> Path:
        """Write every column of the library as Parquet; parameters and errors as in :meth:`export`.

        Examples
        --------
        >>> polars.read_parquet(wb.to_parquet("library.parquet"))  # doctest: +SKIP
        """
        from workbench.session.export import rows_that_match, write_table

        return write_table(
            self.tracks.iloc[rows_that_match(self.table(), where)], Path(path), "parquet", force=force
        )

    def playlist_from(self, frame: Any, *, name: str | None = None, order: str = "none") -> Playlist:
        """Return a playlist of the tracks of a DataFrame, as :meth:`Playlists.from_frame` does.

        Examples
        --------
        >>> wb.playlist_from(wb.tracks.nlargest(20, "danceability"), name="Dance")  # doctest: +SKIP
        """
        return self.playlists.from_frame(frame, name=name, order=order)

    def table(self) -> LibraryTable:
        """The library table; it is read again only when the library has changed."""
        return self._table()

    def _read_table(self) -> LibraryTable:
        from workbench.models.columns import with_model_results
        from workbench.playlists.making.kinds import with_kinds
        from workbench.session.copies import with_copies

        table = with_model_results(self.library, self.library.table())
        table = with_copies(table, self.copies.pairs(), self.library.tracks.by_id)
        return with_kinds(table, long_track_minutes=self.settings.long_track_minutes)

    def _add_said(self, table: LibraryTable) -> LibraryTable:
        from workbench.session.history.columns import with_said

        return with_said(table, self.library.ratings.all(), self.library.plays.heard())

    def search(
        self,
        where: str | None = None,
        *,
        like: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        after: Cursor = 0,
    ) -> SearchResult:
        """Find tracks by a filter, or by words that describe their sound.

        Parameters
        ----------
        where : str, optional
            A filter, such as ``"bpm 120-128 and key 8A"`` or ``"piano > 0.5 and voice = none"``.
        like : str, optional
            Words, such as ``"calm piano without singing"`` or ``"fast 80s rock in A minor"``. The tracks that fit best
            are first, each with its reasons.
        limit, offset : int
            Return at most ``limit`` tracks, from number ``offset`` on.
        after : int or str
            ``next`` of the page before. Unlike ``offset``, it stays correct while the library changes.

        Raises
        ------
        QuerySyntaxError
            The filter cannot be read.
        """
        from workbench.session.search import search

        return search(self.table(), where, like=like, limit=limit, offset=offset, after=after)

    def similar(self, track: int | str, n: int = 10) -> Playlist:
        """Return the ``n`` tracks nearest to a track in sound, nearest first, each with its ``distance``.

        Files with the same content as the track, and copies among the others, are left out. The result is not kept;
        use ``wb.playlists.keep`` for that.

        Raises
        ------
        UnknownTrackError
            There is no such track, or it is not analyzed.
        """
        start = self.track(track).id
        made = self.playlists.draft("similarity", start=start, size=n + 1, random_state=0)
        return replace(made, tracks=tuple(one for one in made if one.id != start)[:n], card={})

    def problems(self, table: LibraryTable | None = None) -> Rows[Problem]:
        """Return the problems of the tracks of a table (all tracks by default): copies, failed files, odd values."""
        from workbench.cards.rows import Rows
        from workbench.machine.freed_memory import give_back_freed_memory
        from workbench.session.problems import COLUMNS, find_problems

        found = find_problems(self.library, self.table() if table is None else table, self.copies.pairs())
        give_back_freed_memory()
        return Rows(found, "kind of problem", COLUMNS, several="kinds of problems looked for")

    @property
    def playlists(self) -> Playlists:
        """Playlists: make several, make again, refresh, compare, read files. Calling it returns the kept ones."""
        from workbench.session.playlists import Playlists

        self._load_plugins()
        return Playlists(self.library, self.table, self.recipes)

    @property
    def recipes(self) -> Recipes:
        """Recipes: methods with their parameters, as files in the folder ``recipes`` of the data folder."""
        from workbench.session.recipes import Recipes

        return Recipes(self.settings.data_dir / "recipes")

    def play(self, track: int | str, *, start_s: float | None = None, seconds: float | None = 30.0) -> Html:
        """Return a player that contains the sound of a track; it plays offline, without a server.

        Parameters
        ----------
        start_s : float, optional
            Start of the sound in the track; the start of the preview by default.
        seconds : float, optional
            Length of the sound; ``None`` for the rest of the track.

        Examples
        --------
        >>> wb.play("Blue Tram", seconds=10)  # doctest: +SKIP
        """
        return self.track(track).play(start_s=start_s, seconds=seconds)

    def compare(self, a: int | str, b: int | str) -> TrackComparison:
        """Compare two tracks: how near they sound, how their keys are related, tempo and loudness.

        Examples
        --------
        >>> wb.compare("Blue Tram", "Corner Light")  # doctest: +SKIP
        """
        from workbench.session.track_comparison import compare_tracks

        return compare_tracks(self.table(), self.track(a).id, self.track(b).id)

    def app(self, name: str) -> Any:
        """Return an app as a widget: library, map, maker, performance, problems, or one of a plug-in."""
        from workbench.session.apps import open_app

        self._load_plugins()
        return open_app(self, name)

    def library_app(self) -> Any:
        """Return the Library app: analyze folders, browse the tracks, listen."""
        return self.app("library")

    def map(self) -> Any:
        """Return the Music map app: every track is a point; draw around some to make a playlist."""
        return self.app("map")

    def maker(self) -> Any:
        """Return the Playlist maker app: choose a method, listen, rearrange, keep and export."""
        return self.app("maker")

    def performance_app(self) -> Any:
        """Return the Performance app: live measurements of every process."""
        return self.app("performance")

    def problems_app(self) -> Any:
        """Return the Duplicates and problems app."""
        return self.app("problems")

    @staticmethod
    def waiting_until(give_up_at: float) -> AbstractContextManager[None]:
        """Let this thread wait for the database no longer than until ``time.monotonic()`` is ``give_up_at``."""
        from workbench.store.sqlite.wait_limit import waiting_until

        return waiting_until(give_up_at)

    @property
    def playlist(self) -> PlaylistVerbs:
        """Call it with a method to make a playlist and keep it; ``playlist.similarity(start=…)`` is the same."""
        from workbench.session.playlist_verbs import PlaylistVerbs

        self._load_plugins()
        return PlaylistVerbs(lambda: self.playlists)

    @property
    def plugins(self) -> Plugins:
        """The plug-ins in the current state of their files: what they add, and which of them cannot be loaded."""
        return self._load_plugins()

    def _load_plugins(self) -> Plugins:
        from workbench.session.plugins.plugins import Plugins

        return Plugins(self.settings.data_dir)

    @property
    def similarity(self) -> Similarity:
        """Similarity: why two tracks are near, the nearest with your weights, and how well weights fit your albums."""
        from workbench.session.similarity import Similarity

        return Similarity(self.table, self.track)

    @property
    def models(self) -> Models:
        """The published models in MODELS_DIR."""
        from workbench.session.models import Models

        return Models(self.library, self.settings, self.jobs)

    @property
    def tagger(self) -> Tagger:
        """Taggers, which learn from the user's own labels."""
        from workbench.session.tagger import Tagger

        return Tagger(self.library, self.playlists, self.settings.data_dir, self.jobs)

    @property
    def reports(self) -> Reports:
        """The content of the shipped reports: of the library, a playlist, the performance, a tagger."""
        from workbench.session.reports.reports import Reports

        return Reports(
            self.settings,
            self.library,
            self.table,
            self.problems,
            self.playlists,
            self.performance,
            self.tagger,
        )

    @property
    def tags(self) -> Tags:
        """Tags in the files: write BPM, key, gains and more into them, and restore the earlier tags."""
        from workbench.session.tags.tags import Tags

        return Tags(self.library, self.table, self.settings.data_dir)

    @property
    def files(self) -> TrackFiles:
        """The files of tracks: show one in its folder, move one to the trash."""
        from workbench.session.track_files import TrackFiles

        return TrackFiles(self.library, self.track, self.settings)

    @property
    def media(self) -> Media:
        """Media servers: send playlists to them, and fetch stars, ratings and plays."""
        from workbench.session.media.media import Media

        return Media(self.library, self.table, self.settings.data_dir)

    @property
    def history(self) -> History:
        """Your listening history: import exports of services and players."""
        from workbench.session.history.history import History

        return History(self.library, self.track, self.table, self.playlists)

    @property
    def maps(self) -> Maps:
        """The positions of tracks on the music map."""
        from workbench.session.maps import Maps

        return Maps(self.library, self.jobs)

    @property
    def database(self) -> Maintenance:
        """Maintenance of the database: info, check, backup, restore, vacuum, cleanup."""
        return self.library.maintenance

    @property
    def queue(self) -> JobQueue:
        """The queue of jobs of all processes; it also requests jobs from the server. Created at the first use."""
        from workbench.session.jobs.kinds import KINDS
        from workbench.session.jobs.queue import JobQueue
        from workbench.session.jobs.shared_cluster import server_runs

        with self._lock:
            if self._queue is None:
                self._queue = JobQueue(
                    lambda kind, request: KINDS[kind].start(self, request),
                    self.library,
                    server_runs=lambda: not self._share_cluster and server_runs(self.library),
                )
            return self._queue
