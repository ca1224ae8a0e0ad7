"""A side's key to a round in two-key mode, as it is shown once."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.models.base import Linked
from app.models.columns import Id
from app.models.party import Side
from app.models.survey_round import PublicKey
from app.models.template_content import Texts

KeyWord = Annotated[str, Field(pattern="^[a-z]{3,8}$", max_length=8, json_schema_extra={"example": "legal"})]


class KeyShareRead(Linked):
    """A side's key. The words are the only copy there is: the service keeps the public key alone."""

    survey_round_id: Id
    side: Side
    public_key: PublicKey
    words: list[KeyWord] | None = Field(
        min_length=24,
        max_length=24,
        description="The 24 words, in order. Shown in this answer and never again: null when the same request is "
        "repeated under its Idempotency-Key. Whoever lost the answer makes a new key.",
    )
    explanation: Texts = Field(description="What the words are for, and what it means to lose them.")

    @property
    def id(self) -> UUID:
        """What the request changed."""
        return self.survey_round_id
