"""The stream: its one declaration, its subjects and headers, publishing into it and reading from it."""
