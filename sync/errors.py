"""The errors of this part, from the disk to the broker. The class tells whether trying again can help."""

# ruff: noqa: N818 (the names say what happened; the roots say that they are errors)


class SyncError(Exception):
    """Root of every error that `sync` raises."""


class ContractError(SyncError):
    """A document, topic or name does not follow the wire contract."""


class SignatureRefused(ContractError):
    """A document is not signed, or not by the key that is pinned."""


class WrongAddressee(ContractError):
    """A document is meant for another kiosk or unit."""


class SealError(SyncError):
    """Sealed bytes cannot be opened with this key."""


class StoreError(SyncError):
    """A store could not do what was asked; nothing was changed."""


class StoreRetryable(StoreError):
    """The same call may succeed later."""


class StoreFull(StoreRetryable):
    """The disk is full: nothing was changed, and the store works again once there is space."""


class StoreBusy(StoreRetryable):
    """Another process held the store for too long."""


class StoreDamaged(StoreError):
    """The file is damaged: it has to be salvaged or replaced."""


class StoreTooNew(StoreError):
    """The file was written by a newer version of this program."""


class KeyFileError(StoreError):
    """A key cannot be read, written or used; nothing was overwritten."""


class ExportError(SyncError):
    """A folder of exported packages cannot be written or read."""


class PackageError(SyncError):
    """A package of an export cannot be trusted or read; `problem` is one word for the reason."""

    def __init__(self, problem: str, text: str) -> None:
        super().__init__(text)
        self.problem = problem


class BrokerError(SyncError):
    """The broker cannot be used at the moment."""


class BrokerMisconfigured(BrokerError):
    """The settings cannot be used: a password or CA file is missing or unreadable."""


class BrokerUnreachable(BrokerError):
    """No connection to the broker; trying again may help."""


class BrokerSilent(BrokerError):
    """The broker was reached, but did not answer in time; trying again may help."""


class BrokerRefused(BrokerError):
    """The broker answered no. `code` is the MQTT 5 reason code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the broker refused: {reason} (reason code {code})")
        self.code = code
        self.reason = reason
