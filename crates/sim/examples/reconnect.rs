//! Clients that come back at once, over TCP, TLS and secure WebSocket: `reconnect CLIENTS`. Prints
//! how long they took.

use sip::Transport;

fn main() -> Result<(), String> {
    // The node is this program once more.
    sim::process::serve_if_asked();
    let clients = std::env::args().nth(1).and_then(|word| word.parse().ok());
    let clients = clients.ok_or("reconnect CLIENTS")?;
    for transport in [Transport::Tcp, Transport::Tls, Transport::Wss] {
        let figures = sim::reconnect::storm(clients, transport)?;
        println!("{clients} clients over {transport}: {figures:?}");
    }
    Ok(())
}
