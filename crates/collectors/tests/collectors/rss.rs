//! Feeds in their three formats, and what is none.

use chrono::DateTime;
use domain::MentionKind;
use vigie_collectors::{CollectError, Page};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::{client, read_fixture, rss};

async fn read(body: impl Into<Vec<u8>>, content_type: &str) -> Result<Page, CollectError> {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(body, content_type);
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    rss(&server).collector(&client()).page(None).await
}

fn time(text: &str) -> DateTime<chrono::Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn rss_2() {
    let page = read(read_fixture("rss/presse.xml"), "application/rss+xml").await.unwrap();
    let [first, second, third] = page.posts.as_slice() else { panic!("{page:?}") };
    assert_eq!(first.external_id, "127.0.0.1/feed#depeche-88121");
    assert_eq!(first.kind, MentionKind::Article);
    assert_eq!(first.title.as_deref(), Some("Colisio : des milliers de colis bloqués à Garonor"));
    assert_eq!(first.author_handle.as_deref(), Some("Inès Marchand"));
    assert_eq!(
        first.url.as_deref(),
        Some("https://depeche.example/2026/09/20/colisio-garonor?at_medium=RSS")
    );
    assert_eq!(first.published_at, time("2026-09-20T16:30:00Z"));
    assert_eq!(first.declared_language.as_deref(), Some("fr-fr"));
    assert!(
        first.text.starts_with("Une panne de tri immobilise Colisio depuis vendredi.\n"),
        "{}",
        first.text
    );
    assert_eq!(second.external_id, "https://depeche.example/2026/09/19/ce-qui-change");
    assert_eq!(second.title.as_deref(), Some("Livraison – ce qui change au 1er octobre"));
    assert_eq!(second.text, "Les frais <cachés> des transporteurs & leurs plafonds.");
    assert_eq!(third.external_id, "https://depeche.example/breves/17");
}

#[tokio::test]
async fn atom() {
    let page = read(read_fixture("rss/blog.atom"), "application/atom+xml").await.unwrap();
    let post = &page.posts[0];
    assert_eq!(post.external_id, "tag:blog.example,2026:troisieme-relance");
    assert_eq!(post.title.as_deref(), Some("Troisième relance & toujours rien"));
    assert_eq!(post.url.as_deref(), Some("https://blog.example/troisieme-relance"));
    assert_eq!(post.author_handle.as_deref(), Some("Solène"));
    assert_eq!(post.text, "Colisio ne répond pas.\nNi au téléphone, ni par courriel.");
    assert_eq!(post.published_at, time("2026-09-17T18:01:00Z"));
    assert_eq!(post.edited_at, None);
}

#[tokio::test]
async fn json_feed() {
    let page = read(read_fixture("rss/forum.json"), "application/feed+json").await.unwrap();
    let post = &page.posts[0];
    assert_eq!(post.external_id, "127.0.0.1/feed#4711");
    assert_eq!(post.text, "Délai annoncé < 5 jours, attendu 3 semaines.");
    assert_eq!(post.author_handle.as_deref(), Some("marcdu31"));
    assert_eq!(post.published_at, time("2026-09-16T06:00:00Z"));
}

#[tokio::test]
async fn older_encodings_are_read() {
    let body = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><rss version=\"2.0\"><channel><title>t</title><item>\
                <guid>1</guid><title>D\u{e9}\u{e7}u</title></item></channel></rss>";
    let latin: Vec<u8> = body.chars().map(|character| character as u8).collect();
    assert_eq!(read(latin, "text/xml").await.unwrap().posts[0].title.as_deref(), Some("Déçu"));
}

#[tokio::test]
async fn what_is_no_feed_is_named() {
    let presse = read_fixture("rss/presse.xml");
    let cut = &presse[..presse.find("<guid>").unwrap()];
    let between = &presse[..presse.find("  <item>").unwrap()];
    for (body, expected) in [
        (read_fixture("rss/page.html"), "is HTML, not RSS"),
        (String::new(), "is empty"),
        (cut.to_owned(), "breaks off"),
        (between.to_owned(), "breaks off"),
        (read_fixture("rss/forum.json")[..200].to_owned(), "is no valid"),
        ("<rss version=\"2.0\"></rss>".to_owned(), "is no valid"),
        ("bonjour".to_owned(), "is no valid"),
        ("{\"error\": \"maintenance\"}".to_owned(), "is no valid"),
    ] {
        let error = read(body, "text/html").await.unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let named = read(read_fixture("rss/page.html"), "text/html").await.unwrap_err().to_string();
    assert!(named.ends_with("/rss.xml"), "{named}");
}
