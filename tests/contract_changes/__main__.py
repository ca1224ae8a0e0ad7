"""Whether the document may follow the one released last: `python -m tests.contract_changes`."""

import sys

from tests.contract import document
from tests.contract_changes.documents import changed, faults
from tests.contract_changes.releases import CHANGE_LOG, and_ours, released, tampered, unsaid


def main() -> int:
    told = [f"openapi/released/{name} is not as it was released." for name in tampered()]
    documents = released()
    told += unsaid(and_ours(documents), CHANGE_LOG.read_text(encoding="utf-8"))
    if documents:
        last = documents[-1]
        told += faults(last, document())
        names = changed(last, document())
        print(f"Since {last['info']['version']} these have changed: {', '.join(names) or 'none'}.")  # noqa: T201
    else:
        print("No document has been released, so that there is nothing to compare with.")  # noqa: T201
    for each in told:
        print(each, file=sys.stderr)  # noqa: T201
    return bool(told)


if __name__ == "__main__":
    sys.exit(main())
