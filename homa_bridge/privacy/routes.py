"""The routes on personal data, for the site's own PHP code alone: neither answers a request that is not signed."""

from flask import Blueprint

from ..application import privacy
from ..http import Answer, operation
from ..identity.signed import current_receipt, demand_own_site, demand_signature
from . import schema

blueprint = Blueprint("privacy", __name__)
blueprint.before_request(demand_signature)


@blueprint.get("/personal-data")
@operation("Return a page of what is stored of somebody.", schema.PersonalData, query=schema.PageQuery)
def personal_data(token: str, page: int) -> Answer:
    """Return a page."""
    found = privacy().page(token, page)
    records = [{"table": record.table, "columns": record.columns} for record in found.records]
    return {"success": True, "records": records, "done": found.done}


@blueprint.post("/forget")
@operation("Delete everything that is stored of somebody.", schema.Forgotten, body=schema.ForgetBody)
def forget(token: str) -> Answer:
    """Forget somebody."""
    demand_own_site()
    return {"success": True, "deleted": privacy().forget(token, current_receipt())}
