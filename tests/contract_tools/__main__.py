"""Lints the document in both languages: `python -m tests.contract_tools`. Exit code 1 where either linter objects."""

import json
import sys
import tempfile
from pathlib import Path

from app.api.document.language import in_swedish
from tests.contract import DOCUMENT, document
from tests.contract_tools import LINTERS


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        swedish = Path(place) / "openapi.sv.json"
        swedish.write_text(json.dumps(in_swedish(document()), ensure_ascii=False, indent=2), encoding="utf-8")
        problems = [each for linter in LINTERS for each in linter([DOCUMENT, swedish])]
    for each in problems:
        print(each, file=sys.stderr)  # noqa: T201
    names = f"{DOCUMENT.name} and {swedish.name}"
    print(f"{names}: {len(problems)} problems by spectral:oas and Redocly's recommended-strict.")  # noqa: T201
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
