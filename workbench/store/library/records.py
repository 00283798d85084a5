"""Records that the library stores and returns: plain values without behavior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Scalar = str | int | float | bool | None

LISTS = {"artist": "artists", "album_artist": "album_artists"}
"""Tags that may have several names, each with the tag that has the names, stored with ``"; "`` between them."""
TEXT_TAGS = (
    "title",
    "artist",
    "artists",
    "album",
    "album_artist",
    "album_artists",
    "genre",
    "composer",
    "comment",
    "grouping",
    "isrc",
    "title_sort",
    "artist_sort",
    "album_sort",
    "album_artist_sort",
    "composer_sort",
    "musicbrainz_recording_id",
    "musicbrainz_track_id",
    "musicbrainz_album_id",
    "musicbrainz_release_group_id",
    "musicbrainz_artist_id",
    "musicbrainz_album_artist_id",
    "tag_key",
    "tag_mood",
    "cover",
)
NUMBER_TAGS = (
    "year",
    "track_number",
    "disc_number",
    "compilation",
    "rating",
    "play_count",
    "tag_bpm",
    "tag_gain_db",
    "tag_album_gain_db",
    "tag_peak",
)
TAG_NAMES = (*TEXT_TAGS, *NUMBER_TAGS, "lyrics")
QUARANTINE_KINDS = frozenset({"crash", "timeout"})


@dataclass(frozen=True)
class ScannedFile:
    """A file that a scan has found, with its content hash.

    Attributes
    ----------
    content_hash : str or None
        ``None`` when the file could not be read; then ``error`` and ``error_kind`` say why.
    tags : mapping
        Values by ``TAG_NAMES``; missing names count as ``None``.
    ctime_ns : int or None
        When the file's inode changed last; a hint that tags may have changed where size and time have not.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    content_hash: str | None
    tags: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    error_kind: str | None = None
    ctime_ns: int | None = None


class FeaturesVersion(NamedTuple):
    """The versions that computed stored features: of the analysis, and of each descriptor from a plug-in."""

    analysis: int
    own: Mapping[str, int] = MappingProxyType({})


class KnownFile(NamedTuple):
    """What the library knows of a file: enough to decide whether it must be decoded.

    ``features_version`` has the versions that computed the stored features of this content; ``None`` without features.
    """

    id: int
    size_bytes: int
    mtime_ns: int
    content_hash: str | None
    status: str
    features_version: FeaturesVersion | None
    error: str | None
    error_kind: str | None
    ctime_ns: int | None = None


@dataclass(frozen=True, eq=False)
class FeatureRecord:
    """Features of one content, as stored.

    Attributes
    ----------
    version : int
        Version of the analysis that computed them.
    scalars : mapping of str to number, text, bool, None or a short list of them
    vector : float32 array, shape (d,)
        Sound vector; d = 0 when there is none.
    series : mapping of str to array
        Beats, curves, waveform peaks.
    seconds : float
        Duration of the analysis.
    landmarks : uint32 array, shape (n, 2)
        Landmarks, by which other files of the same recording are found.
    own_versions : mapping of str to int
        The names of the own descriptors among the scalars, with the version of each.
    """

    version: int
    scalars: Mapping[str, Scalar | Sequence[Scalar]]
    vector: npt.NDArray[np.float32]
    series: Mapping[str, npt.NDArray[Any]]
    seconds: float = 0.0
    landmarks: npt.NDArray[np.uint32] | Sequence[Any] = ()
    own_versions: Mapping[str, int] = field(default_factory=dict)

    @property
    def computed_by(self) -> FeaturesVersion:
        return FeaturesVersion(self.version, self.own_versions)


class Quarantined(NamedTuple):
    """The reason why a content is not analyzed again: it crashed a worker or missed its deadline."""

    error: str
    error_kind: str
    at: float


class PlaylistEntry(NamedTuple):
    """One track of a stored playlist. ``content_hash`` finds the music again when the track id no longer exists."""

    track_id: int
    content_hash: str | None
    explanation: Mapping[str, Any]


@dataclass(frozen=True)
class PlaylistRecord:
    """A playlist as stored; earlier ones of the same name are kept as its history.

    Attributes
    ----------
    snapshot : str
        Version of the library that it was made from.
    versions : mapping
        Versions of the packages that made it.
    created_at : float
        Seconds since the epoch; set when it is saved.
    """

    name: str
    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    random_state: int | None = None
    snapshot: str = ""
    versions: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[PlaylistEntry, ...] = ()
    id: int | None = None
    created_at: float | None = None


@dataclass(frozen=True)
class PlaylistSummary:
    """A stored playlist without its tracks, for lists."""

    id: int
    name: str
    method: str
    size: int
    snapshot: str
    created_at: float


@dataclass(frozen=True)
class JobRecord:
    """A job as other processes see it; ``payload`` (progress, paths, failures) is JSON-serializable.

    ``owner`` is the process that does it (:func:`~workbench.machine.process_identity.process_name`), and
    ``updated_at`` the last sign of life of the owner. ``wish`` is what another process asks the owner to do: ``pause``
    or ``resume``.
    """

    id: str
    kind: str
    status: str
    payload: Mapping[str, Any]
    created_at: float
    updated_at: float
    owner: str | None = None
    wish: str | None = None


@dataclass(frozen=True)
class ProcessRecord:
    """What one process has published about itself (``performance`` defines the payload)."""

    id: str
    pid: int
    role: str
    started_at: float
    updated_at: float
    payload: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Embedding:
    """The vector that a model gives for one content."""

    content_hash: str
    model: str
    version: str
    model_hash: str
    vector: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Prediction:
    """The probabilities (or values) by label that a model gives for one content."""

    content_hash: str
    model: str
    version: str
    model_hash: str
    scores: Mapping[str, float]


class StoredModel(NamedTuple):
    """A model with embeddings in the library, and of how many contents."""

    model: str
    version: str
    model_hash: str
    contents: int


class UnseenFile(NamedTuple):
    """An analyzed content that a model has not seen, with one of its present files."""

    content_hash: str
    path: str
    size_bytes: int


@dataclass(frozen=True)
class Rating:
    """What the user says about a content: 1 to 5 stars, labels by hand, and whether playlists leave it out."""

    content_hash: str
    rating: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    excluded: bool = False


class ServerSong(NamedTuple):
    """A song of a media server, and the track that it is.

    Attributes
    ----------
    path : str or None
        The path on the server: absolute, or relative to one of its folders; some servers make it up from the tags.
    track_id : int or None
        ``None`` if it is not in the library.
    by : str or None
        How the track was found: by ``path``, ``MusicBrainz id`` or ``tags``, or ``you`` if the user chose it.
    score : float
        How certain the match is, 0 to 1.
    """

    song_id: str
    path: str | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_s: float | None = None
    track_id: int | None = None
    by: str | None = None
    score: float = 0.0


@dataclass(frozen=True)
class Artifact:
    """A result that was computed from a snapshot of the library, such as the coordinates of a map."""

    kind: str
    key: str
    snapshot: str
    value: Any
    created_at: float
