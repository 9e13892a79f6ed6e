"""The app of associates: files that a browser is sent. It knows the public API, and nothing else here."""
