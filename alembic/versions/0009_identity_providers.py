"""Identity providers, the e-mail domains that bind them to organisations, and people's accounts there

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("client_secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "signing_algorithm",
            sa.Enum(
                "RS256",
                "PS256",
                "ES256",
                name="signing_algorithm",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name_sv", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_provider")),
    )
    op.create_index("uq_identity_provider_issuer", "identity_provider", ["issuer"], unique=True)
    op.create_table(
        "email_domain",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("identity_provider_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "identity_provider_id IS NULL OR verified_at IS NOT NULL", name=op.f("ck_email_domain_bound")
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_email_domain_organisation_id")),
        sa.ForeignKeyConstraint(
            ["identity_provider_id"], ["identity_provider.id"], name=op.f("fk_email_domain_identity_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_domain")),
    )
    op.create_index("uq_email_domain_claim", "email_domain", ["organisation_id", "domain"], unique=True)
    op.create_index(
        "uq_email_domain_verified",
        "email_domain",
        ["domain"],
        unique=True,
        postgresql_where=sa.text("verified_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_email_domain_identity_provider_id"), "email_domain", ["identity_provider_id"])
    op.create_table(
        "identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("identity_provider_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_person_id")),
        sa.ForeignKeyConstraint(
            ["identity_provider_id"], ["identity_provider.id"], name=op.f("fk_identity_identity_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
    )
    op.create_index("uq_identity_subject", "identity", ["identity_provider_id", "subject"], unique=True)
    op.create_index("uq_identity_person", "identity", ["person_id", "identity_provider_id"], unique=True)
    op.create_table(
        "authorisation_request",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("identity_provider_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_hash", sa.LargeBinary(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("sign_in_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_provider_id"],
            ["identity_provider.id"],
            name=op.f("fk_authorisation_request_identity_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_authorisation_request_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sign_in_id"], ["sign_in.id"], name=op.f("fk_authorisation_request_sign_in_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_authorisation_request")),
    )
    for column in ("identity_provider_id", "person_id", "sign_in_id", "expires_at"):
        op.create_index(op.f(f"ix_authorisation_request_{column}"), "authorisation_request", [column])


def downgrade() -> None:
    op.drop_table("authorisation_request")
    op.drop_table("identity")
    op.drop_table("email_domain")
    op.drop_table("identity_provider")
