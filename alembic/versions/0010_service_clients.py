"""Service clients: what they may do, their secrets, and decisions that are a matter of the whole organisation

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SUBJECTS = ("workingGroup", "sessionRecord", "surveyRound", "surveyAmendment", "surveyTexts")


def _let_approvals_be_about(subjects: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{subject}'" for subject in subjects)
    op.execute("ALTER TABLE approval DROP CONSTRAINT ck_approval_subject_type")
    op.execute(f"ALTER TABLE approval ADD CONSTRAINT ck_approval_subject_type CHECK (subject_type IN ({allowed}))")


def upgrade() -> None:
    op.create_table(
        "service_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "hrSystem",
                "integrator",
                name="service_client_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allowed_networks", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "ended",
                "expired",
                name="service_client_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "approval_rule",
            sa.Enum("every", "any", name="approval_rule", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "scopes <@ ARRAY['people:read', 'people:write', 'units:read', 'units:write', 'records:read', "
            "'results:read']",
            name="scopes",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_service_client_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_client")),
    )
    op.create_index("ix_service_client_organisation_id_id", "service_client", ["organisation_id", "id"], unique=False)
    op.create_table(
        "service_client_credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("service_client_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_service_client_credential_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_client_id"], ["service_client.id"], name=op.f("fk_service_client_credential_service_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_client_credential")),
    )
    op.create_index(
        "ix_service_client_credential_service_client_id_id",
        "service_client_credential",
        ["service_client_id", "id"],
        unique=False,
    )
    op.create_index("uq_service_client_credential_hash", "service_client_credential", ["secret_hash"], unique=True)
    op.create_table(
        "service_client_idempotency_key",
        sa.Column("service_client_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_client_id"],
            ["service_client.id"],
            name=op.f("fk_service_client_idempotency_key_service_client_id"),
        ),
        sa.PrimaryKeyConstraint("service_client_id", "key", name=op.f("pk_service_client_idempotency_key")),
    )
    op.add_column("audit_entry", sa.Column("service_client_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_audit_entry_service_client_id"), "audit_entry", "service_client", ["service_client_id"], ["id"]
    )
    _let_approvals_be_about((*SUBJECTS, "serviceClient"))
    op.alter_column("approval", "working_group_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_approval_table"), "approval", "working_group_id IS NOT NULL OR subject_type = 'serviceClient'"
    )


def downgrade() -> None:
    # Decisions about service clients go with them.
    op.execute("ALTER TABLE approval DISABLE TRIGGER approval_stays")
    op.execute("DELETE FROM approval WHERE subject_type = 'serviceClient'")
    op.execute("ALTER TABLE approval ENABLE TRIGGER approval_stays")
    _let_approvals_be_about(SUBJECTS)
    op.drop_constraint(op.f("ck_approval_table"), "approval", type_="check")
    op.alter_column("approval", "working_group_id", nullable=False)
    op.drop_constraint(op.f("fk_audit_entry_service_client_id"), "audit_entry", type_="foreignkey")
    op.drop_column("audit_entry", "service_client_id")
    op.drop_table("service_client_idempotency_key")
    op.drop_index("uq_service_client_credential_hash", table_name="service_client_credential")
    op.drop_index("ix_service_client_credential_service_client_id_id", table_name="service_client_credential")
    op.drop_table("service_client_credential")
    op.drop_index("ix_service_client_organisation_id_id", table_name="service_client")
    op.drop_table("service_client")
