//! Connects to one of several addresses: a dead address costs a quarter of a second, not the call (RFC 8305).

use std::{future::Future, io, net::SocketAddr, pin::pin, time::Duration};

use futures_util::{
    StreamExt,
    future::{Either, select},
    stream::FuturesUnordered,
};
use tokio::time::sleep;

/// How long to wait for an address before trying the next one in parallel: the Connection Attempt Delay of RFC 8305.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Returns the first connection that succeeds, or the last error if none does.
pub(super) async fn first_connection<C, F>(
    addresses: impl IntoIterator<Item = SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> io::Result<C>
where
    F: Future<Output = io::Result<C>>,
{
    let mut waiting = alternating(addresses).into_iter();
    let mut attempts: FuturesUnordered<F> = waiting.next().map(&connect).into_iter().collect();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no addresses");
    loop {
        // With no address left to try, just wait.
        let ended = if waiting.len() == 0 {
            attempts.next().await
        } else {
            match select(attempts.next(), pin!(sleep(ATTEMPT_DELAY))).await {
                Either::Left((ended, _)) => ended,
                Either::Right(_) => {
                    attempts.extend(waiting.next().map(&connect));
                    continue;
                }
            }
        };
        match ended {
            Some(Ok(connection)) => return Ok(connection),
            Some(Err(error)) => {
                failure = error;
                attempts.extend(waiting.next().map(&connect));
            }
            None => return Err(failure),
        }
    }
}

/// Alternates IPv6 and IPv4, beginning with the resolver's first choice: if one family does not work, the second
/// attempt uses the other.
fn alternating(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let addresses: Vec<_> = addresses.into_iter().collect();
    let Some(first) = addresses.first().map(SocketAddr::is_ipv6) else { return addresses };
    let (ours, others): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == first);
    let (mut ours, mut others) = (ours.into_iter(), others.into_iter());
    let mut all = Vec::with_capacity(ours.len() + others.len());
    while ours.len() + others.len() > 0 {
        all.extend(ours.next());
        all.extend(others.next());
    }
    all
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, future::pending};

    use tokio::time::Instant;

    use super::*;

    /// The outcome of an attempt to connect.
    #[derive(Clone, Copy)]
    enum Address {
        /// Accepts after this many milliseconds.
        Accepts(u64),
        /// Refuses after this many milliseconds.
        Refuses(u64),
        /// Never responds, as behind a firewall, or if a DNS record points to a network without a route.
        Silent,
    }
    use Address::*;

    fn address(n: usize) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], u16::try_from(n).unwrap()))
    }

    #[test]
    fn a_dead_address_costs_a_quarter_of_a_second() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        for (name, addresses, wins, after, attempts) in [
            ("one that answers", &[Accepts(10)][..], Some(0), 10, 1),
            ("the first of two", &[Accepts(10), Accepts(0)], Some(0), 10, 1),
            ("a silent one before it", &[Silent, Accepts(10)], Some(1), 260, 2),
            ("two silent ones before it", &[Silent, Silent, Accepts(10)], Some(2), 510, 3),
            ("one that refuses before it", &[Refuses(5), Accepts(10)], Some(1), 15, 2),
            ("a slow one wins in the end", &[Accepts(600), Silent, Silent], Some(0), 600, 3),
            ("of two, the faster one", &[Accepts(900), Accepts(10)], Some(1), 260, 2),
            ("a refusal while another one is slow", &[Accepts(600), Refuses(10), Accepts(10)], Some(2), 270, 3),
            ("all refuse", &[Refuses(5), Refuses(5)], None, 10, 2),
            ("a slow refusal is waited for", &[Refuses(900), Refuses(5)], None, 900, 2),
            ("none at all", &[], None, 0, 0),
        ] {
            let tried = RefCell::new(Vec::new());
            let connect = |to: SocketAddr| {
                let n = usize::from(to.port());
                tried.borrow_mut().push(n);
                async move {
                    match addresses[n] {
                        Accepts(time) => sleep(Duration::from_millis(time)).await,
                        Refuses(time) => {
                            sleep(Duration::from_millis(time)).await;
                            return Err(io::ErrorKind::ConnectionRefused.into());
                        }
                        Silent => pending().await,
                    }
                    Ok(n)
                }
            };
            runtime.block_on(async {
                let started = Instant::now();
                let all = (0..addresses.len()).map(address);
                assert_eq!(first_connection(all, connect).await.ok(), wins, "{name}");
                assert_eq!(started.elapsed(), Duration::from_millis(after), "{name}");
            });
            assert_eq!(*tried.borrow(), (0..attempts).collect::<Vec<_>>(), "{name}");
        }
    }

    #[test]
    fn both_families_by_turns() {
        for (resolved, expected) in [
            (
                &["[::1]:1", "[::1]:2", "1.1.1.1:3", "1.1.1.1:4"][..],
                &["[::1]:1", "1.1.1.1:3", "[::1]:2", "1.1.1.1:4"][..],
            ),
            (&["1.1.1.1:1", "[::1]:2", "[::1]:3"], &["1.1.1.1:1", "[::1]:2", "[::1]:3"]),
            (&["1.1.1.1:1", "1.1.1.1:2"], &["1.1.1.1:1", "1.1.1.1:2"]),
            (&[], &[]),
        ] {
            let found = alternating(resolved.iter().map(|address| address.parse().unwrap()));
            let expected: Vec<SocketAddr> = expected.iter().map(|address| address.parse().unwrap()).collect();
            assert_eq!(found, expected);
        }
    }
}
