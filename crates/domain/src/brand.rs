//! A brand: what is watched, in which words, and who speaks for it.

use std::{fmt, str::FromStr};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The short name of a brand in URLs, stores and the query language: lower-case letters, digits and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BrandId(String);

/// The text is no brand id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no brand id: use 1 to 64 lower-case letters, digits and hyphens, such as \"ma-marque\"")]
pub struct InvalidBrandId(pub String);

impl BrandId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BrandId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for BrandId {
    type Err = InvalidBrandId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidBrandId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for BrandId {
    type Error = InvalidBrandId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BrandId> for String {
    fn from(id: BrandId) -> Self {
        id.0
    }
}

/// What is watched for one brand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// The short name in URLs and queries.
    pub id: BrandId,
    /// The name on the screens.
    pub name: String,
    /// A text that matches any of these concerns the brand (query language, see `vigie-query`).
    pub queries: Vec<String>,
    /// Accounts that speak for the brand, as `source:handle`, such as `mastodon:@marque@mastodon.social`.
    #[serde(default)]
    pub official_accounts: Vec<String>,
    /// The time zone of its customers: charts and hours of day follow it.
    #[serde(default = "paris")]
    pub time_zone: Tz,
    /// A public complaint wants a first answer within this many minutes.
    #[serde(default = "two_hours")]
    pub first_response_sla_minutes: u32,
}

fn paris() -> Tz {
    chrono_tz::Europe::Paris
}

fn two_hours() -> u32 {
    120
}

impl Brand {
    /// Whether `handle` at `source` is one of the brand's own accounts; case and a leading `@` do not count.
    pub fn is_official(&self, source: &str, handle: &str) -> bool {
        let bare = |text: &str| text.trim_start_matches('@').to_lowercase();
        self.official_accounts.iter().any(|account| {
            account
                .split_once(':')
                .is_some_and(|(at, who)| at.eq_ignore_ascii_case(source) && bare(who) == bare(handle))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brand_ids_are_lower_case_words() {
        assert!("ma-marque-2".parse::<BrandId>().is_ok());
        for bad in ["", "Ma Marque", "é", "a/b", &"x".repeat(65)] {
            assert_eq!(bad.parse::<BrandId>(), Err(InvalidBrandId(bad.to_owned())));
        }
    }

    #[test]
    fn official_accounts_ignore_case_and_at_sign() {
        let brand = Brand {
            id: "x".parse().unwrap(),
            name: "X".into(),
            queries: vec![],
            official_accounts: vec!["mastodon:@Marque@mastodon.social".into()],
            time_zone: paris(),
            first_response_sla_minutes: 120,
        };
        assert!(brand.is_official("mastodon", "marque@mastodon.social"));
        assert!(!brand.is_official("bluesky", "marque@mastodon.social"));
    }
}
