//! The `Link` header (RFC 8288), by which sources say where the next page is.

use reqwest::header::{HeaderMap, LINK};
use url::Url;

/// The address of the link with this relation, taken relative to `base`.
pub(crate) fn link_with_relation(headers: &HeaderMap, base: &Url, relation: &str) -> Option<Url> {
    let values = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let address = values.flat_map(links).find(|(_, parameters)| has_relation(parameters, relation));
    base.join(address?.0).ok()
}

/// The links of one header: what is between angle brackets, and the parameters behind it.
fn links(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split('<').skip(1).filter_map(|link| link.split_once('>'))
}

fn has_relation(parameters: &str, relation: &str) -> bool {
    parameters.split([';', ',']).filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel") && relations.any(|one| one.eq_ignore_ascii_case(relation))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_link_by_its_relation() {
        let mut headers = HeaderMap::new();
        let written =
            "<https://social.example/tag/a?max_id=7>; rel=\"next\", </tag/a?min_id=9>; title=\"x\"; rel=prev";
        headers.insert(LINK, written.parse().unwrap());
        let base = Url::parse("https://social.example/api").unwrap();
        let found = |relation| link_with_relation(&headers, &base, relation).map(String::from);
        assert_eq!(found("prev").as_deref(), Some("https://social.example/tag/a?min_id=9"));
        assert_eq!(found("next").as_deref(), Some("https://social.example/tag/a?max_id=7"));
        assert_eq!(found("last"), None);
    }
}
