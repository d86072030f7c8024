//! Live events to open pages, as server-sent events.
//!
//! `mention` carries an `<li>` in the reader's language, `mention-removed` an element's id, `incident` and `case` a number
//! and a state as JSON (their pages fetch what they show of it), `reload` says that events were missed.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use chrono::Utc;
use domain::{Brand, BrandId, Change, Emotion, LiveEvent, Tag};
use futures::{Stream, stream};
use prometheus_client::metrics::gauge::Gauge;
use serde::Deserialize;
use serde_json::json;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Interval, MissedTickBehavior, interval},
};

use crate::{
    app::App,
    auth::{find_session, session_token},
    error::WebError,
    i18n::Localizer,
    view::{MentionItem, MentionView, dom_id},
};
use askama::Template;
use search::Hit;

/// How often a stream makes sure that its session still holds.
const SESSION_CHECK: Duration = Duration::from_secs(60);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a page wants to hear of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StreamFilter {
    /// Only this brand.
    brand: Option<BrandId>,
    /// Only mentions with this emotion.
    emotion: Option<Emotion>,
}

impl StreamFilter {
    fn lets_through(&self, event: &LiveEvent) -> bool {
        let is_brand = |brands: &[BrandId]| self.brand.as_ref().is_none_or(|brand| brands.contains(brand));
        match event {
            LiveEvent::Mention(tagged) => {
                let has_emotion = self.emotion.is_none_or(|emotion| tagged.tags.has(Tag::Emotion(emotion)));
                is_brand(&tagged.mention.brands) && (has_emotion || tagged.mention.change == Change::Deleted)
            }
            LiveEvent::Incident(incident) => is_brand(std::slice::from_ref(&incident.brand)),
            LiveEvent::Case(case) => is_brand(std::slice::from_ref(&case.brand)),
        }
    }
}

/// Everything one open page listens with.
struct Listener {
    app: App,
    events: Receiver<LiveEvent>,
    filter: StreamFilter,
    l: Localizer,
    token: String,
    session_check: Interval,
    greeted: bool,
    _counted: Counted,
}

/// Counts an open stream for as long as it lives.
struct Counted(Gauge);

impl Counted {
    fn new(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// `GET /stream?brand=&emotion=`
pub(crate) async fn stream(
    State(app): State<App>,
    l: Localizer,
    Query(filter): Query<StreamFilter>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let token = session_token(&headers, app.settings.secure).ok_or(WebError::LoginNeeded)?.to_owned();
    let mut session_check = interval(SESSION_CHECK);
    session_check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener = Listener {
        events: app.live.subscribe(),
        _counted: Counted::new(app.metrics.streams.clone()),
        app,
        filter,
        l,
        token,
        session_check,
        greeted: false,
    };
    let events = Sse::new(listen(listener)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Proxies would hold events back.
    Ok(([("x-accel-buffering", "no")], events).into_response())
}

fn listen(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    })
}

impl Listener {
    /// The next event for this page; none when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            return Some(Event::default().event("hello").data("1").retry(Duration::from_secs(3)));
        }
        loop {
            tokio::select! {
                () = self.app.shutdown.cancelled() => return None,
                _ = self.session_check.tick() => {
                    let session = find_session(&self.app.database, &self.token, Utc::now()).await;
                    if !matches!(session, Ok(Some(_))) {
                        return None;
                    }
                }
                received = self.events.recv() => match received {
                    Ok(event) if self.filter.lets_through(&event) => {
                        self.l.now = Utc::now();
                        match to_sse(self.l, &self.app.brands, &event) {
                            Ok(event) => return Some(event),
                            Err(error) => tracing::error!("live event cannot be shown: {error}"),
                        }
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(missed)) => {
                        return Some(Event::default().event("reload").data(missed.to_string()));
                    }
                    Err(RecvError::Closed) => return None,
                }
            }
        }
    }
}

fn to_sse(l: Localizer, brands: &[Brand], event: &LiveEvent) -> Result<Event, askama::Error> {
    Ok(match event {
        LiveEvent::Mention(tagged) if tagged.mention.change == Change::Deleted => {
            Event::default().event("mention-removed").data(dom_id(&tagged.mention.key))
        }
        LiveEvent::Mention(tagged) => {
            let mention = MentionView::new(l, brands, &Hit::from(tagged.as_ref()));
            // A carriage return would end the event's line.
            let html = MentionItem { l, mention: &mention }.render()?.replace('\r', " ");
            Event::default().event("mention").data(html)
        }
        LiveEvent::Incident(incident) => {
            let data = json!({"id": incident.id, "status": incident.status.as_str()});
            Event::default().event("incident").data(data.to_string())
        }
        LiveEvent::Case(case) => {
            let data = json!({"id": case.id, "status": case.status.as_str(), "revision": case.revision});
            Event::default().event("case").data(data.to_string())
        }
    })
}
