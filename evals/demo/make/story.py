"""The facts of the story, in one place: a small ferry company and its year 2025.

Traps on purpose: near-duplicate numbers (INV-2041 and INV-2042, PO 7781 and PO 7718), outdated
versions (the 2023 contract, the second refund policy, the 2024 report) and one contradiction
(a mail says the warranty is 12 months, the signed contract says 24).
"""

from __future__ import annotations

from typing import NamedTuple

COMPANY = "Norrvik Ferries"


class Vessel(NamedTuple):
    """A ferry of the fleet."""

    name: str
    built: int
    yard: str
    seats: int
    engine: str
    home_port: str
    captain: str


FLEET = (
    Vessel("MS Alva", 1998, "Tallbo Shipyard", 180, "Wester 6L20", "Norrvik", "Petra Dahl"),
    Vessel("MS Birk", 2006, "Tallbo Shipyard", 240, "Wester 8L20", "Sandholm", "Jonas Ek"),
    Vessel("MS Cissi", 2019, "Oskar Yard", 120, "Voltmar E4 electric", "Norrvik", "Amina Noor"),
)


class Order(NamedTuple):
    """A row of the purchase order book."""

    number: str
    supplier: str
    item: str
    vessel: str
    amount_eur: str
    approved_by: str
    approved_on: str


ORDERS = (
    Order("PO 7702", "Kallen Ship Chandlers", "Mooring ropes", "MS Cissi", "1,240.00", "Jonas Ek", "2025-01-14"),
    Order("PO 7718", "Brannstrom Marine", "Propeller shaft seal", "MS Birk", "4,815.00", "Oskar Lind", "2025-02-03"),
    Order("PO 7733", "Hallberg Paint", "Hull paint, 60 litres", "MS Alva", "2,190.00", "Oskar Lind", "2025-02-20"),
    Order(
        "PO 7781", "Brannstrom Marine", "Turbocharger overhaul", "MS Alva", "18,460.00", "Ingrid Solberg", "2025-04-09"
    ),
    Order("PO 7790", "Voltmar Service", "Battery inspection", "MS Cissi", "3,350.00", "Ingrid Solberg", "2025-05-22"),
    Order(
        "PO 7804", "Kallen Ship Chandlers", "Life jackets, 40 pieces", "MS Birk", "2,760.00", "Petra Dahl", "2025-06-11"
    ),
)


class Person(NamedTuple):
    """A member of staff."""

    name: str
    role: str
    base: str
    since: int
    licence: str


STAFF = (
    Person("Ingrid Solberg", "Technical director", "Norrvik", 2011, "none"),
    Person("Oskar Lind", "Purchasing manager", "Sandholm", 2016, "none"),
    Person("Petra Dahl", "Captain", "Norrvik", 2008, "Master 3000 GT"),
    Person("Jonas Ek", "Captain", "Sandholm", 2013, "Master 3000 GT"),
    Person("Amina Noor", "Captain", "Norrvik", 2020, "Master 500 GT"),
    Person("Lars Wik", "Chief engineer", "Norrvik", 2004, "Engineer class II"),
)


class Supplier(NamedTuple):
    """A row of the supplier list."""

    name: str
    town: str
    contact: str
    payment_days: int
    iban: str


SUPPLIERS = (
    Supplier("Brannstrom Marine", "Lovund", "Karin Brannstrom", 30, "SE4550000000058398257466"),
    Supplier("Kallen Ship Chandlers", "Sandholm", "Mats Kallen", 14, "FI2112345600000785"),
    Supplier("Hallberg Paint", "Vik", "Eva Hallberg", 20, "NO9386011117947"),
    Supplier("Voltmar Service", "Tallbo", "Nils Voltmar", 45, "DE89370400440532013000"),
)

ROUTES = ("Norrvik - Sandholm", "Norrvik - Skarholmen", "Sandholm - Tallbo")
PASSENGERS_2025 = {
    "Norrvik - Sandholm": (41_200, 68_900, 112_400, 52_300),
    "Norrvik - Skarholmen": (12_600, 25_100, 61_800, 17_900),
    "Sandholm - Tallbo": (8_300, 14_700, 33_500, 10_100),
}
PASSENGERS_2024 = {
    "Norrvik - Sandholm": (39_800, 66_100, 108_700, 50_900),
    "Norrvik - Skarholmen": (11_900, 23_400, 58_200, 16_400),
    "Sandholm - Tallbo": (8_100, 15_200, 34_600, 10_800),
}
FUEL_2025 = {"Jan": 38, "Feb": 36, "Mar": 41, "Apr": 47, "May": 58, "Jun": 74, "Jul": 92, "Aug": 89, "Sep": 61}
FUEL_2025.update({"Oct": 49, "Nov": 40, "Dec": 39})
