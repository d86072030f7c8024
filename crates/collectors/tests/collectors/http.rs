//! The shared HTTP layer, seen through a feed.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use vigie_collectors::{CollectError, FetchError, HttpClient, HttpClientError, HttpOptions, Page};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, header_exists, headers, method, path},
};

use crate::{client, options, read_fixture, rss, source};

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    server
}

fn feed() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(read_fixture("rss/presse.xml"), "application/rss+xml")
}

async fn read(server: &MockServer, options: HttpOptions) -> Result<Page, CollectError> {
    let http = HttpClient::new(options).unwrap();
    rss(server).collector(&http).page(None).await
}

async fn failure(server: &MockServer, options: HttpOptions) -> FetchError {
    match read(server, options).await {
        Err(CollectError::Fetch(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn says_who_asks_and_what_it_takes() {
    let server = MockServer::start().await;
    let user_agent = concat!("Vigie/", env!("CARGO_PKG_VERSION"), " (+mailto:veille@colisio.example)");
    Mock::given(header("user-agent", user_agent))
        .and(header("accept-encoding", "gzip"))
        .and(header_exists("accept"))
        .respond_with(feed())
        .mount(&server)
        .await;
    let contact = Some("mailto:veille@colisio.example".to_owned());
    assert_eq!(read(&server, HttpOptions { contact, ..options() }).await.unwrap().posts.len(), 3);
    let contact = Some("a\r\nX-Injected: 1".to_owned());
    let refused = HttpClient::new(HttpOptions { contact, ..options() });
    assert!(matches!(refused, Err(HttpClientError::Contact(_))));
}

#[tokio::test]
async fn a_document_that_did_not_change_is_not_sent_again() {
    let server = MockServer::start().await;
    Mock::given(header("if-none-match", "\"v1\""))
        .and(headers("if-modified-since", vec!["Sun", "20 Sep 2026 16:30:00 GMT"]))
        .respond_with(ResponseTemplate::new(304))
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    let answer = feed()
        .insert_header("etag", "\"v1\"")
        .insert_header("last-modified", "Sun, 20 Sep 2026 16:30:00 GMT");
    Mock::given(method("GET")).respond_with(answer).expect(1).mount(&server).await;
    let collector = rss(&server).collector(&client());
    let first = collector.page(None).await.unwrap();
    let second = collector.page(Some(&first.cursor)).await.unwrap();
    assert!(second.posts.is_empty() && !second.more);
    assert_eq!(second.cursor, first.cursor);
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let server = MockServer::start().await;
    let once =
        |answer| Mock::given(method("GET")).respond_with(answer).up_to_n_times(1).with_priority(1).expect(1);
    once(ResponseTemplate::new(500)).mount(&server).await;
    once(ResponseTemplate::new(429).insert_header("retry-after", "0")).mount(&server).await;
    Mock::given(method("GET")).respond_with(feed()).expect(1).mount(&server).await;
    assert_eq!(read(&server, options()).await.unwrap().posts.len(), 3);
}

#[tokio::test]
async fn lasting_server_errors_end_the_attempts() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(503)).expect(4).mount(&server).await;
    assert_eq!(failure(&server, options()).await, FetchError::Status { status: 503, pause: None });
}

#[tokio::test]
async fn a_long_retry_after_is_left_to_the_schedule() {
    let server = answering(ResponseTemplate::new(429).insert_header("retry-after", "3600")).await;
    let until = failure(&server, options()).await.retry_at().unwrap();
    let pause = (until - chrono::Utc::now()).num_seconds();
    assert!((3_590..=3_600).contains(&pause), "{pause}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_used_up_rate_limit_is_kept_to_before_the_source_has_to_refuse() {
    let answer = feed()
        .insert_header("x-ratelimit-remaining", "0")
        .insert_header("x-ratelimit-reset", "2100-01-01T00:00:00.000Z");
    let server = answering(answer).await;
    let collector = rss(&server).collector(&client());
    assert!(collector.page(None).await.is_ok());
    let refused = collector.page(None).await.unwrap_err().to_string();
    assert!(refused.contains("left alone"), "{refused}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn redirects_are_followed_but_not_without_end() {
    let server = MockServer::start().await;
    let to = |place: &str| ResponseTemplate::new(302).insert_header("location", place);
    Mock::given(path("/feed")).respond_with(to("/moved")).with_priority(1).mount(&server).await;
    Mock::given(path("/moved")).respond_with(feed()).with_priority(1).up_to_n_times(1).mount(&server).await;
    assert_eq!(read(&server, options()).await.unwrap().posts.len(), 3);
    Mock::given(method("GET")).respond_with(to("/feed")).mount(&server).await;
    let error = failure(&server, options()).await;
    assert!(error.to_string().contains("more than 5 times"), "{error}");
}

#[tokio::test]
async fn no_redirect_leads_inside_the_network() {
    for inside in [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:1/",
        "http://[::1]/",
        "http://10.0.0.1/",
    ] {
        let server = answering(ResponseTemplate::new(302).insert_header("location", inside)).await;
        let error = failure(&server, options()).await;
        assert!(error.to_string().contains("redirects to a private address"), "{inside}: {error}");
    }
    let server = answering(ResponseTemplate::new(302).insert_header("location", "file:///etc/passwd")).await;
    assert!(matches!(failure(&server, options()).await, FetchError::Address { .. }));
}

#[tokio::test]
async fn private_addresses_are_not_asked_unless_allowed() {
    let server = answering(feed()).await;
    let error = failure(&server, HttpOptions { allow_private_addresses: false, ..options() }).await;
    assert!(error.to_string().contains("is at a private address"), "{error}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn slow_answers_are_given_up() {
    let server = answering(feed().set_delay(Duration::from_secs(60))).await;
    let error = failure(&server, HttpOptions { timeout: Duration::from_millis(50), ..options() }).await;
    assert_eq!(error.to_string(), "timed out after 0.05 s");
}

#[tokio::test]
async fn nothing_there_is_said_as_such() {
    let server = answering(ResponseTemplate::new(404)).await;
    assert_eq!(
        failure(&server, options()).await.to_string(),
        "HTTP 404: there is nothing at this address; check it"
    );
    let gone = source(serde_json::json!({"type": "rss", "url": "http://127.0.0.1:1/feed"}));
    let error = gone.collector(&client()).page(None).await.unwrap_err().to_string();
    assert!(error.contains("cannot be reached"), "{error}");
}

#[tokio::test]
async fn compressed_answers_are_read_and_bombs_are_not() {
    let gzip = |content: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        ResponseTemplate::new(200)
            .insert_header("content-encoding", "gzip")
            .set_body_bytes(encoder.finish().unwrap())
    };
    let server = answering(gzip(read_fixture("rss/presse.xml").as_bytes())).await;
    assert_eq!(read(&server, options()).await.unwrap().posts.len(), 3);
    let server = answering(gzip(&vec![b' '; 6_000_000])).await;
    let error = failure(&server, options()).await.to_string();
    assert!(error.starts_with("larger than 5 MB"), "{error}");
}

#[tokio::test]
async fn enormous_answers_are_not_held() {
    let server = answering(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 5_000_001])).await;
    assert_eq!(failure(&server, options()).await, FetchError::TooLarge { limit_bytes: 5_000_000 });
}
