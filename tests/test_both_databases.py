"""Whatever opens a ledger runs on SQLite and on PostgreSQL: what stays on one says why."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent
OWN = re.compile(r"sqlite:///|\.sqlite3\b|\bsqlite3\.connect\(|\.db\b")
NO_LEDGER = "what CMS publishes, imported: always a file of its own"
NONE = "a ledger that is not there, or whose name alone matters"
FILE = "about the file itself: its bytes, its pages, its permissions, its disk"
COPY = "a backup or what verify makes is always an SQLite file; the ledger is of either kind"
CALM = "made once, to compare ledgers of both kinds with"
KIND = "what serves both kinds, by name or by URL"
STARTED = "the installed program and the examples of the docs, as a first user starts them"
ALONE = {  # file: function: why it may name an SQLite ledger
    "claimline/conftest.py": {"nowhere": NONE},
    "claimline/night/night_desk.py": {"__init__": KIND, "laid_out": KIND},
    "claimline/night/test_night_config.py": {
        "test_least_is_a_practice": NONE,
        "test_paths_are_relative_to_the_file": NONE,
        "test_wrong_config_is_exit_status_2": KIND,
        "test_check_warns_where_no_profile_takes_the_files": NONE,
    },
    "claimline/night/test_night_copy.py": {
        "test_a_killed_dry_run_leaves_no_patient_on_the_disk_for_long": FILE
    },
    "claimline/night/test_night_lock.py": {
        "test_a_link_to_a_ledger_has_the_ledgers_lock": NONE,
        "test_only_the_users_own_folder_is_made_for_a_ledger": NONE,
    },
    "claimline/night/test_night_safe.py": {
        "test_no_ledger_is_made_in_silence": KIND,
        "test_all_that_is_kept_is_its_owners_only": KIND,
    },
    "claimline/test_advice.py": {"test_a_file_in_words": NONE},
    "claimline/test_bad_input.py": {"test_a_file_that_is_no_ledger_could_not_run": FILE},
    "claimline/test_bill.py": {"__init__": NONE},
    "claimline/test_bill_day.py": {"test_imported_tables_decide_and_are_cited": NO_LEDGER},
    "claimline/test_card.py": {"card": NO_LEDGER},
    "claimline/test_denials_trace.py": {"test_a_missing_ledger_could_not_run": NONE},
    "claimline/test_edits_command.py": {"_edits": NONE},
    "claimline/test_log.py": {
        "test_the_ledger_is_named_by_option_then_environment_then_default": NONE
    },
    "claimline/test_no_patient_told.py": {
        "_case": "every command line on a copy of the file: what is printed is made after reading",
        "test_no_command_names_a_patient": "as above",
    },
    "claimline/test_output_files.py": {"test_an_output_never_replaces_an_input": FILE},
    "claimline/test_receive_commands.py": {"test_missing": KIND, "test_backup": COPY},
    "claimline/test_receive_crash.py": {"_calm": CALM, "_file_of": FILE},
    "claimline/test_receive_faults.py": {"_calm": CALM, "test_full_file_system": FILE},
    "claimline/test_statuses.py": {"_names": NONE},
    "claimline/test_tampered.py": {"_engine": COPY, "test_each_column": COPY},
    "claimline/test_temporary.py": {"test_what_a_killed_process_left_is_removed_by_the_next": FILE},
    "claimline/test_verify.py": {"test_command": COPY},
    "claimline/transfer/test_transfer_command.py": {"test_a_dry_run_changes_nothing": KIND},
    "conftest.py": {"pytest_configure": NO_LEDGER, "_sqlite_fixture": KIND},
    "databases.py": {"break_up": KIND, "__call__": KIND, "bare": KIND, "copy": KIND},
    "reconcile/ledger/test_journal.py": {"test_copy": COPY},
    "reconcile/ledger/test_ledger_open.py": {
        "test_missing_is_not_made_in_silence": FILE,
        "test_made_once": KIND,
        "test_only_the_owner_may_read": FILE,
        "test_no_folder_is_made": FILE,
        "test_a_commit_of_sqlite_waits_for_the_disk": FILE,
        "test_empty_file": FILE,
        "test_ledger_that_could_not_be_made": FILE,
        "test_damaged_pages": FILE,
        "test_not_a_database": FILE,
        "test_another_database": FILE,
        "test_url_that_is_none": NONE,
        "test_full_disk": FILE,
        "test_copy_while_writing": COPY,
        "test_copy_of_an_older_one": COPY,
        "test_nothing_is_overwritten": COPY,
    },
    "reconcile/ledger/test_memory.py": {"test_a_connection_that_only_reads_keeps_few_pages": FILE},
    "reconcile/ledger/test_postgresql.py": {"test_same_content": COPY},
    "test_sessions.py": {"spoken": STARTED},
    "test_wheel.py": {"test_wheel_does_the_main_job_elsewhere": STARTED},
}
OF_TABLES = re.compile(r"claimline/test_tables\w*\.py")  # NO_LEDGER


def _functions(path: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each function of a file, methods too, those within others left out."""
    text = path.read_text(encoding="utf-8")
    tree, lines = ast.parse(text), text.splitlines()
    classes = (one for one in tree.body if isinstance(one, ast.ClassDef))
    for node in (*tree.body, *(each for one in classes for each in one.body)):
        if isinstance(node, ast.FunctionDef):
            yield node.name, "\n".join(lines[node.lineno - 1 : node.end_lineno])


def _own() -> Iterator[tuple[str, str]]:
    """File and function of whatever names an SQLite ledger of its own."""
    for path in sorted(TESTS.rglob("*.py")):
        name = path.relative_to(TESTS).as_posix()
        if path == Path(__file__) or OF_TABLES.fullmatch(name):
            continue
        yield from ((name, function) for function, text in _functions(path) if OWN.search(text))


def test_no_ledger_is_of_one_kind_without_a_reason() -> None:
    """A test gets its ledger from ``ledger_url``, ``new_url`` or ``lasting``, which have both."""
    allowed = {(name, function) for name, those in ALONE.items() for function in those}
    found = set(_own())
    assert found - allowed == set(), "ask for ledger_url, or say here why one kind is enough"
    left = {(name, function) for name, function in allowed - found if (TESTS / name).exists()}
    assert left == set(), "these reasons are not needed any more"
