"""Which addresses are asked: public ones, at the ports of the web."""

import ipaddress
import socket

import httpcore
import pytest

from ingest.fetching import queue
from ingest.fetching.addresses import AddressRules, is_public, parse_address
from ingest.fetching.connection import CheckedBackend, Deadline
from ingest.fetching.fetcher import Fetcher
from ingest.fetching.page_signs import have_same_text, read_signs
from ingest.fetching.refusal import NotFetched
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.sources import Asked, SourceState
from kb.text.licences import is_open

RULES = AddressRules.of(Settings(_env_file=None))


@pytest.mark.parametrize(
    "address",
    (
        "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.100.100.200 0.0.0.0 "
        "192.0.0.192 168.63.129.16 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 "
        "fd00:ec2::254 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::7f00:1 64:ff9b::7f00:1 "
        "64:ff9b:1::a00:1 2002:7f00:1:: 2001:0:1::1 ff02::1"
    ).split(),
)
def test_private_addresses(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", "8.8.8.8 151.101.1.1 2a00:1450:4002::1 ::ffff:8.8.8.8 64:ff9b::808:808".split()
)
def test_public_addresses(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", "2130706433 0177.0.0.1 0x7f.1 127.1 localhost 0 [::1] [::ffff:127.0.0.1]".split()
)
def test_spellings_of_this_machine(host):
    with pytest.raises(NotFetched) as refused:
        RULES.resolve(host.strip("[]"), 80)
    assert refused.value.state is not SourceState.FETCHED


@pytest.mark.parametrize(
    "text",
    (
        "ftp://example.org/a file:///etc/passwd gopher://x/ javascript:alert(1) //example.org/a "
        "www.example.org http:// http://user@example.org/ http://a:b@example.org/ "
        "http://example.org:0/ http://example.org:99999/ http://[::1 http://-/ data:text/plain,a"
    ).split(),
)
def test_no_addresses(text):
    with pytest.raises(NotFetched) as refused:
        parse_address(text)
    assert refused.value.state is SourceState.REFUSED


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://www.comune.siena.it/a b.pdf#p=3", "https://www.comune.siena.it/ab.pdf"),
        (" http://città.it/è ", "http://xn--citt-3na.it/%C3%A8"),
        ("http://[2a00:1450::1]/x", "http://[2a00:1450::1]/x"),
        ("HTTP://Example.ORG", "http://example.org"),
    ],
)
def test_addresses(text, address):
    found = parse_address(text)
    assert f"{found.scheme}://{found.netloc.decode()}{found.raw_path.decode()}".rstrip("/") == (
        address
    )


def test_only_ports_of_the_web():
    with pytest.raises(NotFetched):
        RULES.resolve("8.8.8.8", 22)
    assert RULES.resolve("8.8.8.8", 443) == ["8.8.8.8"]


def test_a_name_is_resolved_once_and_asked_where_it_was_checked(monkeypatch):
    """A name that means a public address when checked and this machine afterwards."""
    answers = ["93.184.216.34", "127.0.0.1"]
    asked = []

    def look_up(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    def connect(address, *_, **__):
        asked.append(address)
        raise OSError("this test opens no connection")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(httpcore.ConnectError):
        CheckedBackend(RULES, Deadline.after(5)).connect_tcp("rebinding.example", 80)
    assert asked == [("93.184.216.34", 80)]


def test_one_private_address_among_public_ones_is_refused(monkeypatch):
    found = [(socket.AF_INET, 1, 6, "", (one, 80)) for one in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(NotFetched) as refused:
        RULES.resolve("mixed.example", 80)
    assert refused.value.state is SourceState.REFUSED


def test_text_of_a_page():
    signs = read_signs(
        b"<html><head><title>Rifiuti &amp; acqua</title><style>p{}</style></head><body><!-- no -->"
        b"<script>var a='<p>no</p>'</script><p>S\xc3\xac,<br>anche qui</p>"
        b"<svg><title>no</title></svg>"
    )
    assert (signs.title, signs.text) == ("Rifiuti & acqua", "Sì, anche qui")


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    "part", [b"<script ", b"<!--", b"<a ", b"<", b"<title>", b"http-equiv=refresh "]
)
def test_pages_made_to_take_long(part):
    assert read_signs(part * (1 << 17)).licence == ""


def test_pages_with_the_same_text():
    text = b"<p>" + b" ".join(b"parola%d" % n for n in range(300))
    assert have_same_text(text + b" visite 17</p>", text + b" visite 18</p><script>x</script>")
    assert not have_same_text(text, text.replace(b"parola1", b"altra"))


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("CC BY 4.0", True), ("cc-by-sa", True), ("CC0", True), ("IODL 2.0", True),
        ("https://creativecommons.org/licenses/by/3.0/it/", True), ("pubblico dominio", True),
        ("Licence Ouverte 2.0", True), ("CC BY-NC 4.0", False), ("CC BY-ND", False),
        ("tutti i diritti riservati", False), ("licensed by ISTAT", False), ("", False),
    ],
)  # fmt: skip
def test_open_licences(licence, free):
    assert is_open(licence) is free


def test_asking_again_while_a_visit_is_under_way(settings):
    with open_services(settings, own=True) as services:
        with services.database.transaction() as session:
            (address,) = queue.ask_for(
                session, ["http://example.org/a", "http://example.org/a"], Asked.CHECK
            )
            first = queue.claim(session, "one")
            assert queue.claim(session, "two") is None
            queue.ask_for(session, ["http://example.org/a"], Asked.CHECK)
            assert queue.claim(session, "two") is None
            queue.ask_for(session, ["http://example.org/a"], Asked.FETCH)
        with services.database.transaction() as session:
            second = queue.claim(session, "two")
            assert (second.id, second.asked) == (address, Asked.FETCH)
            assert not queue.finish(session, first, {"state": SourceState.GONE})
            queue.ask_for(session, ["http://example.org/a"], Asked.CHECK)
            assert queue.finish(session, second, {"state": SourceState.FETCHED})
            assert queue.count_waiting(session, [address]) == 0


def test_one_of_two_fetchers_with_the_same_host_and_process_number_stops(make_settings):
    """As in two containers."""
    settings = make_settings(fetch=True, fetch_contact="kb@example.org")
    with open_services(settings, own=True) as services:
        one, two = Fetcher(services), Fetcher(services)
        with services.database.transaction() as session:
            queue.ask_for(session, ["http://example.org/a"], Asked.CHECK)
            claim = queue.claim(session, one.name)
        two.stop()
        with services.database.transaction() as session:
            assert queue.claim(session, two.name) is None, "it is not given back"
            assert queue.finish(session, claim, {"state": SourceState.GONE})
