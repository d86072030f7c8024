//! Made-up mentions of made-up brands: ten ordinary days, a broken app this morning, a bad buzz right now.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Brand, Cause, Emotion, Flag, Language, MentionKind, StoryId, Tag, TaggedMention};

/// Text, source, emotions, causes, reach.
type Row = (&'static str, &'static str, &'static [Emotion], &'static [Cause], u64);

const ORDINARY: [Row; 14] = [
    (
        "Troisième fois que j’écris à @colisio pour le même colis. Toujours la même réponse automatique, personne ne lit.",
        "mastodon",
        &[Emotion::Exasperation, Emotion::Anger],
        &[Cause::Repetition, Cause::Unreachable],
        18_400,
    ),
    (
        "Encore un SMS de pub de Colisio à 7 h du matin…",
        "mastodon",
        &[Emotion::Annoyance],
        &[Cause::Promotion],
        420,
    ),
    (
        "Impossible de modifier l’adresse de livraison, le bouton est grisé depuis deux jours et le service client raccroche.",
        "avis-app",
        &[Emotion::Frustration],
        &[Cause::Outage, Cause::Unreachable],
        0,
    ),
    (
        "Je m’attendais à mieux pour ce prix. Emballage abîmé, délai dépassé.",
        "avis-app",
        &[Emotion::Disappointment],
        &[Cause::Product, Cause::Delivery],
        0,
    ),
    ("Colisio ouvre douze points relais en Bretagne d’ici le printemps.", "rss", &[], &[], 54_000),
    ("Merci au point relais Colisio de Quimper, toujours souriants !", "mastodon", &[], &[], 310),
    (
        "Remboursement promis sous 10 jours. On en est à 41. Colisio ne répond plus, ni par mail ni au téléphone, et la facture a été débitée deux fois.",
        "mastodon",
        &[Emotion::Anger, Emotion::Frustration],
        &[Cause::Refund, Cause::Billing, Cause::Unreachable],
        9_650,
    ),
    ("Ma première livraison avec Colisio : à l’heure, livreur adorable.", "avis-app", &[], &[], 0),
    (
        "Anyone else stuck with Colisio customs fees? Paid twice, still no parcel.",
        "mastodon",
        &[Emotion::Frustration],
        &[Cause::Billing, Cause::Delivery],
        1_240,
    ),
    (
        "Le point relais était fermé, l’appli disait ouvert. Retour à la maison les mains vides.",
        "avis-app",
        &[Emotion::Annoyance],
        &[Cause::Store],
        0,
    ),
    ("Colisio recrute 200 chauffeurs avant les fêtes", "rss", &[], &[], 23_000),
    (
        "Cliente depuis huit ans et on me demande encore de prouver que je n’ai rien reçu.",
        "mastodon",
        &[Emotion::Disappointment],
        &[Cause::Recognition],
        760,
    ),
    ("Quelqu’un sait si Colisio livre le samedi à Rennes ?", "mastodon", &[], &[], 180),
    ("Livraison Colisio parfaite, même sous la neige.", "mastodon", &[], &[], 95),
];

const OUTAGE: [&str; 3] = [
    "L’appli Colisio plante au suivi, impossible de voir où est mon colis.",
    "Erreur 500 sur le suivi Colisio depuis ce matin, je suis bloqué.",
    "Suivi en panne, encore. Impossible de récupérer mon code de retrait.",
];

const BUZZ: [&str; 6] = [
    "Colisio : livreur qui jette le paquet par-dessus le portail sous la pluie. Bravo, vraiment. Le carton est ouvert et la moitié du contenu a disparu.",
    "Pareil chez moi la semaine dernière ! Colis lancé, vase en miettes, et Colisio me traite de menteuse.",
    "J’ai la même vidéo avec ma sonnette, @colisio. Même livreur, même camion. Honteux.",
    "Donc chez Colisio « remis en main propre » veut dire « jeté dans la haie ». C’est noté.",
    "Après cette vidéo, plus jamais Colisio. On paie pour se faire insulter.",
    "Colisio doit s’excuser et rembourser, point. Inadmissible.",
];

/// The brands of the preview.
pub(super) fn brands() -> [Brand; 2] {
    let second = Brand {
        id: "rapidex".parse().expect("a valid id"),
        name: "Rapidex".to_owned(),
        queries: vec!["rapidex".to_owned()],
        ..testkit::brand()
    };
    [testkit::brand(), second]
}

/// One of the ordinary mentions, every fifth of the competitor.
pub(super) fn ordinary(id: u64, at: DateTime<Utc>) -> TaggedMention {
    // Steps that share no factor with the lengths, so that neighbours differ.
    let (text, source, emotions, causes, reach) = ORDINARY[(id * 5 % 14) as usize];
    let mut tagged = mention(id, text, source, emotions, causes, reach, at);
    if id % 5 == 2 {
        tagged.mention.brands = vec!["rapidex".parse().expect("a valid id")];
        tagged.mention.text = text.replace("Colisio", "Rapidex").replace("@colisio", "@rapidex");
    }
    tagged.mention.official = id % 14 == 8 && source == "rss";
    tagged
}

/// Everything until `now`, oldest first.
pub(super) fn everything(now: DateTime<Utc>) -> Vec<TaggedMention> {
    let mut all: Vec<TaggedMention> = Vec::new();
    let mut at = now - TimeDelta::days(12);
    while at < now - TimeDelta::minutes(30) {
        // Between half an hour and two hours, less by day than by night.
        let minutes = 31 + (all.len() as i64 * 37) % 50;
        at += TimeDelta::minutes(minutes);
        all.push(ordinary(all.len() as u64, at));
    }
    let (outage, buzz) = (now - TimeDelta::minutes(320), now - TimeDelta::minutes(38));
    for step in 0..14_u64 {
        let at = outage + TimeDelta::seconds(step.cast_signed() * 150);
        let text = OUTAGE[(step % 3) as usize];
        all.push(mention(5000 + step, text, "avis-app", &[Emotion::Frustration], &[Cause::Outage], 0, at));
    }
    for step in 0..46_u64 {
        let at = buzz + TimeDelta::seconds(step.cast_signed() * 48);
        // Most repeat the video, the others add their own.
        let which = if step % 3 == 0 { 0 } else { (step % 6) as usize };
        let emotions = [Emotion::Anger, Emotion::Exasperation];
        let emotions = if step % 4 == 0 { &emotions[..] } else { &emotions[..1] };
        let reach = [380, 2_310, 48_000, 640, 5_200][(step % 5) as usize];
        let mut tagged =
            mention(6000 + step, BUZZ[which], "mastodon", emotions, &[Cause::Delivery], reach, at);
        if which == 0 {
            tagged.story.id = StoryId("mastodon:6000".to_owned());
            tagged.story.first = step == 0;
        }
        tagged.mention.engagement.reposts = (46 - step) * 3;
        all.push(tagged);
    }
    all.sort_by_key(|tagged| tagged.mention.published_at);
    all
}

fn mention(
    id: u64,
    text: &str,
    source: &str,
    emotions: &[Emotion],
    causes: &[Cause],
    reach: u64,
    at: DateTime<Utc>,
) -> TaggedMention {
    let mut held: Vec<Tag> = emotions.iter().copied().map(Tag::Emotion).collect();
    held.extend(causes.iter().copied().map(Tag::Cause));
    if !causes.is_empty() {
        held.push(Tag::Flag(Flag::Complaint));
    }
    // Whoever only warns others or repeats a story wants no answer.
    if !causes.is_empty() && id % 3 != 1 {
        held.push(Tag::Flag(Flag::Answer));
    }
    let mut tagged = testkit::tagged(id, text, &held);
    tagged.language = Language::new(if text.is_ascii() && text.contains("Any") { "en" } else { "fr" });
    let mention = &mut tagged.mention;
    mention.key.source = source.to_owned();
    mention.kind = match source {
        "rss" => MentionKind::Article,
        "avis-app" => MentionKind::Review,
        _ => MentionKind::Post,
    };
    (mention.published_at, mention.version_at, mention.collected_at) = (at, at, at);
    mention.reach = reach;
    mention.engagement.reposts = reach / 800;
    mention.rating = (source == "avis-app").then_some(if causes.is_empty() { 5.0 } else { 2.0 });
    tagged
}
