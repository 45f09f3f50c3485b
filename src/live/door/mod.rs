//! The door of the live engine: HTTP/1.1 over sockets, with a say over what becomes of each request.
//!
//! An ordinary server decides what an answer says. Here a [`Handler`] also decides what the client
//! *sees* of it, one request at a time: the whole answer, half of it, a connection that breaks, or
//! nothing at all. What the client sees and what the server did are different things, and the gap
//! between them is what this crate measures.
//!
//! ```text
//!  client                                                                           handler
//!    │  bytes   ┌─────┐  bytes   ┌───────┐  head   ┌─────────┐  whole request          │
//!    ├─────────►│ tap ├─────────►│ hyper ├────────►│ service ├────────────────────────►│
//!    │          │     │          │       │         │         │                         │
//!    │◄─────────┤     │◄─────────┤       │◄────────┤         │◄────────────────────────┤
//!    │  all, or └──┬──┘  answer  └───────┘  answer └────┬────┘  Verdict
//!    │  a part     │                                    │
//!    │             └────────────── wire ────────────────┘
//!    │                 what to let through, whom to tell
//! ```
//!
//! hyper speaks HTTP and knows nothing of faults. The *tap* sits between it and the socket, the
//! *service* between it and the handler, and both share the *wire*, a few cells:
//!
//! - An **answer** passes the tap untouched. hyper lets go of the body when it has taken its last byte;
//!   the flush after that proves that the kernel holds every byte, and the [`Receipt`] is told so.
//! - A **cut** arms the tap. With the first bytes of the answer in hand it measures the header block
//!   (which hyper completes, with a date for example), sets the byte at which to stop, and fails the
//!   write behind it.
//! - A **hangup** or a **silence** is left on the wire by the service, which never answers hyper. The
//!   driver of the connection finds it, takes the socket out of hyper's hands and acts.
//!
//! A fault hits its own request only. hyper reads the next head of a connection after it has flushed
//! the answer before, so earlier answers of a pipeline are with the kernel when a verdict falls, and
//! requests behind a fault are never handled. (A reset also discards what the *kernel* has not
//! yet sent: to a client that does not read, earlier answers can be lost with it, as anywhere.)
//!
//! **A request that has arrived whole is handled to the end**, also when its client goes away
//! meanwhile, or went away behind it: the client's patience changes only who learns of the outcome.
//! The answer's receipt then says [`Broken`](Delivery::Broken). The end of the client's stream counts as
//! its leaving; a client that only closes its sending half gets no answer.
//!
//! # Time
//!
//! One watch per connection holds one deadline: for the head, the body, the next request, or
//! a client that does not read ([`Limits`]). It reads the clock when a connection begins to wait for
//! something else, and touches the timer wheel only when a deadline comes earlier than the one it
//! sleeps towards, so that a busy connection pays for no timers. hyper's own `header_read_timeout`
//! is not used: it boxes a new timer for every head, and runs while a kept connection idles, so that
//! there is no saying "10 s for a head, 75 s between requests".
//!
//! # Deliberately absent
//!
//! OAuth, threads, TLS, HTTP/2, logging. Everything runs on one thread, in a
//! [`LocalSet`](tokio::task::LocalSet), and shares by `Rc` and `Cell`.

mod accept;
mod connection;
mod limits;
mod line;
mod payload;
mod running;
mod service;
mod verdict;
mod watch;
mod wire;

pub use accept::serve;
pub use connection::serve_connection;
pub use limits::Limits;
pub use line::{Line, Listener};
pub use verdict::{CutAt, Delivery, Ending, Handler, Receipt, Request, Verdict};
