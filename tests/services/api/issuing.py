"""An OpenID provider on loopback: real HTTP, keys that can be rotated, tokens good and bad."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

NOW = 1_772_452_800
ASSOCIATE = "ass_" + "1" * 32


@cache
def first_key() -> RSAKey:
    """The key of every provider at first; making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


class Issuer:
    """A provider with one RSA key; `fetches` counts how often its keys were asked for."""

    def __init__(self) -> None:
        self.key: Any = first_key()
        self.listed: list[Any] = [self.key]
        self.url = ""
        self.fetches = 0
        self.broken = False
        #: The issuer that the discovery document names, where it is not this one.
        self.named: str | None = None
        #: What a code is redeemed for, and how it was asked for last.
        self.tokens: dict[str, str] = {}
        self.redeemed: dict[str, str] = {}

    def rotate(self) -> None:
        """Sign with a new key; the old one is listed no longer."""
        self.key = ECKey.generate_key("P-256", {"kid": "second", "use": "sig"})
        self.listed = [self.key]

    def token(self, *, header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        """A token of a manager, other than usual as the arguments say."""
        key = key or self.key
        alg = {"RSA": "RS256", "EC": "ES256"}.get(key.key_type, "HS256")
        given = {
            "iss": self.url,
            "aud": "clienteling",
            "sub": "ada",
            "exp": NOW + 60,
            "clienteling_role": "manager",
            "clienteling_associate": ASSOCIATE,
            "clienteling_stores": ["downtown"],
            **claims,
        }
        full = {"typ": "at+jwt", "alg": alg, "kid": self.key.kid, **(header or {})}
        given = {name: value for name, value in given.items() if value is not None}
        full = {name: value for name, value in full.items() if value is not None}
        return jwt.encode(full, given, key, algorithms=[full["alg"]], default_type=None)

    def document(self, path: str) -> Any:
        """What is found at an address."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.named or self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize?tenant=1",
                "token_endpoint": f"{self.url}/token",
            }
        self.fetches += 1
        return KeySet(self.listed).as_dict(private=False)


@contextmanager
def serving_issuer() -> Generator[Issuer]:
    """A provider that answers until the block is left."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond(issuer.document(self.path))

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            issuer.redeemed = {**dict(parse_qsl(sent)), "authorization": self.headers["Authorization"] or ""}
            self.respond(issuer.tokens)

        def respond(self, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(500 if issuer.broken else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield issuer
        server.shutdown()
