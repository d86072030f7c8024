//! The locales and the code against each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use domain::{CaseStatus, Cause, Emotion, Flag, IncidentStatus, MentionKind};

use super::*;
use crate::error::WebError;

/// What stands behind `family("prefix", …)`: each prefix used in code or templates must be listed with its members.
fn families() -> BTreeMap<&'static str, Vec<String>> {
    let names = |names: &[&str]| names.iter().map(|name| name.replace('_', "-")).collect::<Vec<_>>();
    BTreeMap::from([
        ("emotion", names(&Emotion::ALL.map(Emotion::as_str))),
        ("cause", names(&Cause::ALL.map(Cause::as_str))),
        ("flag", names(&Flag::ALL.map(Flag::as_str))),
        ("kind", names(&MentionKind::ALL.map(MentionKind::as_str))),
        ("case-status", names(&CaseStatus::ALL.map(CaseStatus::as_str))),
        (
            "incident-status",
            names(
                &[IncidentStatus::Open, IncidentStatus::Acknowledged, IncidentStatus::Resolved]
                    .map(IncidentStatus::as_str),
            ),
        ),
        ("inbox-view", names(&["waiting", "mine", "answered", "closed", "all"])),
        ("inbox-order", names(&["due_first", "newest_first", "reach_first"])),
        (
            "case-event",
            names(&["opened", "assigned", "released", "answered", "closed", "edited", "deleted_at_source"]),
        ),
        (
            "query",
            query::QueryErrorKind::KEYS
                .iter()
                .map(|key| key.trim_start_matches("query-").to_owned())
                .collect(),
        ),
        (
            "query-expects",
            names(&[
                "brand",
                "source",
                "emotion",
                "cause",
                "lang",
                "author",
                "rating",
                "kind",
                "complaint",
                "answer",
                "from",
                "to",
            ]),
        ),
        ("period", names(&["24h", "7d", "30d", "90d"])),
        ("bucket", names(&["hour", "day"])),
        ("facet", names(&["emotion", "cause", "source", "kind", "lang", "brand"])),
        (
            "search-help",
            crate::pages::search::HELP
                .iter()
                .flat_map(|name| [format!("{name}-example"), format!("{name}-meaning")])
                .collect(),
        ),
        (
            "error",
            WebError::ALL
                .iter()
                .flat_map(|error| [format!("{}-title", error.key()), format!("{}-text", error.key())])
                .collect(),
        ),
    ])
}

/// Every message of a locale with the names of its variables.
fn messages(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::<String, BTreeSet<String>>::new();
    let mut current = String::new();
    for (file, text) in files(locale) {
        for line in text.lines() {
            if let Some((key, _)) = line.split_once(" =")
                && key.starts_with(|first: char| first.is_ascii_lowercase())
            {
                current = key.to_owned();
                let repeated = messages.insert(current.clone(), BTreeSet::new());
                assert!(repeated.is_none(), "{file}: {current} is there twice");
            }
            for (start, _) in line.match_indices('$') {
                let rest = &line[start + 1..];
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                messages.entry(current.clone()).or_default().insert(rest[..end].to_owned());
            }
        }
    }
    messages
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "html")
            && !path.ends_with("i18n/tests.rs")
        {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

fn all_sources() -> Vec<String> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    sources(&here.join("src"), &mut found);
    sources(&here.join("../../dashboards/web/templates"), &mut found);
    found
}

/// The string literals that follow `opening`.
fn literals_after<'a>(source: &'a str, opening: &str) -> Vec<&'a str> {
    let rest = source.match_indices(opening).map(|(start, _)| source[start + opening.len()..].trim_start());
    rest.filter_map(|rest| rest.strip_prefix('"')?.split('"').next()).collect()
}

#[test]
fn both_locales_have_the_same_messages_with_the_same_variables() {
    assert_eq!(messages(Locale::Fr), messages(Locale::En));
}

#[test]
fn locale_files_have_no_errors() {
    for locale in Locale::ALL {
        for (file, text) in files(locale) {
            assert!(FluentResource::try_new(text).is_ok(), "{file}");
        }
    }
}

#[test]
fn every_key_that_is_used_exists() {
    let known = messages(Locale::Fr);
    let families = families();
    for source in all_sources() {
        for opening in [".t(", ".t1(", ".t2(", ".t_with("] {
            for key in literals_after(&source, opening) {
                assert!(known.contains_key(key), "{key} is used and not in the locales");
            }
        }
        for opening in [".family(", ".family_suffixed("] {
            for prefix in literals_after(&source, opening) {
                assert!(families.contains_key(prefix), "list the members of {prefix} in families()");
            }
        }
    }
    for (prefix, names) in &families {
        for name in names {
            assert!(known.contains_key(&format!("{prefix}-{name}")), "{prefix}-{name} is not in the locales");
        }
    }
}

#[test]
fn every_key_is_used() {
    let sources = all_sources();
    let families = families();
    for key in messages(Locale::Fr).keys() {
        let literal = format!("\"{key}\"");
        let in_family = families
            .iter()
            .any(|(prefix, names)| names.iter().any(|name| *key == format!("{prefix}-{name}")))
            || key.starts_with("source-")
            || key.starts_with("language-name-");
        let used = in_family || sources.iter().any(|source| source.contains(&literal));
        assert!(used, "{key} is in the locales and used nowhere");
    }
}

#[test]
fn the_browser_chooses_the_language_and_french_is_the_default() {
    let accept = |value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, value.parse().unwrap());
        Locale::from_accept_language(&headers)
    };
    assert_eq!(Locale::from_accept_language(&HeaderMap::new()), Locale::Fr);
    assert_eq!(accept("en-GB,fr;q=0.8"), Locale::En);
    assert_eq!(accept("de, en;q=0.5, fr;q=0.9"), Locale::Fr);
    assert_eq!(accept("de"), Locale::Fr);
}
