//! The setters that the builders of tokens share.

/// Writes setters that several builders have. A builder lists those that it has, each with its documentation, and has
/// the fields that they set: `claims`, `header` and `members` are maps, `without` and `scopes` lists of strings.
macro_rules! setters {
    ($($(#[$doc:meta])+ $setter:ident),+ $(,)?) => { $(setters!(@ $setter $(#[$doc])+);)+ };
    (@ id $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn id(mut self, id: impl Into<String>) -> Self {
            self.id = Some(id.into());
            self
        }
    };
    (@ lifetime $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn lifetime(mut self, lifetime: Duration) -> Self {
            // The field is optional where a token may last forever.
            self.lifetime = lifetime.into();
            self
        }
    };
    (@ scopes $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.scopes = scopes.into_iter().map(Into::into).collect();
            self
        }
    };
    (@ jwt $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn jwt(mut self) -> Self {
            self.is_jwt = true;
            self
        }
    };
    (@ claim $(#[$doc:meta])+) => { setters!(@ map claim claims $(#[$doc])+); };
    (@ header $(#[$doc:meta])+) => { setters!(@ map header header $(#[$doc])+); };
    (@ member $(#[$doc:meta])+) => { setters!(@ map member members $(#[$doc])+); };
    (@ map $setter:ident $field:ident $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn $setter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
            self.$field.insert(name.into(), value.into());
            self
        }
    };
    (@ without $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn without(mut self, name: impl Into<String>) -> Self {
            self.without.push(name.into());
            self
        }
    };
}

pub(super) use setters;
