//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// Watches public posts and reviews of a brand, and puts the complaint nobody answered in front of who can act.
#[derive(Debug, Parser)]
#[command(name = "vigie", version, max_term_width = 110)]
pub struct Cli {
    /// Where Vigie keeps its data [default: $XDG_DATA_HOME/vigie, else ~/.local/share/vigie]
    #[arg(long, global = true, value_name = "DIR", env = "VIGIE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// The configuration file [default: vigie.toml in the working directory, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "VIGIE_CONFIG")]
    pub config: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Replay the written story of a bad buzz in a temporary data dir, with everything real
    Demo(DemoArguments),
    /// Run everything on this machine: collect, classify, index, store, alert, and serve the pages
    Serve(ServeArguments),
    /// Bring posts from JSONL or CSV files through the same pipeline
    Import(ImportArguments),
    /// Tag texts: JSONL {"id","text"} in, JSONL with scores and tags out
    Classify(ClassifyArguments),
    /// Search the mentions with the query language of the pages
    Search(SearchArguments),
    /// Check configuration, sources, stores and model: what works, what does not, what to do
    Check,
    /// Add or change a user who may log in to the pages
    User(UserArguments),
    /// Fine-tune the tagger
    Train(TrainArguments),
    /// Measure the tagger on labelled texts
    Evaluate(EvaluateArguments),
    /// The embedded ClickHouse server: started by the program itself as a child process
    #[command(hide = true)]
    Engine(EngineArguments),
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// How many seconds of the story pass in one second
    #[arg(long, default_value_t = 240.0, value_parser = positive)]
    pub speed: f64,
    /// The port of the pages on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Where the pages listen [default: `listen` of the configuration, 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Do not collect from the configured sources
    #[arg(long)]
    pub no_collect: bool,
    /// Do not serve pages and API
    #[arg(long)]
    pub no_web: bool,
}

/// Options of `import`.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Files: .jsonl or .ndjson (an object a line), .csv (comma, semicolon or tab)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The brand that the posts concern: its id or name; one that is not configured is watched under this name
    #[arg(long, value_name = "NAME")]
    pub brand: String,
    /// The source to file the posts under, unless a row names its own
    #[arg(long, value_name = "NAME", default_value = "import")]
    pub source: String,
    /// Which column holds what, for files with other names: text=Avis,rating=Note,published_at="Date de l'avis"
    #[arg(long, value_name = "FIELD=COLUMN,…", value_delimiter = ',')]
    pub columns: Vec<String>,
}

/// Options of `classify`.
#[derive(Debug, Args)]
pub struct ClassifyArguments {
    /// JSONL with "id" and "text"; standard input without
    pub file: Option<PathBuf>,
    /// Compute in f32 or in bf16 [default: the faster one on this machine]
    #[arg(long)]
    pub precision: Option<classifier::Precision>,
}

/// Options of `search`.
#[derive(Debug, Args)]
pub struct SearchArguments {
    /// A query, such as: emotion:colère AND (remboursement OR "service client") NOT lang:en
    pub query: String,
    /// One JSON object a line instead of text for people
    #[arg(long)]
    pub json: bool,
    /// How many mentions to print at most
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
}

/// Options of `user`.
#[derive(Debug, Args)]
pub struct UserArguments {
    /// The name to log in with
    pub name: String,
    /// Read the password from standard input (one line) instead of printing a one-time login link
    #[arg(long)]
    pub password_stdin: bool,
}

/// Options of `train`.
#[derive(Debug, Args)]
pub struct TrainArguments {
    /// The MiniBAR app reviews (minibar_app_reviews.jsonl), whose texts the labels in models/tagger/data refer to
    #[arg(long, value_name = "FILE")]
    pub minibar: Option<PathBuf>,
    /// Learn first from open emotion sets: a folder with goemotions/{train,dev,test}.jsonl, xed/fr.jsonl, brighter/*.csv
    #[arg(long, value_name = "DIR")]
    pub auxiliary: Option<PathBuf>,
    /// Passes over the open emotion sets
    #[arg(long, default_value_t = 3, value_name = "PASSES", requires = "auxiliary")]
    pub auxiliary_epochs: usize,
    /// Where the base encoder's two wheels are [default: where `setup.py train` puts them]
    #[arg(long, value_name = "DIR", env = "VIGIE_ENCODER_WHEELS")]
    pub wheels: Option<PathBuf>,
    /// Where the model is written [default: the model in use]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Passes over the texts
    #[arg(long, default_value_t = 7)]
    pub epochs: usize,
    /// The seed of every random choice
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Threads to compute on [default: one for each core]
    #[arg(long)]
    pub threads: Option<std::num::NonZeroUsize>,
}

/// Options of `evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArguments {
    /// Labelled JSONL: {"id","lang","text","emotions":[…],"causes":[…],"complaint":bool,"answer":bool}
    pub file: PathBuf,
    /// Write report.txt, calibration.svg and errors.jsonl (the texts tagged wrongly, the surest mistakes first) to this folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// The model to measure [default: the model in use]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
}

/// Options of the hidden `engine`.
#[derive(Debug, Args)]
pub struct EngineArguments {
    /// Passed on to the engine
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected a number above 0".to_owned()),
    }
}
