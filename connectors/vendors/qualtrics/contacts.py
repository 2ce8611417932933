"""Who is in Qualtrics' directories."""

from __future__ import annotations

import msgspec

from connectors.cursors import Batch, Reading
from connectors.http import Api
from connectors.records import also
from connectors.stream import Stream
from connectors.vendors.mapping import given
from connectors.vendors.qualtrics.surveys import Listed, listed
from connectors.vendors.reading import each, one, told


@also("firstName lastName unsubscribed mailingListUnsubscribed")
class Contact(msgspec.Struct, rename="camel"):
    contact_id: str
    email: str | None = None
    phone: str | None = None
    ext_ref: str | None = None
    language: str | None = None
    gone: bool = msgspec.field(default=False, name="_gone")


CONTACTS = Stream(
    record=Contact,
    tables={
        "people": {
            "person_ref": "contact_id",
            "email": given("email"),
            "phone": given("phone"),
            "external_id": given("ext_ref"),
            "language": given("language"),
            # contacts are not dated: the later load is the later version
            "_deleted": "gone",
        }
    },
)


class _Directory(msgspec.Struct, rename="camel"):
    directory_id: str


class _ContactId(msgspec.Struct, rename="camel"):
    contact_id: str


def directories(api: Api) -> list[str]:
    """Directories of contacts that the token may see."""
    return [found.directory_id for found in told(each([*listed(api, "directories")], _Directory))]


def page(directory: str, api: Api, at: str | None, _reading: Reading) -> Batch:
    """A page of a directory's contacts."""
    path = at or f"directories/{directory}/contacts"
    found = api.get(path, Listed).result if at else api.get(path, Listed, pageSize=100).result
    return Batch(found.elements, next=found.next_page, done=found.next_page is None)


def key(record: bytes) -> str | None:
    """Key of a contact."""
    contact = one(record, _ContactId)
    return None if contact is None else contact.contact_id


def gone(contact: str, _api: Api) -> bytes:
    """A record of ours in the vendor's shape: the contact is in its directory no more."""
    return msgspec.json.encode({"_gone": True, "contactId": contact})
