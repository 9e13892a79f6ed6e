"""Where the API may listen, and with what."""

from pathlib import Path
from typing import Any

import pytest

from infra.listening import parts_of
from infra.settings import Settings, SettingsError


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, Any]:
    """A certificate and its key, as far as the settings look at them."""
    files = {"tls_certificate": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    for file in files.values():
        file.touch()
    return files


def problems_of(**given: Any) -> str:
    with pytest.raises(SettingsError) as raised:
        Settings(**given)
    return str(raised.value)


def test_authentication_is_on_unless_it_is_switched_off() -> None:
    assert Settings().auth == "on"
    assert Settings(auth="off", api_host="localhost").auth == "off"


def test_without_tls_it_listens_on_loopback_alone(pair: dict[str, Any]) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.2"):
        assert "that needs TLS: CLIENTELING_TLS_CERTIFICATE" in problems_of(api_host=host)
        Settings(api_host=host, **pair)
        Settings(api_host=host, api_proxies="10.0.0.1")
    assert "an address of this machine" in problems_of(api_host="shop.example")


def test_without_authentication_it_listens_on_loopback_alone(pair: dict[str, Any]) -> None:
    said = problems_of(api_host="0.0.0.0", auth="off", **pair)
    assert said.endswith("CLIENTELING_AUTH off is allowed on loopback alone")


def test_a_certificate_and_its_key_come_together(pair: dict[str, Any]) -> None:
    assert "are set together" in problems_of(tls_key=pair["tls_key"])


def test_lists_are_read_by_their_commas() -> None:
    assert parts_of(" 10.0.0.1, ::1 ,") == {"10.0.0.1", "::1"}
    assert parts_of(None) == frozenset()


def test_signing_in_needs_an_issuer_and_where_to_come_back_to() -> None:
    said = problems_of(oidc_client_id="shop")
    assert "needs CLIENTELING_OIDC_ISSUER, too" in said
    assert "needs CLIENTELING_PUBLIC_URL, too" in said
    assert "of no use without CLIENTELING_OIDC_CLIENT_ID" in problems_of(oidc_client_secret="s3cret")
    assert "s3cret" not in problems_of(oidc_client_secret="s3cret")
    Settings(oidc_client_id="shop", oidc_issuer="https://id.example", public_url="https://shop.example")


@pytest.mark.parametrize(
    "origin", ["*", "https://*.example", "shop.example", "https://shop.example/", "http://shop.example"]
)
def test_an_origin_is_exact_and_safe(origin: str) -> None:
    assert "CLIENTELING_PUBLIC_URL is set to" in problems_of(public_url=origin)
    assert "CLIENTELING_CORS_ORIGINS is set to" in problems_of(cors_origins=f"https://good.example, {origin}")
