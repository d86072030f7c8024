//! `vigie search`: the query language of the pages, on the command line.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::{Result, bail};
use search::{Hit, PageRequest};

use super::Context;
use crate::{cli::SearchArguments, stores};

/// Prints the newest mentions that match.
pub async fn run(arguments: SearchArguments, context: &Context) -> Result<ExitCode> {
    let query = match query::parse_in(&arguments.query, time_zone(context)) {
        Ok(query) => query,
        Err(error) => bail!("{}", point_at(&arguments.query, &error)),
    };
    let index = stores::open_search_read_only(&context.data_dir)?;
    let mut left = arguments.limit;
    let mut cursor = None;
    let mut out = io::stdout().lock();
    while left > 0 {
        let request = PageRequest { limit: left.min(PageRequest::MAX_LIMIT), cursor, facets: false };
        let page = index.search(&query, &request).await?;
        for hit in &page.hits {
            if print(&mut out, hit, arguments.json).is_err() {
                // Whoever reads has seen enough, as `head` does.
                return Ok(ExitCode::SUCCESS);
            }
        }
        left -= page.hits.len();
        cursor = page.next;
        if cursor.is_none() || left == 0 {
            if !arguments.json {
                eprintln!("{} of {} mentions", arguments.limit - left, page.total);
            }
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn time_zone(context: &Context) -> chrono_tz::Tz {
    context.config.brands.first().map_or(chrono_tz::Europe::Paris, |brand| brand.time_zone)
}

/// The error with the query under it and a mark at its column.
fn point_at(query: &str, error: &query::QueryError) -> String {
    let line = printable(query);
    format!("{error}\n  {line}\n  {}^", " ".repeat(error.column.saturating_sub(1)))
}

/// On one line, and without escape sequences that the terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn print(out: &mut impl Write, hit: &Hit, as_json: bool) -> io::Result<()> {
    if as_json {
        return writeln!(out, "{}", serde_json::to_string(hit)?);
    }
    let emotions = hit.emotions.iter().map(|(emotion, _)| emotion.as_str());
    let causes = hit.causes.iter().map(|(cause, _)| cause.as_str());
    let tags: Vec<&str> = emotions.chain(causes).collect();
    let title = hit.title.as_deref().map(|title| format!("{} — ", printable(title))).unwrap_or_default();
    writeln!(
        out,
        "{}  {}  [{}]",
        hit.published_at.format("%Y-%m-%d %H:%M"),
        hit.key.source,
        tags.join(", ")
    )?;
    writeln!(out, "  {title}{}", printable(&hit.text))?;
    match &hit.url {
        Some(url) => writeln!(out, "  {url}\n"),
        None => writeln!(out),
    }
}
