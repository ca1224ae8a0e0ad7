"""`make clients` runs these tests; `make test` leaves them out, for it has not installed the generators."""

import os

collect_ignore_glob = [] if "LARANDE_TEST_CLIENTS" in os.environ else ["test_*.py"]
collect_ignore = ["python"]
