-- Which records of the SIP stacks are kept, and what runs where.

CREATE TABLE trace_scenario (
    folded   TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE trace_running (
    computer TEXT NOT NULL,
    scenario TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (computer, scenario)
) STRICT, WITHOUT ROWID;
