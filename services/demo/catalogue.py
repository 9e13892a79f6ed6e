"""What the made-up shop sells, and what its people are called. None of it exists."""

from typing import NamedTuple

_FIRST_NAMES = """
    Ada Agnes Alma Amara Anouk Beatrix Bianca Camille Carmen Cecilia Clara Colette Daphne Delia Dora
    Edith Elena Eloise Esme Estelle Fatima Flora Freya Greta Hanna Harriet Helena Ida Imani Ingrid Iris
    Isolde Jadwiga Joan Judith Keiko Lena Leonie Lidia Lucia Mabel Magda Marguerite Marisol Maya
    Mercedes Mina Miriam Nadia Nina Noor Odette Olga Paloma Petra Priya Ramona Renata Rosa Ruth Sabine
    Salome Selma Signe Sofia Stella Tamsin Thea Ursula Valeria Vera Viola Wilma Xenia Yara Yvette Zelda
    Zora Albert Anton Bruno Casimir Edgar Felix Hugo Ivan Jonas Leo Marcel Oscar Tobias
"""

_LAST_NAMES = """
    Abara Adler Almeida Andersen Arslan Baptiste Barros Bellini Bergström Blum Brandt Cabral Carver
    Castellan Chowdhury Cohen Dahl Delacroix Demir Duarte Eklund Fairweather Farkas Fontaine Fujita
    Galloway Garnier Haddad Halvorsen Hassan Hidalgo Holm Ibarra Ivanova Jansen Kaplan Kowalska Laurent
    Lindqvist Lombardi Mahlangu Marchetti Mbeki Moreau Nakamura Novak Okafor Olsen Ortega Pacheco Petrov
    Quispe Rahman Ramires Renaud Rossi Saito Sandoval Schreiber Silva Sørensen Takeda Tavares Thibault
    Ueda Valdez Varga Villanueva Wagner Whitlock Yamada Yilmaz Zapata Zielinski
"""
FIRST_NAMES, LAST_NAMES = _FIRST_NAMES.split(), _LAST_NAMES.split()

STREETS = ("Alder", "Bayview", "Cedar", "Dogwood", "Elm", "Foxglove", "Garden", "Harbour", "Ivy", "Juniper")

COLOURS = ("black", "navy", "ivory", "emerald", "burgundy", "camel", "rose", "silver")


class Article(NamedTuple):
    """Something on the shelves; the price is in cents."""

    sku: str
    description: str
    label: str
    department: str
    sizes: tuple[str, ...]
    price_minor: int


LABELS = {
    "shoes": ("Calzari", "Maison Orlo", "Northwind & Vale", "Piedmonte"),
    "women": ("Atelier Quince", "Halcyon", "Maison Orlo", "Vesper Row"),
    "men": ("Brannock", "Halcyon", "Strand & Hollis"),
    "accessories": ("Calzari", "Fenwick Glass", "Ostara"),
    "beauty": ("Lumen", "Ostara", "Petite Serre"),
    "home": ("Fenwick Glass", "Hearth & Linen"),
}

ARTICLES = {
    "shoes": {"pump": 28_900, "loafer": 24_500, "ankle boot": 36_000, "sandal": 18_900, "trainer": 15_900},
    "women": {
        "silk dress": 49_500,
        "wool coat": 89_000,
        "blouse": 18_500,
        "trousers": 22_900,
        "knit": 26_500,
    },
    "men": {"suit": 119_000, "shirt": 14_500, "chinos": 16_900, "overcoat": 95_000, "tie": 8_900},
    "accessories": {
        "handbag": 98_000,
        "scarf": 16_500,
        "belt": 12_500,
        "gloves": 11_900,
        "sunglasses": 21_000,
    },
    "beauty": {"serum": 9_800, "lipstick": 3_900, "scent": 14_200, "cream": 7_600},
    "home": {"throw": 13_900, "vase": 8_700, "table linen": 11_200, "candle": 5_400},
}

SIZES = {
    "shoes": ("6", "6.5", "7", "7.5", "8", "8.5", "9"),
    "women": ("2", "4", "6", "8", "10", "12"),
    "men": ("38", "40", "42", "44", "46"),
}

CATALOGUE: tuple[Article, ...] = tuple(
    Article(
        sku=f"{department[:2].upper()}{place:02d}{kind:02d}",
        description=f"{label} {article}",
        label=label,
        department=department,
        sizes=SIZES.get(department, ("one size",)),
        price_minor=price_minor + 700 * place,
    )
    for department in LABELS
    for place, label in enumerate(LABELS[department])
    for kind, (article, price_minor) in enumerate(ARTICLES[department].items())
)

STORIES = {
    "located_item": (
        "{customer} needed the {article} for Saturday and no store had their size. {hero} rang eleven of "
        "them, found one two hundred miles away and drove out to meet its night bus."
    ),
    "bought_elsewhere": (
        "We were out of the {article}. {hero} walked across the street, paid their full price and sold it "
        "to {customer} for ours."
    ),
    "delivery": (
        "The flight left at six. {hero} took the {article} to the airport and handed it to {customer} at "
        "the kerb."
    ),
    "alteration": (
        "The hem of {customer}'s {article} came down an hour before the wedding. {hero} had the tailor stay"
        " and sewed alongside."
    ),
    "prepared_item": (
        "{hero} warmed up {customer}'s car and had the {article} wrapped on the passenger seat before they "
        "had paid."
    ),
    "comforted_customer": (
        "{customer} had just lost their mother. {hero} sat with them for an hour, sold them nothing and saw"
        " them home."
    ),
    "went_the_distance": (
        "{hero} took back the worn {article} without a question, and drove the right one to {customer}'s "
        "door that evening."
    ),
}

NOTES = (
    "Prefers the quiet fitting room at the back.",
    "Never call before ten.",
    "Her sister's wedding is in the autumn; looking for something in {colour}.",
    "Buys for two daughters as well.",
    "Loves {label}; show them the new pieces before they go on the floor.",
    "Walks with a cane: bring the shoes over.",
)
