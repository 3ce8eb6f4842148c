-- Counted up with whatever changes, in the same transaction: one value, whichever connection or process reads it.
CREATE TABLE change (number INTEGER NOT NULL) STRICT;

INSERT INTO change VALUES (0);

CREATE TRIGGER person_put AFTER INSERT ON person BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER person_changed AFTER UPDATE ON person BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER person_erased AFTER DELETE ON person BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER shot_put AFTER INSERT ON shot BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER shot_changed AFTER UPDATE ON shot BEGIN UPDATE change SET number = number + 1; END;
