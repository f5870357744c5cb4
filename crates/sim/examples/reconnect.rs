//! Clients that come back at once: `reconnect CLIENTS`. Prints how long they took.

fn main() -> Result<(), String> {
    // The node is this program once more.
    sim::process::serve_if_asked();
    let clients = std::env::args().nth(1).and_then(|word| word.parse().ok());
    let clients = clients.ok_or("reconnect CLIENTS")?;
    println!("{clients} clients: {:?}", sim::reconnect::storm(clients)?);
    Ok(())
}
