//! Keeps sources from making Vigie knock on doors inside the network it runs in.

use std::{
    error::Error,
    fmt::{self, Display, Formatter},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::FetchError;

/// A name that has no public address.
#[derive(Debug)]
pub(super) struct PrivateAddress;

impl Display for PrivateAddress {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name has private addresses only")
    }
}

impl Error for PrivateAddress {}

/// Resolves names to their public addresses only. The connection is made to exactly these, so a name cannot change its mind between
/// the check and the connection.
#[derive(Debug)]
pub(super) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let all: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = all.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(PrivateAddress.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Checks what can be told without resolving: the scheme, and hosts that are addresses, which no resolver ever sees.
pub(super) fn check_url(url: &Url, allow_private_addresses: bool) -> Result<(), FetchError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Address { reason: format!("{} is neither http nor https", url.scheme()) });
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) => return Ok(()),
        None => return Err(FetchError::Address { reason: "it has no host".to_owned() }),
    };
    if allow_private_addresses || is_public(address) {
        return Ok(());
    }
    Err(FetchError::PrivateAddress { host: address.to_string(), redirected: false })
}

/// Whether anybody on the internet could reach the address: neither private, loopback, link-local, shared (CGNAT), multicast, reserved,
/// nor an IPv6 address that leads to such an IPv4 address.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let reserved = match address.octets() {
        [0 | 10 | 127, ..] => true,
        [100, second, ..] => second & 0xc0 == 64,
        [169, 254, ..] => true,
        [172, second, ..] => second & 0xf0 == 16,
        [192, 0, 0 | 2, _] | [192, 168, ..] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [first, ..] => first >= 224,
    };
    !reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let embedded =
        |high: u16, low: u16| is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match address.segments() {
        // Translated to IPv4 (NAT64) and tunnelled over it (6to4).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo and other protocols' blocks, and documentation.
        [0x2001, 0..0x200, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        // Everything else that is public begins with the bits 001.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_disguise() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:0:4136:e378::1",
            "2001:db8::1",
            "fec0::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.78.9",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn hosts_that_are_addresses_are_checked_however_they_are_written() {
        for private in
            ["http://127.1/", "http://0x7f000001/", "http://2130706433/feed", "https://[::ffff:7f00:1]/"]
        {
            let refused = check_url(&Url::parse(private).unwrap(), false);
            assert!(matches!(refused, Err(FetchError::PrivateAddress { .. })), "{private}");
            assert_eq!(check_url(&Url::parse(private).unwrap(), true), Ok(()));
        }
        assert!(check_url(&Url::parse("file:///etc/passwd").unwrap(), true).is_err());
        assert_eq!(check_url(&Url::parse("https://blog.example/feed").unwrap(), false), Ok(()));
    }

    #[tokio::test]
    async fn the_resolver_hides_private_addresses() {
        let resolved = PublicResolver.resolve("localhost".parse().unwrap()).await;
        assert!(resolved.err().is_some_and(|error| error.is::<PrivateAddress>()));
    }
}
