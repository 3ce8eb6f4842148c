-- What is looked for in old entries, so that no start reads them all. `boot` and `source` are of the entry's clock; `source` is
-- NULL for a correction, whose time is another entry's. `event` is the type of an event. An entry that is no JSON any more, so
-- was damaged after it was delivered, keeps NULL and is found by none of them.
ALTER TABLE entry ADD COLUMN boot TEXT;
ALTER TABLE entry ADD COLUMN source TEXT;
ALTER TABLE entry ADD COLUMN event TEXT;
UPDATE entry SET
    boot = CAST(payload AS TEXT) ->> '$.clock.boot_id',
    source = CASE WHEN CAST(payload AS TEXT) ->> '$.clock.corrects' IS NULL THEN CAST(payload AS TEXT) ->> '$.clock.source' END,
    event = CASE WHEN person IS NULL THEN CAST(payload AS TEXT) ->> '$.body.type' END
WHERE json_valid(CAST(payload AS TEXT));

-- What a correction may be due for, and the corrections.
CREATE INDEX entry_untimed ON entry (boot) WHERE source IS NULL OR source IN ('none', 'rtc');
CREATE INDEX entry_source ON entry (source);
CREATE INDEX entry_event ON entry (event) WHERE event IS NOT NULL;

DROP TRIGGER entry_is_final;
CREATE TRIGGER entry_is_final BEFORE UPDATE OF seq, hash, at_ms, person, session, payload, day, boot, source, event ON entry
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- Entries up to `through_seq`, whose `hash` this is, lie in the archive; those, and only those, may leave the table, if they are delivered.
CREATE TABLE archived (through_seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
INSERT INTO archived VALUES (0, printf('%064d', 0));
DROP TRIGGER entry_stays;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry
WHEN OLD.receipted = 0 OR OLD.seq > (SELECT through_seq FROM archived)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- The last event of each type that lies in the archive: what has been told is known for as long as the kiosk lives.
CREATE TABLE last_archived (
    event TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;
