//! A browser for one test: started, looked at, and ended whatever becomes of the test.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// What the pages are looked at on.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    name: &'static str,
    width: u32,
    height: u32,
    phone: bool,
    scheme: &'static str,
}

pub(crate) const PHONE: Screen = Screen { name: "phone", width: 360, height: 740, phone: true, scheme: "light" };
pub(crate) const PHONE_DARK: Screen = Screen { name: "phone-dark", scheme: "dark", ..PHONE };
pub(crate) const DESKTOP: Screen = Screen { name: "desktop", width: 1280, height: 800, phone: false, scheme: "light" };
pub(crate) const DESKTOP_DARK: Screen = Screen { name: "desktop-dark", scheme: "dark", ..DESKTOP };

/// The process that drives the browser, ended when it is dropped.
struct Driver {
    process: Child,
    url: String,
}

impl Driver {
    /// Starts one on a port of its own choice.
    fn start() -> Self {
        let command = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = command.expect("chromedriver is here: `cargo xtask browser` installs it");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.filter(|line| line.contains("successfully on port")).find_map(|line| {
            let digits: String =
                line.chars().rev().skip_while(|c| *c == '.').take_while(char::is_ascii_digit).collect();
            digits.chars().rev().collect::<String>().parse::<u16>().ok()
        });
        let url = port.map(|port| format!("http://127.0.0.1:{port}")).unwrap_or_default();
        Self { process, url }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // One that ended by itself needs no end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A tab of a browser, at one simulator.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    screen: Screen,
    base_url: String,
}

/// Does something in a new browser, whose session is ended also when that panics.
pub(crate) async fn browse<F>(screen: Screen, base_url: &str, what: impl FnOnce(Browser) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let driver = Driver::start();
    let mut connector = ClientBuilder::new(HttpConnector::new());
    let client = connector.capabilities(capabilities()).connect(&driver.url).await.expect("a browser");
    let browser = Browser { client: client.clone(), screen, base_url: base_url.to_owned() };
    browser.emulate().await;
    let outcome = tokio::spawn(what(browser)).await;
    client.close().await.expect("the browser ends");
    drop(driver);
    outcome.unwrap();
}

/// Without scripts of pages; in a container there is neither a sandbox nor much shared memory.
fn capabilities() -> serde_json::Map<String, Value> {
    let options = json!({
        "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"],
        "prefs": {"profile.managed_default_content_settings.javascript": 2},
    });
    [("browserName".to_owned(), json!("chrome")), ("goog:chromeOptions".to_owned(), options)].into_iter().collect()
}

impl Browser {
    /// Opens a path of the simulator.
    pub(crate) async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base_url)).await.unwrap();
    }

    /// Opens any address.
    pub(crate) async fn go(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// Waits for an element.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {css}: {error}\n{}", self.shown().await),
        }
    }

    /// Waits for a page with this heading.
    pub(crate) async fn heading(&self, text: &str) {
        let path = format!("//h1[normalize-space()=\"{text}\"]");
        if let Err(error) = self.client.wait().for_element(Locator::XPath(&path)).await {
            panic!("not at `{text}`: {error}\n{}", self.shown().await);
        }
    }

    /// The text of an element, as it is seen.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// What a field holds.
    pub(crate) async fn value(&self, css: &str) -> String {
        self.find(css).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Empties a field and types into it.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses keys in a field.
    pub(crate) async fn keys(&self, css: &str, keys: &str) {
        self.find(css).await.send_keys(keys).await.unwrap();
    }

    /// Presses the button that says so.
    pub(crate) async fn press(&self, text: &str) {
        let path = format!("//*[self::button or self::a][normalize-space()=\"{text}\"]");
        self.client.wait().for_element(Locator::XPath(&path)).await.unwrap().click().await.unwrap();
    }

    /// Looks at the page, and keeps a picture of it.
    pub(crate) async fn look(&self, name: &str) {
        let wrong = self.client.execute(include_str!("check.js"), Vec::new()).await.unwrap();
        self.keep(name).await;
        assert_eq!(wrong, json!([]), "{name} on {}: {}", self.screen.name, self.shown().await);
    }

    async fn shown(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    async fn keep(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots").join(self.screen.name);
        fs::create_dir_all(&folder).unwrap();
        let picture = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await;
        let picture = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    async fn emulate(&self) {
        let Screen { width, height, phone, scheme, name: _ } = self.screen;
        let scale = if phone { 2 } else { 1 };
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", scheme).await;
    }

    async fn devtools(&self, command: &'static str, params: Value) -> Value {
        self.client.issue_cmd(DevTools { command, params }).await.unwrap()
    }
}

/// A command to Chromium itself, past WebDriver.
#[derive(Debug)]
struct DevTools {
    command: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"cmd": self.command, "params": self.params}).to_string()))
    }
}
