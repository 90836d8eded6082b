"""The report of a study: what was found in plain words, pictures, and what could be wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ontogeny.social.matching.matched import Matched
from ontogeny.social.study.findings import Finding
from ontogeny.social.study.outlook import Outlook
from ontogeny.social.study.study import Study
from ontogeny.social.study.told import Told
from ontogeny.views import page
from ontogeny.views.quantities import count, number
from ontogeny.views.studies.matching_figures import dose_figure, effects_figure, love_figure
from ontogeny.views.studies.network_figures import (
    ageing_figure,
    cores_figure,
    inequality_figure,
    talent_figure,
)

KINDS: dict[str, page.Kind] = {"supported": "good", "fragile": "doubtful", "not supported": "bad"}
HOLDS: dict[bool | None, page.Html] = {
    True: page.mark("yes", "good"),
    False: page.mark("NO", "bad"),
    None: page.mark("not asked", "plain"),
}
TALENTS = 10  # that are listed

THREATS = (
    ("Whom people follow is their choice", "Who follows good people may be like them in ways that "
     "no table holds. The effect on the past is asked for this; it sees only what showed then."),
    ("Regression to the mean", "Who was lucky in the first window falls back. Quality before is "
     "measured in both halves of it, and matched on."),
    ("Only who uploads has a quality", "Who stopped uploading has none in the last window. How "
     "many, and how far the effect could go either way if they were known, is said above."),
    ("People on a network are not alone", "One's exposure is another's audience. Intervals are "
     "over communities, which keeps what is shared inside them together; effects that reach beyond "
     "are missed."),
    ("What the platform changed", "A change of the feed or of the app in the midst hits all, but "
     "not all alike. Windows of another time are the test."),
)  # fmt: skip


def study_html(study: Study) -> str:
    """Return the page."""
    tables, described = study.tables, study.overview.described
    facts = [
        ("users", f"{described.users:,}"),
        ("follows", f"{described.follows:,}"),
        ("photos", f"{tables.read['photos']:,}"),
        ("events", f"{tables.read['events']:,}"),
        ("communities", f"{int(described.community.max()) + 1:,}"),
    ]
    body = [
        "<header>\n<h1>What quality does to people here</h1>\n"
        + page.paragraph(f"Windows: {study.users.windows}", "soft")
        + page.tiles(facts)
        + "</header>\n",
        page.section("In short", *(_finding(one.finding) for one in study.experiments)),
        page.section(
            "The network",
            *(page.paragraph(said) for said in study.network_told),
            *_network(study),
        ),
    ]
    shown = {one.words.title: one.result.found for one in study.experiments if one.result.found}
    if shown:
        body.append(page.drawn(effects_figure(
            shown,
            "Differences between those who had it and others like them, with 95 % intervals. Grey "
            "is before matching; on the past there should be none.",
        )))  # fmt: skip
    body += [_experiment(one, index) for index, one in enumerate(study.experiments)]
    if study.not_done:
        body.append(page.section(
            "What could not be asked", *(page.paragraph(why) for why in study.not_done)
        ))  # fmt: skip
    if study.outlooks:
        body.append(_recommending(study.outlooks))
    body.append(page.section(
        "What could be wrong",
        *(f"<h3>{page.text(title)}</h3>\n{page.paragraph(words)}" for title, words in THREATS),
    ))  # fmt: skip
    body.append(page.section("What was left out of the tables", _left_out(tables.told)))
    body.append(page.section(
        "Every table", page.paragraph(f"In {study.folder}:", "soft"),
        page.table(["file", "what is in it"], study.files, left=(0, 1)),
    ))  # fmt: skip
    return page.document("What quality does to people - Ontogeny", body)


def _finding(one: Finding) -> str:
    return (
        f"<h3>{page.text(one.title)} {page.mark(one.verdict, KINDS[one.verdict])}</h3>\n"
        + page.paragraph(one.sentence)
    )


def _network(study: Study) -> Iterable[str]:
    described, users = study.overview.described, study.users.columns["user"]
    yield page.drawn(inequality_figure(described))
    yield page.drawn(cores_figure(described))
    yield page.drawn(talent_figure(described))
    if len(found := described.talents[:TALENTS]):
        quality, popularity = study.overview.quality.shrunk, study.overview.popularity
        yield "<h3>The best whom few see</h3>\n" + page.table(
            ["user", "quality", "favourites a photo", "followers"],
            [
                (users[u], number(quality[u]), number(popularity[u]),
                 f"{study.overview.graph.in_degree[u]:,}")
                for u in found
            ],
            left=(0,),
        )  # fmt: skip
    illusion = described.illusion
    if len(illusion.nodes):
        rows = [
            (users[node], f"{deceived:,}", f"{followers:,}")
            for node, deceived, followers in zip(
                *(
                    part[:TALENTS]
                    for part in (illusion.nodes, illusion.follows, illusion.followers)
                ),
                strict=True,
            )
        ]
        yield "<h3>Who makes the best seem the rule</h3>\n" + page.table(
            ["user", "followed by so many for whom most are of the best", "followers"],
            rows,
            left=(0,),
        )
    if described.ages:
        yield page.drawn(ageing_figure(described.ages))
    if (classes := described.classes) is not None:
        yield (
            "<h3>Classes of users</h3>\n"
            + page.paragraph(
                "By k-means; the same classes come of halves of the users."
                if classes.stable
                else "By k-means; halves of the users give others, so take them for a sketch.",
                "soft",
            )
            + page.table(
                ["users", *(name.removeprefix("log ") for name in classes.names)],
                [
                    (f"{size:,}", *map(number, _plain_units(classes.names, centre)))
                    for size, centre in zip(classes.sizes, classes.centres, strict=True)
                ],
            )
        )
    for note in described.notes:
        yield page.paragraph(note, "soft")


def _plain_units(names: Sequence[str], centre: np.ndarray) -> list[float]:
    """Return a class's centre in units that people know: those of log(1 + x) as x."""
    return [
        float(np.expm1(value)) if name.startswith("log ") else float(value)
        for name, value in zip(names, centre, strict=True)
    ]


def _experiment(one: Told, index: int) -> str:
    result = one.result
    parts = [page.paragraph(one.asked)]
    parts += [page.paragraph(line, "soft") for line in one.beside]
    if result.found is not None:
        rules = [
            (HOLDS[rule.holds], rule.rule, rule.measured) for rule in result.found.verdict.rules
        ]
        parts.append(page.table(["holds", "rule", "measured"], rules, left=(0, 1, 2)))
    along = one.dose.found.dose if one.dose is not None and one.dose.found is not None else None
    if along is not None:
        parts.append(page.drawn(dose_figure(along, one.words.dose, f"dose{index}")))
    parts.append(page.drawn(love_figure(result.balance, f"love{index}")))
    parts.append(_numbers(result))
    return page.section(one.words.title, *parts)


def _numbers(result: Matched) -> str:
    return f"<details><summary>All numbers</summary>\n<pre>{page.text(result)}</pre></details>\n"


def _recommending(outlooks: Sequence[Outlook]) -> str:
    def points(values: tuple[float, float, float]) -> str:
        value, low, high = (100 * v for v in values)
        return f"{value:+.2f} ({low:+.2f} to {high:+.2f})"

    rows = [
        (one.rule, points(one.better), points(one.declining), number(one.exposed),
         number(one.gap), f"{one.reached:.1%}", f"{one.talent:.1%}")
        for one in outlooks
    ]  # fmt: skip
    return page.section(
        "If people were recommended whom to follow",
        page.paragraph(
            "Every user is shown a short list by one rule, and follows each of it with the same "
            "probability. What that would do follows from the effects above, if they are causes "
            "and the same for all; between what was measured they are taken as linear, beyond it "
            "as level; nobody unfollows, and nobody else's outcomes change."
        ),
        page.table(
            ["rule", "better uploads (points)", "declining (points)", "new ones' level above own",
             "gap afterwards", "creators reached", "of them unseen talent"],
            rows, left=(0,),
        ),
    )  # fmt: skip


def _left_out(told: Sequence[str]) -> str:
    if not told:
        return page.paragraph("Nothing: every row was used.")
    return page.paragraph(f"{count(len(told), 'rule')} left rows out, or changed them.", "soft") + (
        "<ul>\n" + "".join(f"<li>{page.text(line)}</li>\n" for line in told) + "</ul>\n"
    )
