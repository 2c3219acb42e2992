"""Official tables in the spellings they are published in. The values here are made up."""

import json

import pytest

from kb.messages import PermanentError
from kb.places import municipalities
from kb.places.facts import Variable, facts_of, load_facts
from kb.places.official import load
from kb.storage.db import Database

TERRITORY = """\
Caratteristiche del territorio al 30/06/2024
PRO_COM_T;COMUNE;ZONA_ALT;COM_LIT;DEGURBA_2021;SUP_KMQ
052032;Siena;3;0;2;118,53
053011;Grosseto;4;1;2 - Piccole città e sobborghi;473,55
999999;Nessuno;1;0;3;1,00
053003;Capalbio;;9;3;187,36
"""
POPULATION = {
    "one column": 'cod_istat,comune,popolazione_2023\n52032,Siena,"52.991"\n',
    "by sex and age": """\
Popolazione residente per sesso ed età al 1° gennaio 2023
Codice comune;Comune;Età;Totale maschi;Totale femmine;Totale
052032;Siena;0;10;12;22
052032;Siena;999;25000;27991;52991
""",
    "several years": (
        '"ITTER107","Territorio","Sesso","TIME","Value"\n'
        '"ITI19","Siena (provincia)","totale","2023","260000"\n'
        '"052032","Siena","totale","2022","53062"\n"052032","Siena","totale","2023","52991"\n'
        '"052032","Siena","maschi","2023","25000"\n'
    ),
}
INNER = "PROCOM,DEN_COM,DES_AI_2020\n52032,Siena,A - Polo\n52023,Radicofani,E - Periferico\n"


@pytest.fixture
def database(tmp_path):
    opened = Database(f"sqlite:///{tmp_path}/kb.sqlite")
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture
def loading(database, tmp_path):
    def done(text, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        with database.transaction() as session:
            return load(session, path)

    return done


def known(database, code):
    with database.session() as session:
        facts = facts_of(session, municipalities.named(code))
    return {variable: fact.value for variable, fact in facts.items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_territory(database, loading, encoding):
    done = loading(TERRITORY, "Caratteristiche-2024.csv", encoding)
    assert done.unknown == ("999999",)
    assert (done.places, done.facts, done.unreadable) == (3, 10, 1)
    siena = known(database, "052032")
    assert siena[Variable.ALTIMETRIC_ZONE] == "3"
    assert siena[Variable.AREA] == "118.53"
    assert known(database, "053011")[Variable.DEGURBA] == "2"
    assert Variable.ALTIMETRIC_ZONE not in known(database, "053003")
    with database.session() as session:
        facts = facts_of(session, municipalities.named("052032"))
    assert facts[Variable.DEGURBA].year == 2021
    assert facts[Variable.COASTAL].year == 2024
    assert "Caratteristiche-2024.csv" in facts[Variable.COASTAL].source


@pytest.mark.parametrize("text", POPULATION.values(), ids=list(POPULATION))
def test_population_in_its_several_forms(database, loading, text):
    assert known(database, "052032")[Variable.POPULATION] == "52839"
    done = loading(text)
    assert done.unknown == ()
    assert known(database, "052032")[Variable.POPULATION] == "52991"
    with database.session() as session:
        assert facts_of(session, municipalities.named("052032"))[Variable.POPULATION].year == 2023


def test_inner_areas(database, loading):
    loading(INNER)
    assert known(database, "052032")[Variable.INNER_AREA] == "A"
    assert known(database, "052023")[Variable.INNER_AREA] == "E"


def test_loading_again_changes_nothing_and_newer_values_replace(database, loading):
    first = loading(TERRITORY)
    assert loading(TERRITORY) == first
    loading(TERRITORY.replace("Siena;3", "Siena;1"))
    assert known(database, "052032")[Variable.ALTIMETRIC_ZONE] == "1"


def test_municipalities_that_became_one_are_added_up(database, loading):
    """041032 went into 041044: their residents count together, their class only if one."""
    loading("PRO_COM;POP21;ZONA_ALT\n041032;1000;5\n041044;95000;4\n")
    pesaro = known(database, "041044")
    assert pesaro[Variable.POPULATION] == "96000"
    assert pesaro[Variable.ALTIMETRIC_ZONE] == "4"


@pytest.mark.parametrize(
    "text",
    ["", "a;b\n1;2\n", "PRO_COM;COMUNE\n052032;Siena\n", "ZONA_ALT;x\n1;2\n", b"\x00\xff\x89PNG",
     "PRO_COM;Totale\n052032;12\n"],
)  # fmt: skip
def test_other_files_are_refused_with_what_was_expected(loading, text):
    with pytest.raises(PermanentError, match=r"other\.csv is none of .*ZONA_ALT"):
        loading(text, "other.csv")


def test_the_commands(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from kb.cli.app import app

    monkeypatch.setenv("KB_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "territorio.csv"
    path.write_text(TERRITORY, encoding="utf-8")
    done = CliRunner().invoke(app, ["places", "load", str(path)])
    assert (done.exit_code, "unknown codes: 1 (999999)" in done.stderr) == (0, True)
    shown = CliRunner().invoke(app, ["places", "show", "052032", "--json"])
    facts = json.loads(shown.stdout)["facts"]
    assert facts["altimetric_zone"]["value"] == "3"
    assert facts["population"]["year"] == 2011
    assert "territorio.csv" in CliRunner().invoke(app, ["places", "show", "052032"]).stdout


def test_a_code_that_was_merged_finds_the_facts_of_today(database, loading):
    loading("cod_istat,popolazione_2023\n005122,1500\n")
    with database.session() as session:
        facts = load_facts(session, ["005079", "052032", ""])
    assert {code: one[Variable.POPULATION].value for code, one in facts.items()} == {
        "005079": "1500"
    }
