"""The user's own saved views of the queue. The built-in ones are no rows: they come with the program."""

import msgspec
from sqlalchemy import text

from kkassist.domain.case import View
from kkassist.store.codec import encode
from kkassist.store.folding import danish_key
from kkassist.store.sql import Tx, upsert
from kkassist.store.tables import views

_decode = msgspec.json.Decoder(View).decode


def saved(tx: Tx) -> list[View]:
    """The saved views by name."""
    found = [_decode(body) for body in tx.execute(text("SELECT body FROM views")).scalars()]
    return sorted(found, key=lambda view: danish_key(view.name))


def save(tx: Tx, view: View) -> None:
    """Keep a view; one of the same id is replaced."""
    upsert(tx, views, ("id", "name", "body"), [(view.id, view.name, encode(view))])


def delete(tx: Tx, view_id: str) -> None:
    """Forget a view; nothing happens when it is not there."""
    tx.execute(text("DELETE FROM views WHERE id = :id"), {"id": view_id})
