//! A real browser: Chromium, through WebDriver. Needs `chromedriver` on the path.

#![allow(dead_code, reason = "each binary uses its own part")]

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError};
use serde_json::{Value, json};

use crate::programs::Process;

/// How long a page may take. A machine with other work is slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Browser {
    pub client: Client,
    _driver: Process,
}

/// What the user prefers.
#[derive(Clone, Copy)]
pub enum Look {
    Light,
    Dark,
}

impl Look {
    fn argument(self) -> &'static str {
        match self {
            Self::Light => "--blink-settings=preferredColorScheme=1",
            Self::Dark => "--blink-settings=preferredColorScheme=0",
        }
    }
}

impl Browser {
    pub async fn start() -> Self {
        Self::start_with(json!({})).await
    }

    /// A screen of 360 by 800 CSS pixels. A window cannot be that narrow.
    pub async fn start_on_a_phone() -> Self {
        Self::start_with(Self::phone()).await
    }

    pub fn phone() -> Value {
        json!({ "mobileEmulation": { "deviceMetrics": { "width": 360, "height": 800, "pixelRatio": 2 } } })
    }

    pub async fn start_with(options: Value) -> Self {
        Self::start_with_look(options, Look::Light).await
    }

    pub async fn start_with_look(mut options: Value, look: Look) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut driver =
            Command::new("chromedriver").arg(format!("--port={port}")).stdout(Stdio::piped()).spawn().unwrap();
        // It prints a line when it listens; its later output has to be read too.
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        while !lines.next().unwrap().unwrap().contains("started successfully") {}
        std::thread::spawn(move || lines.for_each(drop));
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,800",
            look.argument(),
        ];
        options["args"] = json!(arguments);
        let capabilities = json!({ "goog:chromeOptions": options });
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self { client, _driver: Process(driver) }
    }

    pub async fn visit(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub async fn click(&self, css: &str) {
        self.act(Locator::Css(css), async |found| found.click().await).await;
    }

    /// Types a text into a field.
    pub async fn enter(&self, css: &str, text: &str) {
        self.act(Locator::Css(css), async |field| field.send_keys(text).await).await;
    }

    /// Does something with an element as soon as that is possible: elements appear one after the other, are replaced while
    /// they load, and cover each other while they move, and a page that is about to be left answers nothing.
    pub async fn act(&self, locator: Locator<'_>, act: impl AsyncFn(Element) -> Result<(), CmdError>) {
        let end = Instant::now() + PATIENCE;
        loop {
            let done = match self.client.find(locator).await {
                Ok(element) => act(element).await,
                Err(error) => Err(error),
            };
            let Err(error) = done else { return };
            if Instant::now() > end {
                panic!("nothing to act on by {locator:?}: {error}; {}", self.shown().await);
            }
            actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Waits for a page whose element has this text: a click returns before the next page has loaded.
    pub async fn sees(&self, element: &str, text: &str) {
        let there = format!("//{element}[contains(., '{text}')]");
        self.act(Locator::XPath(&there), async |_| Ok(())).await;
    }

    /// For the message of a failed test: where the browser is, and the text that it shows.
    pub async fn shown(&self) -> String {
        self.screenshot("failed").await;
        let script = "return `${location}: ${document.body.innerText}`";
        let shown = self.client.execute(script, Vec::new()).await;
        format!("see the screenshot `failed` of {}", shown.unwrap_or_else(|error| error.to_string().into()))
    }

    /// Runs the body of an async function in the page, and returns its result. A rejection fails the test.
    pub async fn run(&self, body: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
            (async () => {{ {body} }})().then(
                (result) => done({{ ok: result ?? null }}),
                (error) => done({{ error: String(error?.stack ?? error) + JSON.stringify(error?.errors ?? null) }}));"
        );
        let result = self.client.execute_async(&script, Vec::new()).await.unwrap();
        assert_eq!(result["error"], Value::Null, "{body}");
        result["ok"].clone()
    }

    /// The width of the page with everything that overflows, in CSS pixels.
    pub async fn page_width(&self) -> u64 {
        let width = "return document.documentElement.scrollWidth";
        self.client.execute(width, Vec::new()).await.unwrap().as_u64().unwrap()
    }

    /// For people to look at.
    pub async fn screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
    }
}
