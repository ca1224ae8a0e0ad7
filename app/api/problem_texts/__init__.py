"""Reason codes with their status and plain words in both languages; a table for each subject."""

from app.api.problem_texts.access import ACCESS
from app.api.problem_texts.agencies import AGENCIES
from app.api.problem_texts.dialogue import DIALOGUE
from app.api.problem_texts.fields import FIELD_TEXTS
from app.api.problem_texts.imports import IMPORTS
from app.api.problem_texts.keeping import KEEPING
from app.api.problem_texts.requests import REQUESTS
from app.api.problem_texts.surveys import SURVEYS
from app.api.problem_texts.systems import SYSTEMS
from app.api.problem_texts.text import ProblemText, Texts

__all__ = ["FIELD_TEXTS", "PROBLEMS", "SUBJECTS", "ProblemText", "Texts"]

SUBJECTS = (REQUESTS, ACCESS, AGENCIES, DIALOGUE, SURVEYS, SYSTEMS, IMPORTS, KEEPING)
PROBLEMS: dict[str, ProblemText] = {code: text for subject in SUBJECTS for code, text in subject.items()}
