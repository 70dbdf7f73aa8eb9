"""Settings: from the environment (`ALLIANCE_…`) or a file, checked once at the start."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph_model.errors import BadInput

DISTRICTS = Path(__file__).parent.parent / "districts"


class Settings(BaseSettings):
    """All settings, each with the environment variable `ALLIANCE_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="ALLIANCE_", env_file=None, extra="ignore")

    env: Literal["development", "demo", "production"] = "development"
    # Everything that is written stands under one folder, so that a backup is one folder.
    home: Path = Path("var")
    # Address of the store: a path, or bolt://HOST:PORT/DATABASE; by default a file in the home
    # folder.
    store: str = ""
    # Account on a server; never part of the address, which is printed and logged.
    store_user: str = "neo4j"
    store_password: SecretStr = SecretStr("")
    district: str = "huangpu"
    # Policy packs of the district's own, TOPIC/DISTRICT/VERSION, beside the shipped ones; by
    # default in the home folder.
    packs: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    # Issuer of tokens (OpenID Connect): its URL as tokens name it, the audience that tokens for
    # this service name, and the claims in which role and organisation stand.
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_role_claim: str = "role"
    oidc_org_claim: str = "org"
    # URL or file of the issuer's keys; by default what its discovery document says.
    oidc_keys: str = ""
    # Secret with which local tokens are signed (HS256), outside production. There is no default.
    token_key: str = ""
    token_issuer: str = "credit-alliance"  # noqa: S105 (a name)
    token_audience: str = "credit-alliance"  # noqa: S105 (a name)
    scenarios: int = Field(20_000, ge=64, le=10_000_000)
    seed: int = Field(20200917, ge=0, lt=2**63)
    threads: int = Field(0, ge=0, le=256)
    # Bytes of a request's body: of any route, and of those that take files.
    body_limit: int = Field(1_048_576, ge=1024)
    upload_limit: int = Field(20 * 1_048_576, ge=1024)
    # Requests a minute of one organisation, 0 for no limit; one's own file is never limited.
    asks_per_minute: int = Field(600, ge=0)
    exports_per_minute: int = Field(30, ge=0)
    writes_per_minute: int = Field(120, ge=0)
    # How long the answer to a POST is kept for those who send it again with the same key.
    idempotency_hours: int = Field(24, ge=1, le=24 * 30)
    # Whether a server makes beforehand what the first question about a new run would wait for.
    warm: bool = True
    # Threads of the server that work on jobs; with 0, run `alliance jobs work` beside it.
    job_workers: int = Field(1, ge=0, le=16)

    @field_validator("home", mode="before")
    @classmethod
    def _named(cls, home: object) -> object:
        if home == "":
            raise ValueError("names no folder")
        return home

    @cached_property
    def store_address(self) -> str:
        """Address of the store."""
        return self.store or str(self.home / "alliance.db")

    @cached_property
    def own_packs(self) -> Path:
        """Folder of the district's own packs."""
        return self.packs or self.home / "packs"

    @cached_property
    def district_folder(self) -> Path:
        """Folder of the district's own data.

        Raises
        ------
        BadInput
            When there is no such district.
        """
        found = DISTRICTS / self.district
        if not found.is_dir():
            known = ", ".join(sorted(p.name for p in DISTRICTS.iterdir() if p.is_dir()))
            raise BadInput(
                f"ALLIANCE_DISTRICT={self.district}", "is no district", f"There are: {known}."
            )
        return found


def load_settings(**given: object) -> Settings:
    """Read the settings; what is given stands above the environment.

    Raises
    ------
    BadInput
        Naming the variable, its value and the rule.
    """
    try:
        return Settings(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise BadInput(
            f"ALLIANCE_{name}={first['input']}", first["msg"], "Correct or unset the variable."
        ) from error
