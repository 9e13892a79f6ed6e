"""The service works with the rights of its role."""

from urllib.parse import urlsplit

from infra.embedded import EmbeddedServers
from infra.postgres import DatabaseRole
from infra.settings import Settings
from services.webhooks.main import _prepare
from tests.services.webhooks.builders import (
    Reply,
    Request,
    customer,
    parked,
    receiving,
    registered,
    rows,
    sending,
    served,
    until,
    write,
)


async def test_it_sends_parks_and_disables_with_the_rights_of_its_role(
    house: Settings, servers: EmbeddedServers
) -> None:
    name = urlsplit(str(house.database_url)).path[1:]
    url = servers.postgres.url(name, role=DatabaseRole.WEBHOOKS)

    async def some(request: Request) -> Reply:
        return Reply(500 if request.key == customer(1) else 200)

    async def gone(_: Request) -> Reply:
        return Reply(410)

    async with receiving(some) as receiver, receiving(gone) as other:
        registered(house, receiver.url)
        registered(house, other.url, "other")
        positions = write(house, 1, 2)
        _prepare(house, url)
        async with sending(house, url):
            await served(house, positions[-1])
            query = "SELECT FROM webhooks.endpoints WHERE disabled IS NOT NULL"
            await until(lambda: rows(house, query), within_seconds=10)
    assert parked(house) == [(customer(1), positions[0])]
