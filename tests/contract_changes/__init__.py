"""What in a new OpenAPI document would break a client that was written for the old one.

`docs/decisions/contract-changes.md` says what counts as a break, and why this is our own. In short: a request that was
right must stay right and mean the same, an answer must stay one that the client could have got before, and what
generated clients call things must keep its name. What this does not understand counts as a break when it changes.
"""
