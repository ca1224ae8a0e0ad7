"""A role more: the central analyst

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FORMER = "roles <@ ARRAY['systemAdministrator', 'archivist', 'contentEditor']"
ROLES = "roles <@ ARRAY['systemAdministrator', 'archivist', 'contentEditor', 'centralAnalyst']"


def upgrade() -> None:
    _replace(ROLES)


def downgrade() -> None:
    # The former schema has no place for it, and nobody but its holder could do anything with it.
    op.execute(
        "UPDATE person SET roles = array_remove(roles, 'centralAnalyst'), version = version + 1 "
        "WHERE 'centralAnalyst' = ANY (roles)"
    )
    _replace(FORMER)


def _replace(condition: str) -> None:
    op.drop_constraint(op.f("ck_person_roles"), "person")
    op.create_check_constraint(op.f("ck_person_roles"), "person", condition)
