//! News sites, blogs and forums by their feeds: RSS, Atom, JSON Feed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::MentionKind;
use feed_rs::model::{Entry, Feed};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::{compute, markup, web_address};
use crate::{
    CollectError, Collector, HttpClient, Page, Post, SourceSettings,
    collector::{read_cursor, write_cursor},
    http::{Document, Fetched, Validators},
};

const ACCEPT: &str = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1";
/// A feed lists its newest entries; more than this is an archive.
const MAX_ENTRIES: usize = 500;

/// `type = "rss"`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RssSettings {
    #[serde(deserialize_with = "web_address")]
    url: Url,
    /// What the entries are: articles, unless the feed is that of a forum, say.
    #[serde(default = "article")]
    kind: MentionKind,
}

fn article() -> MentionKind {
    MentionKind::Article
}

impl SourceSettings for RssSettings {
    fn default_name(&self) -> String {
        format!("rss:{}", place(&self.url))
    }

    fn default_every(&self) -> Duration {
        Duration::from_secs(5 * 60)
    }

    fn collector(&self, http: &HttpClient) -> Box<dyn Collector> {
        Box::new(RssCollector { http: http.clone(), url: self.url.clone(), kind: self.kind })
    }
}

struct RssCollector {
    http: HttpClient,
    url: Url,
    kind: MentionKind,
}

/// Where the collector stands: what the feed held when it was last read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Cursor {
    /// The feed that the rest belongs to; another address begins anew.
    url: String,
    #[serde(flatten)]
    validators: Validators,
    /// Digests of the entries: of the id, and of what it said.
    seen: BTreeMap<String, String>,
}

#[async_trait]
impl Collector for RssCollector {
    async fn page(&self, cursor: Option<&str>) -> Result<Page, CollectError> {
        let known = read_cursor::<Cursor>(cursor).filter(|known| known.url == self.url.as_str());
        let known = known.unwrap_or_else(|| Cursor { url: self.url.to_string(), ..Cursor::default() });
        let document = match self.http.get(&self.url, ACCEPT, &known.validators).await? {
            Fetched::NotModified => {
                return Ok(Page { posts: Vec::new(), cursor: write_cursor(&known), more: false });
            }
            Fetched::Document(document) => document,
        };
        let (url, kind) = (self.url.clone(), self.kind);
        compute(move || read_feed(&document, &url, kind, &known, Utc::now())).await?
    }
}

/// The entries that are new, or say something new.
fn read_feed(
    document: &Document,
    url: &Url,
    kind: MentionKind,
    known: &Cursor,
    now: DateTime<Utc>,
) -> Result<Page, CollectError> {
    let feed = parse(document).map_err(CollectError::Content)?;
    let mut cursor =
        Cursor { url: url.to_string(), validators: document.validators(), seen: BTreeMap::new() };
    let mut posts = Vec::new();
    let language: Option<Arc<str>> = feed.language.map(Arc::from);
    for entry in feed.entries.into_iter().take(MAX_ENTRIES) {
        let updated_at = entry.updated;
        let mut post = post(entry, url, kind, language.as_deref(), now);
        let id = digest(&[&post.external_id]);
        let content = digest(&[post.title.as_deref().unwrap_or_default(), &post.text]);
        let before = known.seen.get(&id);
        if before != Some(&content) {
            // Many feeds stamp an update on an entry that only just appeared, so an edit is what was seen to change.
            let stamped = updated_at.filter(|updated_at| *updated_at > post.published_at);
            post.edited_at = before.map(|_| stamped.unwrap_or(now));
            posts.push(post);
        }
        cursor.seen.insert(id, content);
    }
    Ok(Page { posts, cursor: write_cursor(&cursor), more: false })
}

fn parse(document: &Document) -> Result<Feed, String> {
    let body = document.body.as_slice();
    let beginning = String::from_utf8_lossy(&body[..body.len().min(1024)]).to_lowercase();
    let beginning = beginning.trim_start_matches(|first: char| first == '\u{feff}' || first.is_whitespace());
    if beginning.is_empty() {
        return Err("the feed is empty; check the address".to_owned());
    }
    if beginning.starts_with("<!doctype html") || beginning.starts_with("<html") {
        let found = feed_named_by_page(document).map(|feed| format!("; the page names a feed: {feed}"));
        let advice =
            found.unwrap_or_else(|| "; enter the address of the feed, not that of the page".to_owned());
        return Err(format!("the feed is HTML, not RSS, Atom or JSON Feed{advice}"));
    }
    if !is_whole(body) {
        return Err("the feed breaks off before its end; it will be read again".to_owned());
    }
    // Without an id an entry goes by its address, which is worth more than a random id.
    let by_link = |links: &[feed_rs::model::Link], _: &Option<feed_rs::model::Text>, _: Option<&str>| {
        links.first().map(|link| link.href.clone()).unwrap_or_default()
    };
    let parser =
        feed_rs::parser::Builder::new().base_uri(Some(document.url.as_str())).id_generator(by_link).build();
    parser.parse(body).map_err(|error| {
        format!("the feed is no valid RSS, Atom or JSON Feed ({error}); its publisher can check it with a feed validator")
    })
}

/// Whether the document's last closing tag is that of a feed. The parser takes what is there and does not miss the rest.
fn is_whole(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches(|first: char| first == '\u{feff}' || first.is_whitespace());
    if !text.starts_with('<') || text.contains('\0') {
        // JSON misses its end by itself; UTF-16 is left to the parser.
        return true;
    }
    let last = text.rsplit_once("</").map_or("", |(_, last)| last);
    let Some((name, _)) = last.split_once('>') else { return false };
    let name = name.trim().rsplit(':').next().unwrap_or_default();
    ["rss", "feed", "rdf", "entry"].iter().any(|root| name.eq_ignore_ascii_case(root))
        && text.matches("<entry").count() <= text.matches("</entry").count()
}

/// The feed that a page offers to feed readers.
fn feed_named_by_page(document: &Document) -> Option<Url> {
    let page = String::from_utf8_lossy(&document.body);
    let tags =
        page.split('<').filter(|tag| tag.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("link ")));
    let feed = tags
        .filter_map(|tag| tag.split('>').next())
        .find(|tag| ["application/rss+xml", "application/atom+xml"].iter().any(|feed| tag.contains(feed)))?;
    let (_, address) = feed.split_once("href=")?;
    let quote = address.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    document.url.join(address[1..].split(quote).next()?).ok()
}

fn post(entry: Entry, feed_url: &Url, kind: MentionKind, language: Option<&str>, now: DateTime<Utc>) -> Post {
    let title = entry.title.map(|title| markup::to_text(&title.content)).filter(|title| !title.is_empty());
    let content = entry.content.and_then(|content| content.body).unwrap_or_default();
    let summary = entry.summary.map(|summary| summary.content).unwrap_or_default();
    let of_media = entry.media.into_iter().find_map(|media| media.description).map(|text| text.content);
    let bodies = [content, summary, of_media.unwrap_or_default()];
    let text = markup::to_text(bodies.iter().find(|body| !body.trim().is_empty()).map_or("", String::as_str));
    let is_page = |rel: &Option<String>| rel.as_deref().is_none_or(|rel| rel == "alternate");
    let link = entry.links.iter().find(|link| is_page(&link.rel)).or(entry.links.first());
    let url = link.map(|link| link.href.clone());
    let author = entry.authors.into_iter().map(|author| author.name.unwrap_or_default());
    let id = match entry.id.trim() {
        "" => digest(&[title.as_deref().unwrap_or_default(), &text]),
        id => id.to_owned(),
    };
    // An id that is an address is unique by itself; a number is only unique within its feed.
    let external_id = if id.contains(':') { id } else { format!("{}#{id}", place(feed_url)) };
    Post {
        kind,
        url,
        author_handle: author.into_iter().find(|name| !name.trim().is_empty()),
        title,
        declared_language: entry.language.or_else(|| language.map(str::to_owned)),
        ..Post::new(external_id, text, entry.published.or(entry.updated).unwrap_or(now))
    }
}

/// Host and path: what tells feeds apart, without what may be secret in a query.
fn place(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), url.path().trim_end_matches('/'))
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderMap;

    use super::*;

    fn document(body: &[u8]) -> Document {
        let url = Url::parse("https://presse.example/feed").unwrap();
        Document { url, headers: HeaderMap::new(), body: body.to_vec() }
    }

    fn read(body: &str, known: &Cursor) -> Result<(Vec<Post>, Cursor), CollectError> {
        let document = document(body.as_bytes());
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let page = read_feed(&document, &document.url, MentionKind::Article, known, now)?;
        Ok((page.posts, serde_json::from_str(&page.cursor).unwrap()))
    }

    fn feed(guid: &str, text: &str) -> String {
        format!(
            "<rss version=\"2.0\"><channel><title>t</title><item>{guid}<title>Colis &amp;amp; retards</title>\
             <link>https://presse.example/1</link><description>{text}</description></item></channel></rss>"
        )
    }

    #[test]
    fn only_what_is_new_or_changed_is_brought() {
        let (posts, cursor) = read(&feed("<guid>1</guid>", "un"), &Cursor::default()).unwrap();
        assert_eq!(posts[0].external_id, "presse.example/feed#1");
        assert_eq!(posts[0].title.as_deref(), Some("Colis & retards"));
        assert_eq!(posts[0].edited_at, None);
        let (posts, cursor) = read(&feed("<guid>1</guid>", "un"), &cursor).unwrap();
        assert!(posts.is_empty());
        let (posts, _) = read(&feed("<guid>1</guid>", "deux"), &cursor).unwrap();
        assert!(posts[0].edited_at.is_some());
    }

    #[test]
    fn an_entry_without_an_id_goes_by_its_address() {
        let (posts, _) = read(&feed("", "un"), &Cursor::default()).unwrap();
        assert_eq!(posts[0].external_id, "https://presse.example/1");
    }

    #[test]
    fn settings_say_what_is_wrong() {
        let error = serde_json::from_str::<RssSettings>("{\"url\": \"presse.example/feed\"}").unwrap_err();
        assert!(error.to_string().contains("write it whole"), "{error}");
    }

    proptest! {
        #[test]
        fn no_document_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(parse(&document(&body)));
        }

        #[test]
        fn no_broken_feed_panics(cut in 0usize..200, noise in "[<>&/a\"!\\[\\]?-]{0,12}") {
            let mut body = feed("<guid>1</guid>", "<b>un</b>");
            body.insert_str(body.floor_char_boundary(cut), &noise);
            drop(parse(&document(body.as_bytes())));
        }
    }
}
