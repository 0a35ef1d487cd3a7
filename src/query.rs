//! A URL's query, changed as a browser's `URLSearchParams` changes it: so that a redirect of ours is, to the byte,
//! the one that Clerk's own SDKs make.

use url::Url;

/// The parameter's first value.
pub(crate) fn get(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Adds a parameter at the end, whether it is there already or not.
pub(crate) fn append(url: &mut Url, name: &str, value: &str) {
    edit(url, |pairs| pairs.push((name.to_owned(), value.to_owned())));
}

/// Sets a parameter: the first keeps its place, others of the name go, and a new one goes to the end.
pub(crate) fn set(url: &mut Url, name: &str, value: &str) {
    edit(url, |pairs| {
        let mut is_set = false;
        pairs.retain_mut(|(key, old)| {
            if key != name {
                return true;
            }
            if !is_set {
                value.clone_into(old);
            }
            !std::mem::replace(&mut is_set, true)
        });
        if !is_set {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    });
}

/// Removes parameters. The rest is written anew, as it is by a browser even where there is nothing to remove:
/// `?a` becomes `?a=`, and `%20` becomes `+`.
pub(crate) fn remove(url: &mut Url, names: &[&str]) {
    edit(url, |pairs| pairs.retain(|(key, _)| !names.contains(&key.as_str())));
}

fn edit(url: &mut Url, change: impl FnOnce(&mut Vec<(String, String)>)) {
    let mut pairs: Vec<_> = url.query_pairs().into_owned().collect();
    change(&mut pairs);
    if pairs.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(query: &str, edit: impl Fn(&mut Url)) -> String {
        let mut url = Url::parse(&format!("https://a.example/{query}")).unwrap();
        edit(&mut url);
        url.as_str()["https://a.example/".len()..].to_owned()
    }

    #[test]
    fn edits_and_what_they_leave() {
        assert_eq!(edited("?x=1&r=2&y=3&r=4", |url| set(url, "r", "/ &")), "?x=1&r=%2F+%26&y=3");
        assert_eq!(edited("", |url| set(url, "r", "1")), "?r=1");
        assert_eq!(edited("?r=1", |url| append(url, "r", "2")), "?r=1&r=2");
        assert_eq!(edited("?a&b=%20c&r=1", |url| remove(url, &["r"])), "?a=&b=+c");
        assert_eq!(edited("?r=1&s=2", |url| remove(url, &["r", "s"])), "");
        assert_eq!(edited("?", |url| remove(url, &[])), "");
        assert_eq!(get(&Url::parse("https://a.example/?a=%C3%A9&a=2").unwrap(), "a").as_deref(), Some("é"));
    }
}
