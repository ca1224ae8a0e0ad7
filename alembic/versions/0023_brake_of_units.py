"""The brake counts units that service clients have closed, and a release can let units through

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SERVICE, CLIENT = "larande_service", "larande_client"


def upgrade() -> None:
    op.add_column("unit", sa.Column("closed_by_syncing_at", sa.DateTime(timezone=True)))
    op.execute(f"GRANT UPDATE (closed_by_syncing_at) ON unit TO {SERVICE}, {CLIENT}")
    units = sa.Column("units", sa.Integer(), nullable=False, server_default="0")
    op.add_column("deactivation_release", units)
    _check("releases_something", "people >= 0 AND units >= 0 AND people + units > 0", instead_of="people")


def downgrade() -> None:
    # The former program knows no release without people.
    op.execute("DELETE FROM deactivation_release WHERE people = 0")
    _check("people", "people > 0", instead_of="releases_something")
    op.drop_column("deactivation_release", "units")
    op.drop_column("unit", "closed_by_syncing_at")


def _check(name: str, condition: str, *, instead_of: str) -> None:
    op.drop_constraint(instead_of, "deactivation_release", type_="check")
    op.create_check_constraint(name, "deactivation_release", condition)
