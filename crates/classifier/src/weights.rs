//! Weights on disk: safetensors files, mapped into memory, and there used or copied into tensors.

use std::{collections::HashMap, fs::File, path::Path};

use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};
use tch::{Device, Kind, Tensor};

use crate::ClassifierError;

/// Reads every tensor of a safetensors file as `kind`.
///
/// The file is mapped, not read, so that the pages a second process or worker needs are already in memory.
pub(crate) fn read(path: &Path, kind: Kind) -> Result<HashMap<String, Tensor>, ClassifierError> {
    let map = map(path)?;
    let mut tensors = HashMap::new();
    for (name, stored, shape, data) in views(path, &map)? {
        tensors.insert(name, Tensor::f_from_data_size(data, &shape, stored)?.f_to_kind(kind)?);
    }
    Ok(tensors)
}

/// A mapped file that tensors are views of: it must live as long as they do.
pub(crate) struct Mapping {
    _map: Mmap,
}

/// The tensors of a safetensors file as views of the mapped file, in the precision that it has: only what is used of them is
/// ever read, and every process that maps the file shares it.
#[allow(unsafe_code)]
pub(crate) fn mapped(path: &Path) -> Result<(HashMap<String, Tensor>, Mapping), ClassifierError> {
    let map = map(path)?;
    let mut tensors = HashMap::new();
    for (name, kind, shape, data) in views(path, &map)? {
        let mut strides = vec![1i64; shape.len()];
        for place in (1..shape.len()).rev() {
            strides[place - 1] = strides[place] * shape[place];
        }
        if data.as_ptr().align_offset(kind.elt_size_in_bytes()) != 0 {
            return Err(unusable(
                path,
                format!("tensor {name} does not begin at a multiple of its values' size"),
            ));
        }
        // SAFETY: the data holds as many values as the shape says (safetensors checked it), is aligned, is never written to
        // (no tensor of a model in use is), and stays mapped as long as the `Mapping`, which the network keeps.
        let tensor = unsafe { Tensor::f_from_blob(data.as_ptr(), &shape, &strides, kind, Device::Cpu)? };
        tensors.insert(name, tensor);
    }
    Ok((tensors, Mapping { _map: map }))
}

type View<'a> = (String, Kind, Vec<i64>, &'a [u8]);

fn views<'a>(path: &Path, map: &'a Mmap) -> Result<Vec<View<'a>>, ClassifierError> {
    let file = SafeTensors::deserialize(map).map_err(|error| unusable(path, error.to_string()))?;
    let mut views = Vec::new();
    for (name, view) in file.tensors() {
        let kind = match view.dtype() {
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            Dtype::F32 => Kind::Float,
            other => return Err(unusable(path, format!("tensor {name} is of type {other:?}"))),
        };
        let shape = view.shape().iter().map(|size| size.cast_signed() as i64).collect();
        views.push((name, kind, shape, view.data()));
    }
    Ok(views)
}

fn unusable(path: &Path, reason: String) -> ClassifierError {
    ClassifierError::ModelUnusable { path: path.to_owned(), reason }
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
    // SAFETY: a mapped file must not shrink or change while mapped. Vigie replaces model files by renaming a complete new one
    // into place, which leaves the mapped one as it was; whoever writes into a model's files by hand must stop Vigie before.
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
    fn mapped_tensors_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let tensor = Tensor::from_slice(&[1.0f32, -2.5, 0.125, 4.0, 8.0, 0.5]).view([2, 3]);
        write(&path, &HashMap::from([("a.weight".to_owned(), tensor.shallow_clone())])).unwrap();
        let (mapped, mapping) = mapped(&path).unwrap();
        assert_eq!((mapped["a.weight"].kind(), mapped["a.weight"].size()), (Kind::Half, vec![2, 3]));
        assert!(mapped["a.weight"].to_kind(Kind::Float).equal(&tensor));
        drop((mapped, mapping));
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
