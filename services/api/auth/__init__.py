"""Who makes a request: access tokens (RFC 9068), the keys that verify them, and the principal they name."""
