"""Imports: files from HR systems with their plans, what is kept for later days, what columns mean, and merged units

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"

ORGANISATION = "(SELECT nullif(current_setting('larande.organisation', true), '')::uuid)"
ADMINISTRATOR = "(SELECT current_setting('larande.administrator', true) = 'yes')"
OWN = f"organisation_id = {ORGANISATION}"
OWN_OR_RUN = f"({OWN} OR {ADMINISTRATOR})"

# The columns that may be changed, and whether rows may be deleted.
WALLED = {
    "hr_import": (("version", "state", "plan", "report", "applied_at"), False),
    "hr_kept_change": (("content", "hr_import_id", "service_client_id"), True),
    "import_mapping": (("version", "people", "units"), False),
}


def _enum(name: str, *members: str) -> sa.Enum:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.add_column("unit", sa.Column("merged_into_id", sa.Uuid()))
    op.create_foreign_key(op.f("fk_unit_merged_into_id"), "unit", "unit", ["merged_into_id"], ["id"])
    op.create_table(
        "hr_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("subject", _enum("import_subject", "people", "units"), nullable=False),
        sa.Column("mode", _enum("import_mode", "snapshot", "delta"), nullable=False),
        sa.Column("state", _enum("import_state", "planned", "refused", "applied", "lapsed"), nullable=False),
        sa.Column("plan_hash", sa.String(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=True),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_hr_import_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hr_import")),
    )
    op.create_index("ix_hr_import_organisation_id_id", "hr_import", ["organisation_id", "id"])
    op.create_table(
        "hr_kept_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("hr_import_id", sa.Uuid(), nullable=False),
        sa.Column("subject", _enum("import_subject", "people", "units"), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("service_client_id", sa.Uuid(), nullable=True),
        *(
            sa.ForeignKeyConstraint([f"{parent}_id"], [f"{parent}.id"], name=op.f(f"fk_hr_kept_change_{parent}_id"))
            for parent in ("organisation", "hr_import", "person", "service_client")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hr_kept_change")),
    )
    op.create_index(
        "uq_hr_kept_change_day",
        "hr_kept_change",
        ["organisation_id", "subject", "external_id", "effective_on"],
        unique=True,
    )
    op.create_index("ix_hr_kept_change_effective_on", "hr_kept_change", ["effective_on"])
    op.create_index("ix_hr_kept_change_person_id", "hr_kept_change", ["person_id"])
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("people", postgresql.JSONB(), nullable=False),
        sa.Column("units", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_import_mapping_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
    )
    op.create_index("uq_import_mapping_organisation_id", "import_mapping", ["organisation_id"], unique=True)
    op.execute(f"GRANT UPDATE (merged_into_id) ON unit TO {SERVICE}, {CLIENT}")
    for table, (columns, goes) in WALLED.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {SYSTEM}")
        op.execute(f"CREATE POLICY {SYSTEM} ON {table} TO {SYSTEM} USING (true) WITH CHECK (true)")
        for role, sees, writes in ((SERVICE, OWN_OR_RUN, ADMINISTRATOR), (CLIENT, OWN, OWN)):
            op.execute(f"GRANT SELECT, INSERT, UPDATE ({', '.join(columns)}) ON {table} TO {role}")
            op.execute(f"CREATE POLICY {role}_select ON {table} FOR SELECT TO {role} USING ({_often(sees)})")
            op.execute(f"CREATE POLICY {role}_insert ON {table} FOR INSERT TO {role} WITH CHECK ({writes})")
            op.execute(
                f"CREATE POLICY {role}_update ON {table} FOR UPDATE TO {role} "
                f"USING ({_often(sees)}) WITH CHECK ({writes})"
            )
            if goes:
                op.execute(f"GRANT DELETE ON {table} TO {role}")
                op.execute(f"CREATE POLICY {role}_delete ON {table} FOR DELETE TO {role} USING ({_often(writes)})")


def _often(condition: str) -> str:
    """The same, in words of which PostgreSQL expects that they leave nearly every row (see 0012)."""
    return f"nullif({condition}, false) IS NOT NULL"


def downgrade() -> None:
    op.drop_table("import_mapping")
    op.drop_table("hr_kept_change")
    op.drop_table("hr_import")
    op.drop_column("unit", "merged_into_id")
