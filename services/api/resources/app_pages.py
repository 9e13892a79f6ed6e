"""Route handlers of the app at `/`: one page for all its addresses, and its files. They are no part of the
API: what the app shows, it asks of the routes that anybody's app has.
"""

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from infra.ids import new_key
from services.api.auth.attempts import text_of
from services.api.http.asgi import takes_gzip
from services.api.http.parameters import AnyRequest
from services.api.http.problems import not_found
from services.web import files

#: Scripts are those of the page, by its nonce, and those that they load; no HTML becomes a script (Trusted
#: Types), and nothing comes from elsewhere.
POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types clienteling"
)
SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
ASKED_EACH_TIME: Final = {"Cache-Control": "no-cache"}
PUBLIC: Final = {"public": True}


@get("/", name="app", opt=PUBLIC)
async def app_at_root() -> Response[bytes]:
    """The app."""
    return _page()


@get(["/app", "/app/{address:path}"], name="app_page", opt=PUBLIC)
async def app_page() -> Response[bytes]:
    """The app at one of its addresses, which it reads itself."""
    return _page()


@get("/assets/{version:str}/{path:path}", name="app_file", opt=PUBLIC)
async def app_file(request: AnyRequest, version: FromPath[str], path: FromPath[str]) -> Response[bytes]:
    """A file of the app. Another version has none: the page names those that there are."""
    found = files.app_files().get(path.lstrip("/"))
    if found is None or version != files.version():
        raise not_found("address", "unknown_address")
    return _of_file(request, found, FOR_EVER)


@get("/service-worker.js", name="service_worker", opt=PUBLIC)
async def service_worker(request: AnyRequest) -> Response[bytes]:
    """What keeps the app in the browser. It stands here because it is for all addresses."""
    return _of_file(request, files.service_worker(), ASKED_EACH_TIME)


def _page() -> Response[bytes]:
    nonce = text_of(new_key())
    headers = {**SAFE, **ASKED_EACH_TIME, "Content-Security-Policy": POLICY.format(nonce=nonce)}
    return Response(files.page(nonce), media_type=files.TYPES[".html"], headers=headers)


def _of_file(request: AnyRequest, found: files.AppFile, headers: dict[str, str]) -> Response[bytes]:
    headers = {**SAFE, **headers, "Vary": "Accept-Encoding"}
    if takes_gzip(request.scope):
        return Response(
            found.gzipped, media_type=found.media_type, headers={**headers, "Content-Encoding": "gzip"}
        )
    return Response(found.content, media_type=found.media_type, headers=headers)


ROUTE_HANDLERS: Final = (app_at_root, app_page, app_file, service_worker)
