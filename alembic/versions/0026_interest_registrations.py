"""Registrations of interest, and attempts at them

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SERVICE, CLIENT, ENTRANCE, SYSTEM = "larande_service", "larande_client", "larande_entrance", "larande_system"
ADMINISTRATOR = "(SELECT current_setting('larande.administrator', true) = 'yes')"
# Of what nobody has confirmed it is not known whose address it is: the central side is not told.
TOLD = f"{ADMINISTRATOR} AND state <> 'unconfirmed'"
TABLE = "interest_registration"
KINDS = ("password", "oneTimeCode", "passwordReset", "link", "identityProvider")


def upgrade() -> None:
    _allow("sign_in_failure", "kind", "attempt_kind", *KINDS, "interest")
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("created_at"),
        sa.Column("joining_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_number", sa.String(), nullable=False),
        sa.Column("organisation_name", sa.String(), nullable=False),
        sa.Column("side", _enum("side", "employer", "union"), nullable=False),
        sa.Column("party_name", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_function", sa.String(), nullable=False),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("language", _enum("language", "sv", "en"), nullable=False),
        sa.Column("consent_version", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", _enum("interest_state", "unconfirmed", "confirmed", "agreed"), nullable=False),
        _moment("confirmed_at", nullable=True),
        sa.Column("confirmed_hash", sa.String(), nullable=True),
        _moment("mailed_at", nullable=True),
        sa.Column("mail_job", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_registration")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_interest_registration_token_hash")),
    )
    for column in ("joining_id", "code_hash", "created_at"):
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column])
    address = sa.text("lower(contact_email)")
    op.create_index(f"ix_{TABLE}_contact_email", TABLE, [address])
    unconfirmed = sa.text("state = 'unconfirmed'")
    op.create_index(f"uq_{TABLE}_unconfirmed", TABLE, [address], unique=True, postgresql_where=unconfirmed)
    # --- the second wall (see 0012)
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    for role in (SYSTEM, ENTRANCE):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {role}")
        op.execute(f"CREATE POLICY {role} ON {TABLE} TO {role} USING (true) WITH CHECK (true)")
    _let(SERVICE, "SELECT", f"USING ({TOLD})")
    _let(SERVICE, "UPDATE", f"USING ({TOLD})", "version")
    _let(SERVICE, "DELETE", f"USING ({TOLD})")
    # There, and empty: a request about one is answered like one about what does not exist.
    op.execute(f"GRANT SELECT, UPDATE (version) ON {TABLE} TO {CLIENT}")


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _let(role: str, verb: str, clause: str, columns: str = "") -> None:
    op.execute(f"GRANT {verb}{f' ({columns})' if columns else ''} ON {TABLE} TO {role}")
    op.execute(f"CREATE POLICY {role}_{verb.lower()} ON {TABLE} FOR {verb} TO {role} {clause}")


def _allow(table: str, column: str, name: str, *values: str) -> None:
    among = ", ".join(f"'{value}'" for value in values)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    op.execute(f'ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ("{column}" IN ({among}))')


def downgrade() -> None:
    op.drop_table(TABLE)
    op.execute("DELETE FROM sign_in_failure WHERE kind = 'interest'")
    _allow("sign_in_failure", "kind", "attempt_kind", *KINDS)
