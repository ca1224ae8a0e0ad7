"""`make contract` names the file with these tests; `make test`, which has not installed the linters, leaves it out."""

collect_ignore = ["test_linters.py"]
