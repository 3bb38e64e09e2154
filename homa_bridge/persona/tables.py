"""The table in which PHP code of the site keeps persona scores of its own; it may be absent."""

from datetime import datetime

from sqlalchemy import FetchedValue, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ..column_types import BIGINT_KEY, INT, LONGTEXT
from ..extensions import Model

NOW = text("CURRENT_TIMESTAMP")


class PersonaScore(Model):
    """Points that were given to a visitor for one persona."""

    __tablename__ = "homaye_persona_scores"
    __table_args__ = (Index("user_identifier", "user_identifier"), Index("persona_type", "persona_type"))

    id: Mapped[int] = mapped_column(BIGINT_KEY, primary_key=True)
    user_identifier: Mapped[str] = mapped_column(String(255))
    persona_type: Mapped[str] = mapped_column(String(50))
    score: Mapped[int] = mapped_column(INT, server_default=text("0"))
    session_data: Mapped[str | None] = mapped_column(LONGTEXT)
    created_at: Mapped[datetime | None] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime | None] = mapped_column(server_default=NOW, server_onupdate=FetchedValue())
