"""What can go wrong in this room. What may be tried again later is a type of its own."""


class ModelError(Exception):
    """Root of all errors of this room."""


class AssetError(ModelError):
    """An asset or the catalogue that lists it cannot be used."""


class AssetUnknownError(AssetError):
    """The catalogue has no asset of that name."""


class AssetMissingError(AssetError):
    """An asset is not installed: installing it helps."""


class AssetDamagedError(AssetError):
    """An asset's bytes are not the catalogued ones: the message names both hashes."""


class FetchError(AssetError):
    """One source, or all sources of an asset, gave nothing usable: another attempt may help."""


class ConversionError(ModelError):
    """A network's weights cannot be read or laid out as TFLite."""


class NetworkError(ModelError):
    """A TFLite file cannot be loaded or run."""


class CalibrationError(ModelError):
    """No table says what a score of this model is worth."""


class VectorError(ModelError):
    """Bytes are not a unit vector of the wanted dimension."""


class ShotsDisagreeError(ModelError):
    """The shots of one person do not look like one person."""
