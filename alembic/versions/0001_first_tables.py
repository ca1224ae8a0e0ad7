"""First tables

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# Lists by name are in Swedish order on every server, whatever collation its databases have.
SWEDISH_ORDER = """
    CREATE FUNCTION swedish_order(name varchar) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN translate(lower(name COLLATE "C"), 'åäöæøÅÄÖÆØéèáàüÉÈÁÀÜ', '{|}|}{|}|}eeaayeeaay')
"""
BY_NAME = sa.text('swedish_order(name) COLLATE "C"')


def upgrade() -> None:
    op.execute(SWEDISH_ORDER)
    op.create_table(
        "content_pack",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("pack_version", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("method_texts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "pack_version", name=op.f("pk_content_pack")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=True),
        sa.Column("english_name", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "active", "closed", name="organisation_state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "approval_rule",
            sa.Enum("every", "any", name="approval_rule", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("dormancy_interval_days", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('swedish', name || ' ' || coalesce(short_name, '') || ' ' || coalesce(english_name, ''))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("organisation_number", name=op.f("uq_organisation_organisation_number")),
    )
    op.create_index("ix_organisation_name_id", "organisation", [BY_NAME, "id"], unique=False)
    op.create_index("ix_organisation_search", "organisation", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index("ix_sign_in_failure_account", "sign_in_failure", ["account_hash", "failed_at"], unique=False)
    op.create_index("ix_sign_in_failure_address", "sign_in_failure", ["address_hash", "failed_at"], unique=False)
    op.create_table(
        "dialogue_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("template_version", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "retired",
                name="dialogue_template_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("derived_from_id", sa.Uuid(), nullable=True),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("total_minutes", sa.Integer(), nullable=False),
        sa.Column("climate_dimensions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text_sv", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column(
            "search_sv",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('swedish', text_sv)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "search_en",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('english', text_en)", persisted=True),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["derived_from_id"], ["dialogue_template.id"], name=op.f("fk_dialogue_template_derived_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_dialogue_template_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue_template")),
    )
    op.create_index(
        "ix_dialogue_template_search_en", "dialogue_template", ["search_en"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_dialogue_template_search_sv", "dialogue_template", ["search_sv"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "uq_dialogue_template_version",
        "dialogue_template",
        ["organisation_id", "key", "template_version"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("employer", "union", name="side", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("active", "closed", name="party_state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_party_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
    )
    op.create_index(
        "uq_party_employer",
        "party",
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text("side = 'employer' AND state = 'active'"),
    )
    op.create_index("uq_party_name", "party", ["organisation_id", sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column(
            "language",
            sa.Enum("sv", "en", name="language", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "roles <@ ARRAY['systemAdministrator', 'archivist', 'contentEditor']", name=op.f("ck_person_roles")
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_person_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index("ix_person_organisation_id_name_id", "person", ["organisation_id", BY_NAME, "id"], unique=False)
    op.create_index("uq_person_email", "person", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("headcount", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_unit_validity")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_unit_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    op.create_index("ix_unit_organisation_id_id", "unit", ["organisation_id", "id"], unique=False)
    op.create_index("uq_unit_external_id", "unit", ["organisation_id", "external_id"], unique=True)
    op.create_table(
        "credential",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_credential_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_idempotency_key_person_id")),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "person_invitation",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_invitation_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_person_invitation")),
    )
    op.create_index(op.f("ix_person_invitation_person_id"), "person_invitation", ["person_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "end",
            sa.Enum(
                "signedOut",
                "tokenReused",
                "passwordChanged",
                "deactivated",
                name="sign_in_end",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_person_id"), "sign_in", ["person_id"], unique=False)
    op.create_table(
        "unit_placement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("parent_id <> unit_id", name=op.f("ck_unit_placement_own_parent")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_unit_placement_validity")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_unit_placement_organisation_id")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_placement_parent_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_placement_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_placement")),
    )
    op.create_index(
        "ix_unit_placement_organisation_id_name",
        "unit_placement",
        ["organisation_id", BY_NAME, "unit_id"],
        unique=False,
    )
    op.create_index("ix_unit_placement_parent_id", "unit_placement", ["parent_id"], unique=False)
    op.create_index(
        "uq_unit_placement_current",
        "unit_placement",
        ["unit_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_index("uq_unit_placement_start", "unit_placement", ["unit_id", "valid_from"], unique=True)
    op.create_table(
        "working_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("scope_unit_id", sa.Uuid(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "workplace",
                "department",
                "organisation",
                name="working_group_level",
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
        sa.Column("dormancy_interval_days", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "forming",
                "active",
                "dormant",
                "closed",
                name="working_group_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by_party_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_session_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_working_group_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_party_id"], ["party.id"], name=op.f("fk_working_group_proposed_by_party_id")
        ),
        sa.ForeignKeyConstraint(["scope_unit_id"], ["unit.id"], name=op.f("fk_working_group_scope_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_group")),
    )
    op.create_index(
        "ix_working_group_organisation_id_name_id", "working_group", ["organisation_id", BY_NAME, "id"], unique=False
    )
    op.create_table(
        "dialogue_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("dialogue_template_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "prepared",
                "held",
                "cancelled",
                name="dialogue_session_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "meeting_form",
            sa.Enum(
                "onSite", "remote", "hybrid", name="meeting_form", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("facilitator_id", sa.Uuid(), nullable=False),
        sa.Column("facilitator_function", sa.String(), nullable=False),
        sa.Column("attendances", postgresql.JSONB(), nullable=False),
        sa.Column("employee_headcount", sa.Integer(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dialogue_template_id"], ["dialogue_template.id"], name=op.f("fk_dialogue_session_dialogue_template_id")
        ),
        sa.ForeignKeyConstraint(["facilitator_id"], ["person.id"], name=op.f("fk_dialogue_session_facilitator_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_dialogue_session_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_dialogue_session_working_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue_session")),
    )
    op.create_index(op.f("ix_dialogue_session_facilitator_id"), "dialogue_session", ["facilitator_id"], unique=False)
    op.create_index(
        "ix_dialogue_session_group", "dialogue_session", ["working_group_id", "starts_at", "id"], unique=False
    )
    op.create_index("ix_dialogue_session_organisation_id", "dialogue_session", ["organisation_id"], unique=False)
    op.create_table(
        "mandate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=True),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_mandate_validity")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_mandate_organisation_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_mandate_party_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mandate_person_id")),
        sa.ForeignKeyConstraint(["working_group_id"], ["working_group.id"], name=op.f("fk_mandate_working_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
    )
    op.create_index("ix_mandate_party_id_id", "mandate", ["party_id", "id"], unique=False)
    op.create_index("ix_mandate_person_id", "mandate", ["person_id"], unique=False)
    op.create_index("ix_mandate_working_group_id_id", "mandate", ["working_group_id", "id"], unique=False)
    op.create_index(
        "uq_mandate_first", "mandate", ["party_id", "valid_from"], unique=True, postgresql_where=sa.text("first")
    )
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_refresh_token_sign_in_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_token")),
    )
    op.create_index(op.f("ix_refresh_token_sign_in_id"), "refresh_token", ["sign_in_id"], unique=False)
    op.create_table(
        "working_group_party",
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_working_group_party_party_id")),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_working_group_party_working_group_id")
        ),
        sa.PrimaryKeyConstraint("working_group_id", "party_id", name=op.f("pk_working_group_party")),
    )
    op.create_index(op.f("ix_working_group_party_party_id"), "working_group_party", ["party_id"], unique=False)
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column(
            "subject_type",
            sa.Enum(
                "workingGroup",
                "sessionRecord",
                name="subject_type",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "approve",
                "approveWithDissent",
                "requestChange",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("statement", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "void_reason",
            sa.Enum(
                "edited",
                "withdrawn",
                "changeRequested",
                "deadlinePassed",
                name="void_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("fk_approval_mandate_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_approval_organisation_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_approval_party_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_approval_person_id")),
        sa.ForeignKeyConstraint(["working_group_id"], ["working_group.id"], name=op.f("fk_approval_working_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_subject_id_id", "approval", ["subject_id", "id"], unique=False)
    op.create_index(
        "uq_approval_party",
        "approval",
        ["subject_id", "party_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.create_index(
        "uq_approval_person",
        "approval",
        ["subject_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("working_group_id", sa.Uuid(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column(
            "audience",
            sa.Enum(
                "organisation",
                "workingGroup",
                "party",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("mandate_id", sa.Uuid(), nullable=True),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("fk_audit_entry_mandate_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_audit_entry_organisation_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_audit_entry_party_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_audit_entry_person_id")),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_audit_entry_working_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_organisation_id_id", "audit_entry", ["organisation_id", "id"], unique=False)
    op.create_index("ix_audit_entry_subject_id", "audit_entry", ["subject_id"], unique=False)
    op.create_table(
        "party_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("dialogue_session_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dialogue_session_id"], ["dialogue_session.id"], name=op.f("fk_party_note_dialogue_session_id")
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_party_note_organisation_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_note_party_id")),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_party_note_working_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_note")),
    )
    op.create_index("ix_party_note_session", "party_note", ["dialogue_session_id", "party_id", "id"], unique=False)
    op.create_table(
        "session_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("dialogue_session_id", sa.Uuid(), nullable=False),
        sa.Column("appendix_to_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "underReview",
                "returned",
                "final",
                "notApproved",
                name="session_record_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("shared_picture", sa.String(), nullable=True),
        sa.Column("handovers", postgresql.JSONB(), nullable=False),
        sa.Column("no_individual_recognisable", sa.Boolean(), nullable=False),
        sa.Column("review_deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("final_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'final') = (final_at IS NOT NULL)", name=op.f("ck_session_record_final_at")),
        sa.CheckConstraint(
            "(state IN ('underReview', 'final')) = (content_hash IS NOT NULL)",
            name=op.f("ck_session_record_hash_with_review"),
        ),
        sa.ForeignKeyConstraint(
            ["appendix_to_id"], ["session_record.id"], name=op.f("fk_session_record_appendix_to_id")
        ),
        sa.ForeignKeyConstraint(
            ["dialogue_session_id"], ["dialogue_session.id"], name=op.f("fk_session_record_dialogue_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_session_record_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_session_record_working_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_record")),
    )
    op.create_index("ix_session_record_appendix_to_id", "session_record", ["appendix_to_id"], unique=False)
    op.create_index("ix_session_record_organisation_id_id", "session_record", ["organisation_id", "id"], unique=False)
    op.create_index("ix_session_record_working_group_id_id", "session_record", ["working_group_id", "id"], unique=False)
    op.create_index(
        "uq_session_record_session",
        "session_record",
        ["dialogue_session_id"],
        unique=True,
        postgresql_where=sa.text("appendix_to_id IS NULL"),
    )
    op.create_table(
        "action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("session_record_id", sa.Uuid(), nullable=False),
        sa.Column("dialogue_session_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.String(), nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("owner_function", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "done",
                "dropped",
                "effectChecked",
                name="action_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("effect", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dialogue_session_id"], ["dialogue_session.id"], name=op.f("fk_action_dialogue_session_id")
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_action_organisation_id")),
        sa.ForeignKeyConstraint(["session_record_id"], ["session_record.id"], name=op.f("fk_action_session_record_id")),
        sa.ForeignKeyConstraint(["working_group_id"], ["working_group.id"], name=op.f("fk_action_working_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    op.create_index("ix_action_session_record_id", "action", ["session_record_id", "id"], unique=False)
    op.create_index(
        "ix_action_working_group_id_due_on_id", "action", ["working_group_id", "due_on", "id"], unique=False
    )
    op.create_table(
        "record_registration",
        sa.Column("session_record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("archive_class", sa.String(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=True),
        sa.Column("legal_hold", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_record_id"], ["session_record.id"], name=op.f("fk_record_registration_session_record_id")
        ),
        sa.PrimaryKeyConstraint("session_record_id", name=op.f("pk_record_registration")),
    )
    op.create_table(
        "statement",
        sa.Column("session_record_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("differences", sa.String(), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_statement_organisation_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_statement_party_id")),
        sa.ForeignKeyConstraint(
            ["session_record_id"], ["session_record.id"], name=op.f("fk_statement_session_record_id")
        ),
        sa.ForeignKeyConstraint(["working_group_id"], ["working_group.id"], name=op.f("fk_statement_working_group_id")),
        sa.PrimaryKeyConstraint("session_record_id", "party_id", name=op.f("pk_statement")),
    )


def downgrade() -> None:
    op.drop_table("statement")
    op.drop_table("record_registration")
    op.drop_index("ix_action_working_group_id_due_on_id", table_name="action")
    op.drop_index("ix_action_session_record_id", table_name="action")
    op.drop_table("action")
    op.drop_index(
        "uq_session_record_session", table_name="session_record", postgresql_where=sa.text("appendix_to_id IS NULL")
    )
    op.drop_index("ix_session_record_working_group_id_id", table_name="session_record")
    op.drop_index("ix_session_record_organisation_id_id", table_name="session_record")
    op.drop_index("ix_session_record_appendix_to_id", table_name="session_record")
    op.drop_table("session_record")
    op.drop_index("ix_party_note_session", table_name="party_note")
    op.drop_table("party_note")
    op.drop_index("ix_audit_entry_subject_id", table_name="audit_entry")
    op.drop_index("ix_audit_entry_organisation_id_id", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index("uq_approval_person", table_name="approval", postgresql_where=sa.text("voided_at IS NULL"))
    op.drop_index("uq_approval_party", table_name="approval", postgresql_where=sa.text("voided_at IS NULL"))
    op.drop_index("ix_approval_subject_id_id", table_name="approval")
    op.drop_table("approval")
    op.drop_index(op.f("ix_working_group_party_party_id"), table_name="working_group_party")
    op.drop_table("working_group_party")
    op.drop_index(op.f("ix_refresh_token_sign_in_id"), table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index("uq_mandate_first", table_name="mandate", postgresql_where=sa.text("first"))
    op.drop_index("ix_mandate_working_group_id_id", table_name="mandate")
    op.drop_index("ix_mandate_person_id", table_name="mandate")
    op.drop_index("ix_mandate_party_id_id", table_name="mandate")
    op.drop_table("mandate")
    op.drop_index("ix_dialogue_session_organisation_id", table_name="dialogue_session")
    op.drop_index("ix_dialogue_session_group", table_name="dialogue_session")
    op.drop_index(op.f("ix_dialogue_session_facilitator_id"), table_name="dialogue_session")
    op.drop_table("dialogue_session")
    op.drop_index("ix_working_group_organisation_id_name_id", table_name="working_group")
    op.drop_table("working_group")
    op.drop_index("uq_unit_placement_start", table_name="unit_placement")
    op.drop_index(
        "uq_unit_placement_current", table_name="unit_placement", postgresql_where=sa.text("valid_to IS NULL")
    )
    op.drop_index("ix_unit_placement_parent_id", table_name="unit_placement")
    op.drop_index("ix_unit_placement_organisation_id_name", table_name="unit_placement")
    op.drop_table("unit_placement")
    op.drop_index(op.f("ix_sign_in_person_id"), table_name="sign_in")
    op.drop_table("sign_in")
    op.drop_index(op.f("ix_person_invitation_person_id"), table_name="person_invitation")
    op.drop_table("person_invitation")
    op.drop_table("idempotency_key")
    op.drop_table("credential")
    op.drop_index("uq_unit_external_id", table_name="unit")
    op.drop_index("ix_unit_organisation_id_id", table_name="unit")
    op.drop_table("unit")
    op.drop_index("uq_person_email", table_name="person")
    op.drop_index("ix_person_organisation_id_name_id", table_name="person")
    op.drop_table("person")
    op.drop_index("uq_party_name", table_name="party")
    op.drop_index(
        "uq_party_employer", table_name="party", postgresql_where=sa.text("side = 'employer' AND state = 'active'")
    )
    op.drop_table("party")
    op.drop_index("uq_dialogue_template_version", table_name="dialogue_template", postgresql_nulls_not_distinct=True)
    op.drop_index("ix_dialogue_template_search_sv", table_name="dialogue_template", postgresql_using="gin")
    op.drop_index("ix_dialogue_template_search_en", table_name="dialogue_template", postgresql_using="gin")
    op.drop_table("dialogue_template")
    op.drop_index("ix_sign_in_failure_address", table_name="sign_in_failure")
    op.drop_index("ix_sign_in_failure_account", table_name="sign_in_failure")
    op.drop_table("sign_in_failure")
    op.drop_index("ix_organisation_search", table_name="organisation", postgresql_using="gin")
    op.drop_index("ix_organisation_name_id", table_name="organisation")
    op.drop_table("organisation")
    op.drop_table("content_pack")
    op.execute("DROP FUNCTION swedish_order")
