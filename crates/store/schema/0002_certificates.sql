-- Keys that may leave the server.

ALTER TABLE certificate ADD COLUMN exportable INTEGER NOT NULL DEFAULT 0;
ALTER TABLE certificate_request ADD COLUMN exportable INTEGER NOT NULL DEFAULT 0;
