"""The server with a certificate of its own, behind proxies, and without authentication, as processes."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.listening import AUTHENTICATION_IS_OFF
from infra.settings import Settings
from tests.ports import free_port
from tests.services.api.sending import until
from tests.services.api.serving import Server
from tests.tokens import every_right

Start = Callable[..., Server]


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    started: list[Server] = []

    def begin(**extra: Any) -> Server:
        server = Server(settings, tmp_path / "api.log", free_port(), **extra)
        started.append(server)
        return server

    yield begin
    for server in started:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    files = {"tls_certificate": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    files["tls_certificate"].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kind, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files["tls_key"].write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, none))
    return files


async def test_elsewhere_it_speaks_tls_and_asks_for_a_token(
    start: Start, pair: dict[str, Path], settings: Settings
) -> None:
    server = start(auth="on", api_host="0.0.0.0", api_names="shop.example", **pair)
    address = server.url.replace("http:", "https:")
    trusted = ssl.create_default_context(cafile=str(pair["tls_certificate"]))
    async with httpx.AsyncClient(base_url=address, verify=trusted, timeout=30) as client:

        async def alive() -> bool:
            assert server.process.poll() is None, server.log.read_text()
            try:
                return (await client.get("/healthz")).status_code == 200
            except httpx.TransportError:
                return False

        await until(alive, within_seconds=60)
        headers = {**every_right(settings.data_dir), "Idempotency-Key": "tls"}
        statuses = [
            (await client.post("/v1/commands/register-customer", json={}, headers=given)).status_code
            for given in (headers, {"Idempotency-Key": "tls"}, {**headers, "Host": "other.example"})
        ]
        assert statuses == [201, 401, 421]
        named = await client.get("/healthz", headers={"Host": f"SHOP.example:{server.url[-5:]}"})
        assert named.status_code == 200
    async with httpx.AsyncClient(base_url=server.url) as plain:
        with pytest.raises(httpx.TransportError):
            await plain.get("/healthz")


async def test_behind_proxies_nobody_else_is_answered(start: Start) -> None:
    server = start(auth="on", api_host="0.0.0.0", api_proxies="127.0.0.2, 10.0.0.1")
    await server.answers()
    answers: dict[str, tuple[int, str]] = {}
    for peer in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
        transport = httpx.AsyncHTTPTransport(local_address=peer)
        async with httpx.AsyncClient(base_url=server.url, transport=transport) as client:
            answer = await client.get("/v1/associates")
            answers[peer] = answer.status_code, answer.json()["code"]
    missing, past = (401, "token_missing"), (403, "not_through_proxy")
    assert answers == {"127.0.0.1": missing, "127.0.0.2": missing, "127.0.0.3": past}


async def test_without_authentication_the_start_says_so_loudly(start: Start) -> None:
    server = start(auth="off")
    await server.answers()
    assert AUTHENTICATION_IS_OFF in server.log.read_text()
    with_it = start(auth="on")
    await with_it.answers()
    assert AUTHENTICATION_IS_OFF not in with_it.log.read_text()
