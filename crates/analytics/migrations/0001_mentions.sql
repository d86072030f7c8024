-- Every version of every mention: the truth that all counts can be made again from.
CREATE TABLE IF NOT EXISTS mentions
(
    source LowCardinality(String),
    external_id String,
    version_at DateTime64(6, 'UTC'),
    change LowCardinality(String),
    brands Array(LowCardinality(String)),
    kind LowCardinality(String),
    url String CODEC(ZSTD),
    author String,
    official Bool,
    in_reply_to String,
    title String CODEC(ZSTD),
    text String CODEC(ZSTD),
    rating Nullable(Float32),
    reach UInt64,
    replies UInt64,
    reposts UInt64,
    likes UInt64,
    published_at DateTime64(6, 'UTC'),
    collected_at DateTime64(6, 'UTC'),
    language LowCardinality(String),
    story String,
    story_first Bool,
    emotions Array(LowCardinality(String)),
    causes Array(LowCardinality(String)),
    complaint Bool,
    answer Bool,
    emotion_scores Map(LowCardinality(String), Float32),
    cause_scores Map(LowCardinality(String), Float32),
    complaint_score Float32,
    answer_score Float32,
    model LowCardinality(String),
    INDEX published_at_range published_at TYPE minmax
)
ENGINE = ReplacingMergeTree
PARTITION BY toYear(published_at)
ORDER BY (source, external_id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The version that counts: the newest of each mention, unless the mention was deleted at its source.
CREATE VIEW IF NOT EXISTS current_mentions AS
SELECT
    source,
    external_id,
    argMax(mentions.brands, mentions.version_at) AS brands,
    argMax(mentions.official, mentions.version_at) AS official,
    argMax(mentions.published_at, mentions.version_at) AS published_at,
    argMax(mentions.language, mentions.version_at) AS language,
    argMax(mentions.emotions, mentions.version_at) AS emotions,
    argMax(mentions.causes, mentions.version_at) AS causes,
    argMax(mentions.complaint, mentions.version_at) AS complaint,
    argMax(mentions.reach, mentions.version_at) AS reach
FROM mentions
GROUP BY source, external_id
HAVING argMax(mentions.change, mentions.version_at) != 'deleted';

-- How many mentions each hour had, by everything that trends are asked about. Rows of the same key add up.
CREATE TABLE IF NOT EXISTS mention_hours
(
    hour DateTime('UTC'),
    brands Array(LowCardinality(String)),
    source LowCardinality(String),
    language LowCardinality(String),
    emotions Array(LowCardinality(String)),
    causes Array(LowCardinality(String)),
    complaint Bool,
    mentions Int64,
    reach Int64
)
ENGINE = SummingMergeTree((mentions, reach))
ORDER BY (hour, brands, source, language, emotions, causes, complaint)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What a batch changes in the counts: a version that begins to count has sign 1, the one it replaces sign -1. Nothing is kept here.
CREATE TABLE IF NOT EXISTS mention_changes
(
    published_at DateTime64(6, 'UTC'),
    brands Array(LowCardinality(String)),
    source LowCardinality(String),
    language LowCardinality(String),
    emotions Array(LowCardinality(String)),
    causes Array(LowCardinality(String)),
    complaint Bool,
    reach UInt64,
    sign Int8
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS mention_hours_of_changes TO mention_hours AS
SELECT
    toStartOfHour(toDateTime(published_at)) AS hour,
    brands,
    source,
    language,
    emotions,
    causes,
    complaint,
    sum(toInt64(sign)) AS mentions,
    sum(toInt64(sign) * toInt64(mention_changes.reach)) AS reach
FROM mention_changes
GROUP BY hour, brands, source, language, emotions, causes, complaint;

-- The hours that a batch is about to change, written before it: what has to be counted again after an unclean end.
CREATE TABLE IF NOT EXISTS batches
(
    number UInt64,
    begun_at DateTime64(3, 'UTC') DEFAULT now64(3),
    hours Array(DateTime('UTC'))
)
ENGINE = ReplacingMergeTree(number)
ORDER BY tuple()
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
