"""The table in which the WordPress plugin keeps writes while the service is away; the plugin creates it."""

from datetime import datetime

from sqlalchemy import CHAR, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..column_types import BIGINT_KEY
from ..extensions import Model


class KeptWrite(Model):
    """A write that waits for the service."""

    __tablename__ = "homa_bridge_outbox"
    __table_args__ = (Index("visitor", "visitor", "id"),)

    id: Mapped[int] = mapped_column(BIGINT_KEY, primary_key=True)
    nonce: Mapped[str] = mapped_column(CHAR(32))
    visitor: Mapped[str] = mapped_column(String(100))
    path: Mapped[str] = mapped_column(String(100))
    referer: Mapped[str] = mapped_column(Text)
    caller: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
