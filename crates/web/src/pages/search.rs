//! Finding mentions again.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use query::{Field, Node};
use search::PageRequest;
use serde::Deserialize;

use crate::{
    address::{address, search_address},
    app::App,
    context::PageContext,
    error::WebError,
    i18n::Localizer,
    parameters::optional,
    search_view::{FacetGroup, QueryProblem, facet_groups, names_a_brand},
    view::{MentionView, html},
};

/// Hits a page.
const PAGE: usize = 40;

/// What the help explains, each with an example and its meaning in the locales.
pub(crate) const HELP: [&str; 13] = [
    "all", "any", "not", "phrase", "near", "prefix", "hashtag", "emotion", "cause", "source", "rating",
    "flags", "dates",
];

/// The query of the page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SearchQuery {
    q: String,
    #[serde(deserialize_with = "optional")]
    cursor: Option<String>,
}

/// An example of the query language that can be tried.
struct Example {
    query: String,
    address: String,
    meaning: String,
}

#[derive(Template)]
#[template(path = "pages/search.html")]
struct SearchPage {
    l: Localizer,
    page: PageContext,
    text: String,
    problem: Option<QueryProblem>,
    examples: Vec<Example>,
    /// The brand that the hits are narrowed to although the query does not say so; empty for none.
    within: String,
    /// How many mentions match, in words.
    total: String,
    facets: Vec<FacetGroup>,
    mentions: Vec<MentionView>,
    /// The page of older hits.
    older: Option<String>,
    /// The page of the newest hits, where this is another one.
    newest: Option<String>,
}

/// `GET /search`
pub(crate) async fn show(
    State(app): State<App>,
    page: PageContext,
    Query(search): Query<SearchQuery>,
) -> Result<Response, WebError> {
    let l = page.l;
    let text = search.q.trim();
    let parsed = match text {
        "" => Ok(query::Query::everything()),
        text => query::parse_in(text, l.zone),
    };
    let mut shown = SearchPage {
        l,
        text: text.to_owned(),
        problem: None,
        examples: HELP.iter().map(|name| example(l, name)).collect(),
        within: String::new(),
        total: String::new(),
        facets: Vec::new(),
        mentions: Vec::new(),
        older: None,
        newest: search.cursor.is_some().then(|| search_address(text)),
        page,
    };
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            shown.problem = Some(QueryProblem::new(l, text, &error));
            return Ok((StatusCode::BAD_REQUEST, html(&shown)?).into_response());
        }
    };
    let root = parsed.root.clone();
    let narrowed = match &shown.page.brand {
        Some(brand) if !names_a_brand(&root) => {
            shown.within = shown.page.brand_name(brand);
            parsed.and(Node::Field(Field::Brand(brand.clone())))
        }
        _ => parsed,
    };
    let request = PageRequest { limit: PAGE, cursor: search.cursor, facets: true };
    let found = app.search.search(&narrowed, &request).await?;
    shown.total = l.t1("search-total", "count", found.total);
    shown.facets = facet_groups(&shown.page, text, &root, &found);
    shown.mentions = found.hits.iter().map(|hit| MentionView::new(l, &shown.page.brands, hit)).collect();
    shown.older = found.next.map(|next| address("/search", &[("q", Some(text)), ("cursor", Some(&next))]));
    Ok(html(&shown)?.into_response())
}

fn example(l: Localizer, name: &str) -> Example {
    let query = l.family_suffixed("search-help", name, "example");
    let address = search_address(&query);
    Example { query, address, meaning: l.family_suffixed("search-help", name, "meaning") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn every_example_is_a_query() {
        for locale in Locale::ALL {
            let l = Localizer { locale, zone: chrono_tz::UTC, now: testkit::at(0) };
            for name in HELP {
                let text = example(l, name).query;
                assert!(query::parse(&text).is_ok(), "{text}");
            }
        }
    }
}
