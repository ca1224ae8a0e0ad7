"""The story that the document's examples are recorded from."""
