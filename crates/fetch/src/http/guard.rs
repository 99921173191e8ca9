use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Keeps the crawler out of the network it runs in.
///
/// A page may link or redirect to `http://169.254.169.254/`, or to a name that leads there. So addresses are
/// judged after the name was looked up, at the moment of connecting, and again for every redirect. Hosts
/// that are allowed by name pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    allowed: Arc<BTreeSet<String>>,
}

/// A host that only has addresses which are not asked.
#[derive(Debug)]
pub(crate) struct PrivateAddress {
    host: String,
    address: IpAddr,
}

impl Guard {
    /// Lets the hosts in `allowed` have any address.
    pub(crate) fn new(allowed: impl IntoIterator<Item = String>) -> Self {
        let allowed = allowed
            .into_iter()
            .map(|host| host.trim_matches(['[', ']']).to_lowercase())
            .collect();
        Guard {
            allowed: Arc::new(allowed),
        }
    }

    /// Judges a URL whose host is an address: such a host is never looked up.
    pub(crate) fn check(&self, url: &Url) -> Result<(), PrivateAddress> {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        match host.parse() {
            Ok(address) => self.judge(host, [address]).map(drop),
            Err(_) => Ok(()),
        }
    }

    /// Those of `addresses` that may be asked.
    fn judge(
        &self,
        host: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> Result<Vec<IpAddr>, PrivateAddress> {
        let is_allowed = self.allowed.contains(&host.to_lowercase());
        let mut refused = None;
        let mut public = Vec::new();
        for address in addresses {
            match is_allowed || is_public(address) {
                true => public.push(address),
                false => refused = Some(address),
            }
        }
        match refused {
            Some(address) if public.is_empty() => Err(PrivateAddress {
                host: host.to_owned(),
                address,
            }),
            _ => Ok(public),
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let host = name.as_str();
            // The port is set by whoever connects.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            let addresses = guard.judge(host, found.iter().map(SocketAddr::ip))?;
            let addresses = found
                .into_iter()
                .filter(move |found| addresses.contains(&found.ip()));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, address) = (&self.host, self.address);
        match host.parse::<IpAddr>() {
            Ok(_) => write!(f, "`{address}` is no public address")?,
            Err(_) => write!(
                f,
                "`{host}` has the address `{address}`, which is not public"
            )?,
        }
        write!(f, "; add `{host}` to `allow_private` if it is meant")
    }
}

impl std::error::Error for PrivateAddress {}

/// Whether `address` can be a web server of somebody else.
///
/// From the IANA registries of special-purpose addresses; what a special address embeds is judged too.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = match address.octets() {
        [0 | 10 | 127, ..] => true,
        [100, b, ..] => (64..128).contains(&b), // behind a carrier's NAT
        [169, 254, ..] => true,                 // link-local; clouds tell passwords there
        [172, b, ..] => (16..32).contains(&b),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [192, 168, ..] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [first, ..] => first >= 224, // multicast, reserved, broadcast
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        // ::ffff:0:0/96; the rest of ::/16 is loopback, unspecified, or given up.
        (0, 0) => (c, d, e, f) == (0, 0, 0, 0xffff) && v4(g, h),
        (0x64, 0xff9b) => (c, d, e, f) == (0, 0, 0, 0) && v4(g, h), // NAT64
        (0x2001, b) if b < 0x200 || b == 0xdb8 => false,            // Teredo, documentation
        (0x2002, b) => v4(b, c),                                    // 6to4
        (0x3fff, b) if b < 0x1000 => false,                         // documentation
        // Only 2000::/3 is given out.
        (a, _) => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_own_network_are_told_from_public_ones() {
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "fec0::1",
        ];
        for address in private {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        let public = [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.5.5.5",
            "::ffff:1.1.1.1",
            "2400:3200::1",
            "2606:4700::1",
            "64:ff9b::101:101",
            "2002:101:101::",
        ];
        for address in public {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_host_may_be_allowed_by_its_name_and_by_nothing_else() {
        let guard = Guard::new(["Intranet.example".to_owned(), "[::1]".to_owned()]);
        let home = || ["127.0.0.1".parse().unwrap()];
        assert!(guard.judge("intranet.example", home()).is_ok());
        assert!(guard.judge("other.example", home()).is_err());
        assert!(guard.check(&"http://[::1]/".parse().unwrap()).is_ok());
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::ffff:7f00:1]/",
        ] {
            let error = guard.check(&url.parse().unwrap()).unwrap_err();
            assert!(
                error.to_string().contains("allow_private"),
                "{url}: {error}"
            );
        }
    }

    #[test]
    fn of_a_host_with_both_kinds_the_public_address_is_asked() {
        let mixed = ["10.0.0.1", "1.1.1.1"].map(|address| address.parse().unwrap());
        let public = Guard::default().judge("mixed.example", mixed).unwrap();
        assert_eq!(public, [mixed[1]]);
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_when_it_is_looked_up() {
        let lookup = Guard::default().resolve("localhost".parse().unwrap()).await;
        let error = lookup.err().unwrap().to_string();
        assert!(error.contains("`localhost` has the address"), "{error}");
        let allowed = Guard::new(["localhost".to_owned()]);
        assert!(allowed.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
