CREATE TABLE vault (
    check_value BLOB NOT NULL,
    swept INTEGER NOT NULL
) STRICT;

INSERT INTO vault VALUES (vault_check(), 1);

-- The newest of each kind and whom it is about ('' for the unit). payload: sealed; NULL once nothing more is needed of it.
CREATE TABLE document (
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    payload BLOB,
    PRIMARY KEY (kind, about)
) STRICT;

-- The version of each kind that was made to hold and told of. people: of a roster, as JSON, each one's version.
CREATE TABLE applied (
    kind TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    people TEXT NOT NULL
) STRICT;

-- Refusals that an event has told of.
CREATE TABLE refusal (
    document TEXT NOT NULL,
    about TEXT NOT NULL,
    version INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (document, about, version, reason)
) STRICT;
