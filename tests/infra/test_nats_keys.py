"""Keys and their files, servers with TLS, and data directories from before there were accounts."""

import datetime
import ipaddress
import stat
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import nats
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.embedded import NatsServer, binaries
from infra.messaging.connection import NatsUnreachable, connect
from infra.nats import HOUSE, NatsKeyUnusable, NatsRole, nats_key_of, write_accounts
from infra.nats.nkeys import NotAUserSeed, user_key
from infra.private_files import FileOpenToOthers
from infra.settings import Settings
from tests.infra.messaging.builders import until
from tests.nats_clients import stock_client
from tests.ports import free_port

# The pair that the documentation of NATS shows.
SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
PUBLIC = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"


def test_a_seed_has_the_public_key_that_nats_derives() -> None:
    assert user_key(f"{SEED}\n").public == PUBLIC


@pytest.mark.parametrize("text", ["", "secret", SEED[:-1] + "A", SEED[:-2], "A" * 58, PUBLIC])
def test_what_is_no_seed_is_refused_without_being_repeated(text: str, tmp_path: Path) -> None:
    with pytest.raises(NotAUserSeed):
        user_key(text)
    file = tmp_path / "relay.nk"
    file.write_text(text)
    file.chmod(0o600)
    settings = Settings(nats_url="nats://bus", nats_credentials=file, data_dir=tmp_path)
    with pytest.raises(NatsKeyUnusable, match=r"relay\.nk holds no seed") as refused:
        nats_key_of(settings, NatsRole.RELAY)
    assert len(text) < 5 or text not in str(refused.value)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    write_accounts(tmp_path / "keys")
    settings = Settings(nats_url="nats://bus", nats_credentials=tmp_path / "keys", data_dir=tmp_path)
    assert nats_key_of(settings, NatsRole.RELAY) is not None
    (tmp_path / "keys" / "relay.nk").chmod(0o640)
    with pytest.raises(FileOpenToOthers, match=r"relay\.nk may be read .*`chmod 600"):
        nats_key_of(settings, NatsRole.RELAY)


async def test_a_key_that_the_server_does_not_know_is_said(tmp_path: Path) -> None:
    write_accounts(tmp_path / "others")
    server = NatsServer(tmp_path / "nats")
    server.start()
    try:
        settings = Settings(
            nats_url=server.url,
            nats_credentials=tmp_path / "others",
            nats_connect_seconds=2,
            data_dir=tmp_path,
        )
        with pytest.raises(NatsUnreachable, match=r"does not know the key of relay: is it from the folder"):
            await connect(settings, server.url, name="test", role=NatsRole.RELAY)
    finally:
        server.kill()


def test_keys_are_their_owners_alone_and_stay_when_consumers_change(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert write_accounts(keys, ["billing"])
    assert not write_accounts(keys)
    relay = (keys / "relay.nk").read_text()
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in keys.rglob("*") if file.is_file()} == {0o600}
    (keys / "billing.nk").rename(tmp_path / "at its owner's")
    before = (keys / "accounts.conf").read_text()
    assert write_accounts(keys, ["billing", "shipping"])
    assert not (keys / "billing.nk").exists()
    assert (keys / "relay.nk").read_text() == relay
    assert write_accounts(keys, ["billing"])
    assert (keys / "accounts.conf").read_text() == before


@pytest.mark.parametrize("name", ["relay", "clienteling", "a.b", "a b", "*", ">", "", "x" * 41])
def test_a_name_that_is_ours_or_no_token_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(NatsKeyUnusable, match="cannot be the name of a consumer"):
        write_accounts(tmp_path / "keys", [name])


@contextmanager
def running(folder: Path, config: str) -> Generator[str]:
    """A server with this configuration; its address."""
    port = free_port()
    file = folder / "own.conf"
    file.write_text(f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder}/store" }}\n{config}')
    with (folder / "own.log").open("wb") as log:
        process = subprocess.Popen([binaries.nats_server(), "-c", file], stderr=log)
        try:
            yield f"nats://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


async def test_a_data_directory_from_before_there_were_accounts_keeps_its_streams(folder: Path):
    server = NatsServer(folder / "nats")
    server.folder.mkdir()
    with running(server.folder, "") as url:
        client = await nats.connect(url, connect_timeout=10)
        await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
        await client.jetstream().publish("kept", b"from before")
        await client.close()
    assert not (server.store / "jetstream" / HOUSE).exists()
    server.start()
    try:
        client = await stock_client(server.url, server.keys)
        assert (await client.jetstream().stream_info("KEPT")).state.messages == 1
        await client.close()
    finally:
        server.kill()


async def test_connections_are_encrypted_by_the_certificates_of_the_settings(folder: Path):
    write_accounts(folder / "keys")
    make_certificate(folder)
    tls = (
        f'tls {{ cert_file: "{folder}/cert.pem", key_file: "{folder}/key.pem", ca_file: "{folder}/cert.pem"\n'
    )
    config = f'{tls} verify: true }}\ninclude "keys/accounts.conf"\n'
    with running(folder, config) as url:

        async def is_let_in(**given: Path) -> bool:
            settings = Settings(
                nats_url=url,
                nats_credentials=folder / "keys",
                data_dir=folder,
                nats_connect_seconds=1,
                **given,  # type: ignore[arg-type]
            )
            try:
                await (await connect(settings, url, name="test", role=NatsRole.RELAY)).close()
            except NatsUnreachable:
                return False
            return True

        certificates = {"nats_tls_ca": folder / "cert.pem", "nats_tls_certificate": folder / "cert.pem"}
        await until(lambda: is_let_in(**certificates, nats_tls_key=folder / "key.pem"))
        assert not await is_let_in(nats_tls_ca=folder / "cert.pem")
        assert not await is_let_in()


def make_certificate(folder: Path) -> None:
    """A certificate that signs itself, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
