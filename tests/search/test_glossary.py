"""A concept in a question brings its words in other languages."""

import unicodedata
from collections import Counter
from importlib.resources import files

import pytest

from kb.vectors.opening import Bm25
from search.glossary import expand_with_glossary, spell_out

BM25 = Bm25()


def terms(text, language):
    return set(BM25.query(text, language).indices)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Quanto costa il teleriscaldamento?", "it"),
        ("Was kostet Fernwärme?", "de"),
        ("Combien coûte un RÉSEAU  DE CHALEUR ?", "fr"),
    ],
)
def test_a_concept_is_asked_for_in_every_language(question, language):
    found = set(expand_with_glossary(BM25, question, language).indices)
    assert found >= terms(question, language)
    for name, other in (("district heating", "en"), ("calefacción urbana", "es")):
        assert found >= terms(name, other)


def test_other_names_in_the_language_of_the_question_count_less():
    found = expand_with_glossary(BM25, "Quanto costa il teleriscaldamento?", "it")
    weights = dict(zip(found.indices, found.values, strict=True))
    assert all(0 < weights[term] < 1 for term in terms("rete", "it") | terms("distanza", "it"))
    assert all(weights[term] == 1 for term in terms("teleriscaldamento", "it"))


def test_a_concept_is_known_by_its_letters_however_their_accents_are_written():
    composed = "una comunità energetica"
    wanted = terms("energy community", "en")
    for question in (composed, unicodedata.normalize("NFD", composed), "una comunita energetica"):
        assert set(expand_with_glossary(BM25, question, "it").indices) >= wanted


@pytest.mark.parametrize("question", ["Chi ha vinto il palio?", "la boscaglia", "", "?"])
def test_without_a_concept_the_question_stays_as_it_is(question):
    found = expand_with_glossary(BM25, question, "it")
    assert found == BM25.query(question, "it")


def test_words_of_the_question_count_once():
    found = expand_with_glossary(BM25, "biogas dal biogas", "it")
    assert len(found.indices) == len(set(found.indices))


@pytest.mark.parametrize(
    ("question", "spelled"),
    [
        ("costituire una CER", "costituire una comunità energetica"),
        ("costituire una cer", "costituire una comunità energetica"),
        ("cercare e certificare", "cercare e certificare"),
        ("i CAM nelle mense", "i acquisti verdi nelle mense"),
        ("COSTITUIRE UNA CER", "costituire una comunità energetica"),
        ("sportello SUE", "sportello sportello unico per l'edilizia"),
        ("le sue vie", "le sue vie"),
        ("esco di casa", "esco di casa"),
        ("un leader in via Roma", "un leader in via Roma"),
        ("la UdC del Pratomagno", "la unione di comuni del Pratomagno"),
    ],
)
def test_an_acronym_is_asked_for_in_the_words_of_its_concept(question, spelled):
    assert spell_out(question, "it") == spelled


ACRONYMS = """
    ADI AIA ANAC ANCI ANPR APE APS ARERA ARPA ARPAT ASL ASP ATER ATO ATS AUSL BES BUL CAF CAM CAV
    CCNL CCR CER CIE CILA COC COSAP CPI CPIA CSR CUC CUG CUP DOC DOCG DOP DPI DPO DSA DUC DUP DURC
    DUVRI ERP ERS ETS FEASR FESR FSC FSE FTTH GAL GDPR GSE HACCP IGP IMU INAIL INPS IPA IPAB IRAP
    IRPEF ISEE ISPRA ISTAT ITI ITS IUC IVA LEADER LEP LEPS MEPA MUD NASPI NEET NTA ODV OIV ONLUS OSS
    PAC PAES PAESC PAI PCTO PEBA PEC PEEP PEF PEG PGT PIAO PIL PIP PIT PNRR POC PON POR PRG PRU PSC
    PSR PTCP PTOF PTPCT PTR PUA PUC PUG PUMS PUT RAEE RDC RPCT RSA RUE RUNTS RUP SAD SAI SCIA SERD
    SII SNAI SPID SPRAR SRR SSN SUAP SUDS SUE TARI TARIP TARSU TASI TEFA TIA TOSAP TPL TUEL UNCEM
    UPI URP USL UdC VAS VIA VINCA VVF ZES ZPS ZSC ZTL CACER COT DMO ESCO GPP IAT ICI MSNA PDND
    PNIEC PTA SNPA TARIC
""".split()


def test_acronyms_of_italian_administration_are_spelled_out():
    assert len(ACRONYMS) > 140
    assert [acronym for acronym in ACRONYMS if spell_out(acronym, "it") == acronym] == []


def test_no_concept_is_listed_twice():
    lines = files("kb.vocabulary").joinpath("glossary.yaml").read_text("utf-8").splitlines()
    slugs = [line.partition(":")[0] for line in lines if not line.startswith("#")]
    assert [slug for slug, times in Counter(slugs).items() if times > 1] == []
