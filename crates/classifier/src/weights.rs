//! Weights on disk: safetensors files, mapped into memory and copied into tensors.

use std::{collections::HashMap, fs::File, path::Path};

use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};
use tch::{Kind, Tensor};

use crate::ClassifierError;

/// Reads every tensor of a safetensors file as `kind`.
///
/// The file is mapped, not read, so that the pages a second process or worker needs are already in memory.
pub(crate) fn read(path: &Path, kind: Kind) -> Result<HashMap<String, Tensor>, ClassifierError> {
    let unusable = |reason: String| ClassifierError::ModelUnusable { path: path.to_owned(), reason };
    let map = map(path)?;
    let file = SafeTensors::deserialize(&map).map_err(|error| unusable(error.to_string()))?;
    let mut tensors = HashMap::new();
    for (name, view) in file.iter() {
        let stored = match view.dtype() {
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            Dtype::F32 => Kind::Float,
            other => return Err(unusable(format!("tensor {name} is of type {other:?}"))),
        };
        let shape: Vec<i64> = view.shape().iter().map(|size| size.cast_signed() as i64).collect();
        let tensor = Tensor::f_from_data_size(view.data(), &shape, stored)?;
        tensors.insert(name.to_owned(), tensor.f_to_kind(kind)?);
    }
    Ok(tensors)
}

/// Writes tensors under their names, sorted, in half precision; replaces the file only when all is written.
pub(crate) fn write(path: &Path, tensors: &HashMap<String, Tensor>) -> Result<(), ClassifierError> {
    write_as(path, tensors, Kind::Half)
}

/// The same in a precision of choice.
pub(crate) fn write_as(
    path: &Path,
    tensors: &HashMap<String, Tensor>,
    kind: Kind,
) -> Result<(), ClassifierError> {
    let mut named: Vec<(&String, Tensor)> = tensors
        .iter()
        .map(|(name, tensor)| Ok((name, tensor.detach().f_to_kind(kind)?.f_contiguous()?)))
        .collect::<Result<_, tch::TchError>>()?;
    named.sort_by_key(|(name, _)| name.as_str());
    let unfinished = path.with_extension("safetensors.tmp");
    Tensor::write_safetensors(&named, &unfinished)?;
    std::fs::rename(&unfinished, path).map_err(|error| ClassifierError::file(path, error))
}

#[allow(unsafe_code)]
fn map(path: &Path) -> Result<Mmap, ClassifierError> {
    let file = File::open(path).map_err(|error| ClassifierError::model_file(path, error))?;
    // SAFETY: a mapped file must not shrink or change while mapped. The map lives for one call of `read`, and Vigie
    // replaces model files by renaming a complete new one into place, which leaves the mapped one as it was.
    unsafe { Mmap::map(&file) }.map_err(|error| ClassifierError::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_weights_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let tensor = Tensor::from_slice(&[1.0f32, -2.5, 0.125, 4.0]).view([2, 2]);
        write(&path, &HashMap::from([("a.weight".to_owned(), tensor.shallow_clone())])).unwrap();
        let read = read(&path, Kind::Float).unwrap();
        assert!(read["a.weight"].equal(&tensor));
    }

    #[test]
    fn missing_and_broken_files_say_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let missing = read(&path, Kind::Float).unwrap_err().to_string();
        assert!(missing.contains("is missing") && missing.contains("vigie train"), "{missing}");
        std::fs::write(&path, b"not weights").unwrap();
        let broken = read(&path, Kind::Float).unwrap_err().to_string();
        assert!(broken.contains("unusable") && !broken.contains('\n'), "{broken}");
    }
}
