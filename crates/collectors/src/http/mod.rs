//! What all sources fetch with: time-outs, retries, rate limits, conditional requests, bounded answers, no private addresses.

mod error;
mod guard;
mod limits;
mod link;
mod retry;

use std::{error::Error, sync::Arc, time::Duration};

use chrono::Utc;
use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION},
    redirect::Policy,
};
use serde::{Deserialize, Serialize};
use url::Url;

pub use error::{FetchError, HttpClientError};
use guard::{PrivateAddress, PublicResolver, check_url};
use limits::HostLimits;
pub(crate) use link::link_with_relation;
use retry::{Verdict, judge};

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 5;

/// How sources are asked.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// An address or page by which a source's operator can reach whoever runs this Vigie; part of the User-Agent.
    pub contact: Option<String>,
    /// Let the configured addresses be private. Redirects to another host stay bound to public addresses.
    pub allow_private_addresses: bool,
    /// How long one answer may take, from the first byte sent to the last received.
    pub timeout: Duration,
    /// How long a connection may take to be made, and an answer to go on.
    pub stall_timeout: Duration,
    /// The largest answer, after decompression.
    pub max_body_bytes: usize,
    /// How often a request that fails for reasons which may pass is tried.
    pub attempts: u32,
    /// The longest pause before the second attempt; doubled before each further one.
    pub first_pause: Duration,
    /// A source that asks for a longer pause is left alone, and asked again when the pause is over.
    pub longest_pause: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            contact: None,
            allow_private_addresses: false,
            timeout: Duration::from_secs(20),
            stall_timeout: Duration::from_secs(10),
            max_body_bytes: 5_000_000,
            attempts: 4,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
        }
    }
}

/// Fetches for all collectors. Clones share connections and what is known of the sources' rate limits.
#[derive(Debug, Clone)]
pub struct HttpClient {
    guarded: Client,
    /// For configured hosts, where these may be private.
    unguarded: Option<Client>,
    options: Arc<HttpOptions>,
    limits: Arc<HostLimits>,
}

/// What a source gave with a document, to ask it later whether the document has changed. Kept in the collector's cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// What a source answered.
#[derive(Debug)]
pub enum Fetched {
    /// The document is still the one that the validators belong to.
    NotModified,
    /// A document.
    Document(Box<Document>),
}

/// A document, whole.
#[derive(Debug)]
pub struct Document {
    /// Where it was found, after redirects.
    pub url: Url,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The content, decompressed.
    pub body: Vec<u8>,
}

impl Document {
    /// What to ask with whether it has changed.
    pub fn validators(&self) -> Validators {
        let header = |name| self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Validators { etag: header(ETAG), last_modified: header(LAST_MODIFIED) }
    }
}

impl HttpClient {
    /// Prepares the client.
    ///
    /// # Errors
    /// The contact cannot stand in a header, or TLS cannot be set up.
    pub fn new(options: HttpOptions) -> Result<Self, HttpClientError> {
        // The process may have chosen its provider already; either is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let version = env!("CARGO_PKG_VERSION");
        let user_agent = match &options.contact {
            Some(contact)
                if contact.trim().is_empty() || contact.contains(|c: char| !(' '..='~').contains(&c)) =>
            {
                return Err(HttpClientError::Contact(contact.clone()));
            }
            Some(contact) => format!("Vigie/{version} (+{contact})"),
            None => format!("Vigie/{version}"),
        };
        let builder = || {
            Client::builder()
                .user_agent(&user_agent)
                .connect_timeout(options.stall_timeout)
                .read_timeout(options.stall_timeout)
                .redirect(Policy::none())
                // A proxy would resolve names itself, out of sight of the guard against private addresses.
                .no_proxy()
        };
        let guarded = builder().dns_resolver(PublicResolver).build()?;
        let unguarded = options.allow_private_addresses.then(|| builder().build()).transpose()?;
        Ok(Self { guarded, unguarded, options: Arc::new(options), limits: Arc::default() })
    }

    /// The document at an address, unless it is still the one that the validators belong to.
    ///
    /// Tries again, with growing random pauses, what may pass by itself: refused connections, server errors, rate limits.
    ///
    /// # Errors
    /// Why there is no document. A pause that the source asked for, and that is too long to be waited for here, is
    /// [`FetchError::RateLimited`].
    pub async fn get(
        &self,
        url: &Url,
        accept: &'static str,
        validators: &Validators,
    ) -> Result<Fetched, FetchError> {
        let mut attempt = 1;
        loop {
            self.limits.wait(url, self.options.longest_pause).await?;
            let outcome = self.follow(url, accept, validators).await;
            let (failure, pause) = match judge(outcome, attempt, &self.options, Utc::now()) {
                Verdict::Done(fetched) => return fetched,
                Verdict::Retry { failure, pause } => (failure, pause),
            };
            tracing::debug!(
                host = url.host_str(),
                attempt,
                pause_seconds = pause.as_secs_f32(),
                %failure,
                "fetching failed, it will be tried again"
            );
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// One attempt, through redirects.
    async fn follow(
        &self,
        url: &Url,
        accept: &'static str,
        validators: &Validators,
    ) -> Result<Fetched, FetchError> {
        let mut current = url.clone();
        for redirects in 0..=MAX_REDIRECTS {
            let may_be_private = current.host_str() == url.host_str();
            let response = match self.send(&current, may_be_private, accept, validators).await {
                Err(FetchError::PrivateAddress { host, .. }) => {
                    return Err(FetchError::PrivateAddress { host, redirected: redirects > 0 });
                }
                other => other?,
            };
            self.limits.learn(&current, response.headers(), Utc::now());
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED {
                return Ok(Fetched::NotModified);
            }
            if is_redirect(status) {
                current = redirect_target(&current, &response)?;
                continue;
            }
            if !status.is_success() {
                return Err(FetchError::of_status(status, response.headers(), Utc::now()));
            }
            let headers = response.headers().clone();
            let body = self.read_body(response).await?;
            return Ok(Fetched::Document(Box::new(Document { url: current, headers, body })));
        }
        Err(FetchError::TooManyRedirects { followed: MAX_REDIRECTS })
    }

    async fn send(
        &self,
        url: &Url,
        may_be_private: bool,
        accept: &'static str,
        validators: &Validators,
    ) -> Result<Response, FetchError> {
        let unguarded = self.unguarded.as_ref().filter(|_| may_be_private);
        check_url(url, unguarded.is_some())?;
        let client = unguarded.unwrap_or(&self.guarded);
        let mut request = client.get(url.clone()).timeout(self.options.timeout).header(ACCEPT, accept);
        if let Some(etag) = &validators.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(last_modified) = &validators.last_modified {
            request = request.header(IF_MODIFIED_SINCE, last_modified);
        }
        request.send().await.map_err(|error| self.failure(url, &error))
    }

    /// Reads piece by piece, so that no answer is ever held beyond the bound, whatever it decompresses to.
    async fn read_body(&self, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let limit = self.options.max_body_bytes;
        let too_large = || FetchError::TooLarge { limit_bytes: limit };
        let announced = response.content_length().unwrap_or(0);
        if announced > limit as u64 {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        while let Some(piece) =
            response.chunk().await.map_err(|error| self.failure(response.url(), &error))?
        {
            if body.len() + piece.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    fn failure(&self, url: &Url, error: &reqwest::Error) -> FetchError {
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut cause: &dyn Error = error;
        loop {
            if cause.is::<PrivateAddress>() {
                return FetchError::PrivateAddress { host, redirected: false };
            }
            match cause.source() {
                Some(inner) => cause = inner,
                None => break,
            }
        }
        if error.is_connect() {
            return FetchError::Unreachable { host, reason: cause.to_string() };
        }
        if error.is_timeout() {
            // Either of the two ended it; what matters is that the source is too slow.
            return FetchError::TimedOut { after: self.options.timeout };
        }
        if error.is_builder() {
            return FetchError::Address { reason: "it cannot be asked for over HTTP".to_owned() };
        }
        FetchError::Interrupted { host, reason: cause.to_string() }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn redirect_target(from: &Url, response: &Response) -> Result<Url, FetchError> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    location.and_then(|location| from.join(location).ok()).ok_or(FetchError::RedirectsNowhere)
}
