"""Settings that cannot be are refused with a sentence that names them and says what they may be."""

from __future__ import annotations

import pytest

from kb.messages import ConfigurationError
from kb.settings import Settings
from kb.storage.db import Database


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"KB_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("KB_EMBEDDING_BACKEND", "cuda", "'auto', 'openvino' or 'torch'"),
        ("KB_OIDC_DEFAULT_ROLE", "king", "'researcher'"),
        ("KB_LOG_LEVEL", "LOUD", "'WARNING'"),
        ("KB_RATE_SEARCH", "lots", "like 600/minute"),
        ("KB_RATE_STORAGE", "mongodb://x", "like redis://"),
        ("KB_RATE_STORAGE", "redis://:0", "like redis://"),
        ("KB_PUBLIC_URL", "https://:0", "like https://kb"),
        ("KB_PUBLIC_URL", "https://kb.example/path", "like https://kb"),
        ("KB_QDRANT_URL", "ftp://x", "like http://qdrant"),
        ("KB_QDRANT_URL", "http://x:99999", "like http://qdrant"),
        ("KB_QDRANT_READ_CONSISTENCY", "most", "like majority"),
        ("KB_QDRANT_READ_CONSISTENCY", "0", "like majority"),
        ("KB_QDRANT_PREFIX", "kb.regione", "like kb-b"),
        ("KB_QDRANT_TIMEOUT_S", "0", "greater than or equal to 1"),
        ("KB_SMTP_URL", "smtp://mail:99999999", "like smtp://"),
        ("KB_SMTP_URL", "smtp://[bad", "like smtp://"),
        ("KB_SMTP_FROM", "kb@example.org\nBcc: x@example.org", "like kb@example"),
        ("KB_ALLOWED_HOSTS", "https://kb.example/", "like kb.example"),
        ("KB_TIME_ZONE", "Europe/Siena", "like Europe/Rome"),
        ("KB_TIME_ZONE", "Europe", "like Europe/Rome"),
        ("KB_TIME_ZONE", "../etc/localtime", "like Europe/Rome"),
        ("KB_TIME_ZONE", "CEST+2", "like Europe/Rome"),
        ("KB_TIME_ZONE", "ora italiana", "like Europe/Rome"),
        ("KB_INGEST_THREADS", "0", "greater than or equal to 1"),
        ("KB_OIDC_ISSUER", "https://login.example", "KB_OIDC_CLIENT_ID"),
        ("KB_OIDC_CLIENT_ID", "kb", "KB_OIDC_ISSUER"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_what_it_may_be(monkeypatch, name, value, told):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        Settings.read()
    assert name in str(refused.value)
    assert told in str(refused.value)


def test_a_password_in_a_refused_setting_is_not_shown(monkeypatch):
    monkeypatch.setenv("KB_SMTP_URL", "smtp://kb:secret-word@mail:99999999")
    with pytest.raises(ConfigurationError) as refused:
        Settings.read()
    assert refused.value.__cause__ is None
    assert "secret-word" not in str(refused.value)


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.setenv(f"KB_{name.upper()}", "")
    assert Settings.read() == Settings()
    assert Settings.read().data_dir.is_absolute()


def test_secrets_are_read_from_a_folder_of_files(tmp_path, monkeypatch):
    folder = tmp_path / "secrets"
    monkeypatch.setenv("KB_SECRETS_DIR", str(folder))
    with pytest.raises(ConfigurationError, match="KB_SECRETS_DIR"):
        Settings.read()
    folder.mkdir()
    (folder / "kb_qdrant_api_key").write_text("from-a-file\n", "utf-8")
    (folder / "KB_METRICS_TOKEN").write_text("from-a-file", "utf-8")
    (folder / "postgresql_password").write_text("of another program", "utf-8")
    (folder / "..data").mkdir()
    monkeypatch.setenv("KB_METRICS_TOKEN", "from-the-environment")
    settings = Settings.read()
    assert settings.qdrant_api_key.get_secret_value() == "from-a-file"
    assert settings.metrics_token.get_secret_value() == "from-the-environment"
    (folder / "KB_SMTP_URL").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="KB_SECRETS_DIR"):
        Settings.read()


def test_settings_in_a_file_that_is_no_text_are_refused(tmp_path):
    (tmp_path / ".env").write_bytes(b"KB_SMTP_FROM=\xff\xfe@x\n")
    with pytest.raises(ConfigurationError, match=r"\.env"):
        Settings.read()


@pytest.mark.parametrize(
    "url", ["garbage", "postgresql+psycopg://kb@host:port/kb", "nosuch://x/y", "mysql://x/y"]
)
def test_a_database_that_cannot_be_is_refused(url):
    with pytest.raises(ConfigurationError, match="KB_DATABASE_URL"):
        Database(url)


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="KB_DATA_DIR"):
        Database(f"sqlite:///{tmp_path}/file/kb.sqlite")


def test_the_file_of_settings_is_read_from_the_working_folder_and_no_other(tmp_path, monkeypatch):
    """Not from the data folder, which is itself a setting in it."""
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.mkdir()
    (tmp_path / ".env").write_text(f"KB_DATA_DIR={data}\nKB_MAX_PAGES=17\n", "utf-8")
    (data / ".env").write_text("KB_MAX_PAGES=18\n", "utf-8")
    assert (Settings.read().data_dir, Settings.read().max_pages) == (data, 17)
    monkeypatch.chdir(elsewhere)
    assert Settings.read().max_pages == Settings.model_fields["max_pages"].default
    monkeypatch.setenv("KB_MAX_PAGES", "19")
    monkeypatch.chdir(tmp_path)
    assert Settings.read().max_pages == 19
