"""Errors of the package `models`. An error that may go away when tried again has a type of its own."""


class ModelError(Exception):
    """Root of all errors of this package."""


class AssetError(ModelError):
    """An asset or the catalogue that lists it cannot be used."""


class AssetUnknownError(AssetError):
    """The catalogue has no asset of that name."""


class AssetMissingError(AssetError):
    """An asset is not installed. Installing it helps."""


class AssetDamagedError(AssetError):
    """An asset's bytes are not the catalogued ones. The message names both hashes."""


class FetchError(AssetError):
    """One source, or all sources of an asset, gave nothing usable. Another attempt may help."""


class ConversionError(ModelError):
    """A network's weights cannot be read, or cannot be written as TFLite."""


class NetworkError(ModelError):
    """A TFLite file cannot be loaded or run."""


class CalibrationError(ModelError):
    """No calibration belongs to this model, or its table cannot be read, measured or written."""


class VectorError(ModelError):
    """Bytes are not a unit vector of the wanted dimension."""


class ShotsDisagreeError(ModelError):
    """The shots of one person do not look like one person."""


class SampleTooSmallError(ModelError):
    """A measurement needs more people or photos than it was given."""
