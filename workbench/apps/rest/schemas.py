"""Schemas of the answers for the OpenAPI document; tests compare the answers with them."""

from __future__ import annotations

from workbench.apps.rest import operations
from workbench.apps.rest.operations import Schema

ID: Schema = operations.ID.json_schema()
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
STRING: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
MAYBE_STRING: Schema = {"type": ["string", "null"]}


def has(**properties: Schema) -> Schema:
    """Return the schema of an object that has at least these properties."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def listing(of: Schema) -> Schema:
    return {"type": "array", "items": of}


ERROR = has(error=STRING, message=STRING)
RATING = has(rating=MAYBE_NUMBER, own_rating=MAYBE_NUMBER)
"""The rating that counts (your own, else the file's, else a player's), and your own, in stars."""
TRACK = has(
    id=ID,
    path=STRING,
    status=STRING,
    title=MAYBE_STRING,
    artist=MAYBE_STRING,
    artists=listing(STRING),
    album=MAYBE_STRING,
    album_artists=listing(STRING),
    tags={"type": "object"},
    genre=MAYBE_STRING,
    year={"type": ["integer", "null"]},
    duration_s=MAYBE_NUMBER,
    features={"type": "object"},
    predicted={
        "type": "object",
        "additionalProperties": has(
            value={"type": ["string", "number"]}, probability=MAYBE_NUMBER, model=STRING, version=STRING
        ),
    },
    sound_tags={"type": "object", "additionalProperties": has(value=NUMBER, rank=NUMBER)},
    rating=MAYBE_NUMBER,
    own_rating=MAYBE_NUMBER,
)
TRACKS = has(
    total=COUNT,
    limit=COUNT,
    offset=COUNT,
    next={"type": ["integer", "string", "null"]},
    tracks=listing({"anyOf": [TRACK, has(id=ID)]}),
)
SIMILAR = has(
    id=ID,
    tracks=listing(
        has(
            id=ID,
            title=MAYBE_STRING,
            artist=MAYBE_STRING,
            distance=MAYBE_NUMBER,
            closer_than_percent=MAYBE_NUMBER,
            near={"type": "boolean"},
        )
    ),
)
JOB = has(
    id=STRING,
    kind=STRING,
    title=STRING,
    request={"type": ["object", "null"]},
    failures=listing(has(path=STRING, error=STRING, kind=STRING)),
    status={"enum": ["queued", "running", "cancelling", "done", "failed", "cancelled"]},
    progress={"type": ["object", "null"]},
    result={"type": ["object", "null"]},
    error={"type": ["object", "null"]},
)
CACHED = has(status={"const": "cached"}, track=TRACK)
PLAYLIST_SUMMARY = has(id=ID, name=STRING, method=STRING, size=COUNT)
PLAYLISTS = has(total=COUNT, playlists=listing(PLAYLIST_SUMMARY))
PLAYLIST = has(
    id=ID, name=STRING, method=STRING, parameters={"type": "object"}, tracks=listing({"type": "object"})
)
METHODS = has(methods=listing({"type": "object"}), common=listing({"type": "object"}))
_TRACKS = listing(ID)
COMPARISON = has(shared=_TRACKS, only_in_a=_TRACKS, only_in_b=_TRACKS, overlap=NUMBER)
REFRESHED = has(kept=_TRACKS, added=_TRACKS, removed=_TRACKS, comparison=COMPARISON, playlist=PLAYLIST)
HISTORY = has(sources=listing(has(source=STRING, plays=COUNT, tracks=COUNT, told_tracks=COUNT)))
IMPORTED_HISTORY = has(
    file=STRING,
    source=STRING,
    plays=COUNT,
    matched=COUNT,
    added=COUNT,
    facts=COUNT,
    playlists=listing(STRING),
    unmatched=listing({"type": "object"}),
    skipped={"type": "object"},
)
CACHE = has(
    hits=COUNT,
    misses=COUNT,
    evictions=COUNT,
    compressions=COUNT,
    decompressions=COUNT,
    current_size_bytes=COUNT,
    current_entries=COUNT,
    cleanup_runs=COUNT,
    hit_rate=NUMBER,
    size_mb=NUMBER,
    max_size_mb=NUMBER,
    utilization_percent=NUMBER,
)
CACHE_STATS = has(
    analysis_cache=CACHE, feature_cache=CACHE, total_memory_usage_mb=NUMBER, combined_hit_rate=NUMBER
)
POOL = has(
    total_connections=COUNT,
    active=COUNT,
    idle=COUNT,
    total_queries=COUNT,
    failed_queries=COUNT,
    retries=COUNT,
    pool_hits=COUNT,
    pool_misses=COUNT,
    waits=COUNT,
    wait_mean_ms=NUMBER,
    wait_max_ms=NUMBER,
    success_rate_percent=NUMBER,
    pool_efficiency_percent=NUMBER,
    wal_size_mb=NUMBER,
)
SYSTEM = has(
    memory=has(total_gb=NUMBER, available_gb=NUMBER, used_percent=NUMBER, cached_gb=NUMBER),
    cpu=has(usage_percent=NUMBER, count=NUMBER, load_avg=listing(NUMBER)),
    disk=has(total_gb=NUMBER, free_gb=NUMBER, used_percent=NUMBER),
)
METRICS = has(
    timestamp=TIME,
    system=SYSTEM,
    caches=has(analysis_cache=CACHE, feature_cache=CACHE),
    database_pool=POOL,
    async_processor={"type": "object"},
    processes=listing(has(role=STRING, pid=COUNT, rss_mb=MAYBE_NUMBER, pss_mb=MAYBE_NUMBER)),
)
HEALTH_OF_WORKERS = has(
    status={"enum": ["healthy", "degraded", "unhealthy"]},
    response_time_ms=MAYBE_NUMBER,
    memory_ok={"type": "boolean"},
    cpu_ok={"type": "boolean"},
    active_operations=COUNT,
    total_processed=COUNT,
    workers=COUNT,
)
SERIES = listing(NUMBER)
USAGE = has(
    timestamps=listing(TIME),
    memory=has(used_percent=SERIES),
    cpu=has(usage_percent=SERIES),
    disk_io=has(read_mb_per_s=SERIES, write_mb_per_s=SERIES),
    network=has(sent_mb_per_s=SERIES, received_mb_per_s=SERIES),
)
REPORT = has(
    optimization_scores=has(
        overall_score=MAYBE_NUMBER,
        memory_efficiency=MAYBE_NUMBER,
        cache_efficiency=MAYBE_NUMBER,
        database_efficiency=MAYBE_NUMBER,
        processor_efficiency=MAYBE_NUMBER,
    ),
    score_reasons={"type": "object"},
    optimizations_active={"type": "object"},
    performance_impact={"type": "object"},
    recommendations=listing(has(category=STRING, setting=STRING, reason=STRING, message=STRING)),
)
PROBLEMS = has(
    problems=listing(
        has(title=STRING, advice=STRING, findings=listing(has(id=COUNT, path=STRING, reason=STRING)))
    )
)
PROBLEM_COUNTS = has(tracks=COUNT, kinds={"type": "object"})
ANALYSIS = has(tracks={"type": "object"}, failures={"type": "object"}, audio_seconds=NUMBER)
JSPF = has(playlist=has(track=listing(operations.ANY_OBJECT)))
HEALTH = has(status=STRING, version=STRING, uptime_seconds=NUMBER)
MANAGED = has(operation=STRING, ok={"type": "boolean"}, result={})
