CREATE TABLE person (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    model TEXT NOT NULL,
    enrolled_at TEXT NOT NULL
) STRICT;

CREATE TABLE shot (
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    vector BLOB NOT NULL,
    portrait BLOB NOT NULL
) STRICT;

CREATE INDEX shot_person ON shot (person);
