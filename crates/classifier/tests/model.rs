//! The trained model of `models/tagger`, as everything else uses it.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use domain::{Cause, Emotion, Tag, Tags};
use vigie_classifier::{
    LabelledText, ModelSettings, OUTPUTS, Precision, Report, Tagger, TaggerOptions, Truth, classify, judge,
    model_files,
};

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| {
    Tagger::load(&model_dir(), TaggerOptions::default()).expect("the model in models/tagger")
});

fn model_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tagger")
}

fn tag_one(text: &str) -> Tags {
    TAGGER.tag_blocking(vec![text.to_owned()]).expect("tags").swap_remove(0)
}

fn scores(tags: &Tags) -> Vec<f32> {
    let emotions = tags.emotions.values().copied();
    emotions.chain(tags.causes.values().copied()).chain([tags.complaint, tags.answer]).collect()
}

#[test]
fn plain_cases_are_tagged_as_anyone_would() {
    let tags =
        tag_one("Troisième appel, personne ne répond et toujours aucun remboursement depuis deux mois !");
    assert!(
        tags.has(Tag::Emotion(Emotion::Exasperation)) && tags.has(Tag::Emotion(Emotion::Frustration)),
        "{tags:?}"
    );
    assert!(
        tags.has(Tag::Cause(Cause::Unreachable)) && tags.is_complaint() && tags.wants_answer(),
        "{tags:?}"
    );
    let tags = tag_one("Bande de voleurs, c'est une honte, fuyez cette arnaque !!!");
    assert!(tags.has(Tag::Emotion(Emotion::Anger)) && tags.is_complaint(), "{tags:?}");
    for happy in
        ["Livraison rapide, produit conforme, je recommande vivement !", "Great service, thank you so much!"]
    {
        assert_eq!(tag_one(happy).held, [], "{happy}");
    }
}

#[test]
fn any_text_has_a_score_for_every_tag() {
    let texts = vec![
        String::new(),
        " \n\t ".to_owned(),
        "😡😡😡🤬".to_owned(),
        "خدمة العملاء لا ترد على رسائلي منذ أسبوع".to_owned(),
        "\u{0}\u{0}\u{202e}abc\u{0}".to_owned(),
        "mot ".repeat(250_000),
        "x".repeat(1_000_000),
        "\u{300}".repeat(100_000),
    ];
    for tags in TAGGER.tag_blocking(texts).unwrap() {
        assert_eq!(scores(&tags).len(), OUTPUTS);
        assert!(scores(&tags).iter().all(|score| (0.0..=1.0).contains(score)), "{tags:?}");
    }
    assert!(TAGGER.tag_blocking(Vec::new()).unwrap().is_empty());
}

#[test]
fn what_stands_after_the_first_window_counts() {
    let calm =
        "Bonjour, je vous écris au sujet de ma dernière commande, passée sur votre site au printemps. "
            .repeat(12);
    let complaint =
        "Mon colis n'est jamais arrivé, j'attends toujours, c'est inadmissible, bande de voleurs !";
    let tags = tag_one(&format!("{calm}{complaint}"));
    assert!(tags.is_complaint(), "{tags:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_has_the_same_scores_whatever_stands_beside_it() {
    let text = "Impossible de me connecter depuis la mise à jour";
    let options = TaggerOptions { threads: NonZeroUsize::new(1), precision: Some(Precision::Full) };
    let tagger = Tagger::load(&model_dir(), options).unwrap();
    let alone = tagger.tag(vec![text.into()]).await.unwrap().swap_remove(0);
    let mut crowd: Vec<String> = (1..40).map(|words| "toujours en panne ".repeat(words)).collect();
    crowd.insert(20, text.into());
    let beside = tagger.tag(crowd).await.unwrap().swap_remove(20);
    for (a, b) in scores(&alone).into_iter().zip(scores(&beside)) {
        assert!((a - b).abs() < 1e-3, "{a} {b}");
    }
    assert!(tagger.busy_time() > Duration::ZERO);
}

#[test]
fn lines_are_classified_in_order_and_bad_ones_are_named() {
    let input = concat!(
        r#"{"id":"b","text":"Toujours en panne, impossible de me connecter depuis trois jours"}"#,
        "\nnot json\n\n",
        r#"{"id":7,"text":"Merci beaucoup, tout est parfait et la livraison fut rapide","lang":"fr"}"#,
    );
    let mut output = Vec::new();
    let summary = classify(&TAGGER, &mut input.as_bytes(), &mut output).unwrap();
    assert_eq!((summary.texts, summary.bad_lines, summary.first_bad_lines[0].0), (2, 1, 2));
    let lines: Vec<serde_json::Value> = output
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!((&lines[0]["id"], &lines[1]["id"]), (&"b".into(), &7.into()));
    assert_eq!(lines[0]["language"], "fr");
    assert_eq!(lines[0]["emotions"].as_object().unwrap().len(), 5);
    assert_eq!(lines[0]["causes"].as_object().unwrap().len(), 12);
    assert!(
        lines[0]["complaint"].is_number() && lines[0]["answer"].is_number() && lines[0]["tags"].is_array()
    );
}

#[test]
fn a_language_that_is_not_read_is_said_and_not_guessed() {
    let input = r#"{"id":1,"text":"荷物がまだ届きません。カスタマーサービスから返事がありません。"}"#;
    let mut output = Vec::new();
    classify(&TAGGER, &mut input.as_bytes(), &mut output).unwrap();
    let line: serde_json::Value = serde_json::from_slice(&output).unwrap();
    assert_eq!((&line["language"], &line["unsupported"]), (&"ja".into(), &true.into()));
    assert_eq!((&line["tags"], &line["complaint"]), (&serde_json::json!([]), &0.0.into()));
}

#[test]
fn evaluation_compares_with_labels() {
    let text = |text: &str, holds: bool| LabelledText {
        id: text.into(),
        language: "fr".into(),
        source: String::new(),
        text: text.into(),
        truth: Truth::unanimous([holds; OUTPUTS], [true; OUTPUTS]),
    };
    let texts = [text("Merci, tout est parfait, je recommande", false)];
    let report = Report::new(&judge(&TAGGER, &texts).unwrap());
    assert_eq!(report.macro_f1("flags"), 0.0);
}

#[test]
fn a_missing_or_wrong_file_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = || Tagger::load(folder.path(), TaggerOptions::default()).err().unwrap().to_string();
    let names = [
        model_files::SETTINGS,
        model_files::TOKENIZER,
        model_files::EMBEDDINGS,
        model_files::ENCODER,
        model_files::HEADS,
    ];
    for name in names {
        let message = error();
        assert!(
            message.contains(name) && message.contains("vigie train") && !message.contains('\n'),
            "{message}"
        );
        std::fs::copy(model_dir().join(name), folder.path().join(name)).unwrap();
    }
    std::fs::copy(folder.path().join(model_files::ENCODER), folder.path().join(model_files::HEADS)).unwrap();
    assert!(error().contains("(tensor heads."), "{}", error());
    std::fs::write(folder.path().join(model_files::TOKENIZER), "{}").unwrap();
    assert!(error().contains("tokenizer.json is unusable"), "{}", error());
}

#[test]
fn no_file_of_the_model_is_too_large_for_a_repository() {
    assert!(ModelSettings::read(&model_dir()).unwrap().version.starts_with("tagger-"));
    for entry in std::fs::read_dir(model_dir()).unwrap().flatten() {
        assert!(entry.metadata().unwrap().len() < 90_000_000, "{:?}", entry.path());
    }
}
