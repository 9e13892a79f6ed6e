"""One associate's customers: who they are, what they bought, whom to call next."""
