//! What templates show of a search: the query with what is wrong in it, and what the hits are about.

use domain::{Language, MentionKind};
use query::{Field, Node, QueryError, QueryErrorKind};
use search::SearchPage;

use crate::{
    address::search_address,
    context::PageContext,
    i18n::{Argument, Localizer},
    view::source_name,
};

/// Values of a facet on the page; the rarest are left out.
const MOST: usize = 12;

/// A query that cannot be read, cut where it is wrong.
pub(crate) struct QueryProblem {
    pub(crate) before: String,
    /// The character at the column; empty when the query ended too early.
    pub(crate) at: String,
    pub(crate) after: String,
    pub(crate) column: usize,
    pub(crate) message: String,
}

impl QueryProblem {
    pub(crate) fn new(l: Localizer, text: &str, error: &QueryError) -> Self {
        let index = error.column.saturating_sub(1);
        let characters: Vec<char> = text.chars().collect();
        let (before, rest) = characters.split_at(index.min(characters.len()));
        Self {
            before: before.iter().collect(),
            at: rest.iter().take(1).collect(),
            after: rest.iter().skip(1).collect(),
            column: error.column,
            message: query_problem(l, error),
        }
    }
}

/// What is wrong with a query, in the reader's language.
pub(crate) fn query_problem(l: Localizer, error: &QueryError) -> String {
    let mut values = error.kind.arguments();
    if let QueryErrorKind::UnknownValue { field, .. } = &error.kind {
        // What the query language says itself is in English.
        values.retain(|(name, _)| *name != "expected");
        values.push(("expected", l.family("query-expects", field)));
    }
    let values: Vec<(&str, &dyn Argument)> =
        values.iter().map(|(name, value)| (*name, value as &dyn Argument)).collect();
    l.t_with(error.kind.key(), &values)
}

/// What the hits are about, in one respect.
pub(crate) struct FacetGroup {
    pub(crate) title: String,
    pub(crate) values: Vec<FacetLink>,
}

/// A value that narrows the search, or that already does.
pub(crate) struct FacetLink {
    pub(crate) label: String,
    /// `emotion-anger`: class and icon; empty for a plain one.
    pub(crate) class: String,
    pub(crate) count: String,
    /// The search with the value added or, where it already narrows, without it.
    pub(crate) address: String,
    pub(crate) chosen: bool,
}

impl FacetLink {
    pub(crate) fn icon(&self) -> crate::icons::Icon {
        crate::icons::icon(&self.class)
    }
}

/// The facets of a search, each value a link.
pub(crate) fn facet_groups(
    page: &PageContext,
    text: &str,
    root: &Node,
    found: &SearchPage,
) -> Vec<FacetGroup> {
    let facets = &found.facets;
    let respects = [
        ("emotion", &facets.emotion),
        ("cause", &facets.cause),
        ("source", &facets.source),
        ("kind", &facets.kind),
        ("lang", &facets.language),
        ("brand", &facets.brand),
    ];
    // The brand is chosen at the top of the page.
    let has_brands = page.brands.len() > 1 && page.brand.is_none();
    let mut groups = Vec::new();
    for (name, counts) in respects.into_iter().filter(|(name, _)| *name != "brand" || has_brands) {
        let shown = counts.iter().take(MOST);
        let values: Vec<_> = shown
            .filter_map(|(value, count)| Some(facet_link(page, text, root, &field(name, value)?, *count)))
            .collect();
        // One value that all hits have narrows nothing, unless it is to be taken away.
        let narrows = counts.len() > 1 || counts.iter().any(|(_, count)| *count < found.total);
        if narrows || values.iter().any(|value| value.chosen) {
            groups.push(FacetGroup { title: page.l.family("facet", name), values });
        }
    }
    groups
}

/// The condition that a value of a facet stands for.
fn field(name: &str, value: &str) -> Option<Field> {
    match name {
        "emotion" => value.parse().ok().map(Field::Emotion),
        "cause" => value.parse().ok().map(Field::Cause),
        "kind" => MentionKind::ALL.into_iter().find(|kind| kind.as_str() == value).map(Field::Kind),
        "source" => Some(Field::Source(value.to_owned())),
        "lang" => Some(Field::Language(Language::new(value))),
        "brand" => value.parse().ok().map(Field::Brand),
        _ => None,
    }
}

fn facet_link(page: &PageContext, text: &str, root: &Node, field: &Field, count: usize) -> FacetLink {
    let without = widened(root, field);
    FacetLink {
        label: value_label(page, field),
        class: match field {
            Field::Emotion(emotion) => format!("emotion-{emotion}"),
            _ => String::new(),
        },
        count: page.l.number(count),
        chosen: without.is_some(),
        address: search_address(&without.unwrap_or_else(|| narrowed(text, root, field))),
    }
}

fn value_label(page: &PageContext, field: &Field) -> String {
    let l = page.l;
    match field {
        Field::Emotion(emotion) => l.family("emotion", emotion.as_str()),
        Field::Cause(cause) => l.family("cause", cause.as_str()),
        Field::Kind(kind) => l.family("kind", kind.as_str()),
        Field::Source(source) => source_name(l, source),
        Field::Language(language) => language_name(l, language.as_str()),
        Field::Brand(brand) => page.brand_name(brand),
        other => other.to_string(),
    }
}

/// The name of a language on the screens; one that we do not know is shown by its code.
pub(crate) fn language_name(l: Localizer, code: &str) -> String {
    l.find(&format!("language-name-{code}")).unwrap_or_else(|| code.to_owned())
}

/// The query as its author wrote it, with one more condition.
pub(crate) fn narrowed(text: &str, root: &Node, field: &Field) -> String {
    let text = text.trim();
    match root {
        _ if text.is_empty() => field.to_string(),
        Node::Or(_) => format!("({text}) {field}"),
        _ => format!("{text} {field}"),
    }
}

/// The query without a condition; none if the condition is not one that all hits must meet.
pub(crate) fn widened(root: &Node, field: &Field) -> Option<String> {
    let is_it = |node: &Node| matches!(node, Node::Field(held) if held == field);
    match root {
        Node::And(parts) if parts.iter().any(is_it) => {
            let rest = parts.iter().filter(|part| !is_it(part)).map(|part| match part {
                Node::Or(_) => format!("({part})"),
                other => other.to_string(),
            });
            Some(rest.collect::<Vec<_>>().join(" "))
        }
        node if is_it(node) => Some(String::new()),
        _ => None,
    }
}

/// Whether a query says itself which brands it is about.
pub(crate) fn names_a_brand(node: &Node) -> bool {
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().any(names_a_brand),
        Node::Not(inner) => names_a_brand(inner),
        Node::Field(field) => matches!(field, Field::Brand(_)),
        Node::Term(_) | Node::Prefix(_) | Node::Phrase(_) | Node::Near { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use domain::Emotion;

    use super::*;
    use crate::i18n::Locale;

    fn root(text: &str) -> Node {
        query::parse(text).unwrap().root
    }

    #[test]
    fn a_facet_adds_its_condition_and_takes_it_away_again() {
        let anger = Field::Emotion(Emotion::Anger);
        for text in
            ["colis", "colis OU paquet", "colis (perdu OR volé) -promo", "\"service client\" NEAR/3 nul"]
        {
            let with = narrowed(text, &root(text), &anger);
            assert_eq!(root(&with), Node::and(vec![root(text), Node::Field(anger.clone())]), "{with}");
            let without = widened(&root(&with), &anger).unwrap();
            assert_eq!(root(&without), root(text), "{without}");
        }
        assert_eq!(narrowed(" ", &Node::And(Vec::new()), &anger), "emotion:anger");
        assert_eq!(widened(&root("emotion:anger"), &anger).as_deref(), Some(""));
        assert_eq!(widened(&root("colis OR emotion:anger"), &anger), None);
    }

    #[test]
    fn what_all_hits_have_is_no_facet_unless_it_is_to_be_taken_away() {
        let l = Localizer { locale: Locale::En, zone: chrono_tz::UTC, now: testkit::at(0) };
        let page = PageContext::for_tests(l, vec![testkit::brand()]);
        let mut found =
            SearchPage { total: 3, hits: Vec::new(), facets: search::Facets::default(), next: None };
        found.facets.emotion = vec![("anger".to_owned(), 1)];
        found.facets.kind = vec![("post".to_owned(), 3)];
        found.facets.brand = vec![("colisio".to_owned(), 2)];
        let titles = |text: &str| {
            let groups = facet_groups(&page, text, &root(text), &found);
            groups.into_iter().map(|group| (group.title, group.values[0].chosen)).collect::<Vec<_>>()
        };
        assert_eq!(titles("colis"), [("Emotion".to_owned(), false)]);
        assert_eq!(titles("colis kind:post"), [("Emotion".to_owned(), false), ("Kind".to_owned(), true)]);
    }

    #[test]
    fn what_is_wrong_is_marked_at_its_column() {
        let l = Localizer { locale: Locale::Fr, zone: chrono_tz::UTC, now: testkit::at(0) };
        let problem = |text: &str| QueryProblem::new(l, text, &query::parse(text).unwrap_err());
        let shown = problem("été (");
        assert_eq!((shown.before.as_str(), shown.at.as_str(), shown.after.as_str()), ("été ", "(", ""));
        let shown = problem("emotion:colre");
        assert!(
            shown.message.contains("«\u{a0}colère\u{a0}»") && !shown.message.contains("did you mean"),
            "{}",
            shown.message
        );
        let shown = problem("from:hier");
        assert!(shown.message.contains("un jour, comme 2026-01-31"), "{}", shown.message);
        let shown = problem("");
        assert_eq!((shown.before.as_str(), shown.at.as_str()), ("", ""));
    }

    #[test]
    fn a_query_names_its_brand_wherever_it_stands() {
        assert!(names_a_brand(&root("colis (a OR NOT brand:colisio)")));
        assert!(!names_a_brand(&root("colis -\"brand colisio\"")));
    }
}
