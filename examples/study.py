"""What seeing better photos does to people: a study of a platform, here a simulated one.

Put your own tables in the place of these: photos (id, user, time, score), follows (source, target,
time), events (user, time, kind, photo), as Parquet, CSV or frames. Needs `ontogeny[study]`.
"""

import ontogeny as og
from ontogeny.worlds.platform.config import PlatformConfig
from ontogeny.worlds.platform.simulated import platform


def main() -> None:
    """Study a platform on which a large gap is a double edge."""
    lived = platform(PlatformConfig(users=2000, planted="double-edged"), seed=1)
    study = og.study(lived.photos, lived.follows, lived.events, "study", tell=print)
    print(study)
    for outlook in study.outlooks:
        print(f"recommend {outlook.rule}: {100 * outlook.better[0]:+.1f} points upload better")
    print("planted:", lived.truth.to_dict())


if __name__ == "__main__":
    main()
