"""``/api/v1/tracks/analyze``, ``/tracks/import`` and ``/jobs``: long work as jobs, so that requests return at once."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import Any, ClassVar

from jupyter_server.utils import url_path_join
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from workbench.apps.rest import schemas
from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import JOB_ID, PATH, WAIT, Operation, read_body
from workbench.audio.formats import AUDIO_EXTENSIONS
from workbench.readable import json_bytes
from workbench.session.allowed_paths import allowed_file, allowed_folder
from workbench.session.jobs.kinds import KINDS
from workbench.session.jobs.queued_job import QueuedJob
from workbench.values import Value

POLL_S = 0.2  # set by hand: progress looks smooth, and polling takes almost no CPU time
HEARTBEAT_S = 15.0  # proxies commonly close a connection that has been silent for 30 to 60 s
FORMATS = tuple(sorted([*AUDIO_EXTENSIONS, *(name[1:] for name in AUDIO_EXTENSIONS)]))
ASKED_FOR = ("embed", "map", "tagger", "benchmark")  # analyses have addresses of their own
JOB_ANSWERS: dict[int, Any] = {200: schemas.JOB, 202: schemas.JOB}


class JobAnswer(ApiHandler):
    """The base of handlers that answer with a job."""

    async def submit(self, kind: str, request: dict[str, Any]) -> None:
        job = await self.service.write(self.service.workbench.queue.submit, kind, request)
        self.set_header("Location", url_path_join(self.base_url, "api/v1/jobs", job.id))
        await self.answer_when_ended(job)

    async def answer_when_ended(self, job: QueuedJob) -> None:
        """Answer 200 when the job has ended, or 202 if it has not ended after ``?wait=`` seconds."""
        deadline = time.monotonic() + self.query["wait"]
        while not job.has_ended and time.monotonic() < deadline:
            await asyncio.sleep(min(POLL_S, max(0.0, deadline - time.monotonic())))
        self.answer(job.to_dict(), HTTPStatus.OK if job.has_ended else HTTPStatus.ACCEPTED)


class AnalyzeHandler(JobAnswer):
    operations: ClassVar = {
        "post": Operation(
            "Analyze one file; a track that is known and unchanged is answered at once",
            query={"wait": WAIT},
            body={
                "file_path": PATH,
                "force_reanalysis": Value("analyze it although it is known", bool, default=False),
            },
            answers={200: {"anyOf": [schemas.CACHED, schemas.JOB]}, 202: schemas.JOB},
            errors=(403, 503),
        )
    }

    async def post(self) -> None:
        body = self.json_body()
        file = await self.service.run(allowed_file, body["file_path"], self.service.settings.library_roots)
        force = body["force_reanalysis"]
        if not force:
            track = await self.service.run(self.service.workbench.track.unchanged, file)
            if track is not None:
                self.answer({"status": "cached", "track": track})
                return
        request = {"paths": [str(file)], "force": force, "recursive": False, "formats": None}
        await self.submit("analyze", request)


class ImportHandler(JobAnswer):
    operations: ClassVar = {
        "post": Operation(
            "Analyze every audio file of a folder",
            query={"wait": WAIT},
            body={
                "directory_path": PATH,
                "recursive": Value("with the folders in it", bool, default=True),
                "supported_formats": Value(
                    "suffixes of file names; all when left out",
                    list[str],
                    choices=FORMATS,
                    least=1,
                    default=None,
                ),
            },
            answers=JOB_ANSWERS,
            errors=(403, 503),
        )
    }

    async def post(self) -> None:
        body = self.json_body()
        roots = self.service.settings.library_roots
        folder = await self.service.run(allowed_folder, body["directory_path"], roots)
        request = {
            "paths": [str(folder)],
            "force": False,
            "recursive": body["recursive"],
            "formats": body["supported_formats"],
        }
        await self.submit("import", request)


class JobHandler(JobAnswer):
    path_schemas: ClassVar = {"job_id": JOB_ID}
    operations: ClassVar = {
        "get": Operation("The progress of a job", query={"wait": WAIT}, answers=JOB_ANSWERS, errors=(404,)),
        "delete": Operation(
            "Cancel a job; finished tracks stay", query={"wait": WAIT}, answers=JOB_ANSWERS, errors=(404,)
        ),
    }

    async def get(self, _: str) -> None:
        await self.answer_when_ended(await self.find())

    async def delete(self, _: str) -> None:
        job = await self.find()
        await self.service.write(self.service.workbench.queue.cancel, job)
        await self.answer_when_ended(job)

    async def find(self) -> QueuedJob:
        job = await self.service.run(self.service.workbench.queue.get, self.path_values["job_id"])
        if job is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "There is no such job.")
        return job


class PauseHandler(JobHandler):
    operations: ClassVar = {
        "post": Operation(
            "Pause a job; files that are being analyzed are finished",
            answers={200: schemas.JOB},
            errors=(404,),
        )
    }

    async def post(self, _: str) -> None:
        job = await self.find()
        await self.service.write(self.service.workbench.queue.pause, job)
        self.answer(job.to_dict())


class ResumeHandler(JobHandler):
    operations: ClassVar = {
        "post": Operation("Resume a paused job", answers={200: schemas.JOB}, errors=(404,))
    }

    async def post(self, _: str) -> None:
        job = await self.find()
        await self.service.write(self.service.workbench.queue.resume_job, job)
        self.answer(job.to_dict())


class JobsHandler(JobAnswer):
    operations: ClassVar = {
        "get": Operation(
            "Jobs of all processes that run or wait, and those that ended lately, newest first",
            query={"brief": Value("without the results", bool, default=False)},
            answers={200: schemas.has(total=schemas.COUNT, jobs=schemas.listing(schemas.JOB))},
        ),
        "post": Operation(
            "Ask for a job: " + "; ".join(f"{name}: {KINDS[name].help}" for name in ASKED_FOR),
            query={"wait": WAIT},
            body={
                "kind": Value("what to do", str, choices=ASKED_FOR),
                "parameters": Value("as the kind takes them", dict, default={}),
            },
            answers=JOB_ANSWERS,
            errors=(503,),
        ),
    }

    async def get(self) -> None:
        jobs = [job.to_dict() for job in self.service.workbench.queue.newest_first()]
        if self.query["brief"]:
            jobs = [job | {"result": None} for job in jobs]
        self.answer({"total": len(jobs), "jobs": jobs})

    async def post(self) -> None:
        body = self.json_body()
        await self.submit(body["kind"], read_body(KINDS[body["kind"]].parameters, body["parameters"]))


class JobEventsHandler(JobHandler):
    operations: ClassVar = {
        "get": Operation(
            "The job at every change, as server-sent events named progress; the last one is named end",
            answers={200: "text/event-stream"},
            errors=(404,),
        )
    }

    async def get(self, _: str) -> None:
        job = await self.find()
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        if self.request.method == "HEAD":
            return
        try:
            await self._tell(job)
        except StreamClosedError:
            return

    async def _tell(self, job: QueuedJob) -> None:
        told, told_at = b"", 0.0
        while True:
            ended, state = job.has_ended, json_bytes(job.to_dict())
            if ended or state != told:
                self.write(b"event: %s\ndata: %s\n\n" % (b"end" if ended else b"progress", state))
                told, told_at = state, time.monotonic()
            elif time.monotonic() - told_at > HEARTBEAT_S:
                self.write(b": still there\n\n")
                told_at = time.monotonic()
            await self.flush()
            if ended or self.service.closing:
                return
            await asyncio.sleep(POLL_S)
