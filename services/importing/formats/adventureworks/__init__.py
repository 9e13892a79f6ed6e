"""AdventureWorks: tables as files, people, orders, hand-overs."""
