"""Schemathesis reads the OpenAPI document and tries to find an answer that does not keep to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

from workbench.apps.rest import schemas

EXAMPLES = 6
# A body can have the right form and still ask for a method or parameter that no playlist has.
NOT_CHECKED = [positive_data_acceptance]


def test_answers_keep_to_the_document(server: Any) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}api/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    failures = []
    for operation in operations:
        failures += check(operation)
    assert not failures, "\n\n".join(failures)


def check(operation: Any) -> list[str]:
    """Return what is wrong with one operation's answers to requests that fit and requests that do not."""
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(cases)
    def run(case: Any) -> None:
        case.call_and_validate(excluded_checks=NOT_CHECKED)

    try:
        run()
    except FailureGroup as found:
        return [f"{operation.method} {operation.path}: {failure}" for failure in found.exceptions]
    return []


def test_events_of_a_job_keep_to_the_document(server: Any, music: Path) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}api/v1/openapi.json")
    file = str(music / "two.wav")
    job = server.post("tracks/analyze", {"file_path": file, "force_reanalysis": True}).json()
    events = schema["/api/v1/jobs/{job_id}/events"]["GET"].Case(path_parameters={"job_id": job["id"]})
    answer = events.call_and_validate(timeout=60)  # the stream ends with the job
    assert answer.status_code == 200
    names, told = zip(*(event.split("\ndata: ") for event in answer.text.strip().split("\n\n")), strict=True)
    assert names[-1] == "event: end" and set(names[:-1]) <= {"event: progress"}
    for state in told:
        jsonschema.validate(json.loads(state), schemas.JOB)
    assert json.loads(told[-1])["status"] == "done"


def test_files_instead_of_json_keep_to_the_document(server: Any) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}api/v1/openapi.json")
    schema["/api/v1/tracks"]["GET"].Case(query={"format": "csv"}).call_and_validate()
    made = server.post("playlists/generate", {"method": "random", "size": 2}).json()
    playlist = schema["/api/v1/playlists/{playlist_id}"]["GET"]
    for name in ("json", "m3u8", "xspf", "jspf", "pls", "csv", "xml", "nml"):
        case = playlist.Case(path_parameters={"playlist_id": made["id"]}, query={"format": name})
        assert case.call_and_validate().status_code == 200
