//! A limit on login attempts, per account and per address.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

/// Attempts on one account: five at once, then one every 20 seconds.
const PER_ACCOUNT: u32 = 5;
const ACCOUNT_EVERY: Duration = Duration::from_secs(20);
/// Attempts from one address, where a whole office may sit behind: twenty at once, then one every 5 seconds.
const PER_ADDRESS: u32 = 20;
const ADDRESS_EVERY: Duration = Duration::from_secs(5);
/// Entries are forgotten once there are more than this many, so that made-up names cannot fill the memory.
const MANY: usize = 4096;

/// Counts attempts. Both limits must allow one.
pub(crate) struct LoginLimiter {
    accounts: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for LoginLimiter {
    fn default() -> Self {
        Self {
            accounts: RateLimiter::keyed(quota(PER_ACCOUNT, ACCOUNT_EVERY)),
            addresses: RateLimiter::keyed(quota(PER_ADDRESS, ADDRESS_EVERY)),
        }
    }
}

fn quota(burst: u32, every: Duration) -> Quota {
    let burst = NonZeroU32::new(burst).expect("the burst is not zero");
    Quota::with_period(every).expect("the period is not zero").allow_burst(burst)
}

impl LoginLimiter {
    /// Counts one attempt; the seconds to wait if it is one too many. Login links have no account name.
    pub(crate) fn attempt(&self, account: Option<&str>, address: IpAddr) -> Result<(), u64> {
        if self.accounts.len() > MANY {
            self.accounts.retain_recent();
        }
        if self.addresses.len() > MANY {
            self.addresses.retain_recent();
        }
        let seconds = |wait: Duration| wait.as_secs() + 1;
        if let Err(until) = self.addresses.check_key(&address) {
            return Err(seconds(until.wait_time_from(self.addresses.clock().now())));
        }
        let Some(account) = account else {
            return Ok(());
        };
        // A name is never longer than 64 characters; what is longer shares one entry.
        let name: String = account.chars().take(65).collect::<String>().to_lowercase();
        self.accounts
            .check_key(&name)
            .map_err(|until| seconds(until.wait_time_from(self.accounts.clock().now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_is_limited_from_everywhere_and_one_address_for_all_accounts() {
        let limiter = LoginLimiter::default();
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        for last in 0..5 {
            assert_eq!(limiter.attempt(Some("anne"), address(last)), Ok(()));
        }
        let wait = limiter.attempt(Some("Anne"), address(9)).unwrap_err();
        assert!((1..=21).contains(&wait), "{wait}");
        assert_eq!(limiter.attempt(Some("bob"), address(9)), Ok(()));
        let refused =
            (0..30).filter(|n| limiter.attempt(Some(&format!("u{n}")), address(50)).is_err()).count();
        assert_eq!(refused, 10);
    }
}
