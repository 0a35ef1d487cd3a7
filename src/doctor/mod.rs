//! The doctor: checks of a configuration against Clerk and this machine, for startup and for deployments.
//!
//! [`ClerkConfig::doctor`] makes the checks and returns a [`Report`].

mod calls;
mod clock;
mod frontend_api_proxy;
mod keys;
mod report;
mod revocations;
mod settings;
mod sign_in;
mod signing_keys;
mod tls;

pub use self::report::{Finding, Report, Status};
use self::{calls::Calls, sign_in::SignIn};
use crate::{backend::Transport, instance::ClerkConfig};

impl ClerkConfig {
    /// Checks this configuration against Clerk and this machine. Each finding says what to do.
    ///
    /// The checks are about the keys, the signing keys, the clock, `authorized_parties`, the public origin, the sign-in
    /// page, TLS, and, if there are any, the store of [`revocations`](crate::ClerkConfigBuilder::revocations), the
    /// [`jwks_file`](crate::ClerkConfigBuilder::jwks_file) and the Frontend API proxy.
    ///
    /// Calls Clerk's Backend API, and the sign-in page if it is one of this application's: at most one call to each,
    /// all at once, and within twice [`api_timeout`](crate::ClerkConfigBuilder::api_timeout). A call that fails is a
    /// finding, not an error. Nothing is cached or changed.
    ///
    /// The report holds no secret, but it holds addresses and settings: do not show it to the public.
    ///
    /// ```
    /// use clerk_actix::{doctor::Status, testing::LocalClerk};
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let clerk = LocalClerk::start()?;
    /// let report = clerk.config().doctor().await;
    /// println!("{report}");
    /// assert!(report.is_ok());
    /// assert!(report.findings().iter().any(|finding| finding.name() == "clock" && finding.status() == Status::Ok));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn doctor(&self) -> Report {
        let (settings, transport) = (self.settings(), Transport::new());
        let sign_in = SignIn::of(settings);
        let calls =
            Calls::make(settings, transport, sign_in.own_page(), frontend_api_proxy::health_page(settings)).await;
        let mut findings = vec![
            keys::check(settings, calls.about_the_instance()),
            signing_keys::check(settings, calls.jwks.as_ref()),
            clock::check(settings, calls.clock_skew().or(self.measured_skew())),
            settings::authorized_parties(settings),
            settings::public_origin(settings),
            sign_in.check(calls.sign_in.as_ref().map(|call| &call.answer)),
            tls::check(settings, transport.roots().await, calls.jwks.as_ref().map(|call| &call.answer)),
        ];
        findings.extend(settings.revocations.as_ref().map(revocations::check));
        let domains = calls.about_the_instance().map(|(_, domains)| domains);
        let health = calls.frontend_api.as_ref().map(|call| &call.answer);
        findings.extend(frontend_api_proxy::check(settings, domains, health));
        findings.extend(settings::jwks_file(settings, self.jwks_file_status()));
        findings.extend(settings::test_support(settings));
        Report::new(findings)
    }
}
