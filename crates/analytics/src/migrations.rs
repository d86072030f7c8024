//! Numbered steps that make the tables what this program expects.

use clickhouse::{Client, sql::Identifier};

use crate::AnalyticsError;

/// Each step's name and statements. A step that was released is never changed: a new one is added.
const STEPS: [(&str, &str); 1] = [("mentions", include_str!("../migrations/0001_mentions.sql"))];

/// Makes the database if it is missing, and applies the steps that it lacks.
pub(crate) async fn apply(client: &Client, database: &str) -> Result<(), AnalyticsError> {
    make_database(client, database).await?;
    client
        .query_raw(
            "CREATE TABLE IF NOT EXISTS schema_migrations
             (version UInt32, name String, applied_at DateTime('UTC') DEFAULT now())
             ENGINE = MergeTree ORDER BY version",
        )
        .execute()
        .await?;
    let found: u32 = client.query_raw("SELECT max(version) FROM schema_migrations").fetch_one().await?;
    let known = STEPS.len() as u32;
    if found > known {
        return Err(AnalyticsError::FromTheFuture { found, known });
    }
    for (version, (name, sql)) in (1_u32..).zip(STEPS).skip(found as usize) {
        // A step that was interrupted is applied again, so each of its statements says IF NOT EXISTS.
        for statement in statements(sql) {
            client.query_raw(&statement).execute().await?;
        }
        let record = "INSERT INTO schema_migrations (version, name) VALUES (?, ?)";
        client.query(record).bind(version).bind(name).execute().await?;
        tracing::info!(version, name, "the ClickHouse tables were brought up to date");
    }
    Ok(())
}

async fn make_database(client: &Client, database: &str) -> Result<(), AnalyticsError> {
    // A request inside a database that is missing is refused whatever it asks.
    let outside = client.clone().with_database("system");
    let found: u64 = outside
        .query("SELECT count() FROM system.databases WHERE name = ?")
        .bind(database)
        .fetch_one()
        .await?;
    if found > 0 {
        return Ok(());
    }
    let made = outside.query("CREATE DATABASE IF NOT EXISTS ?").bind(Identifier(database)).execute().await;
    match made.map_err(AnalyticsError::from) {
        Err(AnalyticsError::Rights(_)) => Err(AnalyticsError::NoDatabase(database.to_owned())),
        made => made,
    }
}

/// The statements of a step, without the comments around them.
fn statements(sql: &str) -> Vec<String> {
    let code: Vec<&str> = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let code = code.join("\n");
    code.split(';').map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_of_a_step_may_be_applied_again() {
        for (name, sql) in STEPS {
            for statement in statements(sql) {
                assert!(statement.contains("IF NOT EXISTS"), "{name}: {statement}");
            }
        }
    }

    #[test]
    fn comments_and_empty_statements_are_left_out() {
        assert_eq!(statements("-- a; b\nSELECT 1;\n\n -- c\nSELECT\n2;\n"), ["SELECT 1", "SELECT\n2"]);
    }
}
