//! The precision that the model computes in on this machine.

use std::str::FromStr;

use tch::Kind;

/// How the weights and the activations of the encoder are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats, on any CPU.
    Full,
    /// 16-bit brain floats, twice as fast where the CPU multiplies them itself and very slow elsewhere.
    Brain,
}

impl Precision {
    /// The faster one on this CPU: every CPU with AMX for brain floats has AVX512-BF16 too.
    pub fn of_this_machine() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx512bf16") {
            return Self::Brain;
        }
        Self::Full
    }

    /// The name in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "f32",
            Self::Brain => "bf16",
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Full => Kind::Float,
            Self::Brain => Kind::BFloat16,
        }
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Full, Self::Brain]
            .into_iter()
            .find(|precision| precision.as_str() == name)
            .ok_or_else(|| format!("{name:?} is no precision: give f32 or bf16"))
    }
}
