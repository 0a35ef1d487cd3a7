//! The development page as HTML.

use std::fmt::{self, Display, Formatter};

use actix_web::{HttpRequest, http::StatusCode};

use crate::{
    clock::Timestamp,
    config::Settings,
    request::{Inspection, TokenContent},
    web::html::entity,
};

/// The content of the page. All texts are escaped when it is written.
pub(super) struct Page<'p> {
    pub(super) status: StatusCode,
    pub(super) code: &'p str,
    pub(super) cause: String,
    pub(super) details: Vec<String>,
    /// Empty if the cause says what to do.
    pub(super) fix: &'p str,
    /// The sign-in page, if there is one that leads back here.
    pub(super) sign_in: Option<String>,
    pub(super) req: &'p HttpRequest,
    pub(super) settings: &'p Settings,
    pub(super) address: String,
    pub(super) inspection: Inspection,
}

impl Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let title = match self.status {
            StatusCode::FORBIDDEN => "Forbidden",
            StatusCode::SERVICE_UNAVAILABLE => "Clerk cannot be asked",
            StatusCode::BAD_REQUEST => "The handshake failed",
            _ => "Not signed in",
        };
        write!(
            f,
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{status} · {code}</title><style>{css}</style></head><body><main>\
             <h1>{title}: <code>{code}</code></h1>\
             <p><span class=\"status\">{status}</span> <code>{method} {path}</code></p>",
            status = self.status.as_u16(),
            code = Escaped(self.code),
            css = include_str!("page.css"),
            method = Escaped(self.req.method().as_str()),
            path = Escaped(self.req.path()),
        )?;
        self.write_explanation(f)?;
        self.write_request(f)?;
        self.write_server(f)?;
        f.write_str(
            "<footer>Only development keys show this page, and only to a browser that opens a page; scripts get JSON. \
             <code>explain_in_development(false)</code> turns it off. All codes: \
             <a href=\"https://docs.rs/clerk-actix/latest/clerk_actix/guide/troubleshooting/\">Troubleshooting</a>.\
             </footer></main></body></html>",
        )
    }
}

impl Page<'_> {
    fn write_explanation(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "<section><h2>What happened</h2><p>{}</p>", Prose(&self.cause))?;
        for text in &self.details {
            write!(f, "<p><small>{}</small></p>", Escaped(text))?;
        }
        f.write_str("</section>")?;
        if !self.fix.is_empty() {
            write!(f, "<section class=\"fix\"><h2>What to do</h2><p>{}</p></section>", Prose(self.fix))?;
        }
        match &self.sign_in {
            Some(page) => write!(f, "<section><p>After that: <a href=\"{}\">sign in</a></p></section>", Escaped(page)),
            None => Ok(()),
        }
    }

    fn write_request(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Inspection { cookies, tokens } = &self.inspection;
        f.write_str("<section><h2>What the request brings (not verified)</h2><dl>")?;
        row(f, "Clerk's cookies", if cookies.is_empty() { "none" } else { "" }, cookies)?;
        f.write_str("</dl>")?;
        let now = self.settings.clock.now();
        for token in tokens {
            write!(f, "<h3>Token: <code>{}</code></h3>", Escaped(&token.place))?;
            match &token.content {
                TokenContent::Opaque => f.write_str("<p>A token that only Clerk can read, such as an API key.</p>")?,
                TokenContent::Unreadable => f.write_str("<p>Not a JWT.</p>")?,
                TokenContent::Jwt { claims, times } => {
                    f.write_str("<dl>")?;
                    for (name, value) in claims {
                        row(f, name, value, &[])?;
                    }
                    for (name, time) in times {
                        row(f, name, &relative(*time, now), &[])?;
                    }
                    f.write_str("</dl>")?;
                }
            }
        }
        f.write_str("</section>")
    }

    fn write_server(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let settings = self.settings;
        let listed = |list: &[String], otherwise: &'static str| if list.is_empty() { otherwise } else { "" };
        f.write_str("<section><h2>What this server expects</h2><dl>")?;
        row(f, "clock", &settings.clock.now().http_date().unwrap_or_default(), &[])?;
        row(f, "address of this page", &self.address, &[])?;
        row(f, "Clerk instance", settings.publishable_key.frontend_api(), &[])?;
        let parties = &settings.authorized_parties;
        row(f, "authorized parties", listed(parties, "not set: pages of any origin"), parties)?;
        let audience = &settings.audience;
        row(f, "audience", listed(audience, "not set: any"), audience)?;
        if !settings.issuer.is_empty() {
            row(f, "issuer", "", &settings.issuer)?;
        }
        f.write_str("</dl></section>")
    }
}

/// The longest value that is shown, in characters: clients choose most of them.
const MAX_VALUE: usize = 2_000;

fn row(f: &mut Formatter<'_>, name: &str, value: &str, list: &[String]) -> fmt::Result {
    let all = [value, &list.join(", ")].concat();
    let shown: String = all.chars().take(MAX_VALUE).collect();
    write!(f, "<dt>{}</dt><dd><code>{}</code></dd>", Escaped(name), Escaped(&shown))
}

/// Returns a time, and how far it is from now.
fn relative(time: Timestamp, now: Timestamp) -> String {
    let date = time.http_date().unwrap_or_else(|| "not a date".to_owned());
    let seconds = time.millis_since(now) / 1000;
    match seconds {
        0 => format!("{date} (now)"),
        1.. => format!("{date} (in {seconds} s)"),
        _ => format!("{date} ({} s ago)", seconds.unsigned_abs()),
    }
}

/// Text for HTML, in elements and in quoted attributes. Characters that would mislead the reader are shown as escapes,
/// as in the log.
struct Escaped<'t>(&'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match (entity(c), c) {
                (Some(entity), _) => f.write_str(entity)?,
                (None, ' '..='~') => write!(f, "{c}")?,
                (None, c) => write!(f, "{}", c.escape_debug())?,
            }
        }
        Ok(())
    }
}

/// A text of this crate's own, with code between backticks.
struct Prose<'t>(&'t str);

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.split('`').enumerate() {
            match index % 2 {
                0 => write!(f, "{}", Escaped(part))?,
                _ => write!(f, "<code>{}</code>", Escaped(part))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_their_html() {
        for (text, expected) in [
            ("plain", "plain"),
            ("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
            ("\" onclick=\"x", "&quot; onclick=&quot;x"),
            ("a & b", "a &amp; b"),
            ("é 日本", "é 日本"),
            ("user\u{202e}nimda", "user\\u{202e}nimda"),
            ("a\nb", "a\\nb"),
        ] {
            assert_eq!(Escaped(text).to_string(), expected);
        }
        assert_eq!(Prose("set `a<b>` now").to_string(), "set <code>a&lt;b&gt;</code> now");
    }

    #[test]
    fn times_are_shown_against_the_clock() {
        let at = |seconds: i64| Timestamp::from_millis(1_700_000_000_000 + seconds * 1000);
        for (seconds, expected) in [(0, "(now)"), (90, "(in 90 s)"), (-3600, "(3600 s ago)")] {
            assert!(relative(at(seconds), at(0)).ends_with(expected));
        }
    }
}
