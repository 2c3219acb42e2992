"""`kb user`: accounts from the terminal, before and beside a running server."""

from __future__ import annotations

import json
import os
import subprocess
import threading

import httpx
import pytest

from tests.kb_command import KB, ROOT, run_kb

PASSWORD = "otto campane in collina"


def kb(data, *arguments, **more):
    return run_kb(data, "user", *arguments, **more)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("users") / "data"
    made = kb(folder, "add", "Capo", "--role", "admin", "--password-stdin", given=PASSWORD + "\n")
    assert (made.returncode, made.stdout) == (0, "capo may sign in as admin.\n")
    return folder


def test_an_account_is_made_with_a_link_that_names_the_site(data):
    made = kb(data, "add", "link@x.example", "--role", "member")
    assert made.stdout.startswith("http://127.0.0.1:8000/invitations/")
    again = kb(data, "reset", "link@x.example", KB_PUBLIC_URL="https://kb.example.org/")
    assert again.stdout.startswith("https://kb.example.org/invitations/")
    listed = {row["name"]: row for row in json.loads(kb(data, "list", "--json").stdout)}
    assert listed["link@x.example"]["email"] == "link@x.example"
    assert (listed["link@x.example"]["password"], listed["capo"]["password"]) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "capo", "--role", "member"), "taken"),
        (("add", "due parole", "--role", "member"), "no blanks"),
        (("add", "x", "--role", "king"), "king"),
        (("add", "x", "--role", "member", "--password-stdin"), "too short"),
        (("role", "nobody", "member"), "no account"),
        (("role", "capo", "member"), "last administrator"),
        (("disable", "capo"), "last administrator"),
        (("token", "capo", "--purpose", ""), "needs a name"),
    ],
)
def test_what_cannot_be_done_is_said(data, arguments, says):
    done = kb(data, *arguments, given="short\n")
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_roles_change_and_accounts_can_be_closed(data):
    kb(data, "add", "second", "--role", "officer")
    assert kb(data, "role", "second", "admin").returncode == 0
    assert kb(data, "disable", "second").returncode == 0
    line = next(x for x in kb(data, "list").stdout.splitlines() if x.startswith("second"))
    assert line.split() == ["second", "admin", "disabled"]
    assert kb(data, "role", "capo", "member").returncode == 2, "a disabled admin does not count"
    assert kb(data, "enable", "second").returncode == 0


def test_beside_a_running_server_a_new_account_signs_in_at_once(tmp_path):
    data = tmp_path / "data"
    with subprocess.Popen(
        [*KB, "serve", "--port", "0"],
        env={**os.environ, "KB_DATA_DIR": str(data), "KB_WORKER": "false"},
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        said: list[str] = []
        listening = threading.Thread(target=lambda: said.extend(server.stderr))
        listening.start()
        try:
            url = server.stdout.readline().removeprefix("ready ").strip()
            with httpx.Client(base_url=url) as browser:
                assert browser.get("/upload").status_code == 200
                link = kb(data, "add", "capo", "--role", "admin").stdout.strip()
                assert link.startswith(url)
                assert browser.get("/upload").status_code == 303
                assert browser.post(link, data={"password": PASSWORD}).status_code == 303
                assert browser.get("/upload").status_code == 200
                token = kb(data, "token", "capo", "--purpose", "t", "--scope", "documents")
            shown = {"Authorization": f"Bearer {token.stdout.strip()}"}
            assert httpx.get(f"{url}/upload", headers=shown).status_code == 200
            assert httpx.get(f"{url}/collections/new", headers=shown).status_code in (403, 404)
        finally:
            server.terminate()
            listening.join()
    offered = [line.strip() for line in said if "/invitations/" in line and "…" not in line]
    assert len(offered) == 1
    assert offered[0].startswith(url)
    secrets = (token.stdout.strip(), link.rsplit("/", 1)[1])
    assert not [line for line in said if any(secret in line for secret in secrets)]
    assert [line for line in said if "/invitations/…" in line]
