"""A database whose rows are encrypted with the device's secret."""

from importlib.resources.abc import Traversable
from pathlib import Path

from kiosk.storage.vault import DeviceSecret, Vault
from sync.errors import StoreError
from sync.store.database import Database


class SealedDatabase:
    """A `Database` and the vault that its rows are encrypted with.

    Its schema has a table `vault` with one row: `check_value`, which identifies the secret, and `swept`, which says
    whether the files are free of clear text that an older program wrote. Schema steps may call the SQL functions
    `vault_check()` and `sealed(purpose, row, plain)`.
    """

    def __init__(self, path: Path, schemas: Traversable, secret: DeviceSecret) -> None:
        self.database = Database(path, schemas)
        self._secret = secret
        self._vault: Vault | None = None

    @property
    def vault(self) -> Vault:
        """The vault of the rows. Raises StoreError when the database is not open."""
        if self._vault is None:
            raise StoreError(f"{self.database.path} is not open: open it first")
        return self._vault

    def open(self) -> None:
        """Checks the file, unlocks it, brings its schema up to date and overwrites what lies in it in clear.

        Raises:
            StoreDamaged, StoreTooNew: as for `Database`.
            KeyFileError: the secret is missing or is not the one that the rows are encrypted with. Nothing is changed.
        """
        try:
            self.database.check()
            self._vault = self._secret.unlock(self._check_value())
            connection = self.database.connection
            connection.create_function("vault_check", 0, lambda: self.vault.check)
            connection.create_function("sealed", 3, self.vault.seal)
            self.database.migrate()
            self._sweep()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the file and forgets the keys."""
        self.database.close()
        self._vault = None

    def changes(self) -> int:
        """Returns how often the rows that the schema counts were changed, by any thread or process.

        SQLite's own `data_version` cannot be used: it differs between connections, and each thread has its own.
        """
        with self.database.reading() as connection:
            return int(connection.execute("SELECT number FROM change").fetchone()[0])

    def _check_value(self) -> bytes | None:
        with self.database.reading() as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'vault'").fetchone() is None:
                return None
            return bytes(connection.execute("SELECT check_value FROM vault").fetchone()[0])

    def _sweep(self) -> None:
        """Overwrites clear text in the file and its WAL. While others read the file, that waits for the next start."""
        with self.database.reading() as connection:
            if connection.execute("SELECT swept FROM vault").fetchone()[0]:
                return
            connection.execute("VACUUM")
        if self.database.empty_wal():
            with self.database.writing() as connection:
                connection.execute("UPDATE vault SET swept = 1")
