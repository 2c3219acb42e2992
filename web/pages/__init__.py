"""The routers of all pages."""

from __future__ import annotations

from web.pages import (
    about,
    account,
    administration,
    arranging,
    audit_log,
    card_steps,
    choosing,
    collections,
    compare,
    corpus,
    curating,
    discovery,
    document_pages,
    documents,
    drafts,
    edits,
    evidence,
    feeds,
    figures,
    guesses,
    home,
    openid,
    pageview,
    pictures,
    places,
    practices,
    project_card,
    project_measuring,
    project_members,
    projects,
    questions,
    references,
    review,
    search,
    selection,
    signin,
    sources,
    uploads,
    work,
    worksheets,
)
from web.pages.archive import router as archive_router
from web.pages.badges import router as badges_router
from web.pages.contributions import router as contributions_router
from web.pages.direction import router as direction_router
from web.pages.enrolments import router as enrolments_router
from web.pages.magazine import router as magazine_router
from web.pages.magazine_composing import router as magazine_composing_router
from web.pages.network import router as network_router
from web.pages.network_profiles import router as network_profiles_router
from web.pages.network_requests import router as network_requests_router
from web.pages.news import router as news_router
from web.pages.path_questions import router as path_questions_router
from web.pages.paths import router as paths_router
from web.pages.photographs import router as photographs_router
from web.pages.press import router as press_router
from web.pages.scenarios import router as scenarios_router
from web.pages.site_pages import router as site_pages_router
from web.pages.subscriptions import router as subscriptions_router
from web.pages.unit import router as unit_router

ROUTERS = (
    home.router,
    discovery.router,
    search.router,
    places.router,
    choosing.router,
    compare.router,
    network_profiles_router,
    network_requests_router,
    network_router,
    unit_router,
    direction_router,
    scenarios_router,
    worksheets.router,
    drafts.router,
    card_steps.router,
    review.router,
    evidence.router,
    sources.router,
    figures.router,
    references.router,
    feeds.router,
    pictures.router,
    press_router,
    practices.router,
    projects.router,
    project_members.router,
    project_measuring.router,
    project_card.router,
    subscriptions_router,
    magazine_composing_router,
    magazine_router,
    archive_router,
    path_questions_router,
    badges_router,
    paths_router,
    enrolments_router,
    photographs_router,
    curating.router,
    arranging.router,
    collections.router,
    guesses.router,
    selection.router,
    documents.router,
    edits.router,
    work.router,
    document_pages.router,
    pageview.router,
    uploads.router,
    about.router,
    corpus.router,
    site_pages_router,
    contributions_router,
    questions.router,
    news_router,
    signin.router,
    openid.router,
    account.router,
    administration.router,
    audit_log.router,
)
"""In order of precedence: the first route that matches an address answers."""
