//! What every page needs: language, theme, brand, who is logged in.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use chrono::Utc;
use domain::{Brand, BrandId};

use crate::{
    app::App,
    auth::{CSRF_FIELD, Session, cookie, mask_csrf},
    error::WebError,
    i18n::{Locale, Localizer},
    icons::Icon,
};

/// The cookies that hold what the reader prefers; no secret is in them.
pub(crate) const LANGUAGE_COOKIE: &str = "vigie_language";
pub(crate) const THEME_COOKIE: &str = "vigie_theme";
pub(crate) const BRAND_COOKIE: &str = "vigie_brand";

/// Light, dark, or as the device says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn from_name(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nav {
    Alerts,
    Trends,
    Inbox,
    Search,
    None,
}

impl Nav {
    fn of_path(path: &str) -> Self {
        match path.split('/').nth(1).unwrap_or_default() {
            "" | "incidents" => Self::Alerts,
            "trends" => Self::Trends,
            "inbox" => Self::Inbox,
            "search" => Self::Search,
            _ => Self::None,
        }
    }
}

/// A handler's view of its reader; also what `layout.html` draws on.
#[derive(Debug, Clone)]
pub(crate) struct PageContext {
    /// Words, dates and numbers.
    pub(crate) l: Localizer,
    pub(crate) theme: Theme,
    /// Who is logged in; empty on the login page and on errors.
    pub(crate) user: String,
    /// All brands, for the picker.
    pub(crate) brands: Vec<Brand>,
    /// The chosen brand; none for all.
    pub(crate) brand: Option<BrandId>,
    pub(crate) nav: Nav,
    /// Path and query, to come back to.
    pub(crate) here: String,
    /// Cases that wait for somebody, as the navigation shows them.
    pub(crate) waiting_cases: usize,
    csrf_secret: Vec<u8>,
}

impl PageContext {
    /// For a page that does not know who reads it.
    pub(crate) fn signed_out(app: &App, headers: &HeaderMap, here: &str) -> Self {
        let locale = cookie(headers, LANGUAGE_COOKIE)
            .and_then(Locale::from_tag)
            .unwrap_or_else(|| Locale::from_accept_language(headers));
        let zone = app.brands.first().map_or(chrono_tz::Europe::Paris, |brand| brand.time_zone);
        Self {
            l: Localizer { locale, zone, now: Utc::now() },
            theme: Theme::from_name(cookie(headers, THEME_COOKIE).unwrap_or_default()),
            user: String::new(),
            brands: app.brands.to_vec(),
            brand: None,
            nav: Nav::of_path(here.split('?').next().unwrap_or_default()),
            here: here.to_owned(),
            waiting_cases: 0,
            csrf_secret: Vec::new(),
        }
    }

    fn of_session(app: &App, parts: &Parts, session: &Session) -> Self {
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut page = Self::signed_out(app, &parts.headers, here);
        page.user.clone_from(&session.user);
        page.csrf_secret.clone_from(&session.csrf_token);
        // A link names its brand, so that it shows everybody the same; else the reader's last choice holds.
        let wanted = query_value(&parts.uri, "brand").or_else(|| cookie(&parts.headers, BRAND_COOKIE));
        let brand = wanted.and_then(|wanted| app.brands.iter().find(|brand| brand.id.as_str() == wanted));
        if let Some(brand) = brand {
            page.brand = Some(brand.id.clone());
            page.l.zone = brand.time_zone;
        }
        page
    }

    /// For templates and views without a request.
    #[cfg(test)]
    pub(crate) fn for_tests(l: Localizer, brands: Vec<Brand>) -> Self {
        Self {
            l,
            theme: Theme::Auto,
            user: "anne".to_owned(),
            brands,
            brand: None,
            nav: Nav::None,
            here: "/".to_owned(),
            waiting_cases: 0,
            csrf_secret: vec![0; 32],
        }
    }

    /// The hidden field that every form with `method="post"` needs.
    pub(crate) fn csrf_field(&self) -> Markup {
        Markup(format!(r#"<input type="hidden" name="{CSRF_FIELD}" value="{}">"#, self.csrf_token()))
    }

    /// The form token for scripts, which send it as `X-CSRF-Token`.
    pub(crate) fn csrf_token(&self) -> String {
        mask_csrf(&self.csrf_secret)
    }

    /// Whether the brand is the chosen one.
    pub(crate) fn has_brand(&self, brand: &BrandId) -> bool {
        self.brand.as_ref() == Some(brand)
    }

    /// The name of a brand on the screens.
    pub(crate) fn brand_name(&self, id: &BrandId) -> String {
        self.brands
            .iter()
            .find(|brand| brand.id == *id)
            .map_or_else(|| id.to_string(), |brand| brand.name.clone())
    }

    /// The address of a static file.
    pub(crate) fn asset(&self, name: &str) -> String {
        crate::assets::asset(name)
    }

    /// An icon.
    pub(crate) fn icon(&self, name: &str) -> Icon {
        crate::icons::icon(name)
    }

    /// Whether this is the entry of the navigation that is open: `"alerts"`, `"trends"`, `"inbox"`, `"search"`.
    pub(crate) fn is_at(&self, entry: &str) -> bool {
        let open = match self.nav {
            Nav::Alerts => "alerts",
            Nav::Trends => "trends",
            Nav::Inbox => "inbox",
            Nav::Search => "search",
            Nav::None => "",
        };
        open == entry
    }
}

/// A plain value of the query; brand ids and tags need no decoding.
fn query_value<'a>(uri: &'a axum::http::Uri, name: &str) -> Option<&'a str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

impl FromRequestParts<App> for PageContext {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let session = parts.extensions.get::<Session>().ok_or(WebError::LoginNeeded)?;
        let mut page = Self::of_session(app, parts, session);
        let counts = app.casework.counts(page.brand.as_ref()).await.map_err(WebError::internal)?;
        page.waiting_cases = counts.new;
        Ok(page)
    }
}

impl FromRequestParts<App> for Localizer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let page = match parts.extensions.get::<Session>() {
            Some(session) => PageContext::of_session(app, parts, session),
            None => PageContext::signed_out(app, &parts.headers, parts.uri.path()),
        };
        Ok(page.l)
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, WebError> {
        parts.extensions.get::<Session>().cloned().ok_or(WebError::LoginNeeded)
    }
}

/// HTML made by us, which templates do not escape again.
pub(crate) struct Markup(String);

impl std::fmt::Display for Markup {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

impl From<String> for Markup {
    fn from(html: String) -> Self {
        Self(html)
    }
}

/// An address to come back to after a form: only our own paths.
pub(crate) fn own_path(path: &str) -> &str {
    let is_own = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    if is_own { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_paths_are_gone_back_to() {
        assert_eq!(own_path("/trends?brand=a"), "/trends?brand=a");
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nb"] {
            assert_eq!(own_path(foreign), "/");
        }
    }
}
