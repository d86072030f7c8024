-- Times are milliseconds since 1970 UTC; emotions and causes are JSON lists of names.
CREATE TABLE cases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    brand TEXT NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    version_at INTEGER NOT NULL,
    text TEXT NOT NULL,
    url TEXT,
    author TEXT,
    author_handle TEXT,
    language TEXT NOT NULL,
    emotions TEXT NOT NULL,
    causes TEXT NOT NULL,
    rating REAL,
    reach INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('new', 'assigned', 'answered', 'closed', 'reopened')),
    assignee TEXT,
    published_at INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    answered_at INTEGER,
    answer_text TEXT,
    answer_url TEXT,
    closed_at INTEGER,
    revision INTEGER NOT NULL DEFAULT 1,
    UNIQUE (source, external_id, brand)
) STRICT;
CREATE INDEX cases_by_status ON cases (status, due_at);
CREATE TABLE case_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT,
    note TEXT
) STRICT;
CREATE INDEX case_events_by_case ON case_events (case_id, id);
