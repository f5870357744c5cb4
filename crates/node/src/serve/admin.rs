//! The admin shell: its socket in the node, and the client that talks to it.
