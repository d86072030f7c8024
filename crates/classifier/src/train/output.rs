//! The trained model on disk.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use tch::{Kind, Tensor};

use crate::{ClassifierError, ModelSettings, model_files, network::HEADS, weights};

/// Writes a model beside the one in `folder`, then renames every file into place.
pub(super) fn write(
    folder: &Path,
    base_dir: &Path,
    trained: &HashMap<String, Tensor>,
    settings: &ModelSettings,
) -> Result<(), ClassifierError> {
    std::fs::create_dir_all(folder).map_err(|error| ClassifierError::file(folder, error))?;
    let staging = tempdir_beside(folder)?;
    let result = write_all(&staging, base_dir, trained, settings).and_then(|files| {
        for name in files {
            let target = folder.join(name);
            std::fs::rename(staging.join(name), &target)
                .map_err(|error| ClassifierError::file(target, error))?;
        }
        Ok(())
    });
    // Left behind it would only take up space.
    let _ = std::fs::remove_dir_all(&staging);
    result
}

fn tempdir_beside(folder: &Path) -> Result<PathBuf, ClassifierError> {
    let staging = folder.join("new.tmp");
    let _ = std::fs::remove_dir_all(&staging);
    std::fs::create_dir_all(&staging).map_err(|error| ClassifierError::file(&staging, error))?;
    Ok(staging)
}

/// Returns the files in the order to put them in place: the settings, which name the version, come last.
fn write_all(
    staging: &Path,
    base_dir: &Path,
    trained: &HashMap<String, Tensor>,
    settings: &ModelSettings,
) -> Result<[&'static str; 5], ClassifierError> {
    for name in [model_files::TOKENIZER, model_files::EMBEDDINGS] {
        let source = base_dir.join(name);
        std::fs::copy(&source, staging.join(name)).map_err(|error| ClassifierError::file(source, error))?;
    }
    let (heads, encoder): (HashMap<_, _>, HashMap<_, _>) = trained
        .iter()
        .map(|(name, tensor)| (name.clone(), tensor.shallow_clone()))
        .partition(|(name, _)| name.starts_with(HEADS));
    weights::write(&staging.join(model_files::ENCODER), &encoder)?;
    weights::write_as(&staging.join(model_files::HEADS), &heads, Kind::Float)?;
    let path = staging.join(model_files::SETTINGS);
    let mut json = serde_json::to_vec_pretty(settings).expect("numbers and names are JSON");
    json.push(b'\n');
    std::fs::write(&path, json).map_err(|error| ClassifierError::file(&path, error))?;
    Ok([
        model_files::TOKENIZER,
        model_files::EMBEDDINGS,
        model_files::ENCODER,
        model_files::HEADS,
        model_files::SETTINGS,
    ])
}
