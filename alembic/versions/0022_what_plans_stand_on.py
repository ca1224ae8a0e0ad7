"""What an import's plan stands on, so that it is not applied to anything else

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hr_import", sa.Column("basis", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("hr_import", "basis")
