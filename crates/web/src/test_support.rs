//! A router with made-up parts behind it, for the tests of this crate.

use std::sync::Arc;

use alerting::{Alerting, HourCount};
use analytics::{Analytics, ServerOptions};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, Response, StatusCode, Uri, header},
};
use casework::Casework;
use domain::{Emotion, Flag, LiveEvent, Reason, Series, Tag, TaggedMention};
use journal::{Entry, JournalOptions, SqliteJournal, TaggedReader};
use search::SearchIndex;
use state::Database;
use tokio::{net::TcpListener, sync::broadcast};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{Metrics, WebOptions, WebState, auth, router};

pub(crate) const PASSWORD: &str = "un bon mot de passe";

/// The pages with one account, `anne`.
pub(crate) struct TestApp {
    pub(crate) state: WebState,
    pub(crate) router: Router,
    _folder: tempfile::TempDir,
}

/// What came back, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The cookie that was set, as a browser would send it back.
    pub(crate) fn cookie(&self) -> String {
        let cookie = self.headers.get(header::SET_COOKIE).expect("a cookie").to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The form token of a page.
    pub(crate) fn csrf(&self) -> String {
        let (_, rest) = self.body.split_once(r#"name="csrf" value=""#).expect("a form token");
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Anger for the word "perdu", and a complaint for no word in particular.
fn reasons(text: &str) -> Vec<Reason> {
    let words = text.find("perdu").map(|start| start..start + "perdu".len());
    let reason = |tag, score, words| Reason { tag, score, words };
    vec![
        reason(Tag::Emotion(Emotion::Anger), 0.9, words.into_iter().collect()),
        reason(Tag::Flag(Flag::Complaint), 0.45, Vec::new()),
    ]
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let migrations = [crate::MIGRATIONS, casework::MIGRATIONS, alerting::MIGRATIONS];
        let database = Database::open_in_memory(&migrations).unwrap();
        auth::create_user(&database, "anne", Some(PASSWORD)).await.unwrap();
        let brands = [testkit::brand()];
        let state = WebState {
            alerting: Alerting::new(database.clone(), &[]),
            analytics: unreachable_history().await,
            casework: Casework::new(database.clone(), &brands),
            database,
            search: SearchIndex::open(&folder.path().join("search")).unwrap(),
            brands: Arc::from(brands),
            journal: Arc::new(
                SqliteJournal::open(&folder.path().join("journal.db"), JournalOptions::default()).unwrap(),
            ),
            readers: Arc::from([]),
            parts: Arc::from([]),
            explain: Arc::new(|text| Box::pin(async move { Ok(reasons(&text)) })),
            sources: Arc::new(Vec::new),
            live: broadcast::Sender::<LiveEvent>::new(8),
            metrics: Metrics::default(),
            shutdown: CancellationToken::new(),
        };
        Self { router: router(state.clone(), &WebOptions::default()), state, _folder: folder }
    }

    /// Puts mentions into the search index.
    pub(crate) async fn index(&self, mentions: Vec<TaggedMention>) {
        self.state.search.reader_stage().apply(&entries(mentions)).await.unwrap();
    }

    /// Lets the inbox open cases for mentions.
    pub(crate) async fn open_cases(&self, mentions: Vec<TaggedMention>) {
        self.state.casework.reader().apply(&entries(mentions)).await.unwrap();
    }

    /// Lets eight angry posts about deliveries break into three days with hardly any; the incident's number.
    pub(crate) async fn raise_incident(&self) -> i64 {
        let brand = testkit::brand_id();
        let quiet_hour =
            |hour: i64| HourCount { at: testkit::at(-3600 * hour), series: Series::Mentions, mentions: 1 };
        let history: Vec<_> = (1..72).rev().map(quiet_hour).collect();
        self.state.alerting.warm_up(&brand, &history).await.unwrap();
        let posts = (1..=8)
            .map(|id| testkit::tagged(id, "Colisio a perdu mon colis", &testkit::angry_delivery_complaint()));
        let events = self.state.alerting.reader().apply(&entries(posts.collect())).await.unwrap();
        match events.first() {
            Some(LiveEvent::Incident(incident)) => incident.id,
            other => panic!("no incident was raised, but {other:?}"),
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(request(Method::GET, path, cookie).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = request(Method::POST, path, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.send(request).await
    }

    /// Logs `anne` in; the cookie of her session.
    pub(crate) async fn log_in(&self) -> String {
        let form = format!("name=anne&password={}", PASSWORD.replace(' ', "+"));
        let answer = self.post("/login", "", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.cookie()
    }
}

/// Mentions as the tagged log holds them.
fn entries(mentions: Vec<TaggedMention>) -> Vec<Entry<TaggedMention>> {
    mentions.into_iter().zip(1..).map(|(record, offset)| Entry { offset, record }).collect()
}

/// The handle of a history whose server went away: every question fails, as while the engine is down. The server that it was
/// opened on says what is asked when the tables are looked at, and nothing more.
async fn unreachable_history() -> Analytics {
    let answers = axum::Router::new().fallback(|uri: Uri, body: String| async move {
        let question = format!("{uri}{body}");
        if question.contains("system.databases") {
            row("UInt64", &1_u64.to_le_bytes())
        } else if question.contains("max") {
            row("UInt32", &0_u32.to_le_bytes())
        } else {
            Vec::new()
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = ServerOptions {
        url: format!("http://{}", listener.local_addr().unwrap()),
        user: "vigie".to_owned(),
        password: String::new(),
        database: "vigie".to_owned(),
    };
    let server = tokio::spawn(async move { axum::serve(listener, answers).await });
    let history = Analytics::connect(&options).await.unwrap();
    server.abort();
    history
}

/// A row with one value in ClickHouse's RowBinaryWithNamesAndTypes.
fn row(kind: &str, value: &[u8]) -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    [vec![1], text("value"), text(kind), value.to_vec()].concat()
}

/// A request as a browser on this machine sends it.
pub(crate) fn request(method: Method, path: &str, cookie: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "127.0.0.1:8080")
        .header(header::COOKIE, cookie)
}
