"""What ``kb`` asks of the process that owns the data folder. Not for browsers, nor documented."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Response

from kb.maintenance.check import check_base
from web.http.context import OperatorDep, ServicesDep


def _only_operator(operator: OperatorDep) -> None:
    if not operator:
        raise HTTPException(404)


router = APIRouter(
    prefix="/api/v1/admin", include_in_schema=False, dependencies=[Depends(_only_operator)]
)


@router.post("/check")
def compare(services: ServicesDep, repair: bool = False) -> dict[str, Any]:
    return check_base(services, repair=repair).as_json()


@router.post("/optimize")
def optimize(services: ServicesDep) -> Response:
    """Searches go on; what is being ingested waits."""
    services.index.optimize()
    return Response(status_code=204)
