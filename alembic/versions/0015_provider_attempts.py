"""Ways to identity providers and unknown links are counted; what ends with an identity says so

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ENDS = ("signedOut", "tokenReused", "passwordChanged", "deactivated", "mandateEnded", "secondFactorChanged")
NEW_ENDS = ("identityChanged", "identityProviderEnded")
KINDS = ("password", "oneTimeCode", "passwordReset")
NEW_KINDS = ("link", "identityProvider")


def upgrade() -> None:
    _allow("sign_in", "end", "sign_in_end", *ENDS, *NEW_ENDS)
    _allow("sign_in_failure", "kind", "attempt_kind", *KINDS, *NEW_KINDS)
    # Whether somebody has signed in from a place is asked for each way to an identity provider.
    op.create_index("ix_sign_in_address_hash", "sign_in", ["address_hash"])


def downgrade() -> None:
    op.drop_index("ix_sign_in_address_hash", "sign_in")
    # The program before said so of them.
    op.execute("""UPDATE sign_in SET "end" = 'signedOut' WHERE "end" IN ('identityChanged', 'identityProviderEnded')""")
    op.execute("DELETE FROM sign_in_failure WHERE kind IN ('link', 'identityProvider')")
    _allow("sign_in_failure", "kind", "attempt_kind", *KINDS)
    _allow("sign_in", "end", "sign_in_end", *ENDS)


def _allow(table: str, column: str, name: str, *values: str) -> None:
    among = ", ".join(f"'{value}'" for value in values)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    op.execute(f'ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ("{column}" IN ({among}))')
