//! A capture file that Wireshark opens: each message as packets of a connection that never was so
//! on the wire, since there it was inside TLS. Addresses and ports are the real ones, but for 5061,
//! which Wireshark takes for TLS whatever comes: it becomes 5060. Classic format, Ethernet.

use std::collections::HashMap;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};

use super::seen::Message;

/// Bytes of a message in one packet: within what the length field of IP can say.
const SEGMENT_BYTES: usize = 32 * 1024;
/// Longest packet that a reader must expect.
const SNAP_BYTES: u32 = 262_144;
const ETHERNET: u32 = 1;
const ACK: u8 = 0x10;
const PSH: u8 = 0x08;
const SYN: u8 = 0x02;

/// Writes a capture.
pub(super) struct Pcap<W: Write> {
    out: W,
    /// The number of the next byte that each end sends, by both ends in their order.
    connections: HashMap<(SocketAddr, SocketAddr), [u32; 2]>,
}

impl<W: Write> Pcap<W> {
    /// Writes the head of the file.
    pub(super) fn new(mut out: W) -> std::io::Result<Pcap<W>> {
        out.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
        out.write_all(&2_u16.to_le_bytes())?;
        out.write_all(&4_u16.to_le_bytes())?;
        for word in [0, 0, SNAP_BYTES, ETHERNET] {
            out.write_all(&word.to_le_bytes())?;
        }
        Ok(Pcap { out, connections: HashMap::new() })
    }

    /// Writes what has been gathered.
    pub(super) fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }

    /// Writes a message.
    pub(super) fn message(&mut self, at_ms: i64, message: &Message) -> std::io::Result<()> {
        let (from, to) = message.way();
        let (from, to) = (plain_port(from), plain_port(to));
        if message.is_datagram {
            return self
                .packet(at_ms, (from, to), 17, |pseudo| udp((from, to), &message.bytes, pseudo));
        }
        let is_first = from < to;
        let key = if is_first { (from, to) } else { (to, from) };
        let mut numbers = match self.connections.get(&key) {
            Some(numbers) => *numbers,
            None => self.handshake(at_ms, (from, to))?,
        };
        let (mine, other) = if is_first { (0, 1) } else { (1, 0) };
        for part in message.bytes.chunks(SEGMENT_BYTES) {
            let [Some(sequence), Some(acknowledged)] =
                [mine, other].map(|at| numbers.get(at).copied())
            else {
                return Ok(());
            };
            let segment = Segment { sequence, acknowledged, flags: PSH | ACK, bytes: part };
            self.packet(at_ms, (from, to), 6, |pseudo| segment.print((from, to), pseudo))?;
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            if let Some(next) = numbers.get_mut(mine) {
                *next = next.wrapping_add(length);
            }
        }
        self.connections.insert(key, numbers);
        Ok(())
    }

    /// So that a reader does not take the connection for one whose beginning it missed.
    fn handshake(
        &mut self,
        at_ms: i64,
        way: (SocketAddr, SocketAddr),
    ) -> std::io::Result<[u32; 2]> {
        let (from, to) = way;
        for (ends, flags, sequence, acknowledged) in
            [((from, to), SYN, 0, 0), ((to, from), SYN | ACK, 0, 1), ((from, to), ACK, 1, 1)]
        {
            let segment = Segment { sequence, acknowledged, flags, bytes: &[] };
            self.packet(at_ms, ends, 6, |pseudo| segment.print(ends, pseudo))?;
        }
        Ok([1, 1])
    }

    /// `make` gets the sum of the addresses, which the checksum above IP covers too.
    fn packet(
        &mut self,
        at_ms: i64,
        (from, to): (SocketAddr, SocketAddr),
        protocol: u8,
        make: impl FnOnce(u32) -> Vec<u8>,
    ) -> std::io::Result<()> {
        let (from, to) = (from.ip().to_canonical(), to.ip().to_canonical());
        let payload = make(sum(&octets(from)) + sum(&octets(to)) + u32::from(protocol));
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
        match (from, to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                frame.extend_from_slice(&[8, 0]);
                let mut head = vec![0x45, 0];
                head.extend_from_slice(&length.saturating_add(20).to_be_bytes());
                head.extend_from_slice(&[0, 0, 0x40, 0, 64, protocol]);
                let addresses = [from.octets(), to.octets()].concat();
                let checksum = folded(sum(&head) + sum(&addresses));
                head.extend_from_slice(&checksum.to_be_bytes());
                head.extend_from_slice(&addresses);
                frame.extend_from_slice(&head);
            }
            (from, to) => {
                frame.extend_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0]);
                frame.extend_from_slice(&length.to_be_bytes());
                frame.extend_from_slice(&[protocol, 64]);
                for address in [from, to] {
                    let address = match address {
                        IpAddr::V4(address) => address.to_ipv6_mapped(),
                        IpAddr::V6(address) => address,
                    };
                    frame.extend_from_slice(&address.octets());
                }
            }
        }
        frame.extend_from_slice(&payload);
        let seconds = u32::try_from(at_ms.div_euclid(1000)).unwrap_or(0);
        let micros = u32::try_from(at_ms.rem_euclid(1000) * 1000).unwrap_or(0);
        let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        for word in [seconds, micros, length, length] {
            self.out.write_all(&word.to_le_bytes())?;
        }
        self.out.write_all(&frame)
    }
}

fn plain_port(mut address: SocketAddr) -> SocketAddr {
    if address.port() == 5061 {
        address.set_port(5060);
    }
    address
}

struct Segment<'a> {
    sequence: u32,
    acknowledged: u32,
    flags: u8,
    bytes: &'a [u8],
}

impl Segment<'_> {
    fn print(&self, (from, to): (SocketAddr, SocketAddr), pseudo: u32) -> Vec<u8> {
        let mut out = [from.port().to_be_bytes(), to.port().to_be_bytes()].concat();
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.acknowledged.to_be_bytes());
        out.extend_from_slice(&[5 << 4, self.flags, 0xff, 0xff]);
        finished(out, 2, self.bytes, pseudo)
    }
}

fn udp((from, to): (SocketAddr, SocketAddr), bytes: &[u8], pseudo: u32) -> Vec<u8> {
    let mut out = [from.port().to_be_bytes(), to.port().to_be_bytes()].concat();
    let length = u16::try_from(bytes.len() + 8).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    finished(out, 0, bytes, pseudo)
}

/// A head with its checksum, as many zeros as follow it in the head, and what it carries.
fn finished(mut head: Vec<u8>, zeros: usize, bytes: &[u8], pseudo: u32) -> Vec<u8> {
    let length = u32::try_from(head.len() + 2 + zeros + bytes.len()).unwrap_or(u32::MAX);
    let checksum = folded(pseudo + length + sum(&head) + sum(bytes));
    head.extend_from_slice(&checksum.to_be_bytes());
    head.resize(head.len() + zeros, 0);
    head.extend_from_slice(bytes);
    head
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The sum of 16-bit words, as the checksums of IP and above want it.
fn sum(bytes: &[u8]) -> u32 {
    bytes.chunks(2).fold(0, |sum, pair| {
        let word = match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            [high] => u16::from_be_bytes([*high, 0]),
            _ => 0,
        };
        sum + u32::from(word)
    })
}

fn folded(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(is_incoming: bool, local: &str, peer: &str, bytes: Vec<u8>) -> Message {
        Message {
            is_incoming,
            local: local.parse().unwrap(),
            peer: peer.parse().unwrap(),
            peer_name: None,
            is_datagram: false,
            bytes,
        }
    }

    /// The packets of a file: what follows the Ethernet head.
    fn packets(mut file: &[u8]) -> Vec<&[u8]> {
        file = &file[24..];
        let mut packets = Vec::new();
        while !file.is_empty() {
            let length = u32::from_le_bytes(file[8..12].try_into().unwrap()) as usize;
            packets.push(&file[16 + 14..16 + length]);
            file = &file[16 + length..];
        }
        packets
    }

    #[test]
    fn numbers_follow_what_was_sent() {
        let mut pcap = Pcap::new(Vec::new()).unwrap();
        let (local, peer) = ("127.0.0.1:5061", "127.0.0.2:4711");
        let long = vec![b'x'; SEGMENT_BYTES + 10];
        pcap.message(1000, &message(true, local, peer, b"hello".to_vec())).unwrap();
        pcap.message(2000, &message(false, local, peer, long)).unwrap();
        pcap.message(3000, &message(true, local, peer, b"bye".to_vec())).unwrap();
        let segments: Vec<_> = packets(&pcap.out)
            .into_iter()
            .map(|packet| {
                let tcp = &packet[20..];
                let word = |at: usize| u32::from_be_bytes(tcp[at..at + 4].try_into().unwrap());
                assert_eq!(folded(sum(&packet[..20])), 0, "the checksum of IP");
                let pseudo = sum(&packet[12..20]) + 6 + u32::try_from(tcp.len()).unwrap();
                assert_eq!(folded(pseudo + sum(tcp)), 0, "the checksum of TCP");
                let port = u16::from_be_bytes([tcp[0], tcp[1]]);
                (port, word(4), word(8), tcp[13], tcp.len() - 20)
            })
            .collect();
        assert_eq!(
            segments,
            [
                (4711, 0, 0, SYN, 0),
                (5060, 0, 1, SYN | ACK, 0),
                (4711, 1, 1, ACK, 0),
                (4711, 1, 1, PSH | ACK, 5),
                (5060, 1, 6, PSH | ACK, SEGMENT_BYTES),
                (5060, 1 + SEGMENT_BYTES as u32, 6, PSH | ACK, 10),
                (4711, 6, 11 + SEGMENT_BYTES as u32, PSH | ACK, 3),
            ]
        );
    }

    #[test]
    fn datagrams_and_other_addresses() {
        let mut pcap = Pcap::new(Vec::new()).unwrap();
        let mut datagram = message(true, "[::1]:5060", "[::2]:4711", b"hello".to_vec());
        datagram.is_datagram = true;
        pcap.message(1000, &datagram).unwrap();
        let all = packets(&pcap.out);
        assert_eq!((all.len(), all[0][6], all[0].len()), (1, 17, 40 + 8 + 5));
        let pseudo = sum(&all[0][8..40]) + 17 + 13;
        assert_eq!(folded(pseudo + sum(&all[0][40..])), 0);
    }
}
