"""How often a service client has sent something that looked like union membership: a number for a day, no content."""

from datetime import date
from uuid import UUID

from sqlmodel import Field as Column

from app.models.base import Table


class UnionDataRefusal(Table, table=True):
    service_client_id: UUID = Column(foreign_key="service_client.id", primary_key=True)
    day: date = Column(primary_key=True)
    """In Sweden."""
    refusals: int
