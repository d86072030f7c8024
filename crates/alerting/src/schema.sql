-- Times are milliseconds since 1970 UTC.

-- One row: the last offset of the tagged log that everything below includes.
CREATE TABLE alerting_offset (id INTEGER PRIMARY KEY CHECK (id = 1), offset INTEGER NOT NULL) STRICT;

-- Hourly counts of each series of a brand, and when each series last fired.
CREATE TABLE baselines (brand TEXT PRIMARY KEY, counts TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- What was counted, so that the same mention is never counted twice. The record is kept while it lies in a window.
CREATE TABLE counted_mentions (
    brand TEXT NOT NULL,
    key_hash INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    counted_at INTEGER NOT NULL,
    record TEXT,
    PRIMARY KEY (brand, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX counted_mentions_in_windows ON counted_mentions (brand, published_at) WHERE record IS NOT NULL;
CREATE INDEX counted_mentions_by_age ON counted_mentions (counted_at);

CREATE TABLE incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    brand TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
    subject TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_unusual_at INTEGER NOT NULL,
    acknowledged_by TEXT,
    acknowledged_at INTEGER,
    resolved_by TEXT,
    resolved_at INTEGER,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_by_status ON incidents (status, opened_at);

-- Notifications to deliver, a row for each webhook.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook TEXT NOT NULL,
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'dead')),
    last_error TEXT
) STRICT;
CREATE INDEX deliveries_by_time ON deliveries (status, next_attempt_at);
