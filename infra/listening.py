"""Where the API may listen: on loopback as it is, elsewhere only with authentication and TLS; and what
signing in with a browser needs.
"""

from pathlib import Path
from typing import Final

from infra.setting_rules import variable_of

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
#: Said at the start of the API, and by status.
AUTHENTICATION_IS_OFF: Final = (
    "AUTHENTICATION IS OFF (CLIENTELING_AUTH): everybody on this machine reads and changes everything"
)


def problems_of_listening(
    host: str, auth: str, certificate: Path | None, key: Path | None, proxies: str | None
) -> list[str]:
    """A sentence for each thing that is missing where the API listens."""
    problems: list[str] = []
    if (certificate is None) != (key is None):
        problems.append(f"{variable_of('tls_certificate')} and {variable_of('tls_key')} are set together")
    if host in LOOPBACK:
        return problems
    beyond = f"{variable_of('api_host')} is set to {host!r}, where others reach the API"
    if auth == "off":
        problems.append(f"{beyond}; {variable_of('auth')} off is allowed on loopback alone")
    if certificate is None and proxies is None:
        problems.append(
            f"{beyond}; that needs TLS: {variable_of('tls_certificate')} and {variable_of('tls_key')}, or "
            f"the addresses of the proxies that terminate it in {variable_of('api_proxies')}"
        )
    return problems


def problems_of_sign_in(
    issuer: str | None, client_id: str | None, client_secret: str | None, public_url: str | None
) -> list[str]:
    """A sentence for each thing that is missing where people sign in with a browser."""
    problems: list[str] = []
    if client_id is not None:
        needed = {"oidc_issuer": issuer, "public_url": public_url}
        problems += [
            f"{variable_of('oidc_client_id')} is set; signing in needs {variable_of(name)}, too"
            for name, value in needed.items()
            if value is None
        ]
    elif client_secret is not None:
        problems.append(
            f"{variable_of('oidc_client_secret')} is set; it is of no use without "
            f"{variable_of('oidc_client_id')}"
        )
    return problems


def problems_of_demo_sign_in(
    host: str, issuer: str | None, proxies: str | None, public_url: str | None
) -> list[str]:
    """A sentence for each way in which others than those at this machine could sign in as anybody."""
    beyond = {
        "api_host": host not in LOOPBACK,
        "oidc_issuer": issuer is not None,
        "api_proxies": proxies is not None,
        "public_url": public_url is not None,
    }
    return [
        f"{variable_of('demo_sign_in')} on is allowed on loopback alone, without {variable_of(name)}"
        for name, is_set in beyond.items()
        if is_set
    ]


def parts_of(listed: str | None) -> frozenset[str]:
    """Names or addresses out of a list with commas."""
    return frozenset(part.strip() for part in (listed or "").split(",") if part.strip())
