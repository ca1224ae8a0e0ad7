"""SCIM 2.0 (RFC 7643, 7644): people and units as HR systems and identity providers keep them.

The protocol is the library's. Ours are the shapes (what is kept at all), the storage (which calls the services that
every other request calls), and what Entra ID and Okta send that the standard does not say.
"""

PATH = "/scim/v2"
