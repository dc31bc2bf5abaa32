"""`incident-bot demo` with a scenario of one's own."""

import json
from pathlib import Path

from tests.processes import environment, run

SCENARIO = """\
title: A leaked key, and a slow search
starts_at: 2026-03-02T14:00:00Z
linger: "01:30"
people:
  ana: {name: Ana Torres, title: Site reliability engineer, tz: America/New_York}
  ben: {name: Ben Okafor, title: Security engineer, tz: Europe/London}
  chloe: {name: Chloe Martin, title: Product manager, tz: Europe/Paris}
steps:
  - {at: "00:00", by: ben, in: general, run: "/incident declare p1 Signing key in a public repository private:yes"}
  - {at: "00:01", by: ben, in: incident, run: "/incident take commander"}
  - {at: "00:02", by: ben, in: incident, say: "Key is revoked", id: revoked}
  - {at: "00:03", by: ben, react: pushpin, to: revoked}
  - {at: "00:05", by: ben, in: incident, run: "/incident resolve The old key is refused everywhere"}
  - {at: "00:10", by: ana, in: general, run: "/incident declare p2 Search is slow service:search"}
  - {at: "00:11", by: ana, in: incident, run: "/incident assign commander @ana"}
  - {at: "00:12", by: ana, in: incident, say: "One replica lags, @ben", id: lag}
  - {at: "00:13", by: ana, edit: lag, say: "Two replicas lag, @ben"}
  - {at: "00:20", by: ana, in: incident, run: "/incident resolve Median is back to 80 ms"}
  - {at: "00:30", by: ana, in: incident, run: "/incident reopen It is slow again"}
"""


async def test_a_private_incident_a_reopened_one_and_prompts_while_nobody_speaks(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(SCENARIO, encoding="utf-8")
    finished = await run(
        *("demo", "--scenario", "two.yaml", "--speed", "100000", "--out", "out", "--quiet"),
        env=environment(),
        cwd=tmp_path,
    )
    assert (finished.code, finished.err) == (0, ""), finished
    assert "✗" not in finished.out

    out = tmp_path / "out"
    secret, search = (json.loads((out / f"INC-{n}" / "incident.json").read_text("utf-8")) for n in (1, 2))
    assert (secret["incident"]["status"], search["incident"]["status"]) == ("resolved", "investigating")
    assert [one["text"] for one in secret["messages"] if one["key_event"]] == ["Key is revoked"]
    [lag] = search["messages"]
    assert [one["text"] for one in lag["versions"]] == ["One replica lags, @ben", "Two replicas lag, @ben"]
    told = [one["text"] for one in search["timeline"]]
    assert [text.split(":")[0] for text in told if ":" in text] == ["Declared as P2", "Resolved. Verified", "Reopened"]
    # P2 owes an update each hour, from 15:00's reopening on: one prompt falls into the time that is lingered.
    assert [one["due_at"] for one in search["prompts"] if one["outcome"] == "open"]
    assert secret["prompts"] == []

    for number, title in ((1, "Signing key in a public repository"), (2, "Search is slow")):
        assert title in (out / f"INC-{number}" / "postmortem.md").read_text("utf-8")
    pages = {page.name: page.read_text("utf-8") for page in (out / "transcript").iterdir()}
    assert {"general.md", "incidents.md"} <= pages.keys()
    assert "Search is slow" in pages["incidents.md"]
    public = [text for name, text in pages.items() if name in ("incidents.md", "inc-2-search-is-slow.md")]
    assert not any("Signing key" in text for text in public), "what is private is told to nobody else"

    [kept] = list(out.glob("*.db"))
    asked = await run(
        *("postmortem", "INC-2", "-o", "again.md"),
        env=environment(DATABASE_URL=f"sqlite+aiosqlite:///{kept}"),
        cwd=tmp_path,
    )
    assert asked.code == 0, asked.err
    assert "Search is slow" in (tmp_path / "again.md").read_text("utf-8")


async def test_the_story_never_gets_into_the_database_of_the_bot_at_work(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(SCENARIO, encoding="utf-8")
    story = ("demo", "--scenario", "two.yaml", "--speed", "100000", "--quiet", "--out", ".")
    ours = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/incident-bot.db"}
    finished = await run(*story, env=environment(**ours), cwd=tmp_path)
    assert (finished.code, finished.err) == (0, "")
    assert not (tmp_path / "incident-bot.db").exists()

    elsewhere = f"sqlite+aiosqlite:///{tmp_path}/elsewhere.db"
    for code in (0, 1):  # an empty one is taken, and then it is no longer empty
        finished = await run(*story, "--database", elsewhere, env=environment(**ours), cwd=tmp_path)
        assert finished.code == code, finished
    assert finished.err.startswith(f"incident-bot: The database {elsewhere} isn't empty: it has ")
    listed = await run("list", env=environment(DATABASE_URL=elsewhere), cwd=tmp_path)
    assert "Search is slow" in listed.out


async def test_what_is_wrong_in_a_scenario_is_named_by_line_and_step(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(SCENARIO.replace("react: pushpin, to: revoked", "react: eyes, to: rotated"))
    finished = await run("demo", "--scenario", "wrong.yaml", "--out", "out", env=environment(), cwd=tmp_path)
    assert finished.code == 1
    assert "wrong.yaml:12: step 4" in finished.err
    assert "rotated" in finished.err
    assert "Traceback" not in finished.err


async def test_a_scenario_that_is_not_there(tmp_path: Path) -> None:
    finished = await run("demo", "--scenario", "none.yaml", "--out", "out", env=environment(), cwd=tmp_path)
    assert finished.code == 1
    assert "none.yaml" in finished.err
    assert "Traceback" not in finished.err
