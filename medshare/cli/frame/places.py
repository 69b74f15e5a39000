"""Where an institution's things lie: its vault and its store, as the config says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medshare.cli.frame.session import Session

if TYPE_CHECKING:
    from medshare.store import Store
    from medshare.vault.sql import SqlVault


def open_store(session: Session) -> Store:
    """Return the store of bodies: the Kubo node of the config, else a folder of the home.

    Raises:
        The errors of `medshare.store`.
    """
    config = session.config.store
    if config.kubo:
        from medshare.store.kubo import KuboStore

        return KuboStore(config.kubo)
    from medshare.store import BlockStore

    return BlockStore(session.home.path(config.folder))


def open_vault(session: Session) -> SqlVault:
    """Return the vault at the URL of the config; a relative SQLite path is seen from the home.

    Raises:
        The errors of `medshare.vault`.
    """
    from medshare.vault.sql import SqlVault

    vault = SqlVault(session.home.database(session.config.vault.url))
    session.at_end.callback(vault.close)
    return vault
