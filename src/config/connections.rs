//! Settings of who may be connected.

use clap::Args;

use crate::http::connections::ConnectionLimits;

/// How many may be connected, and how slowly they may send.
#[derive(Debug, Args)]
pub struct Connections {
    /// How many connections there may be at once. When it is nearly full, those that wait without asking anything are closed.
    #[arg(long, env = "ATTEST_MAX_CONNECTIONS", default_value_t = 2_000, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub max_connections: u32,
    /// How many of them from one address, or network of IPv6. The proxy that `--forwarded-by` names has no such limit.
    #[arg(long, env = "ATTEST_MAX_CONNECTIONS_PER_ADDRESS", default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections_per_address: u32,
    /// How many bytes of a body must come in a second, on average over half a minute. There is no limit to how long it takes in all.
    #[arg(long, env = "ATTEST_LEAST_BODY_RATE", default_value_t = 250, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub least_body_rate: u64,
}

impl Connections {
    /// The limits, in one.
    pub(super) fn limits(&self) -> ConnectionLimits {
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        ConnectionLimits {
            most: number(self.max_connections),
            per_address: number(self.max_connections_per_address),
            least_rate: self.least_body_rate,
            ..ConnectionLimits::default()
        }
    }
}
