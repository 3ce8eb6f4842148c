-- What is known of a person is encrypted from here on. `sealed` is the vault's, given by the program.
CREATE TABLE vault (
    check_value BLOB NOT NULL,
    swept INTEGER NOT NULL -- 0 until nothing is left in the files of what was in clear
) STRICT;

INSERT INTO vault VALUES (vault_check(), 0);

ALTER TABLE person RENAME TO clear_person;
ALTER TABLE shot RENAME TO clear_shot;

-- details: sealed JSON. origin: wall or roster. version: of the agency's document, 0 at the wall.
CREATE TABLE person (
    id TEXT PRIMARY KEY,
    details BLOB NOT NULL,
    model TEXT NOT NULL,
    enrolled_at TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('wall', 'roster')),
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE shot (
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    vector BLOB NOT NULL, -- sealed
    portrait BLOB, -- sealed; NULL when it was not kept
    PRIMARY KEY (person, number)
) STRICT;

INSERT INTO person
SELECT id, sealed('people/details', id, CAST(json_object('name', name) AS BLOB)), model, enrolled_at, 'wall', 0
FROM clear_person;

INSERT INTO shot
SELECT person, number, sealed('people/vector', person || '/' || number, vector),
    sealed('people/portrait', person || '/' || number, portrait)
FROM (
    SELECT person, row_number() OVER (PARTITION BY person ORDER BY id) AS number, vector, portrait FROM clear_shot
);

DROP TABLE clear_shot;
DROP TABLE clear_person;
