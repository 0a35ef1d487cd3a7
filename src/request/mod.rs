//! One request decided: facts in, outcome out. Pure but for the [`Backend`] trait; it knows neither
//! Actix nor an HTTP client, and the time is passed in.

mod authenticate;
mod authorization;
mod backend;
mod cookies;
mod facts;
mod navigation;
mod outcome;
mod public_url;

pub(crate) use self::{
    authenticate::authenticate,
    backend::{Backend, SigningKeyError},
    facts::{Field, RequestFacts},
    navigation::is_page_navigation,
    outcome::{Outcome, SignedOut},
    public_url::public_url,
};
