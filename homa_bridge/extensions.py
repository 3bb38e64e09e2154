"""Flask extensions, not yet bound to an application."""

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase


class Model(DeclarativeBase):
    """Base of the table declarations. Names are given without the site's table prefix."""


db = SQLAlchemy(metadata=Model.metadata)
