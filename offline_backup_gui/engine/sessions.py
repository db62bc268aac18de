"""One session of sealing: lanes, workers and catalogue put together, for drives and vault alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from msgspec import Struct, field

from offline_backup_gui.domain.book import Book, NewPack
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.engine.assembling import Assembler
from offline_backup_gui.engine.backup import BackupPass, PassResult
from offline_backup_gui.engine.catalogue import WrittenCatalogue, write_catalogue
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.counting import Counter, Counts
from offline_backup_gui.engine.lanes import reserve_bytes
from offline_backup_gui.engine.ledger import Ledger
from offline_backup_gui.engine.open_pack import Lane, Ticket
from offline_backup_gui.engine.packing import Packer
from offline_backup_gui.engine.sealing import Sealer
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import PackKind


class Sources(Struct, frozen=True):
    """What is backed up: folders as bytes, and patterns to leave out.

    `places` says where a folder is read instead, a shadow copy for example, and `whole` whether
    these places are still there.
    """

    folders: tuple[bytes, ...]
    exclude: tuple[str, ...] = ()
    places: Mapping[bytes, bytes] = field(default_factory=dict)
    whole: Callable[[], bool] = lambda: True


class SealedSources(Struct, frozen=True):
    """A finished pass with what it left out."""

    result: PassResult
    ledger: Ledger


_LANE_CODES = {
    ErrorCode.DRIVE_FULL: FindingCode.DRIVE_FULL,
    ErrorCode.DRIVE_GONE: FindingCode.DRIVE_GONE,
    ErrorCode.DRIVE_READ_ONLY: FindingCode.DRIVE_READ_ONLY,
    ErrorCode.DRIVE_FAILING: FindingCode.DRIVE_FAILING,
}


def tell_trouble(context: Context, label: str, error: BackupError) -> None:
    """Turn a lane's trouble into an event; the other lanes go on."""
    code = _LANE_CODES.get(error.code)
    if code is None:
        context.tell(error.code, **error.parameters)
    else:
        context.tell(code, drive=label)


def seal_sources(
    context: Context,
    keyring: Keyring,
    book: Book,
    lanes: Sequence[Lane],
    labels: dict[str, str],
    sources: Sources,
) -> SealedSources:
    """Run one pass over the sources onto the lanes; every begun pack ends sealed or given up."""
    context.progress.phase(Phase.COPY)
    context.tell(Phase.COPY)
    ledger = Ledger(sources.places)
    counts = Counts()
    passed = PassResult()  # what the pass itself saw, before the count ahead of it knows more

    def on_counts(newest: Counts, complete: bool) -> None:
        nonlocal counts
        counts = newest
        context.progress.totals(newest.files, newest.size_bytes, complete=complete)

    def on_trouble(lane: Lane, error: BackupError) -> None:
        tell_trouble(context, labels.get(lane.home, lane.home), error)

    assembler = Assembler(book, lambda ticket: sealer.forget(ticket))

    def on_sealed(pack: NewPack, ticket: Ticket) -> None:
        context.progress.add(stored=pack.size_bytes)
        assembler.pack_done(pack, ticket)

    with ExitStack() as stack:
        # Whatever happens, no thread outlives the session.
        stack.callback(assembler.close)
        packer = Packer(
            keyring,
            PackKind.DATA,
            lanes,
            lambda: reserve_bytes(
                max(counts.files, passed.files), max(counts.size_bytes, passed.size_bytes)
            ),
            on_sealed,
            on_trouble,
            context.clock,
        )
        stack.callback(packer.close)
        sealer = Sealer(keyring, book, packer)
        read_at = [sources.places.get(folder, folder) for folder in sources.folders]
        stack.callback(Counter(context.files, read_at, sources.exclude, on_counts).end)
        backup = BackupPass(context, keyring, book, packer, assembler, sealer, ledger, passed)
        try:
            result = backup.run(sources.folders, sources.exclude, sources.places)
        except BackupError as error:
            if error.code is ErrorCode.SOURCE_MISSING:
                _assert_whole(sources)
            raise
        # What vanished with a shadow copy must not count as deleted.
        _assert_whole(sources)
    for root, paths in result.folders_by_root.items():
        book.keep_only(root, paths)
    context.progress.totals(result.files, result.size_bytes, complete=True)
    return SealedSources(result, ledger)


def _assert_whole(sources: Sources) -> None:
    if not sources.whole():
        raise BackupError(ErrorCode.SHADOW_COPY_LOST)


def seal_catalogue(
    context: Context,
    keyring: Keyring,
    book: Book,
    lane: Lane,
    result: PassResult,
    on_pack: Callable[[NewPack], None],
) -> WrittenCatalogue:
    """Write the catalogue into META packs on one lane; `on_pack` gets each finished pack."""
    packs: list[NewPack] = []
    troubles: list[BackupError] = []

    def on_sealed(pack: NewPack, _ticket: Ticket) -> None:
        if pack.size_bytes:
            packs.append(pack)

    packer = Packer(
        keyring,
        PackKind.META,
        [lane],
        lambda: 0,
        on_sealed,
        lambda _, error: troubles.append(error),
        context.clock,
    )
    sealer = Sealer(keyring, book, packer, level=3)
    try:
        written = write_catalogue(
            keyring,
            book,
            result.folders_by_root,
            lambda data: sealer.seal(data)[0],
            context.control.checkpoint,
        )
    finally:
        packer.close()
    packer.finish()
    if troubles:
        raise troubles[0]
    for pack in packs:
        on_pack(pack)
    return written
