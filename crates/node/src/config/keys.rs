//! What each key of `tandem.toml` says to whoever reads it.

/// Documentation of every key, in the order of the file. `describe` and the generated sample
/// derive from it; a test holds it against the structure.
pub(super) const KEYS: &[(&str, &str, &str)] = &[
    (
        "node",
        "data",
        "Folder with the store, the keys and the mapped drives. A relative path is taken from this file's folder.",
    ),
    ("node", "roles", "What this node does: registrar, mailbox, client-access, unified-messaging."),
    (
        "node",
        "admin_socket",
        "Socket of the admin shell. A relative path is taken from the data folder, which only the node's user may enter: put it elsewhere for people with a role of their own, such as /run/tandem/admin.sock, and say `tandem shell --socket`; whoever may enter the data folder finds it by `--data`.",
    ),
    (
        "node",
        "admin_group",
        "Unix group whose members may reach that socket, such as tandem-admins; what they may do there is what their roles allow (docs/admin/roles.md). Empty: the node's own group.",
    ),
    (
        "registrar",
        "pool",
        "FQDN of the pool that this node serves: the name clients and the web app look for in its certificate.",
    ),
    (
        "registrar",
        "computer",
        "FQDN of this computer in that pool; its certificate is the one assigned to this name.",
    ),
    (
        "registrar",
        "listen_tls",
        "Addresses for SIP over TLS; trusted applications and clients use the same ones.",
    ),
    (
        "registrar",
        "listen_tcp",
        "Addresses for SIP over TCP. Leave it empty where passwords must never cross a wire in clear.",
    ),
    (
        "registrar",
        "listen_udp",
        "Addresses for SIP over UDP, for phones that know nothing else. Leave it empty where passwords must never cross a wire in clear.",
    ),
    (
        "registrar",
        "listen_wss",
        "Addresses for SIP over WebSocket inside TLS, for clients that are web pages.",
    ),
    (
        "registrar",
        "listen_ws",
        "Addresses for SIP over WebSocket without TLS. Leave it empty where passwords must never cross a wire in clear.",
    ),
    (
        "registrar",
        "listen_https",
        "Addresses of the pool's own web service: contact lists and presence rules of standard SIP clients (XCAP), below /xcap-root/.",
    ),
    (
        "registrar",
        "digest",
        "Weakest hash by which SIP clients may sign in: MD5 or SHA-256. With MD5, clients known to cope are asked for SHA-256 all the same.",
    ),
    ("registrar", "dns", "Name servers for New-CsAllowedDomain; without: the system's."),
    (
        "mailbox",
        "computer",
        "FQDN of this mailbox server; the web app's certificate is looked for in its store.",
    ),
    (
        "mailbox",
        "listen_smtp",
        "Addresses on which mail is accepted for the people of this organisation.",
    ),
    (
        "mailbox",
        "im_server_port",
        "Port on which the pool named by IMServerName takes SIP over TLS.",
    ),
    ("client_access", "computer", "FQDN of this client access server."),
    ("client_access", "listen_https", "Addresses of the web app."),
    (
        "limits",
        "texts_per_minute",
        "Instant messages that one person may send in a minute, in whatever client; 0: any number.",
    ),
    (
        "limits",
        "new_contacts_per_hour",
        "People whom one person may write to in an hour who have neither exchanged messages with them since yesterday nor watch them; 0: any number.",
    ),
    (
        "limits",
        "requests_per_second",
        "SIP requests that one client connection may send in a second for longer; at first it may send four seconds' worth. A proxy that speaks for many people over one connection or from one UDP port needs more.",
    ),
    (
        "limits",
        "bulk_senders",
        "SIP addresses for which neither holds, such as that of a program that writes to everybody. Applications with an address of their own need not be named.",
    ),
    (
        "limits",
        "connections",
        "Connections that each listener for clients (SIP, HTTPS) holds at once; the system must let the node have as many descriptors.",
    ),
    (
        "limits",
        "connections_per_address",
        "Those that may come from one address. A whole office may sit behind one.",
    ),
    (
        "metrics",
        "listen",
        "Addresses of GET /metrics for Prometheus, without sign-in and without TLS; [] switches it off.",
    ),
    ("hosts", "", "Addresses of host names, asked before DNS: the demo runs without DNS."),
];
