"""The settings. Every variable is documented in the README table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from kb.access import Role
from kb.llm_settings import LlmSettings
from kb.messages import N_, ConfigurationError
from kb.setting_errors import invalid_setting
from kb.setting_rules import (
    check_together,
    make_absolute,
    make_model_absolute,
    require_address,
    require_mail_server,
    require_place,
    require_rate_storage,
    require_readable,
    require_site,
    require_time_zone,
)

RATE = r"^[1-9]\d{0,6}/(\d{1,3} )?(second|minute|hour|day)s?$"
APP_NAME = "terre-comuni-kb"


class Settings(LlmSettings):
    """Settings read at start from ``KB_*`` environment variables and an optional ``.env`` file."""

    model_config = SettingsConfigDict(
        env_prefix="KB_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    secrets_dir: Path | None = None
    """Folder with a file for each setting that is a secret, named as the setting."""
    data_dir: Path = Field(default_factory=lambda: user_data_path(APP_NAME))
    cache_dir: Path = Field(default_factory=lambda: user_cache_path(APP_NAME))
    database_url: str | None = None
    """SQLAlchemy URL; default: SQLite in ``data_dir``."""

    files_url: str | None = Field(default=None, examples=["s3://bucket/folder"])
    """Where originals lie: ``file:///folder`` or ``s3://bucket/folder``; default: a folder in
    ``data_dir``."""
    files_endpoint: str | None = Field(
        default=None, pattern=r"^https?://\S+$", examples=["https://s3.example.org"]
    )
    """Address of an S3-compatible service; default: Amazon's in ``files_region``."""
    files_region: str | None = Field(
        default=None, pattern=r"^[a-z0-9-]{2,40}$", examples=["eu-south-1"]
    )
    files_access_key_id: SecretStr | None = None
    """Default: the key that AWS's own programs would find, such as the role of the machine."""
    files_secret_access_key: SecretStr | None = None
    files_path_style: bool = True
    """Whether the bucket is named in the path of ``files_endpoint``, not in its host name."""
    files_cache_mb: int = Field(default=2048, ge=64)
    """Most space in ``cache_dir`` for copies of files of object storage."""
    page_images_mb: int = Field(default=2048, ge=64)
    """Most space in ``cache_dir`` for page images."""

    embedding_model: str = "bundled"
    """``bundled``, a Hugging Face hub id, or a folder that sentence-transformers can load."""
    embedding_backend: Literal["auto", "openvino", "torch"] = "auto"
    embedding_precision: Literal["auto", "float32", "bfloat16", "int8"] = "auto"
    """Number format in which OpenVINO computes; ``auto``: what is fastest on this processor."""
    embedding_allow_download: bool = False
    """Allow sentence-transformers to download a missing model."""
    embedding_dimensions: int | None = Field(default=None, ge=1)
    """Dimensions kept of each vector, if the model was trained for it (Matryoshka)."""

    embedding_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", examples=["http://embeddings.example:8080/v1"]
    )
    """Service that computes the vectors of ``embedding_model``; default: this process does."""
    embedding_api_key: SecretStr | None = None
    embedding_protocol: Literal["auto", "openai", "tei"] = "auto"
    """``auto``: ``tei`` if the URL ends in ``/embed``, else ``openai``."""
    embedding_service_model: str | None = None
    """Name of the model in requests; default: the one of ``embedding_model``."""
    embedding_batch: int = Field(default=32, ge=1, le=2048)
    """Most texts in a request."""
    embedding_batch_tokens: int = Field(default=16_384, ge=512)
    """Most tokens in a request, each text counted as long as the longest."""
    embedding_requests: int = Field(default=4, ge=1, le=64)
    """Most requests with passages of a process at the same time; a question has one more."""
    embedding_timeout_s: float = Field(default=60, ge=1, le=600)
    """Longest wait for the answer to a request with passages, in seconds."""
    embedding_question_s: float = Field(default=5, ge=0.2, le=60)
    """Longest wait of a question for its vector, in seconds; passages wait on in the queue."""

    reranker_model: str | None = None
    """Hub id or folder of a sentence-transformers cross-encoder; default: no reranker."""
    reranker_budget_ms: int = Field(default=400, ge=1, le=60_000)
    """Time that a question may spend on the reranker."""

    qdrant_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", examples=["http://qdrant.example:6333"]
    )
    """URL of a Qdrant server; default: the embedded index in ``data_dir``."""
    qdrant_api_key: SecretStr | None = None
    qdrant_prefix: str = Field(default=APP_NAME, pattern=r"^[a-z0-9_-]{1,40}$", examples=["kb-b"])
    """Begins the names of indexes on the server, where several bases share it."""
    qdrant_timeout_s: int = Field(default=5, ge=1, le=600)
    """Seconds that the server has to answer a question; six times as long for a write."""
    qdrant_shards: int = Field(default=1, ge=1, le=1000)
    """Shards of a new collection. BM25's IDF is computed per shard."""
    qdrant_replication_factor: int = Field(default=1, ge=1)
    qdrant_write_consistency: int = Field(default=1, ge=1)
    qdrant_read_consistency: str | None = Field(
        default=None, pattern=r"^([1-9]\d{0,2}|majority|quorum|all)$", examples=["majority"]
    )
    """Copies that must agree on an answer: a number, ``majority``, ``quorum`` or ``all``."""
    qdrant_on_disk: bool = False
    """Keep vectors and search graph of a new collection on disk, quantized vectors in memory."""
    qdrant_strict: bool = False
    """Let the server refuse filters that no payload index serves, in a new collection."""

    quantization: Literal["none", "int8", "binary"] = "int8"
    """Compression of the vectors used by the search graph; the best candidates are compared again
    with the exact vectors."""

    passage_tokens: int = Field(default=320, ge=128, le=8192)
    """Longest passage in tokens of the embedding model, header and prompt included."""
    passage_overlap: int = Field(default=40, ge=0, le=512)

    worker: bool = True
    """Whether ``kb serve`` also runs the ingest worker."""
    ingest_threads: int = Field(default=2, ge=1, le=16)
    """Documents read at the same time, plus one short one."""
    max_upload_mb: int = Field(default=200, ge=1)
    disk_reserve_mb: int = Field(default=256, ge=64)
    """Free disk space below which nothing is added, because the memory-mapped index does not
    survive a full disk."""
    max_pages: int = Field(default=5000, ge=1)
    extract_timeout_s: int = Field(default=120, ge=1)
    """Seconds without progress after which a document's extraction is aborted."""
    extract_total_s: int = Field(default=7200, ge=1)
    """Seconds after which reading a document is aborted, whatever its progress."""
    extract_memory_mb: int = Field(default=4096, ge=256)
    ocr: bool = True

    fetch: bool = False
    """Allow sources that cards cite to be fetched from the network."""
    fetch_contact: str | None = Field(
        default=None, pattern=r"^[^\s()]{3,200}$", examples=["biblioteca@example.org"]
    )
    """Mail address or web page in the user agent, for those who run the sites asked."""
    fetch_archive: str | None = Field(
        default=None, pattern=r"^https?://\S+$", examples=["https://web.archive.org/web/"]
    )
    """TimeGate (RFC 7089) asked for copies of what is gone."""
    fetch_ports: str = Field(
        default="80,443", pattern=r"^\d{1,5}(\s*,\s*\d{1,5})*$", examples=["80,443,8080"]
    )
    """Ports that may be asked."""
    fetch_allow: str | None = Field(
        default=None,
        pattern=r"^[^\s,]+:\d{1,5}(\s*,\s*[^\s,]+:\d{1,5})*$",
        examples=["127.0.0.1:8081"],
    )
    """IP addresses with port that may be asked though they are not public, for tests."""
    fetch_delay_s: float = Field(default=5, ge=0, le=600)
    """Seconds between two requests to the same site."""
    fetch_max_mb: int = Field(default=100, ge=1)
    fetch_timeout_s: int = Field(default=30, ge=1, le=600)
    """Longest silence of a site, in seconds."""
    fetch_total_s: int = Field(default=300, ge=1, le=7200)
    """Longest time for one file, in seconds."""

    starter_reports: Path | None = None
    """List of openly licensed reports to begin with; default: the one shipped."""

    mcp_token: SecretStr | None = None
    """API token for which ``kb mcp`` answers; default: what everybody may see."""

    metrics_token: SecretStr | None = None
    """Bearer token that allows reading ``/metrics``, as administrators may."""

    public_url: str | None = Field(
        default=None, pattern=r"^https?://[^/?#\s]+/?$", examples=["https://kb.example.org"]
    )
    """Public address of the site without path, for links in mails and for cookies."""
    licence: str = Field(
        default="https://creativecommons.org/licenses/by/4.0/", pattern=r"^(https?://\S+|none)$"
    )
    """Address of the licence under which cards and collections may be reused; ``none``: none is
    named."""
    session_hours: int = Field(default=12, ge=1, le=720)
    """Hours after which a session ends."""
    session_idle_minutes: int = Field(default=120, ge=5, le=43_200)
    """Minutes without a request after which a session ends."""
    allowed_hosts: str | None = Field(
        default=None, pattern=r"^[^\s/]+(\s*,\s*[^\s/]+)*$", examples=["kb.example.org, kb.lan"]
    )
    """Further host names of the site, separated by commas."""
    longest_wait_s: float = Field(default=5, ge=0.01, le=300)
    """Seconds that a question or a paper may wait for those before it; what would wait longer is
    refused at once, with the time after which to try again."""
    rate_sign_in: str = Field(default="10/15 minutes", pattern=RATE, examples=["10/15 minutes"])
    """Limit on password attempts per account name."""
    rate_sign_in_address: str = Field(
        default="300/15 minutes", pattern=RATE, examples=["300/15 minutes"]
    )
    """Limit on password attempts per network address."""
    rate_search: str = Field(default="600/minute", pattern=RATE, examples=["600/minute"])
    """Limit on questions per account, or per address without an account."""
    rate_upload: str = Field(default="5000/hour", pattern=RATE, examples=["5000/hour"])
    """Limit on uploads per account."""
    rate_paper: str = Field(default="60/minute", pattern=RATE, examples=["60/minute"])
    """Limit on printed dossiers, comparisons and worksheets per account or address."""
    rate_summary: str = Field(default="20/hour", pattern=RATE, examples=["20/hour"])
    """Limit on cited summaries per account."""
    rate_contribution: str = Field(default="10/hour", pattern=RATE, examples=["10/hour"])
    """Limit on reported errors and proposed practices per account or address."""
    rate_enrolment: str = Field(default="60/hour", pattern=RATE, examples=["60/hour"])
    """Limit on enrolments in events per account or address."""
    rate_storage: SecretStr | None = Field(default=None, examples=["redis://redis.example:6379"])
    """``memory``, ``database`` or the URL of a Redis server; default: ``memory`` with SQLite,
    ``database`` with PostgreSQL."""
    enrolment_hold_hours: int = Field(default=48, ge=1, le=720)
    """Hours for which a place in an event is held until it is confirmed by mail."""
    project_still_days: int = Field(default=90, ge=1, le=3650)
    """Days without a change after which a project is listed as standing still."""

    oidc_issuer: str | None = Field(
        default=None, pattern=r"^https?://\S+$", examples=["https://login.example.org/realms/ente"]
    )
    """Issuer URL of an OpenID provider for sign-in."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_default_role: Role = Role.MEMBER
    """Role of new accounts created by OpenID sign-in."""
    oidc_role_claim: str | None = None
    """Claim with the role, applied at every sign-in."""

    smtp_url: SecretStr | None = Field(
        default=None, examples=["smtp://user:password@mail.example.org:587"]
    )
    """``smtp://user:password@host:port`` or ``smtps:``; without it no mail is sent."""
    smtp_from: str = Field(
        default="terre-comuni@localhost",
        pattern=r"^[^\r\n]*\S@\S[^\r\n]*$",
        examples=["kb@example.org"],
    )

    mail_per_minute: int = Field(default=120, ge=1, le=10_000)
    """Most issues of the magazine and weekly mails of news, together, that are sent in a minute."""

    time_zone: str = Field(default="Europe/Rome", examples=["Europe/Rome"])
    """IANA time zone for display; stored times are UTC."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["logfmt", "json"] = "logfmt"

    _absolute = field_validator("data_dir", "cache_dir")(make_absolute)
    _model = field_validator("embedding_model")(make_model_absolute)
    _mail_server = field_validator("smtp_url")(require_mail_server)
    _rate_storage = field_validator("rate_storage")(require_rate_storage)
    _time_zone = field_validator("time_zone")(require_time_zone)
    _place_of_files = field_validator("files_url")(require_place)
    _site = field_validator("public_url")(require_site)
    _address = field_validator(
        "embedding_url", "qdrant_url", "oidc_issuer", "fetch_archive", "files_endpoint"
    )(require_address)

    @classmethod
    def read(cls) -> Settings:
        """The settings of this process.

        Raises:
            ConfigurationError: a variable is invalid; the message names it.
        """
        try:
            settings = cls()
            if settings.secrets_dir is not None:
                source: dict[str, Any] = {"_secrets_dir": require_readable(settings.secrets_dir)}
                settings = cls(**source)
        except ValidationError as error:
            # the cause may contain a secret
            raise invalid_setting(error.errors()[0], cls.model_fields) from None
        except (OSError, UnicodeError) as error:
            raise ConfigurationError(
                N_("The file .env cannot be read ({reason}): write it anew as UTF-8 text."),
                reason=str(error),
            ) from error
        check_together(settings)
        return settings

    def scratch(self, folder: Path) -> Settings:
        """These settings with an empty base in ``folder``, for any configured database and
        index."""
        nowhere = dict.fromkeys(("database_url", "qdrant_url", "qdrant_api_key", "files_url"))
        return self.model_copy(update={"data_dir": folder, **nowhere})

    @property
    def zone(self) -> ZoneInfo:
        """The time zone for display."""
        return ZoneInfo(self.time_zone)

    @property
    def licence_address(self) -> str:
        """Empty where no licence is named."""
        return "" if self.licence == "none" else self.licence

    @property
    def is_https(self) -> bool:
        return (self.public_url or "").startswith("https:")

    @property
    def sql_url(self) -> str:
        if self.database_url:
            return self.database_url
        from sqlalchemy import URL

        file = URL.create("sqlite", database=str(self.data_dir / "kb.sqlite"))
        return file.render_as_string(hide_password=False)

    @property
    def originals_dir(self) -> Path:
        """Folder of originals, unless ``files_url`` names another place."""
        return self.data_dir / "originals"

    def spool_dir(self) -> Path:
        """Folder of incoming uploads, on the disk whose free space is watched. Created here."""
        folder = self.data_dir / "incoming"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @property
    def index_dir(self) -> Path:
        return self.data_dir / "index"

    def page_images_of(self, sha256: str = "") -> Path:
        """Folder of an original's cached page images; without its checksum, that of all."""
        return self.cache_dir / "pages" / sha256[:2] / sha256

    @property
    def embedded(self) -> bool:
        """Whether the index is embedded in ``data_dir``, which one process then owns."""
        return self.qdrant_url is None
