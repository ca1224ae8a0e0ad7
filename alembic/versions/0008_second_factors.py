"""Second factors with recovery codes, links that say why they were made, and more that is throttled

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ENDS = ("signedOut", "tokenReused", "passwordChanged", "deactivated", "mandateEnded")
KINDS = {
    "person_invitation": ("link_kind", ("invitation", "reset")),
    "sign_in_failure": ("attempt_kind", ("password", "oneTimeCode", "passwordReset")),
}


def _allow_ends(*ends: str) -> None:
    among = ", ".join(f"'{end}'" for end in ends)
    op.execute("ALTER TABLE sign_in DROP CONSTRAINT ck_sign_in_sign_in_end")
    op.execute(f'ALTER TABLE sign_in ADD CONSTRAINT ck_sign_in_sign_in_end CHECK ("end" IN ({among}))')


def upgrade() -> None:
    _allow_ends(*ENDS, "secondFactorChanged")
    # The program before this one makes invitations and counts passwords, and says so by saying nothing.
    for table, (name, kinds) in KINDS.items():
        op.add_column(
            table,
            sa.Column(
                "kind",
                sa.Enum(*kinds, name=name, native_enum=False, create_constraint=True, length=40),
                server_default=kinds[0],
                nullable=False,
            ),
        )
    op.add_column(
        "person_invitation", sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    )
    op.create_unique_constraint("uq_person_invitation_id", "person_invitation", ["id"])
    op.add_column(
        "person_invitation",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_sign_in_failure_kind_failed_at", "sign_in_failure", ["kind", "failed_at"])
    op.create_table(
        "second_factor",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_second_factor_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_second_factor"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_recovery_code_person_id"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_recovery_code"),
    )
    op.create_index("ix_recovery_code_person_id", "recovery_code", ["person_id"])


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    op.drop_index("ix_sign_in_failure_kind_failed_at", "sign_in_failure")
    # To the program before, a link to reset a password would be an invitation, and every attempt one at a password.
    op.execute("DELETE FROM person_invitation WHERE kind = 'reset'")
    op.execute("DELETE FROM sign_in_failure WHERE kind <> 'password'")
    op.drop_constraint("uq_person_invitation_id", "person_invitation")
    for name in ("created_at", "id", "kind"):
        op.drop_column("person_invitation", name)
    op.drop_column("sign_in_failure", "kind")
    op.execute("""UPDATE sign_in SET "end" = 'passwordChanged' WHERE "end" = 'secondFactorChanged'""")
    _allow_ends(*ENDS)
