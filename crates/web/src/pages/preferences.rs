//! Language, theme and brand, kept in cookies that hold no secret.

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::{
    app::App,
    context::{BRAND_COOKIE, LANGUAGE_COOKIE, THEME_COOKIE, Theme, own_path},
    error::WebError,
    i18n::Locale,
};

const YEAR_SECONDS: u32 = 31_536_000;

/// What the switches send: one of them at a time.
#[derive(Debug, Deserialize)]
pub(crate) struct Preferences {
    language: Option<String>,
    theme: Option<String>,
    /// Empty for all brands.
    brand: Option<String>,
    #[serde(default)]
    next: String,
}

/// `POST /preferences`
pub(crate) async fn save(
    State(app): State<App>,
    Form(preferences): Form<Preferences>,
) -> Result<Response, WebError> {
    let mut headers = HeaderMap::new();
    let mut set = |name: &str, value: &str| {
        let secure = if app.settings.secure { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax{secure}");
        // Every value below is one of our own words, so that it is always a valid header.
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    };
    if let Some(locale) = preferences.language.as_deref().and_then(Locale::from_tag) {
        set(LANGUAGE_COOKIE, locale.as_str());
    }
    if let Some(theme) = &preferences.theme {
        set(THEME_COOKIE, Theme::from_name(theme).as_str());
    }
    let mut next = own_path(&preferences.next).to_owned();
    if let Some(wanted) = &preferences.brand {
        let brand = app.brands.iter().find(|brand| brand.id.as_str() == wanted);
        set(BRAND_COOKIE, brand.map_or("", |brand| brand.id.as_str()));
        // A brand in the address would win over the choice just made.
        next = without_brand(&next);
    }
    Ok((headers, Redirect::to(&next)).into_response())
}

fn without_brand(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else {
        return path.to_owned();
    };
    let rest: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("brand=")).collect();
    if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_brand_replaces_the_one_in_the_address() {
        assert_eq!(without_brand("/?brand=a&emotion=anger"), "/?emotion=anger");
        assert_eq!(without_brand("/trends?brand=a"), "/trends");
    }
}
