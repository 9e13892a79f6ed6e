"""The stream: declared, published into and read from, on a real NATS server."""
