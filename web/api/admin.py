"""Operations that ``kb`` requests of the process that owns the data folder; undocumented."""

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
    """Build the search graph. Searches continue; ingest waits."""
    services.index.optimize()
    return Response(status_code=204)
