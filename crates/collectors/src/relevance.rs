//! Which posts concern a brand, and what is kept of them.

use chrono::{DateTime, Utc};
use domain::{Brand, BrandId, Change, Mention, MentionKey};
use hmac::{Hmac, KeyInit, Mac};
use query::{Document, QueryError, QuerySet, normalize_author, parse_in};
use sha2::Sha256;

use crate::{
    Post,
    clean::{clean_line, clean_text, clean_url},
};

/// A brand's query cannot say which texts concern the brand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("brand {brand}, query {query:?}, {error}")]
pub struct RelevanceError {
    /// The brand.
    pub brand: BrandId,
    /// The query as it is written.
    pub query: String,
    /// What is wrong with it, and at which column.
    pub error: Box<QueryError>,
}

/// Makes mentions of the posts that concern a brand.
pub struct Relevance {
    brands: Vec<Brand>,
    queries: QuerySet,
    /// The place in `brands` of each query's brand.
    brand_of_query: Vec<usize>,
    pseudonym_key: Vec<u8>,
}

impl Relevance {
    /// Prepares the brands' queries. Authors become pseudonyms under the key.
    ///
    /// # Errors
    /// A query does not parse, or could not say which texts concern its brand.
    pub fn new(brands: &[Brand], pseudonym_key: &[u8]) -> Result<Self, RelevanceError> {
        let mut queries = Vec::new();
        let mut brand_of_query = Vec::new();
        for (index, brand) in brands.iter().enumerate() {
            for text in &brand.queries {
                let parsed = parse_in(text, brand.time_zone)
                    .and_then(|query| query.check_as_brand_query().map(|()| query))
                    .map_err(|error| RelevanceError {
                        brand: brand.id.clone(),
                        query: text.clone(),
                        error: Box::new(error),
                    })?;
                queries.push(parsed);
                brand_of_query.push(index);
            }
        }
        Ok(Self {
            brands: brands.to_vec(),
            queries: QuerySet::new(queries),
            brand_of_query,
            pseudonym_key: pseudonym_key.to_vec(),
        })
    }

    /// The mention that the post is, if it concerns a brand: a query of the brand holds for it, or an account of the brand wrote
    /// it. A deletion concerns every brand, because there is no text left to tell by.
    pub fn mention(&self, source: &str, post: Post, collected_at: DateTime<Utc>) -> Option<Mention> {
        let mut mention = self.unassigned(source, post, collected_at)?;
        let concerned: Vec<&Brand> = if mention.change == Change::Deleted {
            self.brands.iter().collect()
        } else {
            self.concerned(&mention)
        };
        mention.brands = concerned.iter().map(|brand| brand.id.clone()).collect();
        mention.official = is_official(&mention, concerned);
        (!mention.brands.is_empty()).then_some(mention)
    }

    /// The mention that the post is when it is known to concern the brand, whatever its text says. None only where nothing is left
    /// of its id, or of its text and title.
    pub fn mention_of(
        &self,
        brand: &Brand,
        source: &str,
        post: Post,
        collected_at: DateTime<Utc>,
    ) -> Option<Mention> {
        let mut mention = self.unassigned(source, post, collected_at)?;
        mention.brands = vec![brand.id.clone()];
        mention.official = is_official(&mention, [brand]);
        Some(mention)
    }

    /// A mention that another Vigie exported, as one of the brand. Its author keeps the pseudonym it has there, unless the handle
    /// is known.
    pub fn adopt(&self, brand: &Brand, exported: Mention, collected_at: DateTime<Utc>) -> Option<Mention> {
        let edited_at = (exported.change == Change::Edited).then_some(exported.version_at);
        let post = Post {
            kind: exported.kind,
            url: exported.url,
            author_handle: exported.author_handle,
            in_reply_to: exported.in_reply_to,
            title: exported.title,
            declared_language: exported.declared_language,
            rating: exported.rating,
            reach: exported.reach,
            engagement: exported.engagement,
            edited_at,
            deleted: exported.change == Change::Deleted,
            ..Post::new(exported.key.external_id, exported.text, exported.published_at)
        };
        let mut mention = self.mention_of(brand, &exported.key.source, post, collected_at)?;
        mention.change = exported.change;
        mention.version_at = exported.version_at;
        mention.official |= exported.official;
        mention.author = mention.author.or(exported.author.as_deref().and_then(clean_line));
        Some(mention)
    }

    /// The keyed pseudonym under which an author of a source is kept. The `@` and the case of the handle do not count.
    pub fn pseudonym(&self, source: &str, handle: &str) -> String {
        let mut hmac =
            Hmac::<Sha256>::new_from_slice(&self.pseudonym_key).expect("HMAC takes keys of any length");
        hmac.update(source.as_bytes());
        // No source's name holds a NUL, so no two pairs give the same bytes.
        hmac.update(b"\0");
        hmac.update(normalize_author(handle).as_bytes());
        hmac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn concerned(&self, mention: &Mention) -> Vec<&Brand> {
        let matching = self.queries.matching(&Document::of_mention(mention));
        let mut is_concerned = vec![false; self.brands.len()];
        for query in matching {
            is_concerned[self.brand_of_query[query]] = true;
        }
        let by_query_or_author = |(brand, matched): (&Brand, bool)| matched || is_official(mention, [brand]);
        let brands = self.brands.iter().zip(is_concerned);
        brands.filter(|pair| by_query_or_author(*pair)).map(|(brand, _)| brand).collect()
    }

    /// A cleaned mention that no brand has yet.
    fn unassigned(&self, source: &str, post: Post, collected_at: DateTime<Utc>) -> Option<Mention> {
        let line = |text: Option<String>| text.as_deref().and_then(clean_line);
        let external_id = clean_line(&post.external_id)?;
        let title = line(post.title).filter(|_| !post.deleted);
        let text = if post.deleted { String::new() } else { clean_text(&post.text) };
        if text.is_empty() && title.is_none() && !post.deleted {
            return None;
        }
        // A post of the future would keep the first-response clock from starting.
        let published_at = post.published_at.min(collected_at);
        let (change, version_at) = match post.edited_at {
            _ if post.deleted => (Change::Deleted, collected_at),
            Some(edited_at) if edited_at > post.published_at => (Change::Edited, edited_at.min(collected_at)),
            _ => (Change::Posted, published_at),
        };
        let author_handle = line(post.author_handle);
        Some(Mention {
            key: MentionKey::new(source, external_id),
            version_at,
            change,
            brands: Vec::new(),
            kind: post.kind,
            url: post.url.as_deref().and_then(clean_url),
            author: author_handle.as_deref().map(|handle| self.pseudonym(source, handle)),
            author_handle,
            official: false,
            in_reply_to: line(post.in_reply_to),
            title,
            text,
            declared_language: line(post.declared_language),
            rating: post.rating.filter(|stars| (1.0..=5.0).contains(stars)),
            reach: post.reach,
            engagement: post.engagement,
            published_at,
            collected_at,
        })
    }
}

fn is_official<'a>(mention: &Mention, brands: impl IntoIterator<Item = &'a Brand>) -> bool {
    let Some(handle) = mention.author_handle.as_deref() else { return false };
    brands.into_iter().any(|brand| brand.is_official(&mention.key.source, handle))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn relevance() -> Relevance {
        let other = Brand {
            id: "postix".parse().unwrap(),
            queries: vec!["postix -emploi".to_owned(), "rating:1".to_owned()],
            official_accounts: Vec::new(),
            ..testkit::brand()
        };
        Relevance::new(&[testkit::brand(), other], b"key").unwrap()
    }

    fn mention(post: Post) -> Option<Mention> {
        relevance().mention("test", post, testkit::at(100))
    }

    fn post(text: &str) -> Post {
        Post::new("1", text, testkit::at(0))
    }

    #[test]
    fn a_post_concerns_the_brands_whose_queries_hold() {
        let brands = |text: &str| {
            let mention = mention(post(text));
            mention.map_or_else(Vec::new, |mention| mention.brands.iter().map(ToString::to_string).collect())
        };
        assert_eq!(brands("Colisio ou Postix ?"), ["colisio", "postix"]);
        assert_eq!(brands("#Colisio, un colis"), ["colisio"]);
        assert!(brands("Postix : offre d’emploi").is_empty());
        assert!(mention(Post { rating: Some(1.0), ..post("Nul") }).is_some());
        let titled = Post { title: Some("Colisio condamné".to_owned()), ..post("Le jugement") };
        assert!(mention(titled).is_some());
    }

    #[test]
    fn what_an_account_of_the_brand_writes_is_official_and_always_concerns_it() {
        let reply = Post {
            author_handle: Some("Colisio".to_owned()),
            ..post("Bonjour, envoyez votre numéro de suivi.")
        };
        let reply = mention(reply).unwrap();
        assert!(reply.official);
        assert_eq!(reply.brands, [testkit::brand_id()]);
        let elsewhere = Post { author_handle: Some("colisio".to_owned()), ..post("Colisio") };
        assert!(!relevance().mention("rss", elsewhere, testkit::at(0)).unwrap().official);
    }

    #[test]
    fn authors_have_a_keyed_pseudonym_a_source() {
        let relevance = relevance();
        let pseudonym = relevance.pseudonym("test", "@Cléa");
        assert_eq!(pseudonym.len(), 64);
        assert_eq!(pseudonym, relevance.pseudonym("test", "cléa"));
        assert_ne!(pseudonym, relevance.pseudonym("rss", "cléa"));
        let other_key = Relevance::new(&[], b"other").unwrap();
        assert_ne!(pseudonym, other_key.pseudonym("test", "cléa"));
        let known = mention(Post { author_handle: Some("@Cléa".to_owned()), ..post("colisio") }).unwrap();
        assert_eq!((known.author, known.author_handle.as_deref()), (Some(pseudonym), Some("@Cléa")));
    }

    #[test]
    fn versions_say_what_happened_and_when() {
        let edited = mention(Post { edited_at: Some(testkit::at(50)), ..post("colisio") }).unwrap();
        assert_eq!((edited.change, edited.version_at), (Change::Edited, testkit::at(50)));
        let deleted = mention(Post { deleted: true, ..post("un texte qui doit partir") }).unwrap();
        assert_eq!((deleted.change, deleted.version_at), (Change::Deleted, testkit::at(100)));
        assert_eq!((deleted.text.as_str(), deleted.brands.len()), ("", 2));
        let future = testkit::at(0) + TimeDelta::days(300);
        let future = mention(Post::new("1", "colisio", future)).unwrap();
        assert_eq!((future.published_at, future.version_at), (testkit::at(100), testkit::at(100)));
    }

    #[test]
    fn nothing_harmful_is_kept() {
        let bad = Post {
            url: Some("javascript:alert(1)".to_owned()),
            rating: Some(f32::NAN),
            title: Some("\0".to_owned()),
            ..post("coli\0sio\u{8}")
        };
        let kept = mention(bad).unwrap();
        assert_eq!((kept.text.as_str(), kept.url, kept.rating, kept.title), ("colisio", None, None, None));
        assert!(mention(post("\0\0")).is_none());
        assert!(mention(Post { external_id: " ".to_owned(), ..post("colisio") }).is_none());
    }

    #[test]
    fn an_import_concerns_its_brand_whatever_the_text_says() {
        let mention =
            relevance().mention_of(&testkit::brand(), "avis", post("Très déçue"), testkit::at(0)).unwrap();
        assert_eq!(mention.brands, [testkit::brand_id()]);
    }

    #[test]
    fn a_query_that_is_wrong_is_named_with_its_brand_and_column() {
        let wrong = |query: &str| {
            let brand = Brand { queries: vec![query.to_owned()], ..testkit::brand() };
            Relevance::new(&[brand], b"").err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(
            wrong("(colis OR").starts_with("brand colisio, query \"(colis OR\", column "),
            "{}",
            wrong("(colis OR")
        );
        assert!(wrong("-promo").contains("must ask for something"));
        assert!(wrong("emotion:colère").contains("not known yet"));
    }
}
