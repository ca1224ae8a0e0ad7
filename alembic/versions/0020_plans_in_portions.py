"""Plans in portions that are read page by page, and large ones that the worker applies

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"

ORGANISATION = "(SELECT nullif(current_setting('larande.organisation', true), '')::uuid)"
ADMINISTRATOR = "(SELECT current_setting('larande.administrator', true) = 'yes')"
OWN = f"organisation_id = {ORGANISATION}"
OWN_OR_RUN = f"({OWN} OR {ADMINISTRATOR})"
STATES = ("planned", "refused", "applying", "applied", "failed", "lapsed")
STEPS = ("create", "change", "move", "deactivate", "return", "close", "kept", "withdrawn", "missing")


def _states(*states: str) -> None:
    op.drop_constraint(op.f("ck_hr_import_import_state"), "hr_import", type_="check")
    among = ", ".join(f"'{state}'" for state in states)
    op.create_check_constraint(op.f("ck_hr_import_import_state"), "hr_import", f"state IN ({among})")


def upgrade() -> None:
    _states(*STATES)
    op.add_column("hr_import", sa.Column("failure_code", sa.String(), nullable=True))
    op.execute(f"GRANT UPDATE (failure_code) ON hr_import TO {SERVICE}, {CLIENT}")
    op.create_table(
        "hr_import_portion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("hr_import_id", sa.Uuid(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(*STEPS, name="planned_step", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        *(
            sa.ForeignKeyConstraint([f"{parent}_id"], [f"{parent}.id"], name=op.f(f"fk_hr_import_portion_{parent}_id"))
            for parent in ("organisation", "hr_import")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hr_import_portion")),
    )
    op.create_index("uq_hr_import_portion_place", "hr_import_portion", ["hr_import_id", "place"], unique=True)
    # What was reviewed is what is applied: a portion is put in and taken away, and never changed.
    op.execute("ALTER TABLE hr_import_portion ENABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON hr_import_portion TO {SYSTEM}")
    op.execute(f"CREATE POLICY {SYSTEM} ON hr_import_portion TO {SYSTEM} USING (true) WITH CHECK (true)")
    for role, sees, writes in ((SERVICE, OWN_OR_RUN, ADMINISTRATOR), (CLIENT, OWN, OWN)):
        op.execute(f"GRANT SELECT, INSERT, DELETE ON hr_import_portion TO {role}")
        op.execute(
            f"CREATE POLICY {role}_select ON hr_import_portion FOR SELECT TO {role} "
            f"USING (nullif({sees}, false) IS NOT NULL)"
        )
        op.execute(f"CREATE POLICY {role}_insert ON hr_import_portion FOR INSERT TO {role} WITH CHECK ({writes})")
        op.execute(
            f"CREATE POLICY {role}_delete ON hr_import_portion FOR DELETE TO {role} "
            f"USING (nullif({writes}, false) IS NOT NULL)"
        )


def downgrade() -> None:
    op.drop_table("hr_import_portion")
    op.drop_column("hr_import", "failure_code")
    # The former program knows neither, and has no plan of them.
    op.execute("UPDATE hr_import SET state = 'lapsed', version = version + 1 WHERE state IN ('applying', 'failed')")
    op.execute("UPDATE hr_import SET state = 'lapsed', version = version + 1 WHERE state = 'planned' AND plan IS NULL")
    _states(*(state for state in STATES if state not in {"applying", "failed"}))
