//! libtorch's caches of compiled kernels, which would grow by 100 MB with every shape of batch that comes by.

/// What the two caches read when they are first used, and how many kernels of either are enough: measured as fast as a thousand.
const CAPACITIES: [(&str, &str); 2] =
    [("LRU_CACHE_CAPACITY", "24"), ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "24")];

/// Bounds the caches, unless the environment already says how large they may be.
///
/// # Safety
/// It sets environment variables: call it before the program has a second thread.
#[allow(unsafe_code)]
#[allow(clippy::disallowed_methods, reason = "libtorch takes these numbers from nowhere else")]
pub unsafe fn bound_native_caches() {
    for (name, capacity) in CAPACITIES {
        if std::env::var_os(name).is_none() {
            // SAFETY: the caller says that no other thread reads the environment.
            unsafe { std::env::set_var(name, capacity) };
        }
    }
}
