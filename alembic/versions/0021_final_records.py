"""Final records in the order in which they became final

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_session_record_organisation_id_final_at_id",
        "session_record",
        ["organisation_id", "final_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'final'"),
    )


def downgrade() -> None:
    op.drop_index("ix_session_record_organisation_id_final_at_id", table_name="session_record")
