from __future__ import annotations

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.beauty.rating_files import read_ratings

AVA = (
    "1 953619 0 1 5 17 38 36 15 6 5 1 1 22 1396\n2 953958 10 7 15 26 26 21 10 8 1 2 0 0 1396\n"
    "3 954184 0 0 4 8 41 56 10 3 4 0 0 0 1396\n4 9 0 0 0 0 0 0 0 0 0 0 15 0 1396\n"
)


def written(folder, text, name="ratings.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_ava_is_counts_of_ten_grades(tmp_path):
    ratings = read_ratings(written(tmp_path, AVA, "AVA.txt"))
    assert ratings.photos == ("953619.jpg", "953958.jpg", "954184.jpg")
    assert ratings.topics == ("1", "", "")
    assert ratings.weights.tolist() == [124, 126, 126]
    assert ratings.means[0] == pytest.approx(5.637, abs=5e-4)
    assert ratings.shares is not None
    assert ratings.shares[1, 0] == pytest.approx(10 / 126)
    assert ratings.notes == ("1 left out, with no ratings: row 4",)


def test_rows_that_can_not_be_used_are_named_and_the_others_are(tmp_path):
    text = (
        "Photo,Rating,topic\na.jpg,3,birds\nb.jpg,4,\nc.jpg,nan,\n,2,\nb.jpg,99,\nb.jpg,two,\n"
        '"d,1.jpg",1,cats\n'
    )
    ratings = read_ratings(written(tmp_path, text), scale=(1, 5))
    assert ratings.photos == ("a.jpg", "b.jpg", "d,1.jpg")
    assert ratings.means.tolist() == [3, 4, 1]
    assert ratings.grades.tolist() == [1, 2, 3, 4, 5]
    assert ratings.topics == ("birds", "", "cats")
    assert ratings.notes == (
        "1 left out, without a photo: row 5",
        "2 left out, without a number for a rating: rows 4, 7",
        "1 left out, with a rating outside 1 to 5: row 6",
    )


def test_raters_biases_are_taken_away_where_raters_are_known(tmp_path):
    rng = np.random.default_rng(0)
    quality, bias = rng.normal(5, 1, 60), np.array([-2.0, 0.0, 0.0, 2.0])
    rows = [
        (f"{photo:02}.jpg", quality[photo] + bias[rater] + rng.normal(0, 0.5), f"r{rater}")
        for photo in range(60)
        for rater in rng.choice(4, 2, replace=False)
    ]
    lines = [f"{photo},{value:.3f},{rater}" for photo, value, rater in rows]
    again = ["00.jpg,9,kind", "01.jpg,9,kind", "02.jpg,9,kind", "03.jpg,9,kind", "04.jpg,9,kind"]
    text = "\n".join(["image,score,user", *lines, *again, "00.jpg,9,kind", "05.jpg,1,"])
    file = written(tmp_path, text)
    apart, plain = read_ratings(file), read_ratings(file, debias=False)
    known = np.corrcoef(apart.means, quality)[0, 1]
    assert known > 0.9
    assert known > np.corrcoef(plain.means, quality)[0, 1] + 0.1
    assert apart.shares is None  # ratings with fractions have no grades
    assert "1 ratings of a photo that its rater rated again are left out: row 122" in apart.notes
    assert "1 raters give every photo the same: kind" in apart.notes
    assert any("biases are taken away" in note for note in apart.notes)
    assert any("stay in the means, as asked" in note for note in plain.notes)

    alone = written(tmp_path, "photo,rating,rater\na,1,x\nb,2,y\n", "alone.csv")
    assert any("can't be told apart" in note for note in read_ratings(alone).notes)


def test_grades_keep_their_means_when_biases_part_them(tmp_path):
    rng = np.random.default_rng(1)
    rows = [(p, r, int(rng.integers(2, 5)) + (r == 2)) for p in range(20) for r in range(3)]
    text = "photo\trating\trater\n" + "".join(f"{p}\t{v}\t{r}\n" for p, r, v in rows)
    ratings = read_ratings(written(tmp_path, text), scale=(0, 7))
    assert ratings.shares is not None
    assert ratings.shares @ ratings.grades == pytest.approx(ratings.means)


def test_parquet_says_what_a_csv_says(tmp_path):
    pairs = {"winner": ["a", "b", "c"], "loser": ["b", "c", "a"], "tie": [False, True, False]}
    parquet.write_table(arrow.table(pairs), tmp_path / "pairs.parquet")
    text = "better;worse;tie\na;b;0\nb;c;1\nc;a;0\n"
    for file in (tmp_path / "pairs.parquet", written(tmp_path, text)):
        ratings = read_ratings(file)
        assert ratings.photos == ("a", "b", "c")
        assert ratings.pairs.tolist() == [[0, 1], [1, 2], [2, 0], [2, 1]]
        assert ratings.pair_weights.tolist() == [1, 0.5, 1, 0.5]

    counts = {"path": ["x", "y", "x"], "distribution": [[1, 0, 3], [2, 2, 0], [1, 0, 0]]}
    parquet.write_table(arrow.table(counts), tmp_path / "counts.parquet")
    wide = written(tmp_path, "path,1,2,3\nx,1,0,3\ny,2,2,0\nx,1,0,0\n", "counts.csv")
    for file in (tmp_path / "counts.parquet", wide):
        ratings = read_ratings(file)
        assert ratings.means.tolist() == [2.2, 1.5]
        assert ratings.weights.tolist() == [5, 4]
        assert ratings.notes == ("1 rows of a photo that has another are added to it",)


def test_pairs_that_say_nothing_are_named(tmp_path):
    text = "better,worse\na,b\nc,c\n,d\ne,f\n"
    ratings = read_ratings(written(tmp_path, text))
    assert len(ratings.pairs) == 2
    assert ratings.notes[:2] == (
        "1 left out, without two photos: row 4",
        "1 left out, with one photo twice: row 3",
    )
    assert "2 parts that no pair connects" in ratings.notes[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("photo,rating\n", "no rows"),
        ("", "no rows"),
        ("photo,stuff\na,1\n", "no columns of ratings"),
        ("photo,rating\na,1,2\n", "row 2 has 3 fields"),
        ("photo,rating,rating\na,1,2\n", "one name"),
        ("photo,rating\n,1\nb,x\n", "no row can be used"),
        ("better,rater\na,x\n", "not than which"),
        ("worse,rater\na,x\n", "not than which"),
        ("better,worse\na,a\n", "no row can be used"),
        ("photo,1,2\na,-1,2\nb,x,1\n", "no row can be used"),
        ("1 2 3 4 5 6 7 8 9 10 11 12\n1 2\n", "line 2 has 2 fields"),
    ],
)
def test_files_without_ratings_are_refused(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_ratings(written(tmp_path, text))


def test_files_of_another_kind_are_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "c.sqlite").write_bytes(b"SQLite format 3\0 and no more")
    for name, said in (("a.csv", "no text"), ("b.parquet", "Parquet"), ("c.sqlite", "judgements")):
        with pytest.raises(DataError, match=said):
            read_ratings(tmp_path / name)
    with pytest.raises(DataError, match="no such file"):
        read_ratings(tmp_path / "d.csv")
    with pytest.raises(ConfigError, match="scale"):
        read_ratings(tmp_path / "a.csv", scale=(5, 1))
