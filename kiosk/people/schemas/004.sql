-- Shots taken at visits after the enrolment. They go with the person, and with whatever takes the enrolment's place.
CREATE TABLE later_shot (
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    day TEXT NOT NULL, -- local date of the visit, ISO 8601
    score REAL NOT NULL, -- cosine with the template of the enrolment
    vector BLOB NOT NULL, -- sealed
    PRIMARY KEY (person, day)
) STRICT;

CREATE TRIGGER later_shot_put AFTER INSERT ON later_shot BEGIN UPDATE change SET number = number + 1; END;
CREATE TRIGGER later_shot_erased AFTER DELETE ON later_shot BEGIN UPDATE change SET number = number + 1; END;
