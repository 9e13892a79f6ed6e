"""Which addresses webhooks may go to, and what is asked of an endpoint's."""

import ipaddress

import pytest

from infra.settings import Settings
from infra.webhook_client import Answer, WebhookClient, is_public, problem_of_url


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
        "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2002:a00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_an_address_that_not_everybody_reaches(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"])
def test_an_address_that_everybody_reaches(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://shop.example/", "only https"),
        ("ftp://shop.example/", "begins with https"),
        ("https://", "begins with https"),
        ("https://user:word@shop.example/", "no password"),
        ("https://shop.example/#part", "no fragment"),
        ("https://shöp.example/", "ASCII"),
        ("https://shop.example/a b", "ASCII"),
        ("https://shop.example/a\nb", ""),
        ("https://shop.example:port/", "no address"),
        ("https://127.0.0.1/", "not an address that everybody reaches"),
        ("https://[::1]/", "not an address that everybody reaches"),
        ("https://169.254.169.254/latest", "not an address that everybody reaches"),
        ("https://shop.example/" + "x" * 2_000, "at most"),
    ],
)
def test_an_address_that_no_endpoint_has(url: str, said: str) -> None:
    assert said in str(problem_of_url(url, private=False))
    assert problem_of_url(url, private=False) is not None


@pytest.mark.parametrize(
    "url", ["https://shop.example/hooks?a=b", "https://shop.example:8443", "https://1.1.1.1"]
)
def test_an_address_that_an_endpoint_may_have(url: str) -> None:
    assert problem_of_url(url, private=False) is None


def test_where_private_addresses_are_allowed_so_is_http() -> None:
    assert problem_of_url("http://127.0.0.1:9000/hook", private=True) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0"])
async def test_no_way_of_writing_it_leads_to_this_machine(host: str, settings: Settings) -> None:
    async with WebhookClient(settings, f"http://{host}:1/") as client:
        answer = await client.post([], b"{}")
    assert "AddressRefused" in str(answer.reason), answer


async def test_a_name_that_nobody_knows_is_no_answer(settings: Settings) -> None:
    async with WebhookClient(settings, "https://nobody.invalid/") as client:
        answer = await client.post([], b"{}")
    assert isinstance(answer, Answer)
    assert "nobody.invalid" in str(answer.reason)
