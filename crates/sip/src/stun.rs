//! STUN as a keep-alive (RFC 5626 §4.4.2): a client behind an address translator asks over the
//! datagram flow of its SIP which address it is seen at; the answer keeps the translation alive.
//!
//! Owns: Binding requests and their answers (RFC 8489 §5, §14.2). Does not: any other STUN method,
//! credentials, relaying. The answer is never longer than twice the request.

use std::net::{IpAddr, SocketAddr};

/// RFC 8489 §5.
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER_BYTES: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];

/// Whether a datagram on a SIP port is STUN: the first two bits are zero and the cookie is there
/// (RFC 5626 §4.4.2; no SIP message begins so).
#[must_use]
pub fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| first & 0xc0 == 0)
        && datagram.get(4..8) == Some(&MAGIC_COOKIE)
}

/// The answer to a Binding request that came from `peer`; `None` for everything else.
#[must_use]
pub fn answer(datagram: &[u8], peer: SocketAddr) -> Option<Vec<u8>> {
    let header: &[u8; HEADER_BYTES] = datagram.get(..HEADER_BYTES)?.try_into().ok()?;
    let attributes = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let whole = datagram.len() == HEADER_BYTES + attributes && attributes % 4 == 0;
    if !is_stun(datagram) || !whole || header[..2] != BINDING_REQUEST {
        return None;
    }
    // Cookie and transaction id together are what IPv6 addresses are combined with.
    let key: &[u8] = &header[4..];
    let port = peer.port() ^ u16::from_be_bytes([MAGIC_COOKIE[0], MAGIC_COOKIE[1]]);
    let (family, address) = match peer.ip().to_canonical() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let address = address.iter().zip(key).map(|(byte, key)| byte ^ key);
    let mut value = vec![0, family];
    value.extend(port.to_be_bytes());
    value.extend(address);
    let value_bytes = u16::try_from(value.len()).ok()?;
    let mut out = Vec::with_capacity(HEADER_BYTES + 4 + value.len());
    out.extend(BINDING_SUCCESS);
    out.extend((value_bytes + 4).to_be_bytes());
    out.extend(key);
    out.extend(XOR_MAPPED_ADDRESS);
    out.extend(value_bytes.to_be_bytes());
    out.extend(value);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(tail: &[u8]) -> Vec<u8> {
        let mut out = vec![0, 1, 0, tail.len() as u8];
        out.extend(MAGIC_COOKIE);
        out.extend([0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae]);
        out.extend(tail);
        out
    }

    #[test]
    fn the_addresses_of_rfc_5769() {
        // RFC 5769 §2.2 and §2.3: 192.0.2.1 port 32853, and 2001:db8:… port 32853.
        for (peer, value) in [
            ("192.0.2.1:32853", &[0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43][..]),
            (
                "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
                &[
                    0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25,
                    0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
                ],
            ),
        ] {
            let answer = answer(&request(&[]), peer.parse().unwrap()).unwrap();
            assert_eq!(answer[..2], BINDING_SUCCESS);
            assert_eq!(usize::from(answer[3]), answer.len() - HEADER_BYTES);
            assert_eq!(answer[4..20], request(&[])[4..20]);
            assert_eq!(answer[20..24], [0, 0x20, 0, value.len() as u8]);
            assert_eq!(answer[24..], *value);
        }
    }

    #[test]
    fn nothing_else_is_answered() {
        let peer = "192.0.2.1:5060".parse().unwrap();
        let mut success = request(&[]);
        success[0] = 1;
        let mut classic = request(&[]);
        classic[4] = 0;
        let mut short = request(&[]);
        short[3] = 8;
        for wrong in [vec![], vec![0; 20], success, classic, short, b"OPTIONS sip:a SIP".to_vec()] {
            assert_eq!(answer(&wrong, peer), None, "{wrong:?}");
        }
        assert!(answer(&request(&[0x80, 0x22, 0, 4, 1, 2, 3, 4]), peer).is_some());
    }
}
