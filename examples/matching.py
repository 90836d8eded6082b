"""What did job training do to earnings? Nobody drew lots; a trial, where they did, tells.

Needs `ontogeny[beauty]`.
"""

import ontogeny as og
from ontogeny.worlds.observed.lalonde import COVARIATES, lalonde

data = lalonde()  # the trained of a trial, and 15,992 people of a survey
result = og.match(data.seen, "treat", COVARIATES, "re78", replace=True)
print(result)

# the trial itself, whose lots are the truth that matching looks for
print(f"\nthe trial found {data.effect:+,.0f} dollars a year")
print(f"the plain difference is {result.found.naive.value:+,.0f}")
print(f"matched: {result.effect.value:+,.0f}, and {result.found.verdict.word}")
for rule in result.found.verdict.failed:
    print(f"it fails: {rule.rule}")

pairs = result.pairs  # rows of the table, the weight, and how far apart they are
for row, other in list(zip(pairs["treated"], pairs["control"], strict=True))[:3]:
    print(
        {name: (float(data.seen[name][row]), float(data.seen[name][other])) for name in COVARIATES}
    )
