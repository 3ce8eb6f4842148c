-- Counted up with whatever changes a document, in the same transaction: one value, whichever connection or process
-- reads it. What was made to hold and what was told change nothing that is to be done.
CREATE TABLE change (number INTEGER NOT NULL) STRICT;

INSERT INTO change VALUES (0);

CREATE TRIGGER document_put AFTER INSERT ON document BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER document_changed AFTER UPDATE ON document BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER document_forgotten AFTER DELETE ON document BEGIN UPDATE change SET number = number + 1; END;
