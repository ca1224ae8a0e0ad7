"""A content pack as one signed file. Pure: the same pack and key, the same bytes.

As archive packages are: `manifest.json` names every file with its SHA-256, `manifest.sig` is the Ed25519 signature over
its bytes, and all JSON is canonical. What is read is made anew and compared byte for byte, so that nothing can hide
before, after or between the files, and no zip file that another program has made is ever opened.
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from app.models.pack_file import FORMAT, FORMAT_VERSION, PackedFile, PackFileManifest
from app.services.archive_files import sha256
from app.services.archive_keys import ALGORITHM, SIGNATURE_BYTES, ArchiveKey, PublicArchiveKey, UnfitArchiveKey
from app.services.archive_zips import NoPackage, unzipped, zipped
from app.services.content_hash import canonical
from app.services.pack_reading import MOST_FILE_BYTES, Pack, PackRefused, read_files
from app.services.spelling import read_object

MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "public-key.pem"
MOST_BYTES = 32_000_000
_MOST_FILES = 2_000
_NAME = re.compile(
    r"pack\.json|method_texts\.json|(templates|instruments|(translations/[a-z]{2,3}/)?(inspiration|guides))"
    r"/[a-z][a-z0-9-]{0,79}\.json",
    re.ASCII,
)
# Of what is in it nothing is older or younger: a pack that is built again is the same file.
_MOMENT = datetime(1980, 1, 1, tzinfo=UTC)


def built(pack: Pack, key: ArchiveKey) -> bytes:
    """The pack as a file, signed."""
    files = _spelt(pack)
    manifest = canonical(_manifest(pack, files, key.public).model_dump(mode="json", by_alias=True))
    return _zip(files, manifest, key.sign(manifest), key.public)


def opened(content: bytes, trusted: Collection[str]) -> tuple[Pack, str]:
    """The pack in a file and the thumbprint of the key that signed it, if that is one of `trusted`.

    `PackRefused` says what is wrong and where: first of the file as such, then of the signature, then of what is in it.
    """
    files = _unzipped(content)
    key = _key(files)
    manifest = _read_manifest(files)
    _require_listed(files, manifest)
    if manifest.key_thumbprint != key.thumbprint:
        raise PackRefused([f"{MANIFEST}: /keyThumbprint: names another key than {PUBLIC_KEY}"])
    signature = files[SIGNATURE]
    if len(signature) != SIGNATURE_BYTES or not key.verifies(signature, files[MANIFEST]):
        raise PackRefused([f"{SIGNATURE}: is not the signature of {MANIFEST} by the key {key.thumbprint}"])
    if key.thumbprint not in trusted:
        raise PackRefused([f"{PUBLIC_KEY}: nobody here trusts the key {key.thumbprint}, by which the pack is signed"])
    pack = read_files(lambda name: _given(files, name))
    spelt = _spelt(pack)
    if others := [name for name, each in spelt.items() if files[name] != each]:
        raise PackRefused([f"{name}: is not canonical JSON (RFC 8785) of clean text" for name in others])
    if canonical(_manifest(pack, spelt, key).model_dump(mode="json", by_alias=True)) != files[MANIFEST]:
        raise PackRefused([f"{MANIFEST}: is about another pack than the one in the file"])
    if _zip(spelt, files[MANIFEST], signature, key) != content:
        raise PackRefused(["The file is not as packs are built: something is before, after or between its files."])
    return pack, key.thumbprint


def _spelt(pack: Pack) -> dict[str, bytes]:
    return {
        name: canonical(part.model_dump(mode="json", by_alias=True, exclude_unset=True))
        for name, part in pack.files.items()
    }


def _manifest(pack: Pack, files: dict[str, bytes], key: PublicArchiveKey) -> PackFileManifest:
    return PackFileManifest.model_validate(
        {
            "packFormat": FORMAT,
            "formatVersion": FORMAT_VERSION,
            "key": pack.manifest.key,
            "packVersion": pack.manifest.pack_version,
            "languages": [str(each) for each in pack.manifest.languages],
            "algorithm": ALGORITHM,
            "keyThumbprint": key.thumbprint,
            "files": [
                PackedFile(name=name, size=len(content), hash=sha256(content))
                for name, content in sorted(files.items())
            ],
        }
    )


def _zip(files: dict[str, bytes], manifest: bytes, signature: bytes, key: PublicArchiveKey) -> bytes:
    whole = files | {MANIFEST: manifest, SIGNATURE: signature, PUBLIC_KEY: key.pem.encode()}
    return zipped(whole, _MOMENT)


def _unzipped(content: bytes) -> dict[str, bytes]:
    if len(content) > MOST_BYTES:
        raise PackRefused([f"The file is larger than {MOST_BYTES:,} bytes, and no content pack."])
    try:
        files = unzipped(content, _MOST_FILES)
    except NoPackage as reason:
        raise PackRefused([f"The file is no content pack as it was built: {reason}."]) from None
    known = {MANIFEST, SIGNATURE, PUBLIC_KEY}
    lines = [f"{name}: is missing" for name in sorted(known - files.keys())]
    lines += [
        f"{name[:200]}: is no file that a content pack may hold"
        for name in sorted(files.keys() - known)
        if not _NAME.fullmatch(name)
    ]
    lines += [
        f"{name[:200]}: is larger than {MOST_FILE_BYTES:,} bytes"
        for name, each in sorted(files.items())
        if len(each) > MOST_FILE_BYTES
    ]
    if lines:
        raise PackRefused(lines)
    return files


def _key(files: dict[str, bytes]) -> PublicArchiveKey:
    try:
        key = PublicArchiveKey(files[PUBLIC_KEY].decode("ascii"))
        _ = key.thumbprint  # which reads the key
    except (UnicodeDecodeError, UnfitArchiveKey):
        raise PackRefused([f"{PUBLIC_KEY}: is not a public key for Ed25519 in PEM"]) from None
    return key


def _read_manifest(files: dict[str, bytes]) -> PackFileManifest:
    try:
        said: Any = read_object(files[MANIFEST])
        manifest = PackFileManifest.model_validate(said)
        canonical_too = canonical(said) == files[MANIFEST]
    except ValidationError as error:
        lines = [
            f"{MANIFEST}: {''.join(f'/{step}' for step in each['loc'])}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False)
        ]
        raise PackRefused(lines) from None
    except (ValueError, RecursionError):
        raise PackRefused([f"{MANIFEST}: is not JSON"]) from None
    if not canonical_too:
        raise PackRefused([f"{MANIFEST}: is not canonical JSON (RFC 8785)"])
    return manifest


def _require_listed(files: dict[str, bytes], manifest: PackFileManifest) -> None:
    """The files are those of the manifest, each with its SHA-256."""
    listed = {each.name: each.hash for each in manifest.files}
    there = files.keys() - {MANIFEST, SIGNATURE, PUBLIC_KEY}
    lines = [f"{MANIFEST}: /files: {name} is listed and missing" for name in sorted(listed.keys() - there)]
    lines += [f"{name}: is not listed in {MANIFEST}" for name in sorted(there - listed.keys())]
    lines += [
        f"{name}: is not the file that {MANIFEST} lists; its SHA-256 is another"
        for name in sorted(there & listed.keys())
        if sha256(files[name]) != listed[name]
    ]
    if lines:
        raise PackRefused(lines)


def _given(files: dict[str, bytes], name: str) -> bytes:
    try:
        return files[name]
    except KeyError:
        raise FileNotFoundError(name) from None
