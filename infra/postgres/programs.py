"""What PostgreSQL's own programs (pg_dump, psql, …) need to know to work on a database: their environment
variables.
"""

from typing import Final

from psycopg.conninfo import conninfo_to_dict

_VARIABLES: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def program_environment(database_url: str) -> dict[str, str]:
    """The variables by which a program finds the database of an address."""
    parts = conninfo_to_dict(database_url)
    return {variable: str(parts[name]) for name, variable in _VARIABLES.items() if parts.get(name)}
