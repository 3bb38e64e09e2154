"""Puts the application together."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from flask import Flask
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from sqlalchemy import Engine, QueuePool, event

from . import http
from .application import KEY, Services
from .clock import Clock
from .config import Settings, load_settings
from .context.compressor import Compressor
from .context.vocabulary import vocabulary_of
from .database import Database, on_mysql_connect, on_sqlite_connect
from .database_host import by_name
from .defences import headers, hosts
from .defences.limiter import Limiter
from .extensions import db
from .facade.service import Facade
from .host_names import NAMES
from .identity import chain
from .identity.allowance import counted_visitor, is_free
from .identity.connection import current_client
from .identity.merge import GuestMerge
from .identity.newcomers import Newcomers
from .identity.service import Logins
from .omnistore.service import OmniStore
from .persona.service import PersonaEngine
from .privacy.service import Privacy
from .prompt.service import Prompt
from .status.readiness import Readiness
from .telemetry.meters import Meters
from .telemetry.requests import Watch
from .telemetry.stored import Stored
from .wordpress.site import driver_arguments

if TYPE_CHECKING:
    from .language_model.service import Wordings

SWEEP_BATCH = 500
CONVERSIONS = {
    kind: each for kind, each in conversions.items() if kind not in {FIELD_TYPE.TIMESTAMP, FIELD_TYPE.DATETIME}
}
"""What becomes of the database's values: moments stay the text that is passed on, which is also quicker."""

MARGIN_SECONDS = 2
"""How much longer than the database gives a statement its answer is waited for."""

EACH = "each"  # the engine whose connections commit every statement


class _Application(Flask):
    """Flask without asking of every function in every request whether it is a coroutine: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a view as it is."""
        return func


def build(settings: Settings | None) -> Flask:
    """Create an application from settings; from the environment's if there are none.

    :raises SettingsError: if a setting is wrong
    """
    settings = settings or load_settings()
    app = _Application(__name__, static_folder=None)
    app.config.update(
        MAX_BODY_BYTES=settings.max_body_bytes,
        MAX_CONTENT_LENGTH=settings.max_body_bytes + 1,  # one byte more shows that chunks are too many
        MAX_NESTING=settings.max_nesting,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings, autocommit=False),
        SQLALCHEMY_BINDS={EACH: {"url": settings.database_url, **_engine_options(settings, autocommit=True)}},
    )
    db.init_app(app)
    with app.app_context():
        found = app.extensions[KEY] = _services(settings, db.engines[None], db.engines[EACH])
        http.init_app(app)
        hosts.init_app(app)  # before all else: a page on another's name must not get as far as being counted
        chain.init_app(app)
        if found.limiter is not None:
            found.limiter.init_app(app)  # once it is verified who signs
        headers.init_app(app)
    app.wsgi_app = Watch(app.wsgi_app, found.meters, access=settings.telemetry.access)  # type: ignore[method-assign]
    return app


def _services(settings: Settings, whole: Engine, each: Engine) -> Services:
    for engine in (whole, each):
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", on_sqlite_connect)
        else:
            event.listen(engine, "do_connect", by_name(NAMES))
            event.listen(engine, "connect", on_mysql_connect(settings.statement_seconds))
    clock = Clock(settings.zone)
    meters = Meters()
    meters.watch_pools([cast(QueuePool, engine.pool) for engine in (whole, each)])
    database = Database(whole, each, settings.table_prefix, meters)
    compressor = Compressor(vocabulary_of(settings.trade), settings.summary_contacts, count=meters.compressions.inc)
    omnistore = OmniStore(
        database, clock, compressor, retention=settings.retention, sweep_batch=SWEEP_BATCH, limits=settings.limits
    )
    personas = PersonaEngine(database, clock, omnistore)
    prompts = Prompt(omnistore, compressor, settings.prompt_tokens)
    limits = settings.defences.limits
    limiter = Limiter(limits, counted_visitor, current_client, is_free, meters.count_limited) if limits else None
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        meters=meters,
        omnistore=omnistore,
        personas=personas,
        compressor=compressor,
        prompts=prompts,
        facade=Facade(database, clock, omnistore, personas, prompts),
        merge=GuestMerge(database, omnistore, personas),
        logins=Logins(database, clock, settings.login) if settings.login else None,
        privacy=Privacy(database, omnistore, personas),
        limiter=limiter,
        newcomers=Newcomers(omnistore.holds, limiter.count_new_guest) if limiter else None,
        readiness=Readiness(database),
        stored=Stored(database, clock),
        wordings=_wordings(settings, omnistore, meters),
    )


def _wordings(settings: Settings, omnistore: OmniStore, meters: Meters) -> "Wordings | None":
    if settings.model is None:
        return None
    from .language_model.service import Wordings  # noqa: PLC0415  (whoever wants no model loads no client)

    wordings = Wordings(settings.model, omnistore, keep_contacts=settings.summary_contacts, count=meters.count_question)
    omnistore.report_conversations(wordings.hear)
    return wordings


def _engine_options(settings: Settings, *, autocommit: bool) -> dict[str, object]:
    """Return how to connect. A connection that goes back is not reset: the transaction boundary has ended its work."""
    pool: dict[str, object] = {
        "pool_size": settings.threads,
        "max_overflow": 0,
        "pool_use_lifo": True,
        "pool_timeout": 5,
        "pool_reset_on_return": None,
    }
    if settings.database_url.get_backend_name() == "sqlite":
        return {**pool, "paramstyle": "named", "connect_args": {"check_same_thread": False}}
    answer_seconds = settings.statement_seconds + MARGIN_SECONDS
    connect = {
        **driver_arguments(settings.database_url),
        "autocommit": autocommit,
        "conv": CONVERSIONS,
        "read_timeout": answer_seconds,
        "write_timeout": answer_seconds,
    }
    return {**pool, "pool_recycle": 3_600, "connect_args": connect}
