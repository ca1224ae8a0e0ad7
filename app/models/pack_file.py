"""The manifest of a content pack as one signed file."""

from typing import Annotated, Literal

from pydantic import Field

from app.models.base import WireModel
from app.models.bounds import Hash, Word
from app.models.columns import WholeNumber
from app.models.template_content import TemplateKey, TemplateVersion

FORMAT: Literal["larande-content-pack"] = "larande-content-pack"
FORMAT_VERSION: Literal[1] = 1


class PackedFile(WireModel):
    """A file in the pack, as it must be."""

    name: Annotated[str, Field(max_length=200)]
    size: WholeNumber
    hash: Hash


class PackFileManifest(WireModel):
    """`manifest.json`: what is signed."""

    pack_format: Literal["larande-content-pack"]
    format_version: Literal[1]
    key: TemplateKey
    pack_version: TemplateVersion
    languages: list[Word] = Field(max_length=20)
    algorithm: Literal["Ed25519"]
    key_thumbprint: Word
    files: list[PackedFile] = Field(max_length=2000)
