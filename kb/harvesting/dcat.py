"""The catalogue of open data as DCAT-AP_IT 2.0, the Italian profile of DCAT.

Mandatory and recommended properties are those of AgID's guide to the profile; themes, languages,
frequencies and formats are terms of the authority tables of the Publications Office of the EU.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rdflib import DCAT, DCTERMS, FOAF, OWL, RDF, XSD, Graph, Literal, Namespace, URIRef

from kb.citations.csl import NAME
from kb.harvesting.open_datasets import DataFile, OpenDataCatalogue, OpenDataset

DCATAPIT = Namespace("http://dati.gov.it/onto/dcatapit#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
AUTHORITY = "http://publications.europa.eu/resource/authority/"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
LICENCE_TYPES = "http://purl.org/adms/licencetype/"
ITALIAN, ENGLISH = "ITA", "ENG"
IRREGULAR = "IRREG"


KNOWN_LICENCES: Mapping[str, tuple[str, str, str]] = {
    "https://creativecommons.org/licenses/by/4.0/": (
        "Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)",
        "4.0",
        "Attribution",
    ),
    "https://creativecommons.org/licenses/by-sa/4.0/": (
        "Creative Commons Attribuzione - Condividi allo stesso modo 4.0 (CC BY-SA 4.0)",
        "4.0",
        "Attribution-ShareAlike",
    ),
    "https://creativecommons.org/publicdomain/zero/1.0/": (
        "Creative Commons CC0 1.0 Universale",
        "1.0",
        "PublicDomain",
    ),
}
"""Name, version and kind of a licence by its address."""


def build_graph(catalogue: OpenDataCatalogue) -> Graph:
    """The catalogue with its datasets, distributions, publisher, contact and licence."""
    graph = Graph()
    for prefix, namespace in (("dcatapit", DCATAPIT), ("vcard", VCARD)):
        graph.bind(prefix, namespace)
    publisher = _add_publisher(graph, catalogue)
    contact = _add_contact(graph, catalogue)
    licence = _add_licence(graph, catalogue)
    root = URIRef(f"{catalogue.site}/catalog")
    for kind in (DCATAPIT.Catalog, DCAT.Catalog):
        graph.add((root, RDF.type, kind))
    _add_texts(graph, root, DCTERMS.title, {"it": f"Dati aperti di {NAME}", "en": f"{NAME} data"})
    said = {
        "it": "Buone pratiche per i comuni, con risultati misurati, fonti e affidabilità.",
        "en": "Good practices for municipalities, with measured results, sources and evidence.",
    }
    _add_texts(graph, root, DCTERMS.description, said)
    graph.add((root, DCTERMS.publisher, publisher))
    graph.add((root, DCTERMS.issued, _day(catalogue.issued)))
    graph.add((root, DCTERMS.modified, _day(catalogue.modified)))
    graph.add((root, DCTERMS.license, licence))
    graph.add((root, FOAF.homepage, URIRef(f"{catalogue.site}/")))
    graph.add((root, DCAT.themeTaxonomy, URIRef(f"{AUTHORITY}data-theme")))
    _add_languages(graph, root)
    for dataset in catalogue.datasets:
        node = URIRef(f"{catalogue.site}/catalog#{dataset.id}")
        graph.add((root, DCAT.dataset, node))
        for person in (DCTERMS.rightsHolder, DCTERMS.publisher, DCTERMS.creator):
            graph.add((node, person, publisher))
        if contact is not None:
            graph.add((node, DCAT.contactPoint, contact))
        _add_dataset(graph, node, dataset, catalogue)
        for number, file in enumerate(dataset.files):
            part = URIRef(f"{node}-{number}")
            graph.add((node, DCAT.distribution, part))
            graph.add((part, DCTERMS.license, licence))
            _add_file(graph, part, file, catalogue)
    return graph


def _add_dataset(
    graph: Graph, node: URIRef, dataset: OpenDataset, catalogue: OpenDataCatalogue
) -> None:
    for kind in (DCATAPIT.Dataset, DCAT.Dataset):
        graph.add((node, RDF.type, kind))
    graph.add((node, DCTERMS.identifier, Literal(f"{catalogue.host}:{dataset.id}")))
    _add_texts(graph, node, DCTERMS.title, dataset.titles)
    _add_texts(graph, node, DCTERMS.description, dataset.descriptions)
    graph.add((node, DCTERMS.issued, _day(catalogue.issued)))
    graph.add((node, DCTERMS.modified, _day(catalogue.modified)))
    graph.add((node, DCTERMS.accrualPeriodicity, URIRef(f"{AUTHORITY}frequency/{IRREGULAR}")))
    graph.add((node, DCAT.landingPage, URIRef(f"{catalogue.site}{dataset.landing_page}")))
    for theme in dataset.themes:
        graph.add((node, DCAT.theme, URIRef(f"{AUTHORITY}data-theme/{theme}")))
    for keyword in dataset.keywords:
        graph.add((node, DCAT.keyword, Literal(keyword, lang="it")))
    _add_languages(graph, node)


def _add_file(graph: Graph, part: URIRef, file: DataFile, catalogue: OpenDataCatalogue) -> None:
    for kind in (DCATAPIT.Distribution, DCAT.Distribution):
        graph.add((part, RDF.type, kind))
    address = URIRef(f"{catalogue.site}{file.path}")
    graph.add((part, DCAT.accessURL, address))
    graph.add((part, DCAT.downloadURL, address))
    graph.add((part, DCTERMS.format, URIRef(f"{AUTHORITY}file-type/{file.format}")))
    graph.add((part, DCAT.mediaType, URIRef(f"{MEDIA_TYPES}{file.media_type}")))
    graph.add((part, DCTERMS.title, Literal(file.path.rpartition("/")[2])))
    graph.add((part, DCTERMS.modified, _day(catalogue.modified)))


def _add_publisher(graph: Graph, catalogue: OpenDataCatalogue) -> URIRef:
    node = URIRef(f"{catalogue.site}/catalog#publisher")
    for kind in (DCATAPIT.Agent, FOAF.Agent):
        graph.add((node, RDF.type, kind))
    graph.add((node, FOAF.name, Literal(NAME)))
    graph.add((node, DCTERMS.identifier, Literal(catalogue.host)))
    return node


def _add_contact(graph: Graph, catalogue: OpenDataCatalogue) -> URIRef | None:
    """Nothing without a mail address, which the profile requires of a contact."""
    if not catalogue.mail:
        return None
    node = URIRef(f"{catalogue.site}/catalog#contact")
    for kind in (DCATAPIT.Organization, VCARD.Organization, VCARD.Kind):
        graph.add((node, RDF.type, kind))
    graph.add((node, VCARD.fn, Literal(NAME)))
    graph.add((node, VCARD.hasEmail, URIRef(f"mailto:{catalogue.mail}")))
    graph.add((node, VCARD.hasURL, URIRef(f"{catalogue.site}/")))
    return node


def _add_licence(graph: Graph, catalogue: OpenDataCatalogue) -> URIRef:
    node = URIRef(catalogue.licence or f"{catalogue.site}/catalog#licence")
    for kind in (DCATAPIT.LicenseDocument, DCTERMS.LicenseDocument):
        graph.add((node, RDF.type, kind))
    unknown = (catalogue.licence or "Licenza non indicata", "", "UnknownIPR")
    name, version, kind_of = KNOWN_LICENCES.get(catalogue.licence, unknown)
    graph.add((node, FOAF.name, Literal(name)))
    graph.add((node, DCTERMS.type, URIRef(f"{LICENCE_TYPES}{kind_of}")))
    if version:
        graph.add((node, OWL.versionInfo, Literal(version)))
    return node


def _add_texts(graph: Graph, node: URIRef, name: URIRef, texts: Mapping[str, str]) -> None:
    for language, text in texts.items():
        graph.add((node, name, Literal(text, lang=language)))


def _add_languages(graph: Graph, node: URIRef) -> None:
    for code in (ITALIAN, ENGLISH):
        graph.add((node, DCTERMS.language, URIRef(f"{AUTHORITY}language/{code}")))


def _day(day: date) -> Literal:
    return Literal(day.isoformat(), datatype=XSD.date)
