//! The door over real sockets: raw bytes in, raw bytes out, and how each connection ends.
//!
//! ```text
//!   verdicts     what the client sees of each verdict, to the byte
//!   deliveries   what the server's owner learns
//!   life         kept connections, caps, drains, accepts that fail
//!   hostile      clients that nobody would write on purpose, or only on purpose
//!   pipes        the same door in memory, on a virtual clock: every deadline to the millisecond
//!
//!   house        the server of these tests, whose targets name verdicts
//! ```

#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod house;
#[cfg(test)]
mod life;
#[cfg(test)]
mod pipes;
#[cfg(test)]
mod verdicts;
