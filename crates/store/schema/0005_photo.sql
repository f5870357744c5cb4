-- Pictures of people, in squares of three sizes; one in use, and one that is only looked at.

CREATE TABLE user_photo (
    mailbox    BLOB NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    is_preview INTEGER NOT NULL,
    side       INTEGER NOT NULL,
    tag        TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,
    bytes      BLOB NOT NULL,
    PRIMARY KEY (mailbox, is_preview, side)
) STRICT;
