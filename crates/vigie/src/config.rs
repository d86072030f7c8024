//! The configuration: one TOML file. Unknown keys are refused with their line; secrets come from the environment or files.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use alerting::WebhookConfig;
use anyhow::{Context, Result, bail};
use collectors::{HttpOptions, Relevance, SourceConfig};
use domain::Brand;
use serde::Deserialize;
use web::{TlsFiles, WebOptions};

/// Taken from the working directory when no file is named.
const DEFAULT_FILE: &str = "vigie.toml";

/// Everything that can be configured. Each part has defaults, so an empty file is a valid one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Pages and API.
    pub web: WebConfig,
    /// The log between the stages.
    pub journal: JournalConfig,
    /// The tagger.
    pub classifier: ClassifierConfig,
    /// ClickHouse.
    pub analytics: AnalyticsConfig,
    /// How sources are asked.
    pub collectors: CollectorsConfig,
    /// What is watched.
    pub brands: Vec<Brand>,
    /// Where it is looked for.
    pub sources: Vec<SourceConfig>,
    /// Where incidents are told.
    pub webhooks: Vec<WebhookConfig>,
}

/// `[web]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebConfig {
    /// Address and port; only loopback without TLS.
    pub listen: SocketAddr,
    /// Certificate chain in PEM.
    pub tls_certificate: Option<PathBuf>,
    /// Its private key in PEM.
    pub tls_key: Option<PathBuf>,
    /// Serve plain HTTP beyond loopback, because a proxy in front does TLS.
    pub behind_tls_proxy: bool,
}

impl WebConfig {
    /// The same as the pages take it.
    pub fn options(&self) -> WebOptions {
        let files = self.tls_certificate.clone().zip(self.tls_key.clone());
        WebOptions {
            listen: self.listen,
            tls: files.map(|(certificate, key)| TlsFiles { certificate, key }),
            behind_tls_proxy: self.behind_tls_proxy,
        }
    }
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls_certificate: None,
            tls_key: None,
            behind_tls_proxy: false,
        }
    }
}

/// `[journal]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalConfig {
    /// Collectors wait while the journal is larger than this.
    pub max_megabytes: u64,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self { max_megabytes: 4096 }
    }
}

/// `[classifier]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierConfig {
    /// The folder of the model's files.
    pub model_dir: Option<PathBuf>,
}

impl ClassifierConfig {
    /// The configured folder, else `models/tagger` in a folder above the program or in the working directory.
    pub fn model_dir(&self) -> PathBuf {
        if let Some(chosen) = &self.model_dir {
            return chosen.clone();
        }
        let default = Path::new("models/tagger");
        let program = std::env::current_exe().unwrap_or_default();
        let beside_program =
            program.ancestors().map(|folder| folder.join(default)).find(|folder| folder.is_dir());
        beside_program.unwrap_or_else(|| default.to_owned())
    }
}

/// `[analytics]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnalyticsConfig {
    /// An existing server, such as `http://clickhouse:8123`; without, the embedded engine is started.
    pub url: Option<String>,
    /// The user on that server.
    pub user: String,
    /// The file that holds the user's password.
    pub password_file: Option<PathBuf>,
    /// The database that Vigie's tables are in.
    pub database: String,
    /// The embedded engine's library.
    pub library: Option<PathBuf>,
    /// What the embedded engine may use of the memory.
    pub max_memory_megabytes: u64,
}

impl Default for AnalyticsConfig {
    fn default() -> Self {
        Self {
            url: None,
            user: "vigie".to_owned(),
            password_file: None,
            database: "vigie".to_owned(),
            library: None,
            max_memory_megabytes: 1024,
        }
    }
}

/// `[collectors]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CollectorsConfig {
    /// An address or page by which a source's operator can reach whoever runs this Vigie; part of the User-Agent.
    pub contact: Option<String>,
    /// Let sources be on private addresses, such as a forum inside one's own network. Off, so that no feed can make Vigie
    /// knock on doors inside.
    pub allow_private_addresses: bool,
}

impl CollectorsConfig {
    /// The same as the collectors take it.
    pub fn http_options(&self) -> HttpOptions {
        HttpOptions {
            contact: self.contact.clone(),
            allow_private_addresses: self.allow_private_addresses,
            ..HttpOptions::default()
        }
    }
}

impl Config {
    /// Reads the named file, else `vigie.toml` in the working directory, else takes the defaults.
    pub fn load(chosen: Option<&Path>) -> Result<Self> {
        let path = match chosen {
            Some(path) => path,
            None if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
            None => return Ok(Self::default()),
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let source = text.lines().nth(line - 1).unwrap_or_default().trim();
            anyhow::anyhow!("{}, line {line}: {}\n  {source}", path.display(), error.message())
        })?;
        config.validate().with_context(|| format!("in the configuration {}", path.display()))?;
        Ok(config)
    }

    /// What a type cannot say: references, pairs and queries.
    fn validate(&self) -> Result<()> {
        for (index, brand) in self.brands.iter().enumerate() {
            if self.brands[..index].iter().any(|other| other.id == brand.id) {
                bail!("brand {} is there twice; give each brand an id of its own", brand.id);
            }
            if brand.queries.is_empty() {
                bail!("brand {} has no query, so no text can concern it; add queries = ['…']", brand.id);
            }
        }
        Relevance::new(&self.brands, b"")?;
        SourceConfig::check_names(&self.sources)?;
        if self.web.tls_certificate.is_some() != self.web.tls_key.is_some() {
            bail!("[web] needs tls_certificate and tls_key together");
        }
        if !self.sources.is_empty() && self.brands.is_empty() {
            bail!("there are sources but no [[brands]]; nothing they bring could concern anybody");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        format!("{:#}", Config::parse(text, Path::new("vigie.toml")).unwrap_err())
    }

    #[test]
    fn an_empty_file_is_valid_and_stays_on_loopback() {
        let config = Config::parse("", Path::new("vigie.toml")).unwrap();
        assert!(config.web.listen.ip().is_loopback());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_what_was_expected() {
        let message = error("[web]\nlisten = \"127.0.0.1:1\"\nlisen = 3\n");
        assert!(message.contains("vigie.toml, line 3"), "{message}");
        assert!(message.contains("lisen") && message.contains("listen"), "{message}");
    }

    #[test]
    fn a_wrong_type_is_named_with_its_line_and_what_was_expected() {
        let message = error("\n[journal]\nmax_megabytes = \"viel\"\n");
        assert!(message.contains("line 3") && message.contains("u64"), "{message}");
    }

    #[test]
    fn a_brand_query_that_does_not_parse_is_named() {
        let message = error("[[brands]]\nid = 'a'\nname = 'A'\nqueries = ['(a OR']\n");
        assert!(message.contains("'a'") || message.contains("brand a"), "{message}");
    }

    #[test]
    fn brands_are_told_apart() {
        let brand = "[[brands]]\nid = 'a'\nname = 'A'\nqueries = ['a']\n";
        assert!(error(&format!("{brand}{brand}")).contains("twice"));
    }
}
