//! The folder that `scripts/setup.py` fills, and that training works in.

use std::{env, path::PathBuf};

/// `$VIGIE_CACHE`, else `vigie` in the user's cache folder, as the set-up chooses it.
pub fn folder() -> PathBuf {
    let from = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("VIGIE_CACHE")
        .or_else(|| from("XDG_CACHE_HOME").map(|cache| cache.join("vigie")))
        .or_else(|| from("HOME").map(|home| home.join(".cache/vigie")))
        .unwrap_or_else(|| env::temp_dir().join("vigie"))
}
