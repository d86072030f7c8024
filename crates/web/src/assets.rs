//! The static files, embedded in the program and cached by browsers under a name that changes with them.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rust_embed::Embed;
use sha2::{Digest, Sha256};

use crate::error::WebError;

#[derive(Embed)]
#[folder = "../../dashboards/web/static"]
struct Static;

/// One short hash over all files. It is a folder of the addresses, so that modules which import each other by relative
/// names stay within one version.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Static::iter().collect();
    names.sort_unstable();
    let mut hasher = Sha256::new();
    for file in names.iter().filter_map(|name| Static::get(name)) {
        hasher.update(file.metadata.sha256_hash());
    }
    hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

/// The address of a static file, such as `css/app.css`.
pub(crate) fn asset(name: &str) -> String {
    format!("/static/{}/{name}", *VERSION)
}

/// `GET /static/{version}/{*name}`
pub(crate) async fn serve_asset(Path((version, name)): Path<(String, String)>) -> Result<Response, WebError> {
    let file = Static::get(&name).ok_or(WebError::NotFound)?;
    let kind = mime_guess::from_path(&name).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    let cache = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(([(CONTENT_TYPE, kind.as_str()), (CACHE_CONTROL, cache)], file.data.into_owned()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_are_there() {
        for name in ["vendor/uPlot.iife.min.js", "vendor/uPlot.min.css", "vendor/htmx.min.js"] {
            assert!(Static::get(name).is_some(), "{name} is missing; run `make setup`");
        }
    }
}
