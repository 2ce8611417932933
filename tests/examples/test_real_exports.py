"""The configured real exports, against facts worked out from the files with plain Polars."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import yaml

from connectors.files import FileSource, FileStream
from connectors.landing import Landing, Manifest, Origin

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "examples" / "real" / "sources"
DATA = Path(os.environ.get("EARFUL_EXPORTS", ROOT.parent / "shared" / "data"))

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the real exports are not here: {DATA} (set EARFUL_EXPORTS)"
)

Table = Callable[[str, str], pl.DataFrame]


class Landed:
    """What one configured source landed."""

    def __init__(self, root: Path, name: str) -> None:
        """Land every stream of `sources/<name>` under `root`."""
        given = yaml.safe_load((SOURCES / name / "defs.yaml").read_text())["attributes"]
        source = FileSource.model_validate({key: given[key] for key in ("folder", "streams")})
        self.root = root
        self.manifests: list[Manifest] = []
        for stream, config in source.streams.items():
            origin = Origin(source=name, stream=stream, connector="files", family=given["family"])
            files = FileStream(
                origin,
                config,
                DATA / source.folder,
                keep_raw=given["family"] != "workforce",
                hash_key=b"a key of this test alone",
            )
            self.manifests += files.sync(Landing(root))

    def table(self, name: str) -> pl.DataFrame:
        """All rows of one table."""
        return pl.concat(map(pl.read_parquet, self.root.glob(f"*/*/2*/{name}.parquet")))

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Read, accepted, rejected, deduplicated."""
        total = sum((m.counts for m in self.manifests[1:]), self.manifests[0].counts)
        return total.read, total.accepted, total.rejected, total.deduplicated


@pytest.fixture
def land(tmp_path: Path) -> Callable[[str], Landed]:
    return lambda name: Landed(tmp_path / name, name)


def export(path: str) -> pl.DataFrame:
    return pl.read_csv(DATA / path, infer_schema=False)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("cfpb", 3307),
        ("comcast", 2224),
        ("nhs_fft", 5096),
        ("olist", 5765 + 5765),
        ("olist_reviews", 5847),
        ("osmi_2014", 1259),
        ("sfo_airport", 3234 + 3872 + 3521 + 3535 + 2818 + 2958 + 3087),
        ("stack_overflow", 5594),
        ("star_wars", 1186),
        ("telecom_nps", 779),
        ("twitter_support", 5000),
        ("voting_study", 156),
    ],
)
def test_every_row_of_every_real_export_lands(
    land: Callable[[str], Landed], name: str, read: int
) -> None:
    assert land(name).counts == (read, read, 0, 0)


def test_every_configured_source_is_tested() -> None:
    assert len(list(SOURCES.glob("*/defs.yaml"))) == 13


def test_of_tables_that_another_loader_landed_every_row_lands_once(
    land: Callable[[str], Landed],
) -> None:
    # three changes stand in its history twice or more
    assert land("zendesk_tables").counts == (10 + 20 + 38, 10 + 20 + 35, 0, 3)


def test_telecom_promoters_passives_and_detractors_stand_at_their_touchpoints(
    land: Callable[[str], Landed],
) -> None:
    telecom = land("telecom_nps")
    answers = telecom.table("survey_answers").filter(pl.col("question_id") == "recommend")
    scored = answers.join(telecom.table("survey_responses"), on="response_id")
    ours = scored.group_by("touchpoint").agg(
        promoters=(pl.col("value_number") >= 9).sum(),
        passives=pl.col("value_number").is_between(7, 8).sum(),
        detractors=(pl.col("value_number") <= 6).sum(),
    )

    # the export carries the vendor's own classification beside the score
    raw = export("bt_nps_verbatims/nps_verbatims.csv").drop_nulls("NPS_RATING")
    theirs = raw.group_by(touchpoint="SURVEY_SUB_TYPE").agg(
        promoters=(pl.col("NPS_RATING") == "Promoter").sum(),
        passives=(pl.col("NPS_RATING") == "Passive").sum(),
        detractors=(pl.col("NPS_RATING") == "Detractor").sum(),
    )
    assert ours.sort("touchpoint").equals(theirs.sort("touchpoint"))
    assert ours["promoters"].sum() == 232


def test_nhs_respondents_are_one_response_with_a_rating_and_their_comments(
    land: Callable[[str], Landed],
) -> None:
    nhs = land("nhs_fft")
    raw = export("nhs_fft_pxtextmining/v6framework_230831.csv")

    assert nhs.table("survey_responses").height == raw["Respondent ID"].n_unique()
    answers = nhs.table("survey_answers")
    ratings = answers.filter(pl.col("question_id") == "rating")
    theirs = raw.unique("Respondent ID")["FFT categorical answer"].cast(pl.Float64)
    assert (
        ratings["value_number"]
        .value_counts(sort=True)
        .equals(theirs.alias("value_number").value_counts(sort=True))
    )
    comments = answers.filter(pl.col("question_id") != "rating")
    assert comments.height == raw["FFT answer"].is_not_null().sum()
    assert comments["question_id"].n_unique() == 3


@pytest.mark.parametrize(
    ("year", "column"),
    [
        (2010, "Q6N"),
        (2011, "Q8N"),
        (2012, "Q8N_WHOLE"),
        (2013, "Q7O_WHOLE"),
        (2014, "Q7ALL"),
        (2015, "Q7ALL"),
        (2016, "Q7ALL"),
    ],
)
def test_each_airport_wave_keeps_its_overall_rating_and_leaves_blanks_out(
    airport: Landed, year: int, column: str
) -> None:
    raw = export(f"sfo_airport_survey/{year}_SFO_Customer_Survey_20250817.csv")
    theirs = raw[column].str.strip_chars().cast(pl.Float64)
    theirs = theirs.filter(theirs != 0).value_counts(sort=True).rename({column: "value_number"})

    answers = airport.table("survey_answers").filter(pl.col("question_id") == f"overall_{year}")
    assert answers["value_number"].value_counts(sort=True).equals(theirs)
    asked = airport.table("survey_responses").filter(
        pl.col("response_id").str.starts_with(f"{year}-")
    )
    assert asked["submitted_at"].dt.year().unique().to_list() == [year]


@pytest.fixture(scope="module")
def airport(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    return Landed(tmp_path_factory.mktemp("airport"), "sfo_airport")


def test_a_qualtrics_export_takes_questions_from_its_three_header_rows(
    land: Callable[[str], Landed],
) -> None:
    study = land("voting_study")

    statuses = dict(study.table("survey_responses")["status"].value_counts().iter_rows())
    assert statuses == {"completed": 134, "partial": 22}
    questions = study.table("survey_questions")
    grid = questions.filter(pl.col("question_id") == "polarization")
    assert grid["item_id"].to_list() == [f"QID47_{n}" for n in range(1, 21)]
    asked = questions.filter(pl.col("question_id") == "consent")["question_text"].item()
    assert asked.startswith("I, the participant, confirm that")


def test_a_surveymonkey_export_lands_only_the_ticked_items_of_a_multi_select(
    land: Callable[[str], Landed],
) -> None:
    wars = land("star_wars")
    raw = pl.read_csv(
        DATA / "fivethirtyeight_surveymonkey/StarWars.csv",
        encoding="windows-1252",
        has_header=False,
        infer_schema=False,
        skip_rows=2,
    )
    seen = wars.table("survey_answers").filter(pl.col("question_id") == "seen")
    ticked = [raw[column].is_not_null().sum() for column in raw.columns[3:9]]
    assert seen.height == sum(ticked)
    assert seen["item_id"].value_counts().sort("item_id")["count"].to_list() == ticked
    assert wars.table("survey_questions").height == 6 + 6 + 14 + 4


def test_olist_is_one_journey_of_person_order_review_and_money(
    land: Callable[[str], Landed],
) -> None:
    shop, reviewed = land("olist"), land("olist_reviews")
    payments = export("olist_8k/olist_order_payments_dataset.csv")
    customers = export("olist_8k/olist_customers_dataset.csv")

    people, orders = shop.table("people"), shop.table("value_events")
    assert people["external_id"].n_unique() == customers["customer_unique_id"].n_unique() == 5686
    assert orders.height == 5765
    cents = payments["payment_value"].cast(pl.Decimal(18, 4)).sum()
    assert orders["amount"].sum() == cents == Decimal(986811)

    reviews = reviewed.table("reviews")
    raw = export("olist_8k/olist_order_reviews_dataset.csv")
    assert reviews["rating"].mean() == raw["review_score"].cast(pl.Float64).mean()
    persons = customers.rename({"customer_unique_id": "external_id"})
    both = reviews.join(orders, left_on="order_ref", right_on="event_id", suffix="_order")
    assert both.height == 5847
    assert (both["external_id"] == both["external_id_order"]).all()
    assert reviews.join(persons, on="external_id", how="anti").is_empty()


def test_twitter_threads_have_the_roots_that_following_each_reply_finds(
    land: Callable[[str], Landed],
) -> None:
    twitter = land("twitter_support")
    raw = export("twcs_5k/twcs.csv")
    parents = dict(
        zip(
            raw["tweet_id"],
            raw["in_response_to_tweet_id"].str.replace(".0", "", literal=True),
            strict=True,
        )
    )

    def root(tweet: str) -> str:
        while parents[tweet] in parents:
            tweet = parents[tweet]
        return tweet

    messages = twitter.table("case_messages")
    ours = dict(zip(messages["message_id"], messages["case_id"], strict=True))
    assert ours == {tweet: root(tweet) for tweet in parents}
    assert twitter.table("cases").height == len(set(ours.values()))


def test_the_median_first_public_reply_on_twitter_is_what_plain_polars_finds(
    land: Callable[[str], Landed],
) -> None:
    twitter = land("twitter_support")
    cases = twitter.table("cases").filter(pl.col("opened_by") == "customer")
    replies = twitter.table("case_messages").filter(pl.col("author_role") == "agent")
    first = replies.group_by("case_id").agg(replied_at=pl.col("created_at").min())
    ours = cases.join(first, on="case_id").select(pl.col("replied_at") - pl.col("created_at"))

    raw = export("twcs_5k/twcs.csv").with_columns(
        at=pl.col("created_at").str.to_datetime("%a %b %d %H:%M:%S %z %Y"),
        parent=pl.col("in_response_to_tweet_id").str.replace(".0", "", literal=True),
    )
    thread = raw.filter(pl.col("inbound") == "True").filter(
        ~pl.col("parent").is_in(raw["tweet_id"].implode()) | pl.col("parent").is_null()
    )
    known = thread.select("tweet_id", root="tweet_id", opened="at")
    found = []
    while known.height:
        known = raw.join(known, left_on="parent", right_on="tweet_id").select(
            "tweet_id", "root", "opened", "at", "inbound"
        )
        found.append(known.filter(pl.col("inbound") == "False"))
        known = known.select("tweet_id", "root", "opened")
    theirs = pl.concat(found).group_by("root").agg((pl.col("at") - pl.col("opened")).min())["at"]
    assert ours.height == theirs.len()
    assert ours.to_series().median() == theirs.median()
    assert timedelta() < theirs.median() < timedelta(days=1)


def test_complaint_statuses_and_days_are_those_of_the_export(land: Callable[[str], Landed]) -> None:
    cases = land("comcast").table("cases")
    raw = export("comcast_fcc_complaints/Comcast_telecom_complaints_data.csv")

    assert cases["status"].value_counts(sort=True)["count"].to_list() == [973, 734, 363, 154]
    days = raw["Date"].str.replace_all("/", "-").str.to_date("%d-%m-%y")
    assert cases["created_at"].dt.date().sort().equals(days.sort().alias("created_at"))


def test_complaints_to_the_regulator_carry_their_tags_as_lists(
    land: Callable[[str], Landed],
) -> None:
    cases = land("cfpb").table("cases")
    both = cases.filter(pl.col("tags") == '["Older American","Servicemember"]')
    assert both.height == 40
    # "N/A" means nothing in this export, and is landed as nothing
    assert not cases["attributes"].str.contains('"N/A"', literal=True).any()


def test_employees_are_landed_as_keyed_hashes_and_nothing_else_names_them(
    land: Callable[[str], Landed],
) -> None:
    pulse = land("stack_overflow")
    answers = pulse.table("pulse_answers")
    assert answers["respondent_hash"].str.contains("^[0-9a-f]{64}$").all()
    assert answers["respondent_hash"].n_unique() == 5594
    satisfaction = answers.filter(pl.col("question_id") == "career_satisfaction")["value_number"]
    raw = pl.read_parquet(DATA / "modeldata_sets/stackoverflow.parquet")["CareerSatisfaction"]
    assert satisfaction.mean() == raw.mean()
    assert all(not manifest.pages for manifest in pulse.manifests)
    assert answers["attributes"].null_count() == answers.height


def test_the_mental_health_pulse_holds_every_answer_given_and_no_na(
    land: Callable[[str], Landed],
) -> None:
    answers = land("osmi_2014").table("pulse_answers")
    raw = export("osmi_mental_health_in_tech/initial_2014.csv")
    for question in ("supervisor", "work_interfere", "leave"):
        given = raw.filter(pl.col(question) != "NA")[question]
        ours = answers.filter(pl.col("question_id") == question)["value_choice"]
        assert ours.sort().equals(given.sort().alias("value_choice"))
    assert "comments" in answers["question_id"]
