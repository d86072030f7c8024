//! The token that forms carry, so that no other site can send them.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::header,
};
use subtle::ConstantTimeEq;

use super::{Session, token};
use crate::{error::WebError, security::MAX_BODY_BYTES};

/// The hidden field of forms.
pub(crate) const FIELD: &str = "csrf";
/// The header of requests by script.
const HEADER: &str = "x-csrf-token";

/// The token as a page shows it: masked anew each time, so that compression of the page gives nothing away about it.
pub(crate) fn mask(secret: &[u8]) -> String {
    let pad = token::random();
    let masked: Vec<u8> =
        pad.iter().copied().chain(secret.iter().zip(pad).map(|(byte, mask)| byte ^ mask)).collect();
    token::encode(&masked)
}

fn unmasked_matches(text: &str, secret: &[u8]) -> bool {
    let Some(masked) = token::decode(text).filter(|masked| masked.len() == 64) else {
        return false;
    };
    let (pad, rest) = masked.split_at(32);
    let sent: Vec<u8> = pad.iter().zip(rest).map(|(mask, byte)| mask ^ byte).collect();
    sent.ct_eq(secret).into()
}

/// Passes a request on if its header or its form has the session's token.
pub(super) async fn check(request: Request, session: &Session) -> Result<Request, WebError> {
    if let Some(sent) = request.headers().get(HEADER) {
        let matches = sent.to_str().is_ok_and(|sent| unmasked_matches(sent, &session.csrf_token));
        return if matches { Ok(request) } else { Err(WebError::FormExpired) };
    }
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form {
        return Err(WebError::FormExpired);
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| WebError::TooLarge)?;
    // The token's alphabet needs no percent-encoding.
    let matches = bytes
        .split(|byte| *byte == b'&')
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='))
        .any(|(name, value)| name == FIELD && unmasked_matches(value, &session.csrf_token));
    if matches { Ok(Request::from_parts(parts, Body::from(bytes))) } else { Err(WebError::FormExpired) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_token_differs_each_time_and_matches() {
        let secret = token::random();
        let (first, second) = (mask(&secret), mask(&secret));
        assert_ne!(first, second);
        assert!(unmasked_matches(&first, &secret) && unmasked_matches(&second, &secret));
        assert!(!unmasked_matches(&first, &token::random()));
        for bad in ["", "?", "AAAA"] {
            assert!(!unmasked_matches(bad, &secret));
        }
    }
}
