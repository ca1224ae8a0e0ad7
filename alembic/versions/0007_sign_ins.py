"""Sign-ins that people can see and end, refresh tokens whose answer was lost, and audit entries for one person alone

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The program before this migration says nothing of these: it knows one method, and a sign-in that it makes is used now.
METHODS = ("password", "passwordAndOneTimeCode", "identityProvider")
ENDS = ("signedOut", "tokenReused", "passwordChanged", "deactivated")
AUDIENCES = ("organisation", "workingGroup", "party")


def _allow(table: str, column: str, name: str, values: tuple[str, ...], also_before: str = "") -> None:
    among = ", ".join(f"'{value}'" for value in values)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    op.execute(f'ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ("{column}" IN ({among})) {also_before}')


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column(
        "sign_in",
        sa.Column(
            "method",
            sa.Enum(*METHODS, name="sign_in_method", native_enum=False, create_constraint=True, length=40),
            server_default="password",
            nullable=False,
        ),
    )
    op.add_column(
        "sign_in",
        sa.Column("last_used_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.execute(
        "UPDATE sign_in SET last_used_at = coalesce("
        "(SELECT max(used_at) FROM refresh_token WHERE sign_in_id = sign_in.id), started_at)"
    )
    op.add_column("sign_in", sa.Column("mandate_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    op.add_column("refresh_token", sa.Column("used_by", sa.LargeBinary(), nullable=True))
    op.add_column("refresh_token", sa.Column("seed", sa.LargeBinary(), nullable=True))
    _allow("sign_in", "end", "sign_in_end", (*ENDS, "mandateEnded"))
    _allow("audit_entry", "audience", "audience", (*AUDIENCES, "person"))


def downgrade() -> None:
    # The trail is only ever added to. The program before asks for the entries it knows how to show.
    _allow("audit_entry", "audience", "audience", AUDIENCES, "NOT VALID")
    op.execute("""UPDATE sign_in SET "end" = 'deactivated' WHERE "end" = 'mandateEnded'""")
    _allow("sign_in", "end", "sign_in_end", ENDS)
    for name in ("seed", "used_by"):
        op.drop_column("refresh_token", name)
    for name in ("mandate_ids", "last_used_at", "method", "version"):
        op.drop_column("sign_in", name)
