"""Contract generators: JSON Schemas of the events and the AsyncAPI document, made from the code."""
