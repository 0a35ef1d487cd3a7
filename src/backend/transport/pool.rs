//! The pool of connections that are kept between calls, on the transport's thread.

use std::{cell::RefCell, collections::HashMap, rc::Rc, time::Duration};

use awc::Client;

use super::{budget::Budget, connection::Connector, network::Network, origin::Origin};

/// How long an idle connection is kept. Servers and the networks in between keep theirs for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The maximum age of a connection: DNS names may have new addresses by then.
const LIFETIME: Duration = Duration::from_secs(75);
/// API addresses come from configurations. An application has a few; a test run may have many, one after another.
const MAX_ORIGINS: usize = 64;

thread_local! {
    static POOLS: RefCell<HashMap<Origin, Pool>> = RefCell::default();
}

/// The connections to one API. Each budget has its own, with at most 100 in use; further calls wait.
#[derive(Clone)]
pub(super) struct Pool(Rc<Clients>);

struct Clients {
    keys: Client,
    machine_tokens: Client,
    handlers: Client,
    browsers: Client,
}

impl Pool {
    /// Returns the origin's pool, or creates it.
    pub(super) fn of(origin: &Origin, network: &'static Network) -> Self {
        POOLS.with_borrow_mut(|pools| {
            if let Some(pool) = pools.get(origin) {
                return pool.clone();
            }
            if pools.len() >= MAX_ORIGINS {
                pools.clear();
            }
            let pool = Self::new(origin, network);
            pools.insert(origin.clone(), pool.clone());
            pool
        })
    }

    /// Replaces this pool with an empty one, so that the next call makes a new connection. Later calls use the new
    /// pool; the connections of the old one are closed as their calls end.
    pub(super) fn replace(&self, origin: &Origin, network: &'static Network) -> Self {
        let fresh = Self::new(origin, network);
        POOLS.with_borrow_mut(|pools| {
            // Another call may have replaced it already, and that pool is known to be good.
            if pools.get(origin).is_none_or(|known| Rc::ptr_eq(&known.0, &self.0)) {
                pools.insert(origin.clone(), fresh.clone());
            }
        });
        fresh
    }

    pub(super) fn client(&self, budget: Budget) -> &Client {
        match budget {
            Budget::Keys => &self.0.keys,
            Budget::MachineTokens => &self.0.machine_tokens,
            Budget::Handlers => &self.0.handlers,
            Budget::Browsers => &self.0.browsers,
        }
    }

    fn new(origin: &Origin, network: &'static Network) -> Self {
        let client = || client(Connector { origin: origin.clone(), network });
        Self(Rc::new(Clients { keys: client(), machine_tokens: client(), handlers: client(), browsers: client() }))
    }
}

fn client(connector: Connector) -> Client {
    let connector = awc::Connector::new()
        .connector(connector)
        // Our connector has its own timeouts.
        .timeout(Duration::from_secs(60))
        .conn_keep_alive(KEEP_ALIVE)
        .conn_lifetime(LIFETIME);
    // A redirect would send the secret key to another server.
    Client::builder().connector(connector).disable_timeout().disable_redirects().finish()
}
