"""The currencies that there are: the codes of ISO 4217 (list one), and those that the euro replaced.

No metals, funds or codes for tests are among them.
"""

from typing import Final

from domain.messages import CommandWarning, Refused, Warnings

_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
    CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD
    NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE
    SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED
    VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL
    ATS BEF CYP DEM EEK ESP FIM FRF GRD IEP ITL LTL LUF LVL MTL NLG PTE SIT SKK
"""

CURRENCIES: Final = frozenset(_CODES.split())

#: What has another number of decimals than two: how many there are to a minor unit.
_OTHER_EXPONENTS: Final = {
    0: "BEF BIF CLP DJF ESP GNF GRD ISK ITL JPY KMF KRW LUF PTE PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
#: How many decimals an amount of a currency has: 1,240 minor units are 12.40 dollars and 1,240 yen.
EXPONENTS: Final = dict.fromkeys(sorted(CURRENCIES), 2) | {
    code: exponent for exponent, codes in _OTHER_EXPONENTS.items() for code in codes.split()
}


def currency_must_exist(currency: str, field: str) -> None:
    """Raises Refused for a code that is no currency."""
    if currency not in CURRENCIES:
        raise Refused("currency_unknown", _no_currency(currency), field)


def unknown_currency_warnings(currency: str | None, field: str) -> Warnings:
    """The warning about a code that is no currency, where the shop must go on."""
    if currency is not None and currency not in CURRENCIES:
        yield CommandWarning("currency_unknown", _no_currency(currency), field)


def _no_currency(currency: str) -> str:
    return f"{currency} is no currency of ISO 4217, such as USD."
