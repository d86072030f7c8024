//! The router as a browser and as a program meet it.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use domain::{LiveEvent, TaggedMention};
use futures::StreamExt;
use state::StateError;
use tower::ServiceExt;

mod api;
mod inbox;
mod trends;
mod why;

use crate::{
    auth,
    test_support::{PASSWORD, TestApp, request},
};

pub(super) fn angry(id: u64) -> TaggedMention {
    testkit::tagged(id, "Colis <b>perdu</b> chez Colisio", &testkit::angry_delivery_complaint())
}

#[tokio::test]
async fn strangers_see_only_login_health_and_files() {
    let test = TestApp::new().await;
    for path in
        ["/", "/incidents", "/inbox", "/inbox/1", "/search", "/trends", "/mentions/why", "/nothing/here"]
    {
        let answer = test.get(path, "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.location(), format!("/login?next={path}"));
    }
    for path in [
        "/api/v1/incidents",
        "/api/v1/mentions",
        "/api/v1/cases",
        "/api/v1/search",
        "/api/v1/trends/totals",
        "/api/v1/status",
        "/api/v1/openapi.json",
        "/stream",
    ] {
        assert_eq!(test.get(path, "").await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(test.get("/metrics", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(test.get("/login", "").await.status, StatusCode::OK);
    assert_eq!(test.get("/health", "").await.status, StatusCode::OK);
    let login = test.get("/login", "").await.body;
    let stylesheet =
        login.split("href=\"").find(|part| part.starts_with("/static")).unwrap().split('"').next().unwrap();
    let answer =
        test.get(if stylesheet.ends_with("svg") { stylesheet } else { "/static/x/css/base.css" }, "").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn login_opens_a_session_and_logout_ends_it() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    let page = test.get("/", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("anne"));
    let form = format!("csrf={}", page.csrf());
    let answer = test.post("/logout", &cookie, &form).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/login"));
    assert_eq!(test.get("/", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn session_cookies_are_out_of_reach_for_scripts_and_other_sites() {
    let test = TestApp::new().await;
    let form = format!("name=ANNE&password={}&next=%2Ftrends", PASSWORD.replace(' ', "+"));
    let answer = test.post("/login", "", &form).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert_eq!(answer.location(), "/trends");
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_get_the_same_answer() {
    let test = TestApp::new().await;
    let wrong_password = test.post("/login", "", "name=anne&password=nope").await;
    let wrong_name = test.post("/login", "", "name=nobody&password=nope").await;
    assert_eq!(wrong_password.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong_name.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong_password.body.replace("anne", "nobody"), wrong_name.body);
}

#[tokio::test]
async fn too_many_attempts_are_told_how_long_to_wait() {
    let test = TestApp::new().await;
    for _ in 0..5 {
        assert_eq!(test.post("/login", "", "name=anne&password=x").await.status, StatusCode::UNAUTHORIZED);
    }
    let form = format!("name=anne&password={}", PASSWORD.replace(' ', "+"));
    let answer = test.post("/login", "", &form).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    assert!(answer.body.contains("Trop d’essais"), "{}", answer.body);
}

#[tokio::test]
async fn changes_need_the_form_token_of_the_session() {
    let test = TestApp::new().await;
    let id = test.raise_incident().await;
    let acknowledge = format!("/incidents/{id}/acknowledge");
    let cookie = test.log_in().await;
    for form in ["", "csrf=wrong"] {
        let answer = test.post(&acknowledge, &cookie, form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("expiré"), "{}", answer.body);
    }
    let foreign = request(Method::POST, &acknowledge, &cookie)
        .header(header::ORIGIN, "https://evil.example")
        .header("x-csrf-token", test.get("/", &cookie).await.csrf())
        .body(Body::empty())
        .unwrap();
    assert_eq!(test.send(foreign).await.status, StatusCode::FORBIDDEN);
    let token = test.get("/", &cookie).await.csrf();
    let answer = test.post(&acknowledge, &cookie, &format!("csrf={token}")).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(test.state.alerting.find(id).await.unwrap().acknowledged_by.as_deref(), Some("anne"));
}

#[tokio::test]
async fn an_expired_session_leads_back_to_the_login_page() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    let week = 8 * 24 * 3600 * 1000_i64;
    test.state
        .database
        .write(move |transaction| {
            transaction.execute("UPDATE sessions SET created_at = created_at - ?1", [week])?;
            Ok::<_, StateError>(())
        })
        .await
        .unwrap();
    assert_eq!(test.get("/", &cookie).await.location(), "/login?next=/");
}

#[tokio::test]
async fn a_login_link_works_once_and_only_by_its_button() {
    let test = TestApp::new().await;
    let token = auth::create_one_time_login(&test.state.database, "anne").await.unwrap();
    for _ in 0..2 {
        // What previews links does not use them up.
        let page = test.get(&format!("/login?token={token}"), "").await;
        assert!(page.status == StatusCode::OK && page.body.contains(&token));
    }
    let form = format!("token={token}");
    let opened = test.post("/login/token", "", &form).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    assert_eq!(test.get("/", &opened.cookie()).await.status, StatusCode::OK);
    let again = test.post("/login/token", "", &form).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(again.body.contains("déjà servi"));
}

#[tokio::test]
async fn every_answer_restricts_what_the_browser_may_do() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    for (path, cookie) in [("/", cookie.as_str()), ("/login", ""), ("/health", ""), ("/nothing", &cookie)] {
        let headers = test.get(path, cookie).await.headers;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn pages_have_no_inline_script_or_style() {
    let test = TestApp::new().await;
    test.index(vec![angry(1)]).await;
    test.open_cases(vec![angry(1)]).await;
    test.raise_incident().await;
    let cookie = test.log_in().await;
    let pages = ["/", "/inbox", "/inbox/1", "/inbox/1/row", "/search?q=perdu", "/search?q=%28", "/trends"];
    for (path, cookie) in pages.map(|path| (path, cookie.as_str())).into_iter().chain([("/login", "")]) {
        let body = test.get(path, cookie).await.body;
        for forbidden in [" style=", "<style", " onclick=", "javascript:"] {
            assert!(!body.contains(forbidden), "{path} has {forbidden}");
        }
        for script in body.split("<script").skip(1) {
            assert!(script.split('>').next().unwrap().contains("src="), "{path}: {script}");
        }
    }
}

#[tokio::test]
async fn another_sites_name_for_this_machine_is_refused() {
    let test = TestApp::new().await;
    let rebound =
        request(Method::GET, "/login", "").header(header::HOST, "evil.example").body(Body::empty()).unwrap();
    // `header` appends: the first one is what a browser would not send.
    let mut rebound = rebound;
    rebound.headers_mut().insert(header::HOST, "evil.example".parse().unwrap());
    assert_eq!(test.send(rebound).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_feed_shows_mentions_escaped_with_tags_and_their_scores() {
    let test = TestApp::new().await;
    test.index(vec![angry(50)]).await;
    test.raise_incident().await;
    let cookie = test.log_in().await;
    let body = test.get("/", &cookie).await.body;
    assert!(body.contains("Colis &#60;b&#62;perdu&#60;/b&#62;"), "{body}");
    assert!(body.contains("Colère") && body.contains("90\u{202f}%"));
    assert!(body.contains("https://social.example/50"));
    assert!(body.contains("Livraison") && body.contains("à cette heure"));
    let english = test.get("/", &format!("{cookie}; vigie_language=en")).await.body;
    assert!(english.contains("lang=\"en\"") && english.contains("Anger"));
    let other = test.get("/?emotion=disappointment", &cookie).await.body;
    assert!(!other.contains("https://social.example/50"));
}

#[tokio::test]
async fn live_events_reach_an_open_page_and_a_late_one_is_told_to_reload() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    let request = request(Method::GET, "/stream?emotion=anger", &cookie).body(Body::empty()).unwrap();
    let response = test.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut chunks = response.into_body().into_data_stream();
    let mut next = async || String::from_utf8(chunks.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(next().await.contains("event: hello"));
    let calm = testkit::tagged(1, "Merci Colisio", &[]);
    test.state.live.send(LiveEvent::Mention(Box::new(calm))).unwrap();
    test.state.live.send(LiveEvent::Mention(Box::new(angry(2)))).unwrap();
    let event = next().await;
    assert!(
        event.contains("event: mention") && event.contains("Colère") && event.contains("social.example/2")
    );
    assert!(!event.contains("Merci"));
    for id in 0..20 {
        test.state.live.send(LiveEvent::Mention(Box::new(angry(id)))).unwrap();
    }
    assert!(next().await.contains("event: reload"));
}

#[tokio::test]
async fn metrics_count_requests_by_route() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    test.get("/", &cookie).await;
    let metrics = test.get("/metrics", &cookie).await.body;
    assert!(
        metrics.contains(r#"vigie_http_requests_total{method="GET",route="/",status="200"} 1"#),
        "{metrics}"
    );
    assert!(metrics.contains(r#"vigie_part_up{part="journal"} 1"#), "{metrics}");
}

#[tokio::test]
async fn preferences_are_kept_and_lead_back_to_our_own_pages_only() {
    let test = TestApp::new().await;
    let answer = test.post("/preferences", "", "language=en&next=%2F%2Fevil.example").await;
    assert_eq!((answer.cookie(), answer.location()), ("vigie_language=en".to_owned(), "/"));
    let answer = test.post("/preferences", "", "brand=colisio&next=%2F%3Fbrand%3Da%26emotion%3Danger").await;
    assert_eq!((answer.cookie(), answer.location()), ("vigie_brand=colisio".to_owned(), "/?emotion=anger"));
}
