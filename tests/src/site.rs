//! Other people's sites, played by a server on loopback.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path, query_param_is_missing},
};

use crate::Post;

/// A server whose pages a test writes.
pub struct Site {
    server: MockServer,
    runtime: Runtime,
}

impl Site {
    /// An empty site: every page is missing.
    ///
    /// # Panics
    /// No port can be had.
    #[expect(clippy::new_without_default, reason = "it starts a server")]
    pub fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime can be started");
        let server = runtime.block_on(MockServer::start());
        Self { server, runtime }
    }

    /// The address of a page.
    pub fn url(&self, page: &str) -> String {
        format!("{}{page}", self.server.uri())
    }

    /// A page that is always the same.
    pub fn page(&self, page: &str, media_type: &str, body: impl Into<Vec<u8>>) {
        let response = ResponseTemplate::new(200).set_body_raw(body.into(), media_type);
        self.answer("GET", page, response);
    }

    /// A page that takes its time.
    pub fn slow_page(&self, page: &str, media_type: &str, body: &str, delay: Duration) {
        let response = ResponseTemplate::new(200).set_body_raw(body.to_owned(), media_type).set_delay(delay);
        self.answer("GET", page, response);
    }

    /// A page that sends elsewhere.
    pub fn redirect(&self, page: &str, to: &str) {
        self.answer("GET", page, ResponseTemplate::new(302).insert_header("Location", to));
    }

    /// A place that takes what is sent to it.
    pub fn accept(&self, page: &str) {
        self.answer("POST", page, ResponseTemplate::new(204));
    }

    /// A Mastodon timeline: everything at first, nothing newer afterwards.
    pub fn timeline(&self, hashtag: &str, statuses: &Value) {
        let page = format!("/api/v1/timelines/tag/{hashtag}");
        let everything = Mock::given(method("GET"))
            .and(path(page.as_str()))
            .and(query_param_is_missing("min_id"))
            .respond_with(ResponseTemplate::new(200).set_body_json(statuses))
            .with_priority(1);
        self.runtime.block_on(self.server.register(everything));
        self.answer("GET", &page, ResponseTemplate::new(200).set_body_json(json!([])));
    }

    fn answer(&self, verb: &str, page: &str, response: ResponseTemplate) {
        let mock = Mock::given(method(verb)).and(path(page)).respond_with(response);
        self.runtime.block_on(self.server.register(mock));
    }

    /// What was asked of a page so far.
    pub fn requests(&self, page: &str) -> Vec<Request> {
        let all = self.runtime.block_on(self.server.received_requests()).unwrap_or_default();
        all.into_iter().filter(|request| request.url.path() == page).collect()
    }
}

/// An RSS feed of these posts.
pub fn feed(posts: &[Post]) -> String {
    let items = posts.iter().map(|post| {
        format!(
            "<item><guid isPermaLink=\"false\">{}</guid><title>{}</title><link>https://presse.example/{}</link>\
             <pubDate>{}</pubDate></item>",
            post.id,
            post.text,
            post.id,
            post.published_at.to_rfc2822(),
        )
    });
    let items: String = items.collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>Presse</title>\
         <link>https://presse.example/</link><description>Nouvelles</description>{items}</channel></rss>"
    )
}

/// The posts as Mastodon's public timeline of a hashtag.
pub fn hashtag_timeline(posts: &[Post]) -> Value {
    let status = |post: &Post| {
        json!({
            "id": post.id, "created_at": post.published_at.to_rfc3339(), "edited_at": null, "in_reply_to_id": null,
            "in_reply_to_account_id": null, "sensitive": false, "spoiler_text": "", "visibility": "public", "language": "fr",
            "uri": format!("https://social.example/users/{}/statuses/{}", post.author, post.id),
            "url": format!("https://social.example/@{}/{}", post.author, post.id),
            "content": format!("<p>{}</p>", post.text),
            "replies_count": 1, "reblogs_count": 2, "favourites_count": 3, "reblog": null, "media_attachments": [],
            "mentions": [], "tags": [], "emojis": [], "card": null, "poll": null,
            "account": {
                "id": format!("1{}", post.id), "username": post.author, "acct": post.author, "display_name": post.author,
                "url": format!("https://social.example/@{}", post.author), "followers_count": post.reach, "bot": false,
            },
        })
    };
    posts.iter().map(status).collect()
}
