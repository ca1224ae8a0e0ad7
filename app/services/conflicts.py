"""Constraints of the database that people can run into, and what each refusal is called."""

from sqlalchemy.exc import IntegrityError

from app.services.errors import Code, Refusal

CONSTRAINTS: dict[str, tuple[Code, str | None]] = {
    "uq_organisation_organisation_number": (Code.ORGANISATION_NUMBER_TAKEN, "/organisationNumber"),
    "uq_unit_external_id": (Code.EXTERNAL_ID_TAKEN, "/externalId"),
    "uq_party_employer": (Code.EMPLOYER_PARTY_EXISTS, "/side"),
    "uq_party_name": (Code.PARTY_NAME_TAKEN, "/name"),
    "uq_person_email": (Code.EMAIL_TAKEN, "/email"),
    "uq_identity_provider_issuer": (Code.ISSUER_TAKEN, "/issuer"),
    "uq_identity_subject": (Code.IDENTITY_TAKEN, None),
    "uq_email_domain_claim": (Code.DOMAIN_CLAIMED, "/domain"),
    "uq_email_domain_verified": (Code.DOMAIN_TAKEN, None),
    "uq_mandate_first": (Code.FIRST_MANDATE_EXISTS, None),
    "uq_approval_party": (Code.PARTY_HAS_DECIDED, None),
    "uq_approval_person": (Code.PERSON_HAS_DECIDED, None),
    "uq_survey_amendment_proposed": (Code.AMENDMENT_PENDING, None),
    "uq_dialogue_template_version": (Code.TEMPLATE_VERSION_TAKEN, "/templateVersion"),
    "uq_instrument_version": (Code.INSTRUMENT_VERSION_TAKEN, "/instrumentVersion"),
    "uq_followed_guide_following": (Code.GUIDE_FOLLOWED_ALREADY, None),
    # --- HR syncing
    "uq_person_user_name": (Code.EMAIL_TAKEN, "/email"),
    "uq_person_external_id": (Code.EXTERNAL_ID_TAKEN, "/externalId"),
    # --- retention
    "uq_retention_rule_kind": (Code.RETENTION_RULE_EXISTS, "/kind"),
    "uq_destruction_proposed": (Code.DESTRUCTION_PENDING, None),
    "legal_hold": (Code.LEGAL_HOLD, None),
}


def refusal_for(error: IntegrityError) -> Refusal | None:
    """What to tell the client, or None when the constraint is the program's own business."""
    cause = getattr(error.orig, "__cause__", None)
    known = CONSTRAINTS.get(getattr(cause, "constraint_name", None) or "")
    return Refusal(*known) if known else None
