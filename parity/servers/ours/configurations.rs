//! The configurations that requests name: those from the file, built once, and those with settings of the request.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{Error, HttpRequest, HttpResponse, error::ErrorBadRequest, error::InternalError};
use clerk_actix::{ClerkConfig, ClerkConfigBuilder, testing::TestClock};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::Value;

use crate::configuration::Configuration;

/// The maximum number of cached configurations with settings of a request. Several requests of one case use the same.
const OWN: usize = 512;

/// A configuration, or the reason why it is invalid.
type Made = Result<ClerkConfig, String>;

pub struct Configurations {
    settings: Vec<Value>,
    made: Vec<Made>,
    own: Mutex<HashMap<String, (Made, TestClock)>>,
    api_base: String,
    now: SystemTime,
}

impl Configurations {
    pub fn read(path: &str, api_base: String, now: SystemTime) -> Result<Self, Box<dyn std::error::Error>> {
        let settings: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        let made = settings.iter().map(|settings| make(settings, &api_base, clock_at(now))).collect();
        Ok(Self { settings, made, own: Mutex::default(), api_base, now })
    }

    /// Only the configuration from the environment variables.
    pub fn of_environment(api_base: String, now: SystemTime) -> Self {
        let builder = ClerkConfigBuilder::from_env().map(|builder| builder.clock(clock_at(now)));
        let made = builder.and_then(ClerkConfigBuilder::build).map_err(|error| error.to_string());
        Self { settings: vec![Value::Null], made: vec![made], own: Mutex::default(), api_base, now }
    }

    /// Returns why the environment's configuration is invalid.
    pub fn refusal(&self) -> Option<String> {
        let [Err(why)] = self.made.as_slice() else { return None };
        Some(why.replace('\n', " "))
    }

    /// Returns the configuration that a request's header names, or a response with the reason if it is invalid.
    pub fn named_by(&self, req: &HttpRequest, header: &str) -> Result<ClerkConfig, Error> {
        let index = req.headers().get(header).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let index = index.filter(|index| *index < self.made.len());
        let index = index.ok_or_else(|| ErrorBadRequest(format!("{header} has to be the index of a configuration")))?;
        // The settings of a request do not apply to the inner middleware.
        let own = decoded(req, "x-parity-settings").filter(|_| header == crate::OUTER);
        let config = match own {
            Some(own) => self.own(index, &own, req)?,
            None => self.made[index].clone(),
        };
        config.map_err(|why| {
            let why = utf8_percent_encode(&why, NON_ALPHANUMERIC).to_string();
            let response =
                HttpResponse::InternalServerError().insert_header(("x-parity-configuration-error", why)).finish();
            InternalError::from_response("the configuration is invalid", response).into()
        })
    }

    /// Returns a configuration with the request's own settings, at the request's time.
    fn own(&self, index: usize, own: &str, req: &HttpRequest) -> Result<Made, Error> {
        let mut all = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("{index} {own}");
        if !all.contains_key(&key) {
            if all.len() >= OWN {
                all.clear();
            }
            let mut settings = self.settings[index].clone();
            let changes: Value = serde_json::from_str(own)?;
            for (name, value) in changes.as_object().into_iter().flatten() {
                settings[name] = value.clone();
            }
            let clock = clock_at(self.now);
            all.insert(key.clone(), (make(&settings, &self.api_base, clock.clone()), clock));
        }
        let (config, clock) = &all[&key];
        if let Some(now) = decoded(req, "x-parity-now").and_then(|now| now.parse().ok()) {
            clock.set(UNIX_EPOCH + Duration::from_millis(now));
        }
        Ok(config.clone())
    }
}

fn make(settings: &Value, api_base: &str, clock: TestClock) -> Made {
    let configuration: Configuration = serde_json::from_value(settings.clone()).map_err(|error| error.to_string())?;
    configuration.into_builder(api_base).clock(clock).build().map_err(|error| error.to_string())
}

fn clock_at(now: SystemTime) -> TestClock {
    let clock = TestClock::frozen();
    clock.set(now);
    clock
}

/// Returns a percent-decoded header.
pub fn decoded(req: &HttpRequest, name: &str) -> Option<String> {
    let value = req.headers().get(name)?;
    Some(percent_decode(value.as_bytes()).decode_utf8_lossy().into_owned())
}
