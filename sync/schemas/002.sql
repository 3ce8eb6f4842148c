-- Delivered means receipted: 1 once the centre has said that it stored the entry, or, where the settings say that it gives
-- no receipts, once the broker has acknowledged it. What an older program called delivered was at the broker at most, so
-- it is sent once more; the centre ignores what it has.
ALTER TABLE entry ADD COLUMN receipted INTEGER NOT NULL DEFAULT 0 CHECK (receipted IN (0, 1));

-- One index serves both states: what is not at the broker is not receipted either.
DROP INDEX entry_unsent;
CREATE INDEX entry_waiting ON entry (seq, at_broker) WHERE receipted = 0;
