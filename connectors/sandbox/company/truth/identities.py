"""Who is who: every reference to a person in every system, and which of them can be linked."""

from __future__ import annotations

import numpy as np
import polars as pl

from connectors.sandbox.company.block import Block
from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import Plan
from connectors.sandbox.company.responses import contact_ids


def identities(plan: Plan, block: Block) -> pl.DataFrame:
    """One row per person, system, kind and reference, as written down in `readme.txt`."""
    mentions = pl.concat(
        [_shop(block), _crm(plan, block), _desk(plan, block), _surveys(block)], how="diagonal"
    )
    mentions = mentions.filter(pl.col("ref").is_not_null())
    flags = {"shared": False, "gone": False, "further": False, "usable": True}
    mentions = mentions.with_columns(pl.col(n).fill_null(value=v) for n, v in flags.items())
    usable = pl.col("usable") & ~pl.col("shared") & ~pl.col("gone")
    mentions = mentions.with_columns(
        usable=usable, node=pl.struct("person_id", "space", "ref").rank("dense").cast(pl.Int64)
    )
    whole = _groups(mentions.filter("usable"))
    plain = _groups(mentions.filter(pl.col("usable") & ~pl.col("further")))
    mentions = mentions.join(whole.rename({"group": "linkable"}), on="node", how="left")
    mentions = mentions.join(plain.rename({"group": "linkable_plain"}), on="node", how="left")
    first = block.people["person"][0] * 64
    keys = ["person_id", "system", "kind", "ref"]
    return (
        mentions.group_by(keys)
        .agg(
            pl.col("shared", "usable").any(),
            pl.col("gone", "further").all(),
            (pl.col("linkable", "linkable_plain").min() + first),
        )
        .sort(keys)
    )


def _groups(mentions: pl.DataFrame) -> pl.DataFrame:
    """Nodes that records join, directly or through others, get one `group` each."""
    node = mentions["node"].to_numpy()
    record = mentions["record"].rank("dense").to_numpy().astype(np.int64)
    label: Ints = np.arange(node.max() + 1 if len(node) else 1)
    of_record: Ints = np.zeros(record.max() + 1 if len(record) else 1, dtype=np.int64)
    while True:
        of_record[:] = len(label)
        np.minimum.at(of_record, record, label[node])
        following = label.copy()
        np.minimum.at(following, node, of_record[record])
        if (following == label).all():
            break
        label = following
    nodes = np.unique(node)
    return pl.DataFrame({"node": nodes, "group": label[nodes]})


def _mention(
    frame: pl.DataFrame, system: str, record: pl.Expr, kind: str, ref: pl.Expr, **flags: pl.Expr
) -> pl.DataFrame:
    """One reference a row; `record` is what holds it, `space` within which it is one's own."""
    return frame.select(
        person_id="person",
        system=pl.lit(system),
        record=pl.lit(f"{system}:") + record.cast(pl.String),
        kind=pl.lit(kind),
        space=pl.lit(f"{system}:person" if kind == "person" else kind),
        ref=ref.cast(pl.String),
        **flags,
    )


def _shop(block: Block) -> pl.DataFrame:
    row = block.orders.select("order", "row")
    people = block.people.select("row", "person", "phone", "family", "shared_email")
    seen = block.tables["orders"].select(
        "customer_number",
        email=pl.col("email").str.to_lowercase(),
        called=pl.col("phone").is_not_null(),
        order=pl.col("order_id").str.strip_suffix("-R"),
    )
    seen = seen.join(row, on="order").join(people, on="row").drop("order")
    seen = seen.unique(["row", "customer_number", "email", "called"]).sort(pl.all())
    seen = seen.with_row_index("n")
    owners = block.people.select("email", owner="person")
    seen = seen.join(owners, on="email", how="left", maintain_order="left")
    desk = pl.col("email") == pl.col("shared_email")
    own = pl.col("owner").is_null() | (pl.col("owner") == pl.col("person"))
    record = pl.format("{}:{}", "person", "n")
    phone = pl.when("called").then("phone")
    return pl.concat(
        [
            _mention(seen, "shop", record, "external", pl.col("customer_number")),
            _mention(
                seen,
                "shop",
                record,
                "email",
                pl.col("email"),
                shared=desk.fill_null(value=False),
                usable=own,
            ),
            _mention(seen, "shop", record, "phone", phone, shared=pl.col("family") >= 0),
        ],
        how="diagonal",
    )


def _crm(plan: Plan, block: Block) -> pl.DataFrame:
    known = block.people.filter(
        pl.col("created").is_not_null(), pl.col("created") < plan.end * 1000
    )
    gone = pl.col("erased").is_not_null()
    one = pl.col("contact")
    also = known.filter(pl.col("further").is_not_null() | pl.col("merged").is_not_null())
    second = known.filter(pl.col("contact_2").is_not_null())
    merged = known.filter(pl.col("merged").is_not_null())
    family = pl.col("family") >= 0
    told = pl.col("phone_known")
    mobile = pl.col("phone_later").is_not_null() & (pl.col("contact") % 3 == 0)
    said = pl.when("at_home").then(pl.lit("0") + pl.col("phone").str.slice(3)).otherwise("phone")
    return pl.concat(
        [
            _mention(known, "crm", one, "person", one, gone=gone),
            _mention(known, "crm", one, "email", pl.col("crm_email"), gone=gone),
            _mention(known, "crm", one, "external", pl.col("crm_number"), gone=gone),
            _mention(
                known, "crm", one, "phone", pl.when(told).then(said),
                gone=gone, shared=family, usable=~pl.col("at_home"),
            ),
            _mention(
                known, "crm", one, "phone", pl.when(mobile).then("phone"),
                gone=gone, shared=family, further=pl.lit(value=True),
            ),
            _mention(
                also, "crm", one, "email", pl.col("email_2"),
                gone=gone, further=pl.lit(value=True),
            ),
            _mention(second, "crm", pl.col("contact_2"), "person", pl.col("contact_2")),
            _mention(second, "crm", pl.col("contact_2"), "email", pl.col("email_2")),
            _mention(
                second, "crm", pl.col("contact_2"), "phone",
                pl.when(pl.col("row") % 3 == 0).then("phone"), shared=family,
            ),
            _mention(merged, "crm", pl.col("contact_2"), "person", one, gone=gone),
        ],
        how="diagonal",
    )  # fmt: skip


def _desk(plan: Plan, block: Block) -> pl.DataFrame:
    users = block.users.filter(pl.col("created") < plan.end)
    gone, desk = pl.col("deleted").is_not_null(), pl.col("way") == 2
    user, family = pl.col("user"), pl.col("family") >= 0
    typed = pl.when(pl.col("replied") + 20 < plan.end).then("typed_number")
    merged = users.filter(pl.col("merged").is_not_null())
    joined = block.tables["zendesk_identities"].select(
        user="user_id", value="value", email=pl.col("type") == "email"
    )
    further = joined.join(users, on="user", suffix="_user")
    yes = pl.lit(value=True)
    return pl.concat(
        [
            _mention(users, "desk", user, "person", user, gone=gone, shared=desk),
            _mention(users, "desk", user, "email", pl.col("address"), gone=gone, shared=desk),
            _mention(users, "desk", user, "phone", pl.col("shown"), gone=gone, shared=family),
            _mention(users, "desk", user, "external", typed, gone=gone),
            _mention(merged, "desk", user, "person", pl.col("into")),
            _mention(further.filter("email"), "desk", user, "email", pl.col("value"), further=yes),
            _mention(
                further.filter(~pl.col("email")), "desk", user, "phone", pl.col("value"),
                further=yes, shared=family,
            ),
        ],
        how="diagonal",
    )  # fmt: skip


def _surveys(block: Block) -> pl.DataFrame:
    asked = block.people.filter(pl.col("row").is_in(block.asked["row"].unique().implode()))
    sms = block.people.filter(
        pl.col("row").is_in(block.asked.filter("sms")["row"].unique().implode())
    )
    mailed = block.people.filter(
        pl.col("row").is_in(block.asked.filter(~pl.col("sms"))["row"].unique().implode())
    )
    person = pl.col("person")
    contact = contact_ids(asked["person"])
    return pl.concat(
        [
            _mention(asked, "survey", person, "person", pl.lit(contact)),
            _mention(asked, "survey", person, "external", pl.col("crm_number")),
            _mention(mailed, "survey", person, "email", pl.col("crm_email")),
            _mention(sms, "survey", person, "phone", pl.col("phone"), shared=pl.col("family") >= 0),
        ],
        how="diagonal",
    )
