//! Which column holds what: known names in French and English, and what the user says.

use std::collections::BTreeMap;

use query::analysis::fold_label;

/// What can be read of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The id at the source.
    Id,
    /// The text.
    Text,
    /// The title.
    Title,
    /// Stars.
    Rating,
    /// When it was published.
    PublishedAt,
    /// The author's handle.
    Author,
    /// Where it can be read.
    Url,
    /// The language that the source declares.
    Language,
    /// Post, review, comment or article.
    Kind,
    /// The source.
    Source,
    /// The id of the text that it answers.
    InReplyTo,
    /// Potential audience.
    Reach,
    /// Answers.
    Replies,
    /// Shares.
    Reposts,
    /// Likes.
    Likes,
    /// Written by an account of the brand.
    Official,
}

/// Each field with its names: first the one in `--columns`, then others that files use, best first. They are compared folded,
/// so that `Date de l’avis` is `datedelavis`.
const NAMES: [(Field, &str); 16] = [
    (Field::Id, "id externalid reviewid commentid postid tweetid identifiant idavis guid uuid"),
    (
        Field::Text,
        "text texte reviewtext review avis commentaire comment verbatim content contenu body \
         message tweet post corps fulltext description reviewbody textedelavis",
    ),
    (Field::Title, "title titre reviewtitle titredelavis subject sujet objet headline"),
    (
        Field::Rating,
        "rating note stars star etoiles nbetoiles score ratingvalue starrating noteavis notation",
    ),
    (
        Field::PublishedAt,
        "publishedat date datedepublication datepublication createdat datedelavis dateavis \
         reviewdate publisheddate publicationdate published created datetime timestamp time \
         datedecreation datecreation publiele postedat submittedat dateheure",
    ),
    (
        Field::Author,
        "author auteur authorhandle handle username user utilisateur pseudo authorname reviewer \
         reviewername screenname nomdelauteur",
    ),
    (Field::Url, "url link lien permalink adresse reviewurl"),
    (Field::Language, "language lang langue declaredlanguage locale storelang"),
    (Field::Kind, "kind type nature"),
    (Field::Source, "source reseau plateforme platform network site"),
    (Field::InReplyTo, "inreplyto inreplytoid parentid reponsea"),
    (Field::Reach, "reach portee followers followerscount abonnes audience nbabonnes"),
    (Field::Replies, "replies reponses repliescount replycount nbreponses"),
    (Field::Reposts, "reposts partages shares retweets boosts reblogs repostcount retweetcount"),
    (Field::Likes, "likes jaime favorites favourites favoris upvotes utile useful thumbsup likecount"),
    (Field::Official, "official officiel"),
];

impl Field {
    /// The name in `--columns`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text => "text",
            Self::Title => "title",
            Self::Rating => "rating",
            Self::PublishedAt => "published_at",
            Self::Author => "author",
            Self::Url => "url",
            Self::Language => "language",
            Self::Kind => "kind",
            Self::Source => "source",
            Self::InReplyTo => "in_reply_to",
            Self::Reach => "reach",
            Self::Replies => "replies",
            Self::Reposts => "reposts",
            Self::Likes => "likes",
            Self::Official => "official",
        }
    }
}

/// `--columns` is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnMappingError {
    /// No `FIELD=COLUMN`.
    #[error("--columns takes FIELD=COLUMN, such as text=Avis; {0:?} has no =")]
    NoEquals(String),
    /// An unknown field.
    #[error("--columns: there is no field {given:?}; use one of {known}")]
    UnknownField {
        /// As it was written.
        given: String,
        /// The fields there are.
        known: String,
    },
    /// No column.
    #[error("--columns: {0}= names no column")]
    NoColumn(&'static str),
}

/// Which columns the user named; the others are found by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMapping {
    /// The column's name as it was written, by field.
    named: BTreeMap<Field, String>,
}

impl ColumnMapping {
    /// Reads `FIELD=COLUMN` pairs. Quotes around a column's name are taken off, as shells may leave them.
    ///
    /// # Errors
    /// A pair without `=`, with an unknown field, or without a column.
    pub fn parse(pairs: &[String]) -> Result<Self, ColumnMappingError> {
        let mut named = BTreeMap::new();
        for pair in pairs.iter().filter(|pair| !pair.trim().is_empty()) {
            let (given, column) =
                pair.split_once('=').ok_or_else(|| ColumnMappingError::NoEquals(pair.clone()))?;
            let known = NAMES.iter().map(|(field, _)| *field).find(|field| field.as_str() == given.trim());
            let Some(field) = known else {
                let known: Vec<&str> = NAMES.iter().map(|(field, _)| field.as_str()).collect();
                let given = given.trim().to_owned();
                return Err(ColumnMappingError::UnknownField { given, known: known.join(", ") });
            };
            let column = column.trim().trim_matches(['"', '\'']).trim();
            if fold_label(column).is_empty() {
                return Err(ColumnMappingError::NoColumn(field.as_str()));
            }
            named.insert(field, column.to_owned());
        }
        Ok(Self { named })
    }

    /// Whether the user named a column for the field.
    pub(super) fn names(&self, field: Field) -> bool {
        self.named.contains_key(&field)
    }

    /// A column that the user named and that is not there.
    pub(super) fn missing_from<'a>(&'a self, columns: &[String]) -> Option<&'a str> {
        let folded: Vec<String> = columns.iter().map(|column| fold_label(column)).collect();
        self.named.values().map(String::as_str).find(|column| !folded.contains(&fold_label(column)))
    }

    /// What each column holds; none for those of no interest. No field is held by two.
    pub(super) fn fields<'a>(&self, columns: impl IntoIterator<Item = &'a str>) -> Vec<Option<Field>> {
        let candidates: Vec<Option<(Field, usize)>> =
            columns.into_iter().map(|column| self.candidate(&fold_label(column))).collect();
        let is_best = |index: usize, field: Field, rank: usize| {
            let others = candidates.iter().enumerate().filter_map(|(other, held)| Some((other, (*held)?)));
            !others
                .into_iter()
                .any(|(other, (held, held_rank))| held == field && (held_rank, other) < (rank, index))
        };
        let chosen = |(index, held): (usize, &Option<(Field, usize)>)| {
            held.filter(|(field, rank)| is_best(index, *field, *rank)).map(|(field, _)| field)
        };
        candidates.iter().enumerate().map(chosen).collect()
    }

    /// What a column may hold, and how well its name fits: 0 is what the user named.
    fn candidate(&self, folded: &str) -> Option<(Field, usize)> {
        let named = self.named.iter().find(|(_, column)| fold_label(column) == folded);
        if let Some((field, _)) = named {
            return Some((*field, 0));
        }
        NAMES.iter().filter(|(field, _)| !self.names(*field)).find_map(|(field, names)| {
            let rank = names.split(' ').position(|name| name == folded)?;
            Some((*field, rank + 1))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_found_in_both_languages() {
        let fields =
            ColumnMapping::default().fields(["Date de l’avis", "NOTE", "Texte", "Auteur", "Magasin", "id"]);
        let expected = [
            Some(Field::PublishedAt),
            Some(Field::Rating),
            Some(Field::Text),
            Some(Field::Author),
            None,
            Some(Field::Id),
        ];
        assert_eq!(fields, expected);
        let doubled = ColumnMapping::default().fields(["description", "text", "Text"]);
        assert_eq!(doubled, [None, Some(Field::Text), None]);
    }

    #[test]
    fn what_the_user_names_wins() {
        let pairs = ["text=Réponse libre".to_owned(), " rating = \"Note globale\"".to_owned()];
        let mapping = ColumnMapping::parse(&pairs).unwrap();
        let fields = mapping.fields(["texte", "reponse libre", "note", "Note Globale"]);
        assert_eq!(fields, [None, Some(Field::Text), None, Some(Field::Rating)]);
        assert_eq!(mapping.missing_from(&["réponse libre".to_owned()]), Some("Note globale"));
    }

    #[test]
    fn mistakes_are_explained() {
        let error = |pair: &str| ColumnMapping::parse(&[pair.to_owned()]).unwrap_err().to_string();
        assert!(error("texte=Avis").contains("published_at"));
        assert!(error("Avis").contains("has no ="));
        assert!(error("text= ").contains("names no column"));
    }

    #[test]
    fn every_name_is_folded_and_means_one_field() {
        let mut all: Vec<&str> = NAMES.iter().flat_map(|(_, names)| names.split(' ')).collect();
        assert!(all.iter().all(|name| fold_label(name) == *name));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
