//! [`M2mTokenSource`]: this service's own machine-to-machine token, for its calls to other services.

use std::{fmt, sync::Arc, time::Duration};

use super::{clerk_client::ClerkClient, error::ClerkApiError, m2m::NewM2mToken, rejection::Unreadable};
use crate::{
    api::{M2mToken, Secret},
    clock::{Timestamp, millis},
    instance::ClerkConfig,
};
use crate::{backend::Transport, store::SingleFlight};

/// The lifetime of tokens if none is set.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// A token is renewed in the last quarter of its lifetime, but at most this long before it expires.
const MAX_AHEAD: Duration = Duration::from_secs(5 * 60);
/// A token that expires within this time, or within a tenth of a shorter lifetime, is not handed out: it would expire
/// on the way.
const MAX_MARGIN: Duration = Duration::from_secs(10);
/// How long to wait after a failure before asking Clerk again, unless Clerk asks for longer.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause that Clerk can ask for.
const MAX_FAILURE_PAUSE: Duration = Duration::from_secs(60);
/// If the clock was set back by more than this, ages are meaningless.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// This service's own machine-to-machine token, for calls to your other services.
///
/// The token is created on first use, renewed before it expires, and shared by all callers and workers. It works on any
/// thread, with or without a runtime.
///
/// While Clerk is unreachable, the current token is used until it expires. A failure is remembered for two seconds, or
/// for as long as Clerk's `Retry-After` asks, so Clerk gets few calls no matter how many callers there are. A clone is
/// cheap and shares the token. Create it once, outside `HttpServer::new`.
///
/// ```no_run
/// use std::time::Duration;
///
/// use actix_web::{error::ErrorBadGateway, get, web, App, HttpServer, Responder};
/// use clerk_actix::{client::NewM2mToken, ClerkConfig, M2mTokenSource};
///
/// #[get("/invoices")]
/// async fn invoices(machine: web::Data<M2mTokenSource>) -> actix_web::Result<impl Responder> {
///     let token = machine.token().await?;
///     let request = awc::Client::default().get("http://billing.internal/invoices").bearer_auth(token.expose());
///     let mut response = request.send().await.map_err(ErrorBadGateway)?;
///     Ok(response.body().await?)
/// }
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let token = NewM2mToken::new().lifetime(Duration::from_secs(600)).claim("service", "shop");
///     let machine = M2mTokenSource::new(ClerkConfig::from_env()?, token)?;
///     HttpServer::new(move || App::new().app_data(web::Data::new(machine.clone())).service(invoices))
///         .bind(("127.0.0.1", 3000))?
///         .run()
///         .await?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct M2mTokenSource(Arc<Inner>);

struct Inner {
    client: ClerkClient,
    config: ClerkConfig,
    wanted: NewM2mToken,
    minted: SingleFlight<Minted>,
}

/// The result of the attempts so far to create a token.
#[derive(Clone, Default)]
struct Minted {
    token: Option<MintedToken>,
    /// The last attempt's error, and when to try again.
    failure: Option<(ClerkApiError, Timestamp)>,
}

/// Applies the result of an attempt to what is known.
type MintUpdate = Box<dyn FnOnce(&Minted) -> Minted>;

#[derive(Clone)]
struct MintedToken {
    secret: Secret,
    since: Timestamp,
    /// `None` if the token never expires.
    until: Option<Timestamp>,
}

/// The action to take for one caller.
enum MintPlan {
    Use(Secret),
    UseAndRenew(Secret),
    Mint,
    Refuse(ClerkApiError),
}

impl M2mTokenSource {
    /// Creates a source of tokens for the configured machine, as described by `wanted`. Tokens live for an hour unless
    /// `wanted` sets a lifetime. Creates no token yet.
    ///
    /// # Errors
    ///
    /// Returns [`ClerkApiError::MissingKey`] if [`machine_secret_key`](crate::ClerkConfigBuilder::machine_secret_key)
    /// is not set.
    pub fn new(config: ClerkConfig, wanted: NewM2mToken) -> Result<Self, ClerkApiError> {
        if config.settings().machine_secret_key.is_none() {
            let setting = "machine_secret_key (CLERK_MACHINE_SECRET_KEY)";
            return Err(ClerkApiError::missing_key(config.settings(), setting));
        }
        let wanted = if wanted.lifetime.is_some() { wanted } else { wanted.lifetime(LIFETIME) };
        let (client, minted) = (ClerkClient::new(config.clone()), SingleFlight::new(Transport::new()));
        Ok(Self(Arc::new(Inner { client, config, wanted, minted })))
    }

    /// Returns the token, from memory if possible.
    ///
    /// # Errors
    ///
    /// Returns [`ClerkApiError`] if there is no valid token left and Clerk does not issue a new one.
    pub async fn token(&self) -> Result<Secret, ClerkApiError> {
        let settings = self.0.config.settings();
        let mut known = self.0.minted.known();
        let mut plan = known.value.plan(settings.clock.now());
        let patience = settings.retry.patience_for_attempts();
        if matches!(plan, MintPlan::Mint) {
            known = self.0.minted.wait_for_a_fetch(&known, patience, self.mint()).await;
            plan = known.value.plan(settings.clock.now());
        }
        match plan {
            MintPlan::Use(token) => Ok(token),
            MintPlan::UseAndRenew(token) => {
                self.0.minted.refresh_in_background(&known, patience, self.mint());
                Ok(token)
            }
            MintPlan::Refuse(error) => Err(error),
            MintPlan::Mint => Err(ClerkApiError::Timeout),
        }
    }

    fn mint(&self) -> impl AsyncFnOnce() -> MintUpdate + Send + use<> {
        let source = Arc::clone(&self.0);
        async move || {
            let clock = &source.config.settings().clock;
            let asked_at = clock.now();
            let answer = source.client.m2m().create(source.wanted.clone()).await;
            let token = answer.and_then(|answer| MintedToken::new(answer, &source.wanted, asked_at));
            if let Err(error) = &token {
                tracing::warn!(%error, "could not create a machine-to-machine token");
            }
            let now = clock.now();
            Box::new(move |known: &Minted| known.after(token, now)) as MintUpdate
        }
    }
}

impl fmt::Debug for M2mTokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M2mTokenSource").field("wanted", &self.0.wanted).finish_non_exhaustive()
    }
}

impl MintedToken {
    /// Clerk states the lifetime by its own clock. It is counted from the time of the request by our clock, because the
    /// two clocks may differ by any amount.
    fn new(answer: M2mToken, wanted: &NewM2mToken, asked_at: Timestamp) -> Result<Self, ClerkApiError> {
        let unusable = |problem: &str| ClerkApiError::Unreadable(Unreadable::new(200, problem, None));
        let secret = answer.token.ok_or_else(|| unusable("it contains no token"))?;
        let since = match (wanted.min_remaining, answer.created_at) {
            // An existing token was not created just now.
            (Some(_), _) | (None, None) => asked_at,
            (None, Some(created_at)) => Timestamp::from(created_at),
        };
        let lives = answer.expires_at.map(|end| Timestamp::from(end).millis_since(since));
        if lives.is_some_and(|lives| lives <= 0) {
            return Err(unusable("its token has already expired"));
        }
        let lives = lives.map(|lives| Duration::from_millis(lives.unsigned_abs()));
        Ok(Self { secret, since: asked_at, until: lives.or(wanted.lifetime).map(|lives| asked_at.plus(lives)) })
    }

    fn stands(&self, now: Timestamp) -> bool {
        let margin = self.part_of_life(10).min(millis(MAX_MARGIN));
        now >= self.since.minus(CLOCK_TOLERANCE) && self.until.is_none_or(|until| until.millis_since(now) > margin)
    }

    fn is_to_be_renewed(&self, now: Timestamp) -> bool {
        let ahead = self.part_of_life(4).min(millis(MAX_AHEAD));
        self.until.is_some_and(|until| until.millis_since(now) <= ahead)
    }

    fn part_of_life(&self, divisor: i64) -> i64 {
        self.until.map_or(i64::MAX, |until| until.millis_since(self.since) / divisor)
    }
}

impl Minted {
    fn after(&self, token: Result<MintedToken, ClerkApiError>, now: Timestamp) -> Self {
        match token {
            Ok(token) => Self { token: Some(token), failure: None },
            Err(error) => {
                let pause = error.retry_after().unwrap_or(FAILURE_PAUSE).clamp(FAILURE_PAUSE, MAX_FAILURE_PAUSE);
                Self { failure: Some((error, now.plus(pause))), ..self.clone() }
            }
        }
    }

    fn plan(&self, now: Timestamp) -> MintPlan {
        let wait = |again: Timestamp| again.millis_since(now);
        let failure =
            self.failure.as_ref().filter(|(_, again)| (1..=millis(MAX_FAILURE_PAUSE)).contains(&wait(*again)));
        match (self.token.as_ref().filter(|token| token.stands(now)), failure) {
            (Some(token), None) if token.is_to_be_renewed(now) => MintPlan::UseAndRenew(token.secret.clone()),
            (Some(token), _) => MintPlan::Use(token.secret.clone()),
            (None, Some((error, _))) => MintPlan::Refuse(error.clone()),
            (None, None) => MintPlan::Mint,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::rejection::Rejection, *};

    const T0: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(T0.as_millis() + seconds * 1000)
    }

    /// A token from a Clerk response whose clock may be off by that many seconds.
    fn token(lives: Option<i64>, clerks_clock: i64, wanted: &NewM2mToken) -> Result<MintedToken, ClerkApiError> {
        let created_at = at(clerks_clock).as_millis();
        let expiration = lives.map(|lives| at(clerks_clock + lives).as_millis());
        let answer = json!({ "id": "mt_1", "token": "mt_1", "created_at": created_at, "expiration": expiration });
        MintedToken::new(serde_json::from_value(answer).unwrap(), wanted, T0)
    }

    fn plan(minted: &Minted, seconds: i64) -> &'static str {
        match minted.plan(at(seconds)) {
            MintPlan::Use(_) => "use",
            MintPlan::UseAndRenew(_) => "use and renew",
            MintPlan::Mint => "mint",
            MintPlan::Refuse(_) => "refuse",
        }
    }

    #[test]
    fn tokens_by_age() {
        let hour = NewM2mToken::new().lifetime(Duration::from_secs(3600));
        let of = |lives, clock| Minted::default().after(token(lives, clock, &hour), T0);
        assert_eq!(plan(&Minted::default(), 0), "mint");
        for (name, lives, clerks_clock, seconds, expected) in [
            ("at once", Some(3600), 0, 0, "use"),
            ("just before it was made, by another thread's clock", Some(3600), 0, -1, "use"),
            ("until five minutes before its end", Some(3600), 0, 3299, "use"),
            ("from then on", Some(3600), 0, 3300, "use and renew"),
            ("almost to its end", Some(3600), 0, 3589, "use and renew"),
            ("not so that it ends on the way", Some(3600), 0, 3590, "mint"),
            ("past its end", Some(3600), 0, 1_000_000, "mint"),
            ("the clock was set back by a day", Some(3600), 0, -86_400, "mint"),
            ("a short life", Some(20), 0, 14, "use"),
            ("the last quarter of one", Some(20), 0, 15, "use and renew"),
            ("a tenth before its end", Some(20), 0, 17, "use and renew"),
            ("and no longer", Some(20), 0, 18, "mint"),
            ("Clerk's clock is ahead by an hour", Some(60), 3600, 40, "use"),
            ("and its token ends when it ends", Some(60), 3600, 54, "mint"),
            ("Clerk's clock is behind by an hour", Some(60), -3600, 0, "use"),
            ("one without an end, as was asked for", None, 0, 3299, "use"),
            ("and no longer than was asked for", None, 0, 3590, "mint"),
        ] {
            assert_eq!(plan(&of(lives, clerks_clock), seconds), expected, "{name}");
        }
        assert!(token(Some(0), 0, &hour).is_err(), "an expired one is not used");
        let existing = hour.or_existing(Duration::from_secs(60));
        assert_eq!(token(Some(600), -500, &existing).unwrap().until, Some(at(100)), "an older one ends sooner");
        let bare: M2mToken = serde_json::from_value(json!({ "id": "mt_1" })).unwrap();
        assert!(MintedToken::new(bare, &existing, T0).is_err(), "no token");
    }

    #[test]
    fn failures() {
        let hour = NewM2mToken::new().lifetime(Duration::from_secs(3600));
        let failed = |retry_after: Option<u64>| {
            let retry_after = retry_after.map(Duration::from_secs);
            Err(ClerkApiError::of_response(Rejection::response(503, Vec::new(), None, retry_after)))
        };
        for (name, has_token, retry_after, failed_at, seconds, expected) in [
            ("without a token", false, None, 0, 0, "refuse"),
            ("nor is Clerk asked at once", false, None, 0, 1, "refuse"),
            ("but soon", false, None, 0, 2, "mint"),
            ("when Clerk asks for longer, it gets it", false, Some(30), 0, 29, "refuse"),
            ("and no more than that", false, Some(30), 0, 30, "mint"),
            ("up to a bound", false, Some(3600), 0, 59, "refuse"),
            ("of a minute", false, Some(3600), 0, 60, "mint"),
            ("the old token serves on", true, None, 3400, 3401, "use"),
            ("and is renewed aside", true, None, 3400, 3402, "use and renew"),
            ("to its end", true, None, 3588, 3589, "use"),
            ("and no longer", true, None, 3589, 3590, "refuse"),
            ("the clock was set back", true, None, 3589, -86_400, "mint"),
        ] {
            let before =
                if has_token { Minted::default().after(token(Some(3600), 0, &hour), T0) } else { Minted::default() };
            assert_eq!(plan(&before.after(failed(retry_after), at(failed_at)), seconds), expected, "{name}");
        }
        let recovered = Minted::default().after(failed(None), T0).after(token(Some(3600), 0, &hour), T0);
        assert_eq!(plan(&recovered, 0), "use");
    }
}
