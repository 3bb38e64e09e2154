"""Places for a fixed number of values in a prepared statement, for fewer of them as well."""

from collections.abc import Sequence

from sqlalchemy import BindParameter, bindparam


def slots(batch: int) -> list[BindParameter[object]]:
    """Return the places, for ``column.in_(…)``."""
    return [bindparam(f"slot{number}") for number in range(batch)]


def filled(values: Sequence[object], batch: int) -> dict[str, object]:
    """Return values for all places; the last one fills those that would stay empty.

    :param values: at least one, and no more than there are places
    """
    return {f"slot{number}": values[min(number, len(values) - 1)] for number in range(batch)}
