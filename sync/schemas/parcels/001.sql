-- Sealed things that are published beside the entries. `key` is the last level of the topic: the id of the record that
-- evidence belongs to, NULL until that is in the ledger; of an enrolment, the person. Acknowledged: by the centre's
-- receipt, or, where the settings say that it gives none, by the broker.
CREATE TABLE parcel (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('evidence', 'enrolment')),
    key TEXT,
    person TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    at_ms INTEGER NOT NULL,
    at_broker INTEGER NOT NULL DEFAULT 0 CHECK (at_broker IN (0, 1)),
    acknowledged_ms INTEGER,
    bytes INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE INDEX parcel_open ON parcel (id, sha256) WHERE acknowledged_ms IS NULL AND key IS NOT NULL;
CREATE INDEX parcel_unbound ON parcel (id) WHERE key IS NULL;
CREATE INDEX parcel_age ON parcel (acknowledged_ms, at_ms, kind, bytes);
CREATE INDEX parcel_held ON parcel (kind, bytes);
CREATE INDEX parcel_person ON parcel (person);

-- What was dropped and not yet told in an event.
CREATE TABLE untold (
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    unacknowledged INTEGER NOT NULL
) STRICT;

INSERT INTO untold VALUES (0, 0, 0);
