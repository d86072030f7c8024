//! The questions in ClickHouse's SQL, and the rows of their answers.

use clickhouse::Row;
use serde::Deserialize;

use crate::buckets::Grain;

/// What is counted: rows of the columns that `mention_hours` has.
const COUNTED_HOURS: &str = "mention_hours";

/// The same rows by quarter-hours, made from the mentions. Slower, so only where hours do not do.
const COUNTED_QUARTERS: &str = "(
        SELECT
            toStartOfFifteenMinutes(toDateTime(published_at)) AS hour, brands, source, language, emotions, causes, complaint,
            toInt64(1) AS mentions, toInt64(current_mentions.reach) AS reach
        FROM current_mentions
        WHERE NOT official AND (source, external_id) IN
        (
            SELECT source, external_id FROM mentions
            WHERE published_at >= fromUnixTimestamp({from:Int64}) AND published_at < fromUnixTimestamp({to:Int64})
        )
    )";

/// The filter of every question. The questions name what is counted `COUNTED` and the filter `FILTERED`.
const FILTERED: &str = "hour >= fromUnixTimestamp({from:Int64}) AND hour < fromUnixTimestamp({to:Int64})
      AND (empty({brands:Array(String)}) OR hasAny(brands, {brands:Array(String)}))
      AND ({source:String} = '' OR source = {source:String})
      AND ({language:String} = '' OR language = {language:String})";

pub(crate) const TIMELINE: &str = "
    SELECT
        toInt64(toUnixTimestamp(hour)) AS slot,
        sum(mentions) AS total,
        sumIf(mentions, complaint) AS complaints,
        sumForEach(arrayMap(emotion -> mentions * has(emotions, emotion), {all_emotions:Array(String)})) AS by_emotion
    FROM COUNTED
    WHERE FILTERED
    GROUP BY slot
    HAVING total != 0";

pub(crate) const CAUSES: &str = "
    SELECT
        arrayJoin(causes) AS cause,
        sumIf(mentions, hour >= fromUnixTimestamp({middle:Int64})) AS during,
        sumIf(mentions, hour < fromUnixTimestamp({middle:Int64})) AS before
    FROM COUNTED
    WHERE FILTERED
    GROUP BY cause
    HAVING during > 0 OR before > 0
    ORDER BY during DESC, before DESC, cause";

pub(crate) const EMOTIONS_BY_CAUSE: &str = "
    SELECT
        arrayJoin(causes) AS cause,
        sumForEach(arrayMap(emotion -> mentions * has(emotions, emotion), {all_emotions:Array(String)})) AS by_emotion
    FROM COUNTED
    WHERE FILTERED
    GROUP BY cause
    HAVING sum(mentions) > 0
    ORDER BY sum(mentions) DESC, cause";

pub(crate) const SOURCES: &str = "
    SELECT toString(source) AS name, sum(mentions) AS total
    FROM COUNTED
    WHERE FILTERED
    GROUP BY source
    HAVING total > 0
    ORDER BY total DESC, name";

pub(crate) const LANGUAGES: &str = "
    SELECT toString(language) AS name, sum(mentions) AS total
    FROM COUNTED
    WHERE FILTERED
    GROUP BY language
    HAVING total > 0
    ORDER BY total DESC, name";

pub(crate) const SHARES: &str = "
    SELECT
        arrayJoin(brands) AS brand,
        sum(mentions) AS total,
        sumIf(mentions, complaint) AS complaints,
        sumIf(mentions, notEmpty(emotions)) AS emotional
    FROM COUNTED
    WHERE FILTERED
    GROUP BY brand
    HAVING total > 0
    ORDER BY total DESC, brand";

pub(crate) const TOTALS: &str = "
    SELECT
        sum(mentions) AS total,
        sumIf(mentions, complaint) AS complaints,
        sumIf(mentions, notEmpty(emotions)) AS emotional,
        sum(reach) AS total_reach
    FROM COUNTED
    WHERE FILTERED";

/// A question with the rows that it counts and its filter put in.
pub(crate) fn complete(question: &str, grain: Grain) -> String {
    let counted = match grain {
        Grain::Hour => COUNTED_HOURS,
        Grain::Quarter => COUNTED_QUARTERS,
    };
    question.replace("COUNTED", counted).replace("FILTERED", FILTERED)
}

#[derive(Row, Deserialize)]
pub(crate) struct TimelineRow {
    pub(crate) slot: i64,
    pub(crate) total: i64,
    pub(crate) complaints: i64,
    /// In the order of `Emotion::ALL`.
    pub(crate) by_emotion: Vec<i64>,
}

#[derive(Row, Deserialize)]
pub(crate) struct CauseRow {
    pub(crate) cause: String,
    pub(crate) during: i64,
    pub(crate) before: i64,
}

#[derive(Row, Deserialize)]
pub(crate) struct EmotionsRow {
    pub(crate) cause: String,
    /// In the order of `Emotion::ALL`.
    pub(crate) by_emotion: Vec<i64>,
}

#[derive(Row, Deserialize)]
pub(crate) struct NameRow {
    pub(crate) name: String,
    pub(crate) total: i64,
}

#[derive(Row, Deserialize)]
pub(crate) struct ShareRow {
    pub(crate) brand: String,
    pub(crate) total: i64,
    pub(crate) complaints: i64,
    pub(crate) emotional: i64,
}

#[derive(Row, Deserialize)]
pub(crate) struct TotalsRow {
    pub(crate) total: i64,
    pub(crate) complaints: i64,
    pub(crate) emotional: i64,
    pub(crate) total_reach: i64,
}
