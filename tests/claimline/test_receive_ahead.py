"""Reading ahead in other processes: faster, and the same to the last row."""

import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from canonical import canonical, differences
from databases import NewUrl
from receive_made import RUN, Line, clp, record, remit, sent, take, x12
from sqlalchemy import Connection, Engine, event, select

from claimline.services import receive_ahead, receive_post, receive_workers
from claimline.services.receive import receive
from claimline.services.receive_group import Group
from claimline.services.receive_values import FileResult
from reconcile.ledger import connect, keeping, open_ledger, received
from reconcile.ledger.tables import file as kept_file
from reconcile.ledger.tables_received import claim_payment, problem

FILES = 12
CLAIMS = 40
DENIED = Line(paid="0", cas=("CO*97*100",))


@pytest.fixture(autouse=True)
def _processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """More processes are used, whatever the machine and the runner of the tests."""
    monkeypatch.setattr(receive_workers, "can_fork", lambda ledger: ledger.let_go())


def _number(place: int) -> str:
    return f"CLAIM{place:06d}XX"


def _claims(file: int) -> list[list[str]]:
    """The claims of one of the files."""
    claims = []
    for place in range(file * CLAIMS, (file + 1) * CLAIMS):
        number = _number(place)
        odd = place % 10
        if odd == 1:
            number = number[:12]  # cut by the payer
        if odd == 2:
            number = f"NOBODYS{place:06d}"
        line = DENIED if odd == 3 else Line()
        if odd == 4:
            line = Line(cas=("CO*45*20",))
        if odd == 5:
            line = Line(control="")
        claims.append(clp(number, line, icn=f"ICN{place}", status="25" if odd == 6 else "1"))
    return claims


def _mixed() -> dict[str, bytes]:
    """Files as they come: plain ones, one twice, cut, of other claims, with odd figures."""
    made = {}
    for file in range(FILES):
        plb = ("PLB*1234567893*20261231*WO:A*10",) if file == 3 else ()
        payment = remit(*_claims(file), trace=f"EFT{file}", plb=plb)
        if file == 5:
            payment[-1] = "SE*3*0001"
        made[f"{file:02d}.835"] = x12(payment, control=file + 1)
    made["20.835"] = made["01.835"]
    made["21.835"] = x12(remit(*[clp(_number(80), icn="ICN80")], trace="EFT2"), control=77)
    made["22.835"] = b"%PDF-1.7"
    made["23.835"] = x12(["ST*270*0001", "SE*2*0001"], group="HS", version="005010X279A1")
    return made


def _sources(files: dict[str, bytes]) -> Callable[[str], Callable[[], Iterable[bytes]]]:
    return lambda name: lambda: [files[name]]


def _ledger(url: str) -> str:
    """A ledger with the claims."""
    with open_ledger(url) as ledger:
        record(ledger, *(sent(_number(place)) for place in range(FILES * CLAIMS)))
    return url


def _receive(url: str, files: dict[str, bytes]) -> list[FileResult]:
    with open_ledger(url) as ledger:
        return list(receive(ledger, RUN, list(files), _sources(files)))


def _alone(url: str, files: dict[str, bytes], patch: pytest.MonkeyPatch) -> list[FileResult]:
    """Received by this process alone."""
    with patch.context() as context:
        context.setattr(receive_workers, "can_fork", lambda _ledger: False)
        return _receive(url, files)


def _told(results: list[FileResult]) -> list[FileResult]:
    """The answers without what other files of the same commit make odd in them."""
    return [
        evolve(one, payments=tuple(evolve(each, odd=0, concerns=()) for each in one.payments))
        for one in results
    ]


def _counting(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Which payments were posted from what was read ahead."""
    found = []
    work = receive_post.post_ahead

    def counted(*arguments: object, **more: object) -> object:
        made = work(*arguments, **more)  # type: ignore[arg-type]  # as it was called
        found.append(made is not None)
        return made

    monkeypatch.setattr(receive_post, "post_ahead", counted)
    return found


def test_files_that_are_written_together_are_kept_before_they_are_posted(ledger_url: str) -> None:
    """At each commit of a group all bytes are there of every file of which anything is posted."""
    files = {f"{n}.835": x12(remit(clp(_number(n)), trace=f"E{n}"), control=n) for n in range(3)}
    posted: list[int] = []

    def look(connection: Connection) -> None:
        if not connection.get_execution_options().get(connect.WRITING):
            return
        query = (
            select(kept_file.c.digest).where(kept_file.c.direction == "in").order_by(kept_file.c.id)
        )
        kept = {b"".join(keeping.file_bytes(connection, one)) for one in
                connection.execute(query).scalars()}  # fmt: skip
        assert kept == set(files.values())
        query = select(claim_payment.c.id).where(claim_payment.c.state == "posted")
        posted.append(len(connection.execute(query).all()))

    with open_ledger(ledger_url) as ledger:
        record(ledger, *(sent(_number(n)) for n in range(3)))
        group = Group(ledger, RUN, lambda name: pytest.fail(f"{name} is received by itself"))
        ahead = receive_ahead.Ahead(ledger)
        for name, source in ((name, _sources(files)(name)) for name in files):
            found = receive_ahead.ready(ahead, name, source)
            assert found is not None
            group.add(name, found)
        event.listen(Engine, "commit", look)
        try:
            results = list(group.results())
        finally:
            event.remove(Engine, "commit", look)
    assert posted == [3]
    assert [one.payments[0].posted for one in results] == [1, 1, 1]


def test_small_files_are_the_same(new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files read ahead give the ledger and the answer that one process gives."""
    files = _mixed()
    alone, ahead = _ledger(new_url()), _ledger(new_url())
    told = _alone(alone, files, monkeypatch)
    used = _counting(monkeypatch)
    assert _told(_receive(ahead, files)) == _told(told)
    assert differences(canonical(alone), canonical(ahead)) == []
    assert sum(used) == FILES  # all but the one that is cut, and one more payment of EFT2


def test_large_file_is_the_same(new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """The payments of a large file, read beside the process that writes, come to the same."""
    bodies = [data.decode().split("~\n")[2:-3] for name, data in _mixed().items() if name < "20"]
    for number, body in enumerate(bodies):
        body[0] = f"ST*835*{number:04d}"
        body[-1] = body[-1].replace("*0001", f"*{number:04d}")
    files = {"large.835": x12(*bodies)}
    alone, ahead = _ledger(new_url()), _ledger(new_url())
    told = _alone(alone, files, monkeypatch)
    monkeypatch.setattr(receive_workers, "FROM_CLAIMS", 1)
    monkeypatch.setattr(receive_post, "TOGETHER", 100)
    used = _counting(monkeypatch)
    assert _receive(ahead, files) == told
    assert differences(canonical(alone), canonical(ahead)) == []
    assert used.count(True) == FILES - 1


def test_shared_payment_is_the_same(new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """One payment whose claims two processes read in turns comes to the same, to the last row."""
    claims = [claim for file in range(FILES) for claim in _claims(file)]
    claims[6].append("TS2*1")
    claims[29] += ["LX*2", "TS3*1234567893*11*20261231*1*100"]
    claims[30] += ["TS2*2", "ZZZ*between"]
    claims[40].append("PLB*1234567893*20261231*WO:B*5")
    claims[41].append("LX*3*odd")
    claims[-1].append("TS2*5")
    payment = remit(*claims, claims[5], plb=("PLB*1234567893*20261231*WO:A*10",))
    files = {"large.835": x12(payment)}
    alone, ahead = _ledger(new_url()), _ledger(new_url())
    told = _alone(alone, files, monkeypatch)
    for name, value in (("FROM_CLAIMS", 1), ("SHARED", 1), ("BATCH", 7)):
        monkeypatch.setattr(receive_workers, name, value)
    monkeypatch.setattr("reconcile.ledger.writer.CHANGED_AT_ONCE", 20)  # states, now and then
    used = _counting(monkeypatch)
    (found,) = _receive(ahead, files)
    assert found.payments == told[0].payments
    assert found.problems == told[0].problems
    assert found == told[0]
    assert differences(canonical(alone), canonical(ahead)) == []
    assert used == [True]
    assert told[0].payments[0].claims > FILES * 30


def test_very_many_problems(new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many problems the first are told and kept, and the rest counted, whoever reads."""
    monkeypatch.setattr("reconcile.ledger.payments.PROBLEMS_KEPT", 7)
    monkeypatch.setattr("reconcile.ledger.received.PROBLEMS_KEPT", 7)
    odd = Line(cas=("CO*45*20",))  # two problems each: of the claim, and of its line
    files = {"odd.835": x12(remit(*(clp(_number(place), odd) for place in range(40))))}
    alone, ahead = _ledger(new_url()), _ledger(new_url())
    (told,) = _alone(alone, files, monkeypatch)
    for name, value in (("FROM_CLAIMS", 1), ("SHARED", 1), ("BATCH", 3)):
        monkeypatch.setattr(receive_workers, name, value)
    used = _counting(monkeypatch)
    assert _receive(ahead, files) == [told]
    assert used == [True]
    *first, last = told.problems
    assert [one.where.segment for one in first] == [7, 8, 12, 13, 17, 18, 22]
    assert (last.code, last.message[:3]) == ("file.more-problems", "73 ")
    assert told.payments[0].unbalanced == 40
    assert differences(canonical(alone), canonical(ahead)) == []
    with open_ledger(ahead) as ledger, ledger.reading() as connection:
        assert len(connection.execute(select(problem)).fetchall()) == 8


def test_payments_of_another_run(new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read ahead of payments that another run posts meanwhile is never taken for others'.

    Else the claims of one payment would be posted under the number of the next.
    """
    numbers = [_number(place) for place in range(FILES * CLAIMS)]
    payments = [remit(*map(clp, numbers[n::4]), trace=f"E{n}", st=f"{n:04d}") for n in range(4)]
    alone, ahead = _ledger(new_url()), _ledger(new_url())
    with open_ledger(alone) as ledger:
        take(ledger, x12(*payments))
    work, calls = received.still_pending, []

    def other_run(connection: Any, rows: Any) -> Any:
        calls.append(rows)
        if len(calls) == 2:  # as if it had been posted just now; it is given again below
            return []
        return work(connection, rows)

    monkeypatch.setattr(receive_workers, "FROM_CLAIMS", 1)
    monkeypatch.setattr(receive_post, "TOGETHER", 1)
    with open_ledger(ahead) as ledger:
        with monkeypatch.context() as context:
            context.setattr(received, "still_pending", other_run)
            take(ledger, x12(*payments))
        assert len(calls) == 4
        take(ledger, x12(*payments))
    assert differences(canonical(alone), canonical(ahead)) == []


def test_claims_recorded_meanwhile(new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim recorded after the look ahead is found: what was read ahead is not used then."""
    files = {
        f"{n}.835": x12(remit(clp(_number(n)), trace=f"E{n}"), control=n + 1) for n in range(8)
    }
    url = new_url()
    with open_ledger(url) as ledger:
        record(ledger, *(sent(_number(place)) for place in range(7)))
        used = _counting(monkeypatch)
        results = receive(ledger, RUN, list(files), _sources(files))
        monkeypatch.setattr(receive_post, "TOGETHER", 1)
        monkeypatch.setattr("claimline.services.receive_group.TOGETHER", 1)
        next(results)
        record(ledger, sent(_number(7)))
        rest = list(results)
    assert [one.payments[0].posted for one in rest] == [1] * 7
    assert used[0]
    assert not all(used)


def test_process_that_dies(new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a process that reads ahead is killed, the first one does the rest itself."""
    files = _mixed()
    alone, ahead = _ledger(new_url()), _ledger(new_url())
    told = _alone(alone, files, monkeypatch)
    work = receive_ahead.ready

    def dies(ledger: object, name: str, source: object) -> object:
        if name == "06.835":
            os.kill(os.getpid(), signal.SIGKILL)
        return work(ledger, name, source)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(receive_workers, "ready", dies)
    assert _told(_receive(ahead, files)) == _told(told)
    assert differences(canonical(alone), canonical(ahead)) == []


def test_large_file_whose_process_dies(new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    """A payment half read by a process that died is posted whole by the first one."""
    numbers = [_number(place) for place in range(FILES * CLAIMS)]
    payments = [remit(*map(clp, numbers[n::4]), trace=f"E{n}", st=f"{n:04d}") for n in range(4)]
    alone, ahead = _ledger(new_url()), _ledger(new_url())
    with open_ledger(alone) as ledger:
        take(ledger, x12(*payments))
    work = receive_workers.answers
    sent_on: list[int] = []

    def dies(*arguments: object) -> Iterable[bytes]:
        for answer in work(*arguments):  # type: ignore[arg-type]  # as it was called
            sent_on.append(1)
            if len(sent_on) == 8:
                os.kill(os.getpid(), signal.SIGKILL)
            yield answer

    monkeypatch.setattr(receive_workers, "answers", dies)
    monkeypatch.setattr(receive_workers, "FROM_CLAIMS", 1)
    monkeypatch.setattr(receive_post, "TOGETHER", 1)
    monkeypatch.setattr("reconcile.ledger.bulk.BATCH", 50)
    with open_ledger(ahead) as ledger:
        assert take(ledger, x12(*payments)).status == 0
    assert differences(canonical(alone), canonical(ahead)) == []


def _children() -> set[str]:
    """The processes that this one has begun and that have not ended, by their numbers."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split())


def test_no_process_stays(new_url: NewUrl) -> None:
    """When the results are not taken to the end, the other processes end as well."""
    files = _mixed()
    with open_ledger(_ledger(new_url())) as ledger:
        before = _children()  # servers that other tests of this process share
        results = receive(ledger, RUN, list(files), _sources(files))
        next(results)
        assert _children() > before
        results.close()  # type: ignore[attr-defined]  # it is a generator
    assert _children() <= before
