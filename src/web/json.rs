//! The extractors as JSON: Clerk's auth object, whose forms are in `auth/json`.

use serde::{Serialize, Serializer};

use super::{
    auth::{Auth, RequireAuth},
    credential::{Credential, WithPending},
    policy::Authorized,
};

impl<C: Credential> Serialize for Auth<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Authenticated(credential) => credential.to_json().serialize(serializer),
            Self::Unauthenticated(why) => why.serialize(serializer),
        }
    }
}

impl<C: Credential> Serialize for RequireAuth<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_json().serialize(serializer)
    }
}

impl<P, C: Credential> Serialize for Authorized<P, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.credential.to_json().serialize(serializer)
    }
}

impl Serialize for WithPending {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
