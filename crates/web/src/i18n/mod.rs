//! The words of the pages in French and English, and dates and numbers as each language writes them.

mod format;

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle, types::FluentNumber};
pub use format::{Real, Whole};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../../dashboards/web/locales"]
struct Locales;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Locale {
    /// French.
    Fr,
    /// English.
    En,
}

impl Locale {
    /// Both, the default first.
    pub const ALL: [Locale; 2] = [Locale::Fr, Locale::En];

    /// The tag in `lang` attributes, cookies and folder names.
    pub fn as_str(self) -> &'static str {
        match self {
            Locale::Fr => "fr",
            Locale::En => "en",
        }
    }

    /// The language of a tag such as `en-GB`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.as_str().eq_ignore_ascii_case(primary))
    }

    /// What the browser prefers, else French.
    pub fn from_accept_language(headers: &HeaderMap) -> Self {
        let accepted =
            headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut wishes: Vec<(f32, Locale)> = accepted
            .split(',')
            .filter_map(|wish| {
                let (tag, weight) = wish.split_once(";q=").unwrap_or((wish, "1"));
                Some((weight.trim().parse().ok()?, Self::from_tag(tag)?))
            })
            .collect();
        // The sort is stable: of equal wishes the first named wins.
        wishes.sort_by(|a, b| b.0.total_cmp(&a.0));
        wishes.first().map_or(Locale::Fr, |(_, locale)| *locale)
    }
}

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<HashMap<Locale, Bundle>> =
    LazyLock::new(|| Locale::ALL.into_iter().map(|locale| (locale, load(locale))).collect());

/// All files of a locale's folder as one bundle.
fn load(locale: Locale) -> Bundle {
    let identifier = locale.as_str().parse().expect("a locale's tag is a language identifier");
    let mut bundle = Bundle::new_concurrent(vec![identifier]);
    // The marks that isolate directions would end up in titles and attributes.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match locale {
        Locale::Fr => |value, _| format::fluent_number(Locale::Fr, value),
        Locale::En => |value, _| format::fluent_number(Locale::En, value),
    }));
    for (name, text) in files(locale) {
        let resource = match FluentResource::try_new(text) {
            Ok(resource) => resource,
            Err((resource, errors)) => {
                tracing::error!(file = name, ?errors, "locale file has errors");
                resource
            }
        };
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(file = name, ?errors, "locale file repeats keys");
        }
    }
    bundle
}

fn files(locale: Locale) -> Vec<(String, String)> {
    let folder = format!("{}/", locale.as_str());
    let mut names: Vec<_> = Locales::iter().filter(|name| name.starts_with(&folder)).collect();
    names.sort_unstable();
    names
        .into_iter()
        .filter_map(|name| {
            let file = Locales::get(&name)?;
            Some((name.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}

/// A value inside a message. References count as what they point at, because templates pass both.
pub trait Argument {
    /// As Fluent takes it: numbers choose plural forms.
    fn value(&self) -> FluentValue<'_>;
}

impl<T: Argument + ?Sized> Argument for &T {
    fn value(&self) -> FluentValue<'_> {
        (**self).value()
    }
}

impl Argument for str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::String(Cow::Borrowed(self))
    }
}

impl Argument for String {
    fn value(&self) -> FluentValue<'_> {
        self.as_str().value()
    }
}

macro_rules! number_arguments {
    ($($number:ty),+) => {
        $(impl Argument for $number {
            fn value(&self) -> FluentValue<'_> {
                FluentValue::Number(FluentNumber::from(*self))
            }
        })+
    };
}

number_arguments!(u8, u16, u32, u64, usize, i32, i64, f32, f64);

/// The reader's language and clock. Copied into every template as `l`.
#[derive(Debug, Clone, Copy)]
pub struct Localizer {
    /// The language.
    pub locale: Locale,
    /// The time zone of the dates.
    pub zone: Tz,
    /// The moment of the request, which relative times count from.
    pub now: DateTime<Utc>,
}

impl Localizer {
    /// The message of a key.
    pub fn t(self, key: &str) -> String {
        self.message(key, None)
    }

    /// A message with one value.
    pub fn t1(self, key: &str, name: &str, value: impl Argument) -> String {
        self.message(key, Some(&FluentArgs::from_iter([(name, value.value())])))
    }

    /// A message with two values.
    pub fn t2(self, key: &str, first: &str, a: impl Argument, second: &str, b: impl Argument) -> String {
        self.message(key, Some(&FluentArgs::from_iter([(first, a.value()), (second, b.value())])))
    }

    /// A message with any number of values.
    pub fn t_with(self, key: &str, values: &[(&str, &dyn Argument)]) -> String {
        let values: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.value())).collect();
        self.message(key, Some(&values))
    }

    /// The message `prefix-name`, where the name is one of a fixed set, such as the tags. The tests know the sets.
    pub fn family(self, prefix: &str, name: &str) -> String {
        self.t(&format!("{prefix}-{}", name.replace('_', "-")))
    }

    /// The message `prefix-name-suffix`.
    pub fn family_suffixed(self, prefix: &str, name: &str, suffix: &str) -> String {
        self.t(&format!("{prefix}-{}-{suffix}", name.replace('_', "-")))
    }

    /// The message of a key, or none: for names that come from outside, such as sources.
    pub fn find(self, key: &str) -> Option<String> {
        BUNDLES[&self.locale].has_message(key).then(|| self.t(key))
    }

    fn message(self, key: &str, values: Option<&FluentArgs<'_>>) -> String {
        let bundle = &BUNDLES[&self.locale];
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, locale = self.locale.as_str(), "message is missing");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, values, &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(key, ?errors, "message lacks values");
        }
        text
    }
}

#[cfg(test)]
pub(crate) mod tests;
