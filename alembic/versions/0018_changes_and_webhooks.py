"""What has changed, in commit order; where service clients are told of it; and jobs that could not be done

A change is written by the database itself, in the transaction that makes it: no service can forget it. Its place in the
order is given at the commit, under a lock of the organisation's that is let go once the commit can be seen. So nobody
sees a later change before an earlier one, and a slow transaction is overtaken by no cursor: its changes come when they
are there. The program before this one writes changes too, without knowing.

Revision ID: 0018
Revises: 0017
"""

from dataclasses import dataclass

import sqlalchemy as sa

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"

ORGANISATION = "(SELECT nullif(current_setting('larande.organisation', true), '')::uuid)"
ADMINISTRATOR = "(SELECT current_setting('larande.administrator', true) = 'yes')"
OWN = f"organisation_id = {ORGANISATION}"
OWN_OR_RUN = f"({OWN} OR {ADMINISTRATOR})"

TYPES = ("unit", "person", "sessionRecord", "surveyRound")

# What a service client could see of the row before and sees after (agreement.py: its read rules, of which a test asks
# the same). Scopes and consent are the reader's; they are asked when somebody reads.
NOTE_CHANGE = """
    CREATE FUNCTION note_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    DECLARE
        its_organisation uuid;
        its_type text;
        its_id uuid;
        was_seen boolean := TG_OP <> 'INSERT';
        is_seen boolean := TG_OP <> 'DELETE';
    BEGIN
        IF TG_TABLE_NAME = 'record_registration' THEN
            its_type := 'sessionRecord';
            its_id := NEW.session_record_id;
            SELECT organisation_id INTO its_organisation FROM session_record WHERE id = its_id AND state = 'final';
            was_seen := true;
        ELSE
            IF is_seen THEN
                its_organisation := NEW.organisation_id;
                its_id := NEW.id;
            ELSE
                its_organisation := OLD.organisation_id;
                its_id := OLD.id;
            END IF;
            CASE TG_TABLE_NAME
                WHEN 'unit' THEN
                    its_type := 'unit';
                WHEN 'person' THEN
                    its_type := 'person';
                    was_seen := was_seen AND OLD.erased_at IS NULL;
                    is_seen := is_seen AND NEW.erased_at IS NULL;
                WHEN 'session_record' THEN
                    its_type := 'sessionRecord';
                    was_seen := was_seen AND OLD.state = 'final';
                    is_seen := is_seen AND NEW.state = 'final';
                WHEN 'survey_round' THEN
                    its_type := 'surveyRound';
                    was_seen := was_seen AND OLD.state = 'released';
                    is_seen := is_seen AND NEW.state = 'released';
            END CASE;
        END IF;
        IF its_organisation IS NULL OR NOT (was_seen OR is_seen) THEN
            RETURN NULL;
        END IF;
        PERFORM pg_advisory_xact_lock({lock}, hashtext(its_organisation::text));
        INSERT INTO change (organisation_id, subject_type, subject_id, kind, happened_at)
        VALUES (
            its_organisation, its_type, its_id,
            CASE WHEN NOT was_seen THEN 'created' WHEN NOT is_seen THEN 'removed' ELSE 'updated' END,
            clock_timestamp()
        );
        RETURN NULL;
    END $$
"""
LOCK = 0x6C636867


@dataclass(frozen=True)
class Noted:
    """When a change of a table is noted."""

    table: str
    events: str
    condition: str = "true"

    @property
    def name(self) -> str:
        return f"{self.table}_{self.events.lower().replace(' ', '_')}_noted"


DIFFERS = "OLD.* IS DISTINCT FROM NEW.*"
NOTED = (
    *(Noted(table, event) for table in ("unit", "person") for event in ("INSERT", "DELETE")),
    *(Noted(table, "UPDATE", DIFFERS) for table in ("unit", "person")),
    *(
        each
        for table, state in (("session_record", "final"), ("survey_round", "released"))
        for each in (
            Noted(table, "INSERT", f"NEW.state = '{state}'"),
            Noted(table, "UPDATE", f"'{state}' IN (OLD.state, NEW.state) AND {DIFFERS}"),
            Noted(table, "DELETE", f"OLD.state = '{state}'"),
        )
    ),
    Noted("record_registration", "INSERT"),
    Noted("record_registration", "UPDATE", DIFFERS),
)


def upgrade() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    _make_tables()
    _confine()
    op.execute(NOTE_CHANGE.format(schema=schema, lock=LOCK))
    op.execute("REVOKE ALL ON FUNCTION note_change FROM PUBLIC")
    for each in NOTED:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {each.name} AFTER {each.events} ON {each.table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({each.condition}) EXECUTE FUNCTION note_change()"
        )


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _row() -> "tuple[sa.Column[object], ...]":
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("created_at"),
    )


def _make_tables() -> None:
    op.create_table(
        "change",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        # Without a foreign key. At the commit its check would wait, with the lock in hand, for whoever has taken the
        # organisation's row for itself; and they for the lock, at theirs.
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", _enum("changed_type", *TYPES), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("change_kind", "created", "updated", "removed"), nullable=False),
        _moment("happened_at"),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_change")),
    )
    op.create_index("ix_change_organisation_id_position", "change", ["organisation_id", "position"])
    op.create_index("ix_change_happened_at", "change", ["happened_at"])
    op.create_index("ix_change_subject_id", "change", ["subject_id"])
    op.create_table(
        "webhook_endpoint",
        *_row(),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("service_client_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", _enum("webhook_endpoint_state", "active", "paused"), nullable=False),
        sa.Column("pause_reason", _enum("pause_reason", "askedFor", "failing", "gone"), nullable=True),
        _moment("paused_at", nullable=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_sealed_secret", sa.LargeBinary(), nullable=True),
        _moment("former_until", nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("failing_since", nullable=True),
        _moment("resting_until", nullable=True),
        sa.CheckConstraint(f"types <@ ARRAY[{', '.join(repr(each) for each in TYPES)}]", name="types"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_webhook_endpoint_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_client_id"], ["service_client.id"], name=op.f("fk_webhook_endpoint_service_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index("ix_webhook_endpoint_service_client_id_id", "webhook_endpoint", ["service_client_id", "id"])
    op.create_table(
        "webhook_delivery",
        *_row(),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", _enum("delivery_purpose", "change", "replay", "test"), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        _moment("happened_at"),
        sa.Column("state", _enum("delivery_state", "pending", "delivered", "failed", "withheld"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("next_attempt_at"),
        _moment("last_attempt_at", nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column(
            "last_fault",
            _enum("delivery_fault", "refusedAddress", "unreachable", "tooSlow", "refused", "redirected"),
            nullable=True,
        ),
        _moment("settled_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_webhook_delivery_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_endpoint_id"],
            ["webhook_endpoint.id"],
            name=op.f("fk_webhook_delivery_webhook_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("ix_webhook_delivery_webhook_endpoint_id_id", "webhook_delivery", ["webhook_endpoint_id", "id"])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["webhook_endpoint_id", "next_attempt_at"],
        postgresql_where=pending,
    )
    op.create_index(
        "ix_webhook_delivery_turn",
        "webhook_delivery",
        ["webhook_endpoint_id", "subject_id", "position"],
        postgresql_where=pending,
    )
    op.create_index("ix_webhook_delivery_subject_id", "webhook_delivery", ["subject_id"])
    op.create_index("ix_webhook_delivery_settled_at", "webhook_delivery", ["settled_at"])
    op.create_table(
        "failed_job",
        *_row(),
        sa.Column("entrypoint", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", _enum("failed_job_state", "failed", "retried", "discarded"), nullable=False),
        _moment("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_job")),
    )
    op.create_index("ix_failed_job_created_at", "failed_job", ["created_at"])


# --- The second wall (see 0012) ---------------------------------------------------------------------------------------


def _confine() -> None:
    for table in ("change", "webhook_endpoint", "webhook_delivery", "failed_job"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {SYSTEM}")
        op.execute(f"CREATE POLICY {SYSTEM} ON {table} TO {SYSTEM} USING (true) WITH CHECK (true)")
    op.execute(f"REVOKE INSERT, UPDATE ON change FROM {SYSTEM}")
    _let(CLIENT, "change", "SELECT", f"USING ({_likely(OWN)})")
    for table in ("webhook_endpoint", "webhook_delivery", "failed_job"):
        # There, and empty: a request about one is answered like one about what does not exist.
        op.execute(f"GRANT SELECT, UPDATE (state) ON {table} TO {CLIENT}")
    for table in ("webhook_endpoint", "webhook_delivery"):
        _let(SERVICE, table, "SELECT", f"USING ({_likely(OWN_OR_RUN)})")
        _let(SERVICE, table, "INSERT", f"WITH CHECK ({ADMINISTRATOR})")
    _let(
        SERVICE,
        "webhook_endpoint",
        "UPDATE",
        f"USING ({_likely(OWN_OR_RUN)}) WITH CHECK ({ADMINISTRATOR})",
        "version, state, pause_reason, paused_at, sealed_secret, former_sealed_secret, former_until, position, "
        "failures, failing_since, resting_until",
    )
    _let(SERVICE, "webhook_endpoint", "DELETE", f"USING ({ADMINISTRATOR})")
    op.execute(f"GRANT UPDATE (created_at) ON webhook_delivery TO {SERVICE}")
    _let(SERVICE, "failed_job", "SELECT", f"USING ({ADMINISTRATOR})")
    _let(SERVICE, "failed_job", "UPDATE", f"USING ({ADMINISTRATOR})", "version, payload, state, settled_at")


def _likely(condition: str) -> str:
    return f"nullif({condition}, false) IS NOT NULL"


def _let(role: str, table: str, verb: str, clause: str, columns: str = "") -> None:
    op.execute(f"GRANT {verb}{f' ({columns})' if columns else ''} ON {table} TO {role}")
    op.execute(f"CREATE POLICY {role}_{verb.lower()} ON {table} FOR {verb} TO {role} {clause}")


def downgrade() -> None:
    for each in NOTED:
        op.execute(f"DROP TRIGGER {each.name} ON {each.table}")
    op.execute("DROP FUNCTION note_change()")
    for table in ("failed_job", "webhook_delivery", "webhook_endpoint", "change"):
        op.drop_table(table)
