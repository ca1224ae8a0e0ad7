"""The learning-climate instrument as tests read it: its own scoring examples and texts."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from app.services.release_measures import Zone, Zones
from app.services.scoring import STANDALONE, Answers, Item, Scheme

INSTRUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "learning_climate_instrument.json").read_text(encoding="utf-8")
)
_IDS = [each["id"] for each in INSTRUMENT["dimensions"]]
SCHEME = Scheme(
    dimensions=tuple(_IDS),
    items=tuple(
        Item(each["id"], _IDS.index(each["dimension"]) if "dimension" in each else STANDALONE, each["reverse"])
        for each in [*INSTRUMENT["items"], *INSTRUMENT["standalone_items"]]
    ),
    low=INSTRUMENT["response_scale"]["min"],
    high=INSTRUMENT["response_scale"]["max"],
)
ZONES = Zones(
    (
        Zone("talkAboutFirst", 0, {"sv": "tala om först", "en": "talk about first"}),
        Zone("explore", 40, {"sv": "utforska", "en": "explore"}),
        Zone("describeWhatWorks", 70, {"sv": "beskriv vad som fungerar", "en": "describe what works"}),
    )
)


def answers_of(*people: dict[str, int | None], missing: int = -1) -> Answers:
    """A matrix from answers by item; what is null or left out is missing."""
    rows = [
        [missing if (value := person.get(item.key)) is None else value for item in SCHEME.items] for person in people
    ]
    return np.array(rows, dtype=np.int8)
