-- The day that a record belongs to: the date on which its shift starts, which after midnight is not its own. Records from
-- before there were shifts belong to their own local date, with which the canonical JSON of every entry begins.
ALTER TABLE entry ADD COLUMN day TEXT;
UPDATE entry SET day = CAST(substr(payload, 8, 10) AS TEXT) WHERE person IS NOT NULL;

DROP INDEX entry_record;
CREATE INDEX entry_record ON entry (person, day) WHERE person IS NOT NULL;

DROP TRIGGER entry_is_final;
CREATE TRIGGER entry_is_final BEFORE UPDATE OF seq, hash, at_ms, person, session, payload, day ON entry
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
