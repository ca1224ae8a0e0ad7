"""Which row a client's Idempotency-Key made. No response body is stored."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field as Column

from app.models.base import Table
from app.models.columns import UtcDateTime


class IdempotencyKey(Table, table=True):
    person_id: UUID = Column(foreign_key="person.id", primary_key=True)
    key: str = Column(primary_key=True)
    request_hash: bytes
    """HMAC-SHA-256 over operation, path and body, with a key that is not in the database."""
    row_id: UUID | None = None
    created_at: datetime = Column(sa_type=UtcDateTime)
