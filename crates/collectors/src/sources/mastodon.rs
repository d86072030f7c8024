//! Public posts of a Mastodon instance, by hashtag, over its public API.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{Engagement, MentionKind};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;
use url::Url;

use super::{compute, markup, parse_web_address};
use crate::{
    CollectError, Collector, HttpClient, Page, Post, SourceSettings,
    collector::{read_cursor, write_cursor},
    http::{Document, Fetched, Validators, link_with_relation},
};

/// The most posts that an instance gives in one answer.
const PAGE_SIZE: usize = 40;
/// An instance allows 300 requests in five minutes; this leaves most of them to people.
const MAX_HASHTAGS: usize = 50;

/// `type = "mastodon"`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MastodonSettings {
    #[serde(deserialize_with = "instance_address")]
    instance: Url,
    #[serde(deserialize_with = "hashtags")]
    hashtags: Vec<String>,
}

impl SourceSettings for MastodonSettings {
    fn default_name(&self) -> String {
        format!("mastodon:{}", host(&self.instance))
    }

    fn default_every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn collector(&self, http: &HttpClient) -> Box<dyn Collector> {
        Box::new(MastodonCollector {
            http: http.clone(),
            instance: self.instance.clone(),
            hashtags: self.hashtags.clone(),
        })
    }
}

/// `mastodon.social` or `https://mastodon.social`.
fn instance_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    let whole = if text.contains("://") { text.clone() } else { format!("https://{text}") };
    match parse_web_address(&whole) {
        Ok(url) if url.path() == "/" && url.query().is_none() => Ok(url),
        _ => Err(D::Error::custom(format!(
            "{text:?} is no instance; name its host, such as \"mastodon.social\""
        ))),
    }
}

fn hashtags<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let written = Vec::<String>::deserialize(deserializer)?;
    if written.is_empty() || written.len() > MAX_HASHTAGS {
        return Err(D::Error::custom(format!(
            "hashtags needs 1 to {MAX_HASHTAGS} hashtags, such as [\"colisio\"]"
        )));
    }
    let mut hashtags: Vec<String> = Vec::with_capacity(written.len());
    for text in written {
        let word = text.trim().trim_start_matches('#').to_lowercase();
        let is_word = word.chars().all(|part| part.is_alphanumeric() || part == '_');
        if !is_word || !word.contains(|part: char| !part.is_numeric() && part != '_') {
            return Err(D::Error::custom(format!(
                "{text:?} is no hashtag: use letters, digits and _, no spaces"
            )));
        }
        if !hashtags.contains(&word) {
            hashtags.push(word);
        }
    }
    Ok(hashtags)
}

struct MastodonCollector {
    http: HttpClient,
    instance: Url,
    hashtags: Vec<String>,
}

/// Where the collector stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Cursor {
    /// The instance that the ids belong to; another one begins anew.
    instance: String,
    /// The newest post read, by hashtag.
    newest: BTreeMap<String, String>,
    /// The hashtags that have still to be read in this round, the next one last.
    waiting: Vec<String>,
}

#[async_trait]
impl Collector for MastodonCollector {
    /// One page of one hashtag. A round reads every hashtag up to its present.
    async fn page(&self, cursor: Option<&str>) -> Result<Page, CollectError> {
        let mut cursor = self.known(cursor);
        if cursor.waiting.is_empty() {
            cursor.waiting = self.hashtags.iter().rev().cloned().collect();
        }
        let hashtag = cursor.waiting.last().cloned().unwrap_or_default();
        let from = cursor.newest.get(&hashtag);
        let url = self.timeline(&hashtag, from.map(String::as_str));
        let document = match self.http.get(&url, "application/json", &Validators::default()).await? {
            Fetched::Document(document) => document,
            Fetched::NotModified => return Err(not_a_timeline("it says that nothing changed")),
        };
        let is_first = from.is_none();
        let instance = self.instance.clone();
        let timeline = compute(move || read_timeline(&document, &instance)).await??;
        if let Some(newest) = timeline.newest {
            cursor.newest.insert(hashtag, newest);
        }
        // The first page is the newest one: what lies before it is the past, and nothing lies behind it.
        if is_first || timeline.statuses < PAGE_SIZE {
            cursor.waiting.pop();
        }
        let more = !cursor.waiting.is_empty();
        Ok(Page { posts: timeline.posts, cursor: write_cursor(&cursor), more })
    }
}

impl MastodonCollector {
    fn known(&self, cursor: Option<&str>) -> Cursor {
        let instance = self.instance.to_string();
        let known = read_cursor::<Cursor>(cursor).filter(|known| known.instance == instance);
        let mut known = known.unwrap_or_else(|| Cursor { instance, ..Cursor::default() });
        known.waiting.retain(|hashtag| self.hashtags.contains(hashtag));
        known.newest.retain(|hashtag, _| self.hashtags.contains(hashtag));
        known
    }

    /// `min_id` asks for the posts right behind the one known, `since_id` would ask for the newest and leave a gap.
    fn timeline(&self, hashtag: &str, from: Option<&str>) -> Url {
        let mut url = self.instance.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(["api", "v1", "timelines", "tag", hashtag]);
        }
        url.query_pairs_mut().append_pair("limit", &PAGE_SIZE.to_string());
        if let Some(from) = from {
            url.query_pairs_mut().append_pair("min_id", from);
        }
        url
    }
}

/// A page of a timeline.
struct Timeline {
    posts: Vec<Post>,
    /// Posts in the answer, readable or not.
    statuses: usize,
    newest: Option<String>,
}

/// A post as the API gives it, as far as it is of interest.
#[derive(Debug, Deserialize)]
struct Status {
    id: String,
    created_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    in_reply_to_id: Option<String>,
    #[serde(default)]
    spoiler_text: String,
    language: Option<String>,
    url: Option<String>,
    uri: Option<String>,
    content: String,
    #[serde(default)]
    replies_count: u64,
    #[serde(default)]
    reblogs_count: u64,
    #[serde(default)]
    favourites_count: u64,
    account: Account,
}

#[derive(Debug, Deserialize)]
struct Account {
    /// The name, and `@host` if that is not the instance asked.
    acct: String,
    /// Negative where the author hides it.
    #[serde(default)]
    followers_count: i64,
}

fn read_timeline(document: &Document, instance: &Url) -> Result<Timeline, CollectError> {
    let statuses: Vec<Value> =
        serde_json::from_slice(&document.body).map_err(|error| not_a_timeline(&error.to_string()))?;
    let newest_id =
        statuses.first().and_then(|status| status.get("id")).and_then(Value::as_str).map(str::to_owned);
    let count = statuses.len();
    let read: Vec<Status> =
        statuses.into_iter().filter_map(|status| serde_json::from_value(status).ok()).collect();
    if read.is_empty() && count > 0 {
        return Err(not_a_timeline("no post in it has an id, a date, a content and an author"));
    }
    if read.len() < count {
        tracing::debug!(unreadable = count - read.len(), "posts of another shape were left out");
    }
    let previous = link_with_relation(&document.headers, &document.url, "prev");
    let linked = previous.and_then(|url| {
        let pair = url.query_pairs().find(|(name, _)| name == "min_id");
        pair.map(|(_, id)| id.into_owned())
    });
    let host = host(instance);
    let posts = read.into_iter().map(|status| post(status, &host)).collect();
    Ok(Timeline { posts, statuses: count, newest: linked.or(newest_id) })
}

/// Ids are those of the instance asked, so that an answer and what it answers are known by the same kind of id.
fn post(status: Status, host: &str) -> Post {
    let external_id = |id: &str| format!("{id}@{host}");
    let content = markup::to_text(&status.content);
    let text = match status.spoiler_text.trim() {
        "" => content,
        warning => format!("{warning}\n{content}"),
    };
    let acct = status.account.acct;
    let handle = if acct.contains('@') { format!("@{acct}") } else { format!("@{acct}@{host}") };
    Post {
        kind: if status.in_reply_to_id.is_some() { MentionKind::Comment } else { MentionKind::Post },
        url: status.url.or(status.uri),
        author_handle: Some(handle),
        in_reply_to: status.in_reply_to_id.as_deref().map(external_id),
        declared_language: status.language,
        reach: u64::try_from(status.account.followers_count).unwrap_or(0),
        engagement: Engagement {
            replies: status.replies_count,
            reposts: status.reblogs_count,
            likes: status.favourites_count,
        },
        edited_at: status.edited_at,
        ..Post::new(external_id(&status.id), text, status.created_at)
    }
}

fn not_a_timeline(reason: &str) -> CollectError {
    CollectError::Content(format!("the answer is no timeline ({reason}); is this a Mastodon instance?"))
}

/// Host, and port where it is not the usual one.
fn host(instance: &Url) -> String {
    let host = instance.host_str().unwrap_or_default();
    instance.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> Result<MastodonSettings, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn instances_and_hashtags_are_taken_as_people_write_them() {
        let read = settings(
            "{\"instance\": \"mastodon.social\", \"hashtags\": [\"#Colisio\", \"colisio\", \"été_24\"]}",
        );
        let read = read.unwrap();
        assert_eq!(read.instance.as_str(), "https://mastodon.social/");
        assert_eq!(read.hashtags, ["colisio", "été_24"]);
        assert_eq!(read.default_name(), "mastodon:mastodon.social");
    }

    #[test]
    fn settings_say_what_is_wrong() {
        let error = |json: &str| settings(json).unwrap_err();
        assert!(error("{\"instance\": \"a.example/@x\", \"hashtags\": [\"a\"]}").contains("name its host"));
        assert!(error("{\"instance\": \"a.example\", \"hashtags\": []}").contains("1 to 50"));
        for bad in ["service client", "2026", "a-b", "#"] {
            let json = serde_json::json!({"instance": "a.example", "hashtags": [bad]}).to_string();
            assert!(error(&json).contains("no hashtag"), "{bad}");
        }
        assert!(error("{\"instance\": \"a.example\", \"hashtag\": [\"a\"]}").contains("hashtags"));
    }
}
