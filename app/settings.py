"""Settings from LARANDE_* variables. Read by the entrances (main, cli, worker) and handed on as values."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.models.identity_provider import is_provider_address
from app.services import mail
from app.smtp import server_at


def _docs_page(settings: dict[str, Any]) -> str:
    """The page that this very service has, until there is a front end: at its own port."""
    return f"{_service(settings)}/larande/v1/docs"


def _service(settings: dict[str, Any]) -> str:
    return f"http://127.0.0.1:{settings.get('port') or 8000}"


class Settings(BaseSettings):
    """Frozen: what the program started with is what it runs with."""

    model_config = SettingsConfigDict(env_prefix="LARANDE_", frozen=True, extra="ignore")

    database_url: SecretStr | None = Field(
        default=None, description="postgresql://… ; unset starts the embedded PostgreSQL."
    )
    owner_database_url: SecretStr | None = Field(
        default=None, description="The database as its owner, for migrations alone; unset: LARANDE_DATABASE_URL."
    )
    home: Path | None = Field(default=None, description="Where the embedded database and the token secret live.")
    key_directory: Path | None = Field(
        default=None, description="Where the keys of open survey rounds live; unset: keys, in home. Never in a backup."
    )
    token_secret: SecretStr | None = Field(
        default=None,
        description="At least 32 bytes that make addresses and devices unrecognisable; unset: made once, kept in home.",
    )
    token_key_directory: Path | None = Field(
        default=None,
        description="Where the keys live that sign access tokens; unset: token-keys, in home. Never in a backup.",
    )
    archive_key_directory: Path | None = Field(
        default=None,
        description="Where the keys live that sign archive packages; unset: archive-keys, in home.",
    )
    content_keys: Path | None = Field(
        default=None,
        description="A file with the public keys, in PEM or JWK, whose content packs this installation loads.",
    )
    require_second_factor: Literal["none", "administrators", "everyone"] = Field(
        default="none", description="Who has to switch a second factor on before doing anything else."
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    pool_size: int = Field(default=10, ge=2, le=200)
    front_end_url: str = Field(
        default_factory=_docs_page,
        description="The page that survey links lead to; the token is put after it, as the fragment.",
    )
    sign_in_url: str = Field(
        default_factory=_docs_page,
        description="The page on which people choose a password; the one-time token is put after it, as the fragment.",
    )
    interest_url: str = Field(
        default_factory=_docs_page,
        description="The page on which contacts confirm what their workplace joins as; the token is put after it.",
    )
    group_url: str = Field(
        default_factory=_docs_page,
        description="The page of a working group, to which reminders lead; the group's id is put after it.",
    )
    unsubscribe_url: str = Field(
        default_factory=_docs_page,
        description="The page on which people end their reminders without signing in; the token is put after it.",
    )
    public_url: str = Field(
        default_factory=_service,
        description="Where mail programs reach this service, for ending reminders with one press: https and the host.",
    )
    sign_in_return_url: str = Field(
        default_factory=_docs_page,
        description="The page to which identity providers send people back, with code and state; exactly this address.",
    )
    identity_provider_networks: str = Field(
        default="",
        description="Networks, separated by commas, in which identity providers may be besides the public internet.",
    )
    webhook_networks: str = Field(
        default="",
        description="Networks, separated by commas, in which webhook endpoints may be besides the public internet.",
    )
    name_servers: str = Field(
        default="", description="Name servers, separated by commas, to ask about e-mail domains; unset: the system's."
    )
    smtp_url: SecretStr | None = Field(
        default=None, description="smtp://user:password@host:port or smtps://… ; unset: mail waits until it is set."
    )
    mail_from: str = Field(
        default="Lärande i förändring <noreply@larande.example>", description="Whom mails are from: name <address>."
    )
    worker: Literal["inside", "apart"] = Field(
        default="inside", description="Whether `larande serve` does what waits in the queue, or `larande worker`."
    )
    log_format: Literal["console", "json"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    cors_origins: str = Field(default="", description="Origins, separated by commas, whose pages may call the API.")
    trusted_proxies: str = Field(
        default="", description="Addresses or networks, separated by commas, whose Forwarded header is believed."
    )

    @property
    def owner_url(self) -> str | None:
        """The owner's address, where the owner has one of its own."""
        return self.owner_database_url.get_secret_value() if self.owner_database_url else None

    # limits
    reads_per_minute: int = Field(default=3_000, ge=1, description="What one person or client may read.")
    writes_per_minute: int = Field(default=1_200, ge=1, description="What one person or client may write.")
    strangers_per_minute: int = Field(
        default=3_000, ge=1, description="What one address may ask without having signed in; sign-ins are not counted."
    )
    requests_at_once: int = Field(default=200, ge=1, description="Under way in one process; the next is told to wait.")
    connections: int = Field(default=800, ge=1, description="Open to one process; the longest idle makes room.")
    header_seconds: float = Field(default=10, gt=0, description="In which a request's headers must arrive.")
    body_seconds: float = Field(default=30, gt=0, description="In which a request's body must arrive.")
    answer_seconds: float = Field(
        default=30, gt=0, description="After which whoever does not read at least a KiB a second is given up."
    )

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        # Pages of a listed origin may send the cookie that renews sign-ins: "every page" must not be on the list.
        for name in names_in(value):
            if not re.fullmatch(r"https?://[^/?#@*\s]+", name):
                raise ValueError("origins are needed, as in https://www.example.se,http://localhost:5173")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_a_service(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/?#@\s]+/?", value):
            raise ValueError("scheme and host are needed, as in https://larande.example.se")
        return value

    @field_validator("front_end_url", "sign_in_url", "interest_url", "group_url", "unsubscribe_url")
    @classmethod
    def _is_a_page(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/?#@\s]+(/[^#\s]*)?", value):
            raise ValueError("the address of a page is needed, without #, as in https://enkat.example.se/")
        return value

    @field_validator("sign_in_return_url")
    @classmethod
    def _is_a_way_back(cls, value: str) -> str:
        # Compared letter by letter at the providers; what comes back in it lets somebody in.
        if not is_provider_address(value) or "?" in value:
            raise ValueError("the https address of a page is needed, as in https://www.example.se/signed-in")
        return value

    @field_validator("name_servers")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        try:
            for name in names_in(value):
                ip_address(name)
        except ValueError:
            raise ValueError("addresses are needed, as in 192.0.2.53,192.0.2.54") from None
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            server_at(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_a_sender(cls, value: str) -> str:
        mail.sender_of(value)
        return value

    @field_validator("trusted_proxies", "identity_provider_networks", "webhook_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        try:
            for name in names_in(value):
                ip_network(name)
        except ValueError:
            raise ValueError("addresses or networks are needed, as in 10.0.0.0/8,192.0.2.7") from None
        return value


def names_in(value: str) -> tuple[str, ...]:
    """The parts of a setting that is a list separated by commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())
