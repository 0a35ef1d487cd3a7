//! `LocalClerk`'s webhooks: a queue in the order of happening, and the task that sends it to the test's server.

use std::{
    collections::VecDeque,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, SystemTime},
};

use awc::{
    Client,
    error::{ConnectError, SendRequestError},
    http::header::CONTENT_TYPE,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use tokio::sync::watch;
use url::{Host, Url};

use super::{
    loopback::loopback,
    secret::secret,
    webhook::{WebhookBuilder, webhook},
};
use crate::clock::settable::TestClock;

/// The first attempt and seven retries, as Svix makes them for Clerk.
const MAX_ATTEMPTS: usize = 8;
/// How long Svix waits for a response.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How much of a response is kept.
const MAX_RESPONSE: usize = 64 * 1024;

/// The webhooks of one instance.
pub(super) struct WebhookSender {
    /// `whsec_…`
    pub(super) secret: String,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    /// Until a test names a URL, nothing is sent.
    url: Option<Url>,
    /// The first one is being sent.
    waiting: VecDeque<Message>,
    attempts: Vec<WebhookAttempt>,
}

#[derive(Clone)]
struct Message {
    id: String,
    event_type: String,
    url: Url,
    webhook: WebhookBuilder,
}

/// An attempt of a [`LocalClerk`](super::LocalClerk) to send a webhook.
#[derive(Clone)]
#[non_exhaustive]
pub struct WebhookAttempt {
    /// The ID of the webhook, `msg_…`: the same in each attempt to send it.
    pub id: String,
    /// The type of the event: `session.created`.
    pub event_type: String,
    /// The status of the response, or `None` if there was none, for example because the server did not run. The log has
    /// the cause.
    pub status: Option<u16>,
    /// The body of the response.
    pub response: String,
}

impl WebhookAttempt {
    /// Returns whether the server accepted the webhook: the status is 2xx.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

impl fmt::Debug for WebhookAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, event_type, status, response } = self;
        write!(f, "{event_type} {id}: ")?;
        match status {
            Some(status) if response.is_empty() => write!(f, "{status}"),
            Some(status) => write!(f, "{status} {response}"),
            None => f.write_str("no response"),
        }
    }
}

impl WebhookSender {
    /// Returns a sender with a fresh secret and no URL.
    pub(super) fn new() -> Self {
        let secret = format!("whsec_{}", STANDARD.encode(rand::random::<[u8; 24]>()));
        Self { secret, state: watch::Sender::default() }
    }

    /// Sends everything that happens from now on to this URL. Returns whether it leads to this machine.
    pub(super) fn send_to(&self, url: &str) -> bool {
        let Some(url) = loopback(url).filter(|url| url.scheme() == "http") else { return false };
        self.state.send_modify(|state| state.url = Some(url));
        true
    }

    /// Queues an event of this instance that happens at this time. Returns whether there is a URL to send it to.
    pub(super) fn send(&self, event_type: &str, data: Value, instance_id: &str, happened: SystemTime) -> bool {
        self.state.send_if_modified(|state| {
            let Some(url) = state.url.clone() else { return false };
            let id = secret("msg_");
            // The builder sets the event's time by the first attempt, and it must be the same in all of them.
            let millis = happened.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
            let webhook = webhook(event_type, data)
                .id(&id)
                .secret(&self.secret)
                .member("instance_id", instance_id)
                .member("timestamp", millis);
            state.waiting.push_back(Message { id, event_type: event_type.to_owned(), url, webhook });
            true
        })
    }

    /// Resolves when no webhook is waiting or being sent.
    pub(super) async fn idle(&self) {
        let _ = self.state.subscribe().wait_for(|state| state.waiting.is_empty()).await;
    }

    pub(super) fn attempts(&self) -> Vec<WebhookAttempt> {
        self.state.borrow().attempts.clone()
    }

    /// Sends what is queued, one after the other, until the future is dropped.
    pub(super) async fn run(&self, clock: &TestClock) {
        let client = Client::builder().disable_redirects().timeout(TIMEOUT).finish();
        let mut changes = self.state.subscribe();
        loop {
            let next = changes.wait_for(|state| !state.waiting.is_empty()).await;
            let Some(message) = next.ok().and_then(|state| state.waiting.front().cloned()) else { return };
            for attempt in 1..=MAX_ATTEMPTS {
                let sent = message.attempt(&client, clock.now()).await;
                let is_last = sent.is_success() || attempt == MAX_ATTEMPTS;
                // In one step, so that whoever waits for the end of the queue finds the last attempt too.
                self.state.send_modify(|state| {
                    state.attempts.push(sent);
                    if is_last {
                        state.waiting.pop_front();
                    }
                });
                if is_last {
                    break;
                }
            }
        }
    }
}

impl Message {
    /// Signs the webhook at this time, and sends it.
    async fn attempt(&self, client: &Client, now: SystemTime) -> WebhookAttempt {
        let (status, response) = match self.post(client, now).await {
            Ok((status, response)) => (Some(status), response),
            Err(error) => {
                let (url, event_type) = (self.url.as_str(), self.event_type.as_str());
                tracing::warn!(url, event_type, "LocalClerk got no response to a webhook: {error}");
                (None, String::new())
            }
        };
        WebhookAttempt { id: self.id.clone(), event_type: self.event_type.clone(), status, response }
    }

    async fn post(&self, client: &Client, now: SystemTime) -> Result<(u16, String), SendRequestError> {
        let signed = self.webhook.clone().timestamp(now).build();
        let mut addresses = self.addresses().into_iter();
        let mut response = loop {
            let request = client.post(self.url.as_str()).insert_header((CONTENT_TYPE, "application/json"));
            // The address is given, so that no name server can lead a webhook elsewhere.
            let request = addresses.next().into_iter().fold(request, |request, address| request.address(address));
            let request = signed
                .headers
                .iter()
                .fold(request, |request, (name, value)| request.insert_header((&**name, &**value)));
            match request.send_body(signed.body.clone()).await {
                Err(SendRequestError::Connect(ConnectError::Io(_))) if addresses.len() > 0 => {}
                answered => break answered?,
            }
        };
        let body = response.body().limit(MAX_RESPONSE).await.unwrap_or_default();
        Ok((response.status().as_u16(), String::from_utf8_lossy(&body).into_owned()))
    }

    /// Returns the addresses to try, one after the other: a server on `localhost` may listen on either.
    fn addresses(&self) -> Vec<SocketAddr> {
        let addresses: Vec<IpAddr> = match self.url.host() {
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            _ => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        };
        let port = self.url.port_or_known_default().unwrap_or(80);
        addresses.into_iter().map(|address| (address, port).into()).collect()
    }
}
