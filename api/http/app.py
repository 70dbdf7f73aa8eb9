"""The application: routes, errors, health, and a documentation page that needs no network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline

from api.http import (
    audit,
    cases,
    consents,
    health,
    jobs,
    loan_book,
    overview,
    own,
    partners,
    problems,
)
from api.http.daily import sealed_daily
from api.http.documented import document
from api.http.idempotency import Idempotency
from api.http.limits import BodyLimit, Rates
from api.http.request_ids import RequestIds
from api.http.state import OpenWhenThere, held_by, keep
from api.jobs.worker import workers
from api.services.production import check_production
from api.services.warming import kept_warm
from api.settings import Settings
from graph_model.errors import StoreError

DESCRIPTION = """
Decision support for a lawful operator: files in, explained answers out. It is not a credit
bureau and decides nothing; final credit decisions stay with people.

Every question needs a signed-in viewer (`Authorization: Bearer`) and a purpose (`X-Purpose`).
Deny by default; every look is written to the audit journal.
"""


def create_app(settings: Settings) -> FastAPI:
    """Make the application; the store is opened when it starts and closed when it ends.

    It starts even when the store cannot be opened, says so on `/readyz`, and opens it as soon as
    it can be.

    Raises
    ------
    NotReady
        In production, where the settings are not fit for it.
    """
    check_production(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        beside = [partial(workers, how_many=settings.job_workers)]
        held = OpenWhenThere(settings, *([kept_warm] if settings.warm else []), *beside)
        with suppress(StoreError):  # /readyz says it, and the next question tries again
            held.workspace()
        keep(app, held)
        try:
            async with sealed_daily(partial(held_by, app)):
                yield
        finally:
            held.close()

    app: FastAPI = FastAPIOffline(
        title="credit-alliance 供应链信用联盟平台",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,
    )

    @app.get("/", include_in_schema=False)
    def start() -> RedirectResponse:
        """Lead whoever opens the address in a browser to the documentation."""
        return RedirectResponse("/docs")

    app.state.rates = Rates.of(settings)
    app.add_middleware(Idempotency)
    app.add_middleware(
        BodyLimit, body_limit=settings.body_limit, upload_limit=settings.upload_limit
    )
    app.add_middleware(RequestIds)  # the last one added is met first
    problems.install(app)
    app.include_router(health.router)
    groups = (partners, own, consents, cases, audit, jobs, loan_book, overview)
    for group in groups:
        app.include_router(group.router)
    document(app)
    return app
