"""``/api/v1/database``, ``/api/v1/health`` and the OpenAPI document."""

from __future__ import annotations

from typing import Any, ClassVar

import workbench
from workbench.apps.rest import schemas
from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import ANY_OBJECT, Operation
from workbench.values import Value

OPERATIONS = ("backup", "integrity_check", "vacuum", "cleanup")


class DatabaseInfoHandler(ApiHandler):
    operations: ClassVar = {"get": Operation("Sizes, counts and versions", answers={200: ANY_OBJECT})}

    async def get(self) -> None:
        self.answer(await self.service.run(self.service.workbench.database.info))


class DatabaseManageHandler(ApiHandler):
    operations: ClassVar = {
        "post": Operation(
            "Maintain the database; backups go to the data folder",
            body={"operation": Value("what to do", str, choices=OPERATIONS)},
            answers={200: schemas.MANAGED},
            errors=(503,),
        )
    }

    async def post(self) -> None:
        operation = self.json_body()["operation"]
        result = await self.service.write(self._manage, operation)
        self.answer(
            {"operation": operation, "ok": operation != "integrity_check" or not result, "result": result}
        )

    def _manage(self, operation: str) -> Any:
        database = self.service.workbench.database
        if operation == "backup":
            return {"path": str(database.backup())}
        if operation == "integrity_check":
            return database.check()
        if operation == "vacuum":
            return database.vacuum()
        return database.cleanup()


class HealthHandler(ApiHandler):
    operations: ClassVar = {
        "get": Operation("Whether the server answers", answers={200: schemas.HEALTH}, open="everyone")
    }

    async def get(self) -> None:
        lag = self.service.lag
        self.answer(
            {
                "status": "ok",
                "version": workbench.__version__,
                "uptime_seconds": self.service.uptime_s,
                "event_loop_lag_ms": {
                    "last_minute": 1000 * lag.longest_recent_s,
                    "longest": 1000 * lag.longest_s,
                    "start_up": None if lag.start_up_s is None else 1000 * lag.start_up_s,
                },
            }
        )
