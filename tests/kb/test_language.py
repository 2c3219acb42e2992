import subprocess
import sys

import pytest

from kb.text.language import detect

SENTENCES = {
    "it": "Le case vuote del paese sono state ristrutturate e date in affitto alle famiglie.",
    "en": "The empty houses of the village were renovated and rented out to families.",
    "fr": "Les maisons vides du village ont été rénovées et louées à des familles.",
    "de": "Die leerstehenden Häuser des Dorfes wurden saniert und an Familien vermietet.",
    "es": "Las casas vacías del pueblo se rehabilitaron y se alquilaron a familias.",
    "pt": "As casas vazias da aldeia foram recuperadas e arrendadas a famílias.",
    "ca": "Les cases buides del poble es van rehabilitar i es van llogar a famílies.",
    "nl": "De leegstaande huizen van het dorp werden gerenoveerd en aan gezinnen verhuurd.",
    "da": "De tomme huse i landsbyen blev renoveret og lejet ud til familier.",
    "sv": "De tomma husen i byn renoverades och hyrdes ut till familjer.",
    "fi": "Kylän tyhjät talot kunnostettiin ja vuokrattiin perheille.",
    "pl": "Puste domy we wsi zostały odnowione i wynajęte rodzinom.",
    "cs": "Prázdné domy ve vesnici byly opraveny a pronajaty rodinám.",
    "sl": "Prazne hiše v vasi so obnovili in jih oddali družinam.",
    "ro": "Casele goale din sat au fost renovate și închiriate familiilor.",
    "el": "Τα άδεια σπίτια του χωριού ανακαινίστηκαν και νοικιάστηκαν σε οικογένειες.",
    "hu": "A falu üres házait felújították és családoknak adták bérbe.",
}


@pytest.mark.parametrize(("language", "sentence"), SENTENCES.items())
def test_a_sentence_outweighs_what_was_expected(language: str, sentence: str):
    other = "de" if language == "it" else "it"
    found = detect(sentence, prior=other)
    assert found.language == language
    assert found.probability > 0.8


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("ripopolare borghi", "it"),
        ("aree interne", "it"),
        ("case vuote", "it"),
        ("rural depopulation", "en"),
        ("empty houses", "en"),
        ("fire prevention", "en"),
        ("déserts médicaux", "fr"),
        ("leerstehende Häuser", "de"),
        ("despoblación rural", "es"),
    ],
)
def test_questions_of_two_words_from_an_italian_screen(question: str, language: str):
    assert detect(question, prior="it").language == language


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("ar", "بلدية المدرسة"),
        ("fa", "شهرداری در مدارس انرژی صرفه‌جویی می‌کند"),
        ("ur", "سکولوں میں توانائی کی بچت کا پروگرام"),
        ("he", "בית הספר חוסך אנרגיה"),
        ("hi", "स्कूलों में ऊर्जा की बचत"),
        ("th", "ประหยัดพลังงานในโรงเรียน"),
        ("zh", "市政府在学校推行 Green School 计划"),
        ("ja", "学校で省エネを進める"),
        ("ko", "학교 에너지 절약"),
        ("el", "οι δήμοι"),
        ("ru", "школьная энергия общины"),
        ("uk", "шкільна енергія громади"),
        ("bg", "община спестява енергия в училищата"),
        ("ka", "ენერგიის დაზოგვა"),
        ("hy", "էներգիայի խնայողություն"),
        ("ta", "பள்ளிகளில் ஆற்றல் சேமிப்பு"),
        ("am", "በትምህርት ቤቶች ኃይል መቆጠብ"),
        ("und", "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ"),
        ("id", "Pemerintah kota menjalankan program hemat energi di sekolah dan menurunkan."),
        ("sw", "Manispaa inatekeleza mpango wa kuokoa nishati shuleni na kupunguza matumizi."),
        ("vi", "Chính quyền thành phố thực hiện chương trình tiết kiệm năng lượng tại trường."),
        ("tr", "Belediye okullarda enerji tasarrufu programı yürütüyor ve tüketimi azalttı."),
        ("tl", "Ang pamahalaang lungsod ay nagpapatupad ng programa sa pagtitipid ng enerhiya."),
        ("so", "Dawladda hoose waxay fulisaa barnaamij lagu badbaadinayo tamarta dugsiyada."),
        ("af", "Die munisipaliteit voer 'n energiebesparingsprogram in skole uit en het minder."),
        ("cy", "Mae'r cyngor yn cynnal rhaglen arbed ynni mewn ysgolion ac wedi lleihau."),
    ],
)
def test_languages_from_elsewhere_are_not_taken_for_european_ones(language: str, sentence: str):
    assert detect(sentence, prior="it").language == language
    assert detect(sentence).language == language


@pytest.mark.parametrize(
    "text",
    [
        "Bene Vagienna, Benevello, Benna, Bergolo, Bernezzo, Bonvicino, Borgomale, Boves, Bra",
        "Comune | Abitanti | Quota: Cogorno 5641 45 m; Moconesi 2600; Ne 2300; Neirone 950",
        "El comun de Venesia el ga fato un programa par sparagnar energia inte le scole.",
        "L'articolo cita 市政府 e Πνύκα come esempi di assemblee, poi torna a Valdombra.",
    ],
)
def test_names_and_numbers_stay_in_the_language_of_the_document(text: str):
    assert detect(text, prior="it").language == "it"


def test_a_short_question_in_a_document_of_another_language_follows_it():
    assert detect("Energi", prior="id").language == "id"


@pytest.mark.parametrize("text", ["2030", "", "  ", "—", "12.500 — 37%"])
@pytest.mark.parametrize("prior", ["it", "en"])
def test_a_text_without_letters_is_in_the_expected_language(text: str, prior: str):
    assert detect(text, prior=prior).language == prior


@pytest.mark.parametrize(("prior", "language"), [("it", "it"), ("es", "es"), ("pt", "pt")])
def test_a_word_of_several_languages_is_in_the_expected_one(prior: str, language: str):
    assert detect("energia" if prior != "es" else "agua", prior=prior).language == language


def test_without_letters_and_expectation_nothing_is_determined():
    assert detect("12.500 — 37%") == ("und", 0.0)


def test_broken_characters_do_no_harm():
    assert detect("La strada \ud800 è aperta per i residenti").language == "it"


def test_the_model_loads_on_first_use_only():
    code = "import sys, kb.text.language; assert 'py3langid' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
