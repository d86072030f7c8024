//! Invented posts about an invented parcel carrier.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::json;

/// A post as a test writes it.
#[derive(Debug, Clone)]
pub struct Post {
    /// Its id at the source.
    pub id: String,
    /// The author's handle.
    pub author: String,
    /// The text.
    pub text: String,
    /// Stars.
    pub rating: Option<u8>,
    /// Followers of the author.
    pub reach: u64,
    /// When it was published.
    pub published_at: DateTime<Utc>,
}

impl Post {
    /// A post by somebody who writes only this one.
    pub fn new(id: impl Into<String>, text: impl Into<String>, published_at: DateTime<Utc>) -> Self {
        let id = id.into();
        Self {
            author: format!("auteur-{id}"),
            id,
            text: text.into(),
            rating: None,
            reach: 120,
            published_at: published_at.trunc_subsecs(0),
        }
    }
}

const WHO: [&str; 12] = [
    "Mon colis",
    "Le paquet de ma fille",
    "Ma commande de Noël",
    "Le colis de mon voisin",
    "Mon envoi vers Lyon",
    "La machine à coudre",
    "Un carton de livres",
    "Ma valise",
    "Le vélo d’enfant",
    "Mon recommandé",
    "La lampe achetée hier",
    "Le manteau à retourner",
];
const WHAT: [&str; 13] = [
    "est passé au relais de la gare",
    "a été trié à Nantes ce matin",
    "attend au dépôt depuis lundi",
    "est arrivé avec un coin enfoncé",
    "a fait le tour de la France",
    "est noté livré chez un inconnu",
    "est parti à la mauvaise adresse",
    "se trouve chez la gardienne",
    "a changé trois fois de statut",
    "est resté une semaine à Rungis",
    "a été laissé sous la pluie",
    "est reparti chez l’expéditeur",
    "devait venir entre midi et deux",
];
const END: [&str; 11] = [
    "quelqu’un de chez Colisio peut-il regarder ?",
    "Colisio, vous en êtes où ?",
    "merci Colisio pour les nouvelles.",
    "et Colisio n’a pas rappelé.",
    "voilà pour mon avis sur Colisio.",
    "le suivi de Colisio ne dit rien de plus.",
    "j’ai noté la référence pour Colisio.",
    "le livreur Colisio était aimable.",
    "Colisio facture pourtant l’express.",
    "la prochaine fois je prendrai peut-être Colisio en relais.",
    "le guichet Colisio fermait à dix-huit heures.",
];

/// Different posts, one a minute up to `until`. Their ids are `PREFIX-0` and so on.
pub fn generated(prefix: &str, count: usize, until: DateTime<Utc>) -> Vec<Post> {
    let post = |number: usize| {
        let text = format!(
            "{} {} ({} h {:02}), {}",
            WHO[number % WHO.len()],
            WHAT[number % WHAT.len()],
            number % 24,
            number % 60,
            END[number % END.len()],
        );
        let minutes = i64::try_from(count - number).unwrap_or_default();
        Post::new(format!("{prefix}-{number}"), text, until - TimeDelta::minutes(minutes))
    };
    (0..count).map(post).collect()
}

/// Ten days in which nothing much happened: a post every ninety minutes, the last one two days ago.
pub fn everyday_history(now: DateTime<Utc>) -> Vec<Post> {
    let mut posts = generated("jour", 128, now);
    for (number, post) in (1..).zip(posts.iter_mut().rev()) {
        post.published_at = (now - TimeDelta::days(2) - TimeDelta::minutes(90 * number)).trunc_subsecs(0);
    }
    posts
}

/// Fifteen people, furious about the same thing, within the last eight minutes.
pub fn angry_burst(now: DateTime<Utc>) -> Vec<Post> {
    let texts = [
        "Colisio ment : mon colis est noté livré en main propre, j’étais chez moi, personne n’est venu. Scandaleux !",
        "Voleurs ! Le livreur Colisio a signé à ma place et il est reparti avec mon paquet. C’est honteux.",
        "Colis jamais reçu, et Colisio ose me traiter de menteuse. Inadmissible, je porte plainte.",
        "Encore un faux avis de passage. Colisio se moque de nous, c’est une honte.",
        "Mon colis a disparu et Colisio refuse de me rembourser. Bande d’escrocs !",
        "Fuyez Colisio : livraison fantôme, service client méprisant, honteux du début à la fin.",
        "Colisio a jeté mon paquet par-dessus le portail, tout est cassé. Scandaleux, foutage de gueule.",
        "Signature imitée sur mon bon de livraison Colisio. C’est du vol, je suis furieux.",
        "Trois heures à attendre le livreur de Colisio, et « destinataire absent ». Menteurs !",
        "Colisio, vous êtes une honte : le cadeau de mon fils livré à un inconnu et personne n’assume.",
        "Inadmissible ! Colisio me facture une livraison que je n’ai jamais eue. Voleurs.",
        "J’ai la vidéo : le coursier Colisio reprend mon colis sur le paillasson. Scandale !",
        "Colisio a perdu mes médicaments et m’a raccroché au nez. Vous devriez avoir honte.",
        "Ras-le-bol de ces mensonges, Colisio. Colis volé, réclamation rejetée sans enquête. Honteux.",
        "Plus jamais Colisio, des escrocs : paquet déclaré remis à un voisin qui n’existe pas. Inadmissible !",
    ];
    let post = |(number, text): (i64, &str)| {
        Post::new(format!("colere-{number}"), text, now - TimeDelta::seconds(30 * (16 - number)))
    };
    (0..).zip(texts).map(post).collect()
}

/// The posts as a JSONL file for `vigie import`.
pub fn jsonl(posts: &[Post]) -> String {
    let line = |post: &Post| {
        let object = json!({
            "id": post.id, "author": post.author, "text": post.text, "published_at": post.published_at,
            "rating": post.rating, "reach": post.reach,
        });
        format!("{object}\n")
    };
    posts.iter().map(line).collect()
}

/// The posts as a French spreadsheet saves them: a byte order mark, French headers, semicolons, local dates.
pub fn csv(posts: &[Post]) -> String {
    let row = |post: &Post| {
        let text = post.text.replace('"', "\"\"");
        let stars = post.rating.map(|stars| stars.to_string()).unwrap_or_default();
        let date = post.published_at.format("%d/%m/%Y %H:%M");
        format!("{};{};\"{text}\";{stars};{date}\r\n", post.id, post.author)
    };
    let rows: String = posts.iter().map(row).collect();
    format!("\u{feff}id;auteur;avis;note;date\r\n{rows}")
}
