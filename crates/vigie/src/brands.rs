//! The brands that are watched: those of the configuration, and those that an import named.

use anyhow::{Context, Result};
use domain::{Brand, BrandId};
use query::analysis::fold_label;
use state::{Database, Migrations, StateError};

/// Brands that only an import named; the configuration wins over them.
pub const MIGRATIONS: Migrations = Migrations {
    component: "brands",
    steps: &["CREATE TABLE brands (id TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT, WITHOUT ROWID"],
};

/// The configured brands, then those that imports named.
pub async fn all(database: &Database, configured: &[Brand]) -> Result<Vec<Brand>> {
    let rows: Vec<String> = database
        .read(|connection| {
            let mut statement = connection.prepare("SELECT definition FROM brands ORDER BY id")?;
            let rows = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok::<_, StateError>(rows)
        })
        .await?;
    let mut brands = configured.to_vec();
    for row in rows {
        let brand: Brand = serde_json::from_str(&row).context("a brand in state.db cannot be read")?;
        if brands.iter().all(|known| known.id != brand.id) {
            brands.push(brand);
        }
    }
    Ok(brands)
}

/// The brand of this id or name; one that nobody configured is kept under this name from now on.
pub async fn find_or_add(database: &Database, configured: &[Brand], name: &str) -> Result<Brand> {
    let id = id_from_name(name)?;
    let known = all(database, configured).await?;
    let is_meant = |brand: &&Brand| brand.id == id || brand.name.eq_ignore_ascii_case(name.trim());
    if let Some(brand) = known.iter().find(is_meant) {
        return Ok(brand.clone());
    }
    let quoted = name.trim().replace('"', " ");
    let brand: Brand = serde_json::from_value(serde_json::json!({
        "id": id, "name": name.trim(), "queries": [format!("\"{quoted}\"")],
    }))
    .context("a brand made of a name is complete")?;
    let definition = serde_json::to_string(&brand).context("a brand can be written as JSON")?;
    database
        .write(move |transaction| {
            let sql = "INSERT INTO brands VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            transaction.execute(sql, (id.as_str(), definition))?;
            Ok::<_, StateError>(())
        })
        .await?;
    Ok(brand)
}

/// `Société Générale` → `societe-generale`.
fn id_from_name(name: &str) -> Result<BrandId> {
    let words = name.split(|character: char| !character.is_alphanumeric()).map(fold_label);
    let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    let id: String = words.join("-").chars().filter(char::is_ascii).take(64).collect();
    id.parse().with_context(|| format!("--brand {name:?} holds no letter or digit to name the brand by"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_brand_is_kept_and_a_configured_one_wins() {
        let database = Database::open_in_memory(&[MIGRATIONS]).unwrap();
        let brand = find_or_add(&database, &[], "Café de l’Été").await.unwrap();
        assert_eq!(brand.id.as_str(), "cafe-de-l-ete");
        assert_eq!(find_or_add(&database, &[], "cafe-de-l-ete").await.unwrap(), brand);
        assert_eq!(all(&database, &[]).await.unwrap(), std::slice::from_ref(&brand));
        let configured = Brand { name: "Café".into(), ..brand };
        assert_eq!(all(&database, std::slice::from_ref(&configured)).await.unwrap(), [configured]);
        assert!(find_or_add(&database, &[], "!!").await.is_err());
    }
}
