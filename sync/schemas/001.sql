-- The append-only ledger. `payload` is the entry's canonical JSON, byte for byte what is hashed and sent;
-- the other columns are read from it, except `at_broker`: 1 once the broker has acknowledged the entry.
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    at_broker INTEGER NOT NULL DEFAULT 0 CHECK (at_broker IN (0, 1)),
    hash TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    person TEXT,
    session TEXT,
    payload BLOB NOT NULL
) STRICT;

CREATE INDEX entry_unsent ON entry (seq) WHERE at_broker = 0;
CREATE INDEX entry_record ON entry (person, session, at_ms) WHERE person IS NOT NULL;

CREATE TRIGGER entry_stays BEFORE DELETE ON entry
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER entry_is_final BEFORE UPDATE OF seq, hash, at_ms, person, session, payload ON entry
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
