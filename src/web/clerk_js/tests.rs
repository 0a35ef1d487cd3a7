//! The tags beside those of Clerk's own SDKs, and with hostile values.

use serde_json::json;

use super::*;
use crate::{config::ClerkConfigBuilder, testing};

const LIVE: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
const DEVELOPMENT: &str = "pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";

fn builder(publishable_key: &str) -> ClerkConfigBuilder {
    let kind = if publishable_key == LIVE { "live" } else { "test" };
    ClerkConfig::builder().publishable_key(publishable_key).secret_key(format!("sk_{kind}_000000000000"))
}

fn tags(builder: ClerkConfigBuilder) -> ClerkJs {
    ClerkJs::of(&builder.build().unwrap())
}

/// Returns the attributes of each tag, with their values unescaped.
fn attributes(html: &str) -> Vec<Vec<(String, String)>> {
    let opened = html.split("<script").skip(1).map(|rest| rest.split_once('>').unwrap().0);
    let unescape = |text: &str| {
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
        text.replace("&amp;", "&")
    };
    opened
        .map(|mut rest| {
            let mut found = Vec::new();
            while let Some(start) = rest.strip_prefix(' ') {
                let end = start.find([' ', '=']).unwrap_or(start.len());
                let (name, after) = start.split_at(end);
                let (value, after) = match after.strip_prefix("=\"") {
                    Some(quoted) => quoted.split_once('"').unwrap(),
                    None => ("", after),
                };
                found.push((name.to_owned(), unescape(value)));
                rest = after;
            }
            assert_eq!(rest, "", "{html}");
            found
        })
        .collect()
}

fn attribute_of<'a>(tag: &'a [(String, String)], name: &str) -> Option<&'a str> {
    tag.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// Returns the options of `Clerk.load()`.
fn options(tags: &ClerkJs) -> Value {
    let call = tags.as_str().split("Clerk.load(").nth(1).unwrap();
    let call = call.split_once(").then(").unwrap().0;
    let json = call.strip_prefix("Object.assign({ui:{ClerkUI:window.__internal_ClerkUICtor}},");
    serde_json::from_str(json.map_or(call, |json| json.strip_suffix(')').unwrap())).unwrap()
}

/// What `clerkJSScriptUrl`, `clerkUIScriptUrl` and `buildClerkJSScriptAttributes` of `@clerk/shared` 4.41.0 return.
#[test]
fn the_tags_are_those_of_clerks_sdks() {
    let satellite = |builder: ClerkConfigBuilder| builder.is_satellite(true).domain("satellite.example");
    for (name, builder, base, proxy, domain) in [
        ("production", builder(LIVE), "https://clerk.example.com", None, None),
        ("development", builder(DEVELOPMENT), "https://happy-cat-1.clerk.accounts.dev", None, None),
        ("a relative proxy", builder(DEVELOPMENT).proxy_url("/__clerk"), "/__clerk", Some("/__clerk"), None),
        // The reference keeps the slash in the attribute.
        ("a slash at its end", builder(DEVELOPMENT).proxy_url("/__clerk/"), "/__clerk", Some("/__clerk"), None),
        (
            "the proxy of this application",
            builder(DEVELOPMENT).frontend_api_proxy("/__clerk").base_path("/app"),
            "/app/__clerk",
            Some("/app/__clerk"),
            None,
        ),
        ("a proxy at the root", builder(DEVELOPMENT).proxy_url("/"), "", Some("/"), None),
        (
            "an absolute proxy",
            // The reference makes `__clerk//npm` of it.
            builder(LIVE).proxy_url("https://app.example.com/__clerk/"),
            "https://app.example.com/__clerk",
            Some("https://app.example.com/__clerk"),
            None,
        ),
        (
            // The reference makes `https` of it, where nothing listens.
            "a proxy over http",
            builder(DEVELOPMENT).proxy_url("http://localhost:3000/__clerk"),
            "http://localhost:3000/__clerk",
            Some("http://localhost:3000/__clerk"),
            None,
        ),
        ("a satellite", satellite(builder(LIVE)), "https://clerk.satellite.example", None, Some("satellite.example")),
        (
            "a satellite in development",
            satellite(builder(DEVELOPMENT)).sign_in_url("https://example.com/sign-in"),
            "https://happy-cat-1.clerk.accounts.dev",
            None,
            Some("satellite.example"),
        ),
        (
            "a satellite with a proxy",
            satellite(builder(LIVE)).proxy_url("https://satellite.example/__clerk"),
            "https://satellite.example/__clerk",
            Some("https://satellite.example/__clerk"),
            Some("satellite.example"),
        ),
        ("a domain of no satellite", builder(LIVE).domain("example.com"), "https://clerk.example.com", None, None),
    ] {
        let tags = tags(builder).with_ui();
        let found = attributes(tags.as_str());
        assert_eq!(found.len(), 3, "{name}");
        assert!(found[0].is_empty(), "{name}");
        for (tag, marker, file) in [
            (&found[1], "data-clerk-js-script", "clerk-js@6/dist/clerk.browser.js"),
            (&found[2], "data-clerk-ui-script", "ui@1/dist/ui.browser.js"),
        ] {
            assert_eq!(attribute_of(tag, "src"), Some(&*format!("{base}/npm/@clerk/{file}")), "{name}");
            assert_eq!(attribute_of(tag, "data-clerk-proxy-url"), proxy, "{name}");
            assert_eq!(attribute_of(tag, "data-clerk-domain"), domain, "{name}");
            assert_eq!(attribute_of(tag, "async"), Some(""), "{name}");
            assert_eq!(attribute_of(tag, "crossorigin"), Some("anonymous"), "{name}");
            assert_eq!(attribute_of(tag, marker), Some(""), "{name}");
            assert_eq!(attribute_of(tag, "nonce"), None, "{name}");
            let key = attribute_of(tag, "data-clerk-publishable-key");
            assert!(key == Some(LIVE) || key == Some(DEVELOPMENT), "{name}");
        }
    }
}

#[test]
fn without_the_components_there_is_one_file() {
    let tags = tags(builder(LIVE));
    assert_eq!(attributes(tags.as_str()).len(), 2);
    assert!(!tags.as_str().contains("ui.browser.js") && !tags.as_str().contains("__internal_ClerkUICtor"));
    assert_eq!(options(&tags), json!({}));
}

#[test]
fn the_options_come_from_the_configuration() {
    let dev = || builder(DEVELOPMENT);
    for (name, builder, expected) in [
        ("no settings", dev(), json!({})),
        ("a page of the application", dev().sign_in_url("/sign-in"), json!({ "signInUrl": "/sign-in" })),
        (
            "pages of another site",
            dev().sign_in_url("https://a.example/in").sign_up_url("https://a.example/up?x=1"),
            json!({ "signInUrl": "https://a.example/in", "signUpUrl": "https://a.example/up?x=1" }),
        ),
        (
            "a satellite",
            builder(LIVE).is_satellite(true).domain("satellite.example").satellite_auto_sync(true),
            json!({ "isSatellite": true, "satelliteAutoSync": true }),
        ),
        (
            "a satellite that does not ask",
            builder(LIVE).is_satellite(true).domain("satellite.example"),
            json!({ "isSatellite": true, "satelliteAutoSync": false }),
        ),
    ] {
        assert_eq!(options(&tags(builder)), expected, "{name}");
    }
    let own = tags(dev().sign_in_url("/sign-in")).load_option("signInUrl", "/other").load_option("telemetry", false);
    assert_eq!(options(&own), json!({ "signInUrl": "/other", "telemetry": false }));
}

#[test]
fn a_setter_changes_what_was_already_shown() {
    let tags = tags(builder(LIVE));
    assert!(!tags.to_string().contains("ui@"));
    let tags = tags.clone().with_ui();
    assert!(tags.to_string().contains("/ui@1/"));
    assert!(tags.clone().ui_version("1.36.0").to_string().contains("/ui@1.36.0/"));
    assert!(tags.clone().ui_version("1.36.0").with_ui().to_string().contains("/ui@1.36.0/"), "in either order");
    assert!(tags.clone().clerk_js_version("6.40.0").to_string().contains("/clerk-js@6.40.0/"));
    assert!(tags.nonce("abc").to_string().contains("nonce=\"abc\""));
}

#[test]
fn every_script_has_the_nonce_and_so_has_the_call() {
    let tags = tags(builder(LIVE)).with_ui().nonce("r4nd0m+/==");
    for tag in attributes(tags.as_str()) {
        assert_eq!(attribute_of(&tag, "nonce"), Some("r4nd0m+/=="), "{tag:?}");
    }
    assert_eq!(options(&tags), json!({ "nonce": "r4nd0m+/==" }));
}

/// Each value that an application, a setting or a variable can bring, each hostile.
#[test]
fn hostile_values_stay_values() {
    for hostile in escape::tests::HOSTILE {
        for (name, tags) in [
            ("nonce", tags(builder(LIVE)).nonce(hostile)),
            ("option", tags(builder(LIVE)).load_option("afterSignOutUrl", *hostile)),
            ("name of an option", tags(builder(LIVE)).load_option(*hostile, 1)),
            ("nested", tags(builder(LIVE)).load_option("a", json!({ "b": [{ *hostile: hostile }] }))),
            ("version", tags(builder(LIVE)).clerk_js_version(*hostile)),
            ("version of the components", tags(builder(LIVE)).ui_version(*hostile)),
        ] {
            let html = tags.as_str();
            let scripts = if name == "version of the components" { 3 } else { 2 };
            let found = attributes(html);
            assert_eq!(found.len(), scripts, "{name}: {html}");
            assert_eq!(html.to_lowercase().matches("</script").count(), scripts, "{name}: {html}");
            assert!(
                !html.contains("<!--") && !html.contains(['\n', '\r', '\0', '\u{2028}', '\u{2029}']) || name == "nonce"
            );
            let known = |attribute: &str| {
                attribute.starts_with("data-clerk-") || ["src", "async", "crossorigin", "nonce"].contains(&attribute)
            };
            assert!(found.iter().flatten().all(|(attribute, _)| known(attribute)), "{name}: {found:?}");
            for src in found.iter().filter_map(|tag| attribute_of(tag, "src")) {
                let path = src.strip_prefix("https://clerk.example.com/npm/@clerk/").unwrap();
                assert_eq!(path.split('/').count(), 3, "{name}: {src}");
                assert!(path.is_ascii() && !path.contains(['?', '#', '\\', '"', '<']), "{name}: {src}");
            }
            match name {
                "nonce" => assert_eq!(options(&tags)["nonce"], *hostile),
                "option" => assert_eq!(options(&tags)["afterSignOutUrl"], *hostile),
                "name of an option" => assert_eq!(options(&tags)[*hostile], 1),
                "nested" => assert_eq!(options(&tags)["a"]["b"][0][*hostile], *hostile),
                _ => assert_eq!(options(&tags), json!({})),
            }
        }
    }
}

/// URLs in settings keep quotes and angle brackets in some places.
#[test]
fn hostile_settings_stay_values() {
    for page in ["/sign-in?a=\"'></script><script>alert(1)</script>", "https://a.example/\"'</script>?q='\"<!--#'\"<"] {
        let tags = tags(builder(DEVELOPMENT).sign_in_url(page).proxy_url("/__clerk/'\"><script>x"));
        let found = attributes(tags.as_str());
        assert_eq!(found.len(), 2, "{tags}");
        assert_eq!(attribute_of(&found[1], "data-clerk-proxy-url"), Some("/__clerk/'\"><script>x"));
        assert!(options(&tags)["signInUrl"].is_string());
    }
}

#[test]
fn a_configuration_without_an_instance_has_no_tags() {
    let config = ClerkConfig::builder().machine_secret_key("ak_000000000000").build().unwrap();
    assert_eq!(ClerkJs::of(&config).with_ui().as_str(), "");
    assert!(!ClerkJs::of(&testing::config()).as_str().is_empty());
}
