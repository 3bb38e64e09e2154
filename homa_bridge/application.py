"""The application's services, for the routes and the command line."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app

from .clock import Clock
from .config import Settings
from .context.compressor import Compressor
from .database import Database
from .defences.limiter import Limiter
from .facade.service import Facade
from .identity.merge import GuestMerge
from .identity.newcomers import Newcomers
from .identity.service import Logins
from .omnistore.service import OmniStore
from .persona.service import PersonaEngine
from .privacy.service import Privacy
from .prompt.service import Prompt
from .status.readiness import Readiness
from .telemetry.meters import Meters
from .telemetry.stored import Stored

if TYPE_CHECKING:
    from .language_model.service import Wordings

KEY = "homa_bridge"


@dataclass(frozen=True, slots=True)
class Services:
    """What an application is made of.

    :param meters: what is measured while requests are answered
    :param stored: what is measured in the database
    :param limiter: None if nothing is limited
    :param newcomers: likewise
    :param wordings: None if no language model is set
    """

    settings: Settings
    clock: Clock
    database: Database
    meters: Meters
    omnistore: OmniStore
    personas: PersonaEngine
    compressor: Compressor
    prompts: Prompt
    facade: Facade
    merge: GuestMerge
    logins: Logins | None
    privacy: Privacy
    limiter: Limiter | None
    newcomers: Newcomers | None
    readiness: Readiness
    stored: Stored
    wordings: "Wordings | None"


def services() -> Services:
    """Return the services of the application that handles this request."""
    return cast(Services, current_app.extensions[KEY])


def omnistore() -> OmniStore:
    """Return the Omni-Store."""
    return services().omnistore


def personas() -> PersonaEngine:
    """Return the persona engine."""
    return services().personas


def compressor() -> Compressor:
    """Return what compresses conversations."""
    return services().compressor


def prompts() -> Prompt:
    """Return what writes prompts."""
    return services().prompts


def facade() -> Facade:
    """Return what the site's PHP code asks for."""
    return services().facade


def privacy() -> Privacy:
    """Return what shows and forgets personal data."""
    return services().privacy
