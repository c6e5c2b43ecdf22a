"""Offers TinyDB's tables and queries on the documents of a journal.

Reading works at any time; a change outside a transaction raises. Each caller gets newly decoded documents, so changing
one does not change the store. As in stock TinyDB a doc_id may be used again after its
document was removed: refer to documents by keys of your own, in a `KeyedTable`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, ClassVar, cast

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table

from sla_tracker.storage.journal.document import canonical, decoded
from sla_tracker.storage.journal.errors import NoTransaction, RefusedDocument
from sla_tracker.storage.journal.journal import Journal
from sla_tracker.storage.journal.transaction import Transaction

EXISTS = "(exists)"
"""Key of a marker document: TinyDB tells an empty table from none."""


class JournalStorage(Storage):
    """A TinyDB storage that reads tables from a journal and stages their changes."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def reading(self) -> Transaction:
        """Return this thread's transaction, or a read-only one on the committed documents."""
        return self.journal.current or self.journal.reading()

    def writing(self) -> Transaction:
        """Return this thread's open transaction.

        Raises NoTransaction.
        """
        current = self.journal.current
        if current is None:
            raise NoTransaction("A change needs a transaction: with journal.transaction(...): ...")
        return current

    def version(self) -> tuple[int, int, int]:
        """Return the state that a query cache depends on.

        This state is the commit, the transaction and its staged changes.
        """
        current = self.journal.current
        staged = (current.number, current.version) if current is not None else (0, 0)
        return self.journal.sequence, *staged

    def read(self) -> dict[str, Any]:
        """Return a view of each table, by name."""
        names = {*self.journal.tables(), *(name for name, _ in self.reading().staged)}
        views = {name: TableView(self, name, str) for name in names}
        return {name: view for name, view in views.items() if view.exists()}

    def write(self, data: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        """Replace the tables by those given, as TinyDB's storage interface requires."""
        for name in {*self.read(), *data}:
            view = TableView(self, name, str)
            fresh = data.get(name)
            if fresh is None:
                view.drop()
            elif not isinstance(fresh, TableView):
                view.replace(fresh)

    def close(self) -> None:
        """Do nothing: the caller who opened the journal closes it."""


class TableView(MutableMapping[Any, dict[str, Any]]):
    """One table as the dict that TinyDB expects; decodes on access, stages on `flush`.

    `kind` converts a journal key to a doc_id: int for tables with counted ids, str for tables with own keys.
    """

    def __init__(self, storage: JournalStorage, name: str, kind: Callable[[str], Any]) -> None:
        self._storage = storage
        self._name = name
        self._kind = kind
        self._source = storage.reading()
        self._touched: dict[Any, dict[str, Any]] = {}
        self._gone: set[Any] = set()
        self._cleared = False

    def exists(self) -> bool:
        """Return whether the table exists, perhaps empty."""
        return bool(self._source.keys(self._name))

    def _standing(self) -> Iterator[Any]:
        """Yield the ids of committed documents that were not removed, in order."""
        if not self._cleared:
            ids = sorted(self._kind(key) for key in self._source.keys(self._name) if key != EXISTS)
            yield from (doc_id for doc_id in ids if doc_id not in self._gone)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Any]:
        standing = dict.fromkeys(self._standing())
        yield from standing
        yield from (doc_id for doc_id in self._touched if doc_id not in standing)

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._touched or self._content(doc_id) is not None

    def __getitem__(self, doc_id: Any) -> dict[str, Any]:
        if doc_id not in self._touched:
            content = self._content(doc_id)
            if content is None:
                raise KeyError(doc_id)
            self._touched[doc_id] = decoded(content)
        return self._touched[doc_id]

    def _content(self, doc_id: object) -> bytes | None:
        if self._cleared or doc_id in self._gone:
            return None
        return self._source.get(self._name, str(doc_id))

    def __setitem__(self, doc_id: Any, document: dict[str, Any]) -> None:
        self._touched[doc_id] = document
        self._gone.discard(doc_id)

    def __delitem__(self, doc_id: Any) -> None:
        if doc_id not in self:
            raise KeyError(doc_id)
        self._touched.pop(doc_id, None)
        self._gone.add(doc_id)

    def clear(self) -> None:
        """Remove all documents without reading them."""
        self._touched.clear()
        self._cleared = True

    def flush(self) -> None:
        """Stage all changes in the open transaction.

        Raises NoTransaction; UnkeepableDocument for what JSON cannot hold.
        """
        target = self._storage.writing()
        fresh = {str(doc_id): _plain(document) for doc_id, document in self._touched.items()}
        gone = {str(doc_id) for doc_id in self._gone}
        if self._cleared:
            gone.update(target.keys(self._name))
        for key in gone - fresh.keys() - {EXISTS}:
            target.remove(self._name, key)
        for key, document in fresh.items():
            if target.get(self._name, key) != document:
                target.put(self._name, key, document)
        if (gone or self._cleared) and not target.keys(self._name):
            target.put(self._name, EXISTS, {})

    def replace(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace all documents of the table."""
        fresh = {self._kind(str(doc_id)): dict(document) for doc_id, document in documents.items()}
        self.clear()
        self._touched.update(fresh)
        self.flush()

    def drop(self) -> None:
        """Remove all documents and the marker of an empty table."""
        target = self._storage.writing()
        for key in target.keys(self._name):
            target.remove(self._name, key)


def _plain(document: Mapping[str, Any]) -> bytes:
    try:
        return canonical(dict(document))
    except RefusedDocument as error:
        raise UnkeepableDocument(error.sentence) from None


class UnkeepableDocument(RefusedDocument, TypeError):
    """A document that JSON cannot hold; a TypeError, as TinyDB raises."""


class JournalTable(Table):
    """A TinyDB table with counted integer ids, stored in a journal."""

    _storage: JournalStorage
    kind: ClassVar[Callable[[str], Any]] = int

    def __init__(self, storage: Storage, name: str, **options: Any) -> None:
        self._seen: tuple[int, int, int] | None = None
        super().__init__(storage, name, **options)

    def _read_table(self) -> Any:
        self._freshen()
        kind = type(self).kind
        return _Named(TableView(self._storage, self.name, kind), kind)

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        self._storage.writing()
        self._freshen()
        view = TableView(self._storage, self.name, type(self).kind)
        updater(view)
        view.flush()
        self.clear_cache()
        self._seen = self._storage.version()

    def _freshen(self) -> None:
        """Drop cached results and the next id if the journal changed.

        Others may have used the id.
        """
        version = self._storage.version()
        if version != self._seen:
            self.clear_cache()
            self._next_id = None
            self._seen = version

    def _get_next_id(self) -> Any:
        self._freshen()
        of_tinydb: Callable[[], Any] = super()._get_next_id
        return of_tinydb()

    def search(self, cond: QueryLike) -> list[Document]:
        """Search as TinyDB does.

        Returns deep copies, as TinyDB's query cache shares its results.
        """
        self._freshen()
        return copy.deepcopy(super().search(cond))

    def insert(self, document: Mapping[str, Any]) -> Any:
        """Insert a document within a transaction."""
        self._storage.writing()
        return super().insert(document)

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[Any]:
        """Insert documents within a transaction, all or none."""
        self._storage.writing()
        return super().insert_multiple(documents)

    def truncate(self) -> None:
        """Remove all documents within a transaction."""
        super().truncate()
        self._next_id = None


class KeyedTable(JournalTable):
    """A table whose documents have keys of their own.

    Insert one as `Document(content, doc_id=key)`.
    """

    document_id_class: Any = str
    kind = str

    def _get_next_id(self) -> Any:
        raise ValueError(
            "This table's documents have keys of their own: insert Document(content, doc_id=key)."
        )


class _Named(Mapping[str, dict[str, Any]]):
    """A table with ids as text, as TinyDB reads it."""

    def __init__(self, view: TableView, kind: Callable[[str], Any]) -> None:
        self._view = view
        self._kind = kind

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[str]:
        return map(str, self._view)

    def __getitem__(self, key: str) -> dict[str, Any]:
        try:
            return self._view[self._kind(key)]
        except ValueError:
            raise KeyError(key) from None


class JournalDB(TinyDB):
    """A TinyDB whose storage is a journal; closing it leaves the journal open."""

    table_class: type[Table] = JournalTable

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal, storage=JournalStorage)

    def keyed(self, name: str) -> KeyedTable:
        """Return a table whose documents have keys of their own, as the store writes them."""
        table = self._tables.get(name)
        if not isinstance(table, KeyedTable):
            table = self._tables[name] = KeyedTable(self.storage, name)
        return table

    def drop_tables(self) -> None:
        """Drop all tables within a transaction."""
        for table in self._tables.values():
            table.clear_cache()
        super().drop_tables()

    def drop_table(self, name: str) -> None:
        """Drop a table within a transaction."""
        storage = cast("JournalStorage", self.storage)
        TableView(storage, name, str).drop()
        self._tables.pop(name, None)
