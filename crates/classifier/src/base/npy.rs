//! NumPy's `.npy` format, as far as a list of 32-bit integers needs it.

use std::path::Path;

use crate::ClassifierError;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// Reads a one-dimensional array of little-endian 32-bit integers.
pub(super) fn read_ids(path: &Path) -> Result<Vec<u32>, ClassifierError> {
    let bytes = std::fs::read(path).map_err(|error| ClassifierError::file(path, error))?;
    parse(&bytes).map_err(|reason| ClassifierError::BaseEncoder { path: path.to_owned(), reason })
}

fn parse(bytes: &[u8]) -> Result<Vec<u32>, String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is no .npy file of version 1")?;
    let (length, rest) = rest.split_at_checked(2).ok_or("it ends too early")?;
    let header_bytes = usize::from(u16::from_le_bytes([length[0], length[1]]));
    let (header, data) = rest.split_at_checked(header_bytes).ok_or("it ends too early")?;
    let header = String::from_utf8_lossy(header);
    if !header.contains("'<i4'") || header.contains("True") {
        return Err(format!("it does not hold 32-bit integers in C order: {}", header.trim()));
    }
    let ids: Vec<u32> =
        data.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    if ids.is_empty() || !ids.is_sorted_by(|a, b| a < b) {
        return Err("the ids are not in ascending order".into());
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(descr: &str, values: &[u32]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({},), }}\n", values.len());
        let mut bytes = MAGIC.to_vec();
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }

    #[test]
    fn reads_ascending_ids_only() {
        assert_eq!(parse(&npy("<i4", &[0, 3, 9])).unwrap(), [0, 3, 9]);
        assert!(parse(&npy("<i4", &[3, 0])).is_err());
        assert!(parse(&npy("<f4", &[0])).is_err());
        assert!(parse(b"PK").is_err());
    }
}
