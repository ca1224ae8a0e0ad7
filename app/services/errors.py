"""The one kind of refusal a service raises. Status codes and texts live in `app/api/problems.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Stable, English reason codes. Every one has a row in the problem table."""

    # who and whether
    NOT_SIGNED_IN = "notSignedIn"
    TOKEN_INVALID = "tokenInvalid"  # noqa: S105
    NOT_FOUND = "notFound"
    NOT_YOUR_ROLE = "notYourRole"
    CONSENT_PENDING = "consentPending"
    FACILITATOR_MAY_NOT_APPROVE = "facilitatorMayNotApprove"
    # sign-in
    CREDENTIALS_REFUSED = "credentialsRefused"
    TOO_MANY_ATTEMPTS = "tooManyAttempts"
    REFRESH_TOKEN_REFUSED = "refreshTokenRefused"  # noqa: S105
    INVITATION_REFUSED = "invitationRefused"
    PASSWORD_TOO_COMMON = "passwordTooCommon"  # noqa: S105
    CROSS_SITE_REQUEST = "crossSiteRequest"
    # identity providers
    AUTHORISATION_REFUSED = "authorisationRefused"
    IDENTITY_NOT_LINKED = "identityNotLinked"
    IDENTITY_TAKEN = "identityTaken"
    IDENTITY_PROVIDER_AWAY = "identityProviderAway"
    UNKNOWN_IDENTITY_PROVIDER = "unknownIdentityProvider"
    ISSUER_TAKEN = "issuerTaken"
    SIGNS_IN_ELSEWHERE = "signsInElsewhere"
    DOMAIN_CLAIMED = "domainClaimed"
    DOMAIN_TAKEN = "domainTaken"
    DOMAIN_VERIFIED = "domainVerified"
    DOMAIN_NOT_VERIFIED = "domainNotVerified"
    DOMAIN_NOT_PROVED = "domainNotProved"
    NAME_SERVICE_AWAY = "nameServiceAway"
    SIGN_IN_ENDED = "signInEnded"
    # passwords and second factors
    SECOND_FACTOR_REQUIRED = "secondFactorRequired"
    ONE_TIME_CODE_REFUSED = "oneTimeCodeRefused"
    SECOND_FACTOR_MISSING = "secondFactorMissing"
    SECOND_FACTOR_ACTIVE = "secondFactorActive"
    SECOND_FACTOR_INACTIVE = "secondFactorInactive"
    PROOF_REFUSED = "proofRefused"
    SIGN_IN_TOO_OLD = "signInTooOld"
    INVITED_RECENTLY = "invitedRecently"
    # concurrency
    STALE_VERSION = "staleVersion"
    IDEMPOTENCY_KEY_REUSED = "idempotencyKeyReused"
    # shape of the request
    NOTHING_TO_CHANGE = "nothingToChange"
    CURSOR_INVALID = "cursorInvalid"
    # changes, webhooks, failed jobs
    CURSOR_EXPIRED = "cursorExpired"
    SIGHT_HAS_CHANGED = "sightHasChanged"
    TARGET_REFUSED = "targetRefused"
    TARGET_UNKNOWN = "targetUnknown"
    TYPE_NOT_IN_SCOPES = "typeNotInScopes"
    OVERLAP_RUNS = "overlapRuns"
    UNKNOWN_DELIVERY = "unknownDelivery"
    JOB_SETTLED = "jobSettled"
    # organisations, units, parties, people, mandates
    ORGANISATION_NUMBER_TAKEN = "organisationNumberTaken"
    ORGANISATION_CLOSED = "organisationClosed"
    UNKNOWN_UNIT = "unknownUnit"
    EXTERNAL_ID_TAKEN = "externalIdTaken"
    UNIT_CYCLE = "unitCycle"
    UNIT_CLOSED = "unitClosed"
    PARENT_NOT_YET = "parentNotYet"
    UNIT_HAS_CHILDREN = "unitHasChildren"
    CHANGE_BEFORE_HISTORY = "changeBeforeHistory"
    DATE_IN_FUTURE = "dateInFuture"
    DATES_REVERSED = "datesReversed"
    EMPLOYER_PARTY_EXISTS = "employerPartyExists"
    PARTY_NAME_TAKEN = "partyNameTaken"
    PARTY_CLOSED = "partyClosed"
    EMAIL_TAKEN = "emailTaken"
    UNKNOWN_PERSON = "unknownPerson"
    PERSON_INACTIVE = "personInactive"
    UNKNOWN_WORKING_GROUP = "unknownWorkingGroup"
    FIRST_MANDATE_EXISTS = "firstMandateExists"
    FIRST_MANDATE_IS_GENERAL = "firstMandateIsGeneral"
    BOTH_SIDES = "bothSides"
    FACILITATES_FOR_PARTIES = "facilitatesForParties"
    ADMINISTRATOR_HOLDS_MANDATE = "administratorHoldsMandate"
    MANDATE_ENDED = "mandateEnded"
    TOO_FAR_BACK = "tooFarBack"
    LAST_DAY_PASSED = "lastDayPassed"
    OUTSIDE_GROUP_LIFE = "outsideGroupLife"
    # working groups and joint decisions
    UNKNOWN_PARTY = "unknownParty"
    TABLE_ONE_SIDED = "tableOneSided"
    OWN_PARTY_MISSING = "ownPartyMissing"
    GROUP_NOT_FORMING = "groupNotForming"
    GROUP_NOT_STARTED = "groupNotStarted"
    GROUP_CLOSED = "groupClosed"
    CONTENT_CHANGED = "contentChanged"
    PARTY_HAS_DECIDED = "partyHasDecided"
    PERSON_HAS_DECIDED = "personHasDecided"
    CHOOSE_MANDATE = "chooseMandate"
    CHANGE_REQUESTED = "changeRequested"
    DECISION_TAKEN = "decisionTaken"
    APPROVAL_VOIDED = "approvalVoided"
    # dialogue templates
    UNKNOWN_TEMPLATE = "unknownTemplate"
    TEMPLATE_NOT_DRAFT = "templateNotDraft"
    TEMPLATE_NOT_PUBLISHED = "templateNotPublished"
    TEMPLATE_VERSION_TAKEN = "templateVersionTaken"
    TEMPLATE_INCOMPLETE = "templateIncomplete"
    TEMPLATE_TEXT_MISSING = "templateTextMissing"
    TEMPLATE_MINUTES_DIFFER = "templateMinutesDiffer"
    TEMPLATE_GROUP_SIZE_REVERSED = "templateGroupSizeReversed"
    TEMPLATE_STEPS_OUT_OF_ORDER = "templateStepsOutOfOrder"
    TEMPLATE_QUESTION_REPEATED = "templateQuestionRepeated"
    TEMPLATE_SOURCE_MISSING = "templateSourceMissing"
    # sessions, records, actions
    FACILITATOR_HOLDS_MANDATE = "facilitatorHoldsMandate"
    SESSION_CLOSED = "sessionClosed"
    SESSION_HELD = "sessionHeld"
    SESSION_NOT_YET = "sessionNotYet"
    TRANSITION_REFUSED = "transitionRefused"
    NOT_FOR_THIS_STEP = "notForThisStep"
    REASON_MISSING = "reasonMissing"
    UNKNOWN_MANDATE = "unknownMandate"
    NAMED_TWICE = "namedTwice"
    ATTENDANCE_ONE_SIDED = "attendanceOneSided"
    UNKNOWN_QUESTION = "unknownQuestion"
    RECORD_IS_FINAL = "recordIsFinal"
    RECORD_NOT_FINAL = "recordNotFinal"
    RECORD_EMPTY = "recordEmpty"
    NOT_UNDER_REVIEW = "notUnderReview"
    REVIEW_DEADLINE_PASSED = "reviewDeadlinePassed"
    REVIEW_DEADLINE_MISSING = "reviewDeadlineMissing"
    CONFIRMATION_MISSING = "confirmationMissing"
    EFFECT_MISSING = "effectMissing"
    ACTION_SETTLED = "actionSettled"
    # instruments
    INSTRUMENT_VERSION_TAKEN = "instrumentVersionTaken"
    INSTRUMENT_RETIRED = "instrumentRetired"
    INSTRUMENT_FAULTY = "instrumentFaulty"
    INSTRUMENT_TEXT_MISSING = "instrumentTextMissing"
    INSTRUMENT_SCALE_UNEVEN = "instrumentScaleUneven"
    INSTRUMENT_ID_REPEATED = "instrumentIdRepeated"
    INSTRUMENT_DIMENSION_UNKNOWN = "instrumentDimensionUnknown"
    INSTRUMENT_DIMENSION_EMPTY = "instrumentDimensionEmpty"
    INSTRUMENT_CLIMATE_REPEATED = "instrumentClimateRepeated"
    INSTRUMENT_MINIMUM_TOO_LARGE = "instrumentMinimumTooLarge"
    INSTRUMENT_ZONES_OUT_OF_ORDER = "instrumentZonesOutOfOrder"
    # surveys
    ROUND_NOT_DRAFT = "roundNotDraft"
    ROUND_NOT_PROPOSED = "roundNotProposed"
    ROUND_DECIDED = "roundDecided"
    ROUND_NOT_OPEN = "roundNotOpen"
    ROUND_NOT_UNDER_WAY = "roundNotUnderWay"
    ROUND_HAS_ONE_KEY = "roundHasOneKey"
    ROUND_KEYS_MISSING = "roundKeysMissing"
    ROUND_TOO_LARGE = "roundTooLarge"
    ROUND_TOO_SMALL = "roundTooSmall"
    ROUND_TOO_SOON = "roundTooSoon"
    CLOSES_BEFORE_OPENING = "closesBeforeOpening"
    OPEN_TOO_LONG = "openTooLong"
    OPENS_TOO_LATE = "opensTooLate"
    CLOSING_TIME_PASSED = "closingTimePassed"
    NEW_CLOSING_TIME_UNFIT = "newClosingTimeUnfit"
    UNKNOWN_INSTRUMENT = "unknownInstrument"
    NO_OPEN_QUESTIONS = "noOpenQuestions"
    UNIT_OUTSIDE_GROUP = "unitOutsideGroup"
    UNIT_OUTSIDE_ROUND = "unitOutsideRound"
    CLOSING_TIME_OR_ABANDON = "closingTimeOrAbandon"
    AMENDMENT_PENDING = "amendmentPending"
    AMENDMENT_SETTLED = "amendmentSettled"
    SURVEY_TOKEN_UNKNOWN = "surveyTokenUnknown"  # noqa: S105
    SURVEY_TOKENS_DIFFER = "surveyTokensDiffer"
    SURVEY_NOT_OPEN_YET = "surveyNotOpenYet"
    SURVEY_CLOSED = "surveyClosed"
    SURVEY_ALREADY_ANSWERED = "surveyAlreadyAnswered"
    SURVEY_ANSWER_REFUSED = "surveyAnswerRefused"
    SURVEY_ANSWER_EMPTY = "surveyAnswerEmpty"
    SURVEY_ITEM_UNKNOWN = "surveyItemUnknown"
    SURVEY_ANSWER_NOT_OFFERED = "surveyAnswerNotOffered"
    SURVEY_TEXT_TOO_LONG = "surveyTextTooLong"
    SURVEY_BUSY = "surveyBusy"
    SURVEY_ROUND_NOT_BEGUN = "surveyRoundNotBegun"
    SURVEY_ROUND_HAS_BEGUN = "surveyRoundHasBegun"
    UNIT_NOT_IN_ROUND = "unitNotInRound"
    WORKS_ELSEWHERE = "worksElsewhere"
    NEEDED_FOR_THIS_KIND = "neededForThisKind"
    NOT_FOR_THIS_KIND = "notForThisKind"
    NOBODY_TO_INVITE = "nobodyToInvite"
    MORE_THAN_HEADCOUNT = "moreThanHeadcount"
    SLIPS_HANDED_OUT = "slipsHandedOut"
    REMINDED_RECENTLY = "remindedRecently"
    KEY_WORDS_MISCOUNTED = "keyWordsMiscounted"
    KEY_WORD_UNKNOWN = "keyWordUnknown"
    KEY_WORDS_MIXED_UP = "keyWordsMixedUp"
    KEY_WORDS_OF_ANOTHER = "keyWordsOfAnother"
    ROUND_NOT_CLOSED = "roundNotClosed"
    RESULTS_NOT_RELEASED = "resultsNotReleased"
    TEXTS_RELEASED = "textsReleased"
    UNKNOWN_TEXT = "unknownText"
    # service clients
    CLIENT_REFUSED = "clientRefused"
    SCOPE_NOT_GRANTED = "scopeNotGranted"
    SCOPE_NOT_FOR_KIND = "scopeNotForKind"
    EXPIRY_UNFIT = "expiryUnfit"
    SERVICE_CLIENT_ENDED = "serviceClientEnded"
    CONSENT_NOT_NEEDED = "consentNotNeeded"
    TWO_SECRETS_LIVE = "twoSecretsLive"
    # retention, legal holds, erasure
    RETENTION_RULE_EXISTS = "retentionRuleExists"
    LEGAL_HOLD = "legalHold"
    HOLD_LIFTED = "holdLifted"
    NOTHING_TO_HOLD = "nothingToHold"
    APPENDIX_OPEN = "appendixOpen"
    DESTRUCTION_PENDING = "destructionPending"
    DESTRUCTION_SETTLED = "destructionSettled"
    PERSON_HOLDS_MANDATE = "personHoldsMandate"
    PERSON_LEADS_SESSION = "personLeadsSession"
    PERSON_STILL_ACTIVE = "personStillActive"
    # imports and unit trees
    FILE_ENCODING = "fileEncoding"
    FILE_FORM = "fileForm"
    FILE_TOO_LARGE = "fileTooLarge"
    FILE_EMPTY = "fileEmpty"
    COLUMN_TWICE = "columnTwice"
    COLUMN_UNNAMED = "columnUnnamed"
    COLUMN_MISSING = "columnMissing"
    UNKNOWN_COLUMN = "unknownColumn"
    COLUMN_EMPTY = "columnEmpty"
    CELL_INVALID = "cellInvalid"
    CELL_IS_FORMULA = "cellIsFormula"
    ROW_TWICE = "rowTwice"
    UNIT_TWICE = "unitTwice"
    UNIT_WITHOUT_PERIOD = "unitWithoutPeriod"
    PERIODS_OVERLAP = "periodsOverlap"
    PERIODS_LEAVE_GAP = "periodsLeaveGap"
    PLAN_STALE = "planStale"
    PLAN_HASH_DIFFERS = "planHashDiffers"
    IMPORT_SETTLED = "importSettled"
    IMPORT_APPLYING = "importApplying"
    PLAN_GONE = "planGone"
    # --- exports
    SELECTION_TOO_LARGE = "selectionTooLarge"
    # HR syncing
    UNION_DATA_REFUSED = "unionDataRefused"
    PERSONAL_NUMBER_REFUSED = "personalNumberRefused"
    DEACTIVATION_BRAKE = "deactivationBrake"
    UNIT_BRAKE = "unitBrake"


@dataclass(frozen=True)
class FieldRefusal:
    """One field that does not fit: a JSON pointer into the request and a reason code."""

    pointer: str
    code: Code


class Refusal(Exception):
    """The request cannot be carried out; nothing it did is kept, unless `keep` says so."""

    def __init__(
        self,
        code: Code,
        pointer: str | None = None,
        *,
        fields: Sequence[FieldRefusal] = (),
        keep: bool = False,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.fields = (FieldRefusal(pointer, code),) if pointer is not None else tuple(fields[:100])
        self.keep = keep
        """Commit all the same: a reused refresh token ends its family although the answer is a refusal."""
        self.retry_after = retry_after
        """Seconds after which another try makes sense."""
