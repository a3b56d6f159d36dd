//! Chromium and its driver: one driver for the test process, a browser of its own for each test.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web::Bytes;
use serde_json::{Value, json};
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::error::{WebDriverError, WebDriverResult};
use thirtyfour::session::http::{Body, HttpClient};
use thirtyfour::support::block_on;
use thirtyfour::{Capabilities, RequestData, SessionId, WebDriver};
use ureq::http::{Method, Request, Response};

use crate::support::process::{folder, keeper, new_folder};
use crate::support::{chromium, skip};

/// How long the driver may take to start: a machine that builds something else meanwhile is slow.
const PATIENCE: Duration = Duration::from_secs(120);

fn chromedriver() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("chromedriver"));
    found.into_iter().find(|program| program.is_file())
}

/// The address of the driver, started with the first test that needs it and gone with the test process, however that ends.
fn driver() -> &'static str {
    static DRIVER: OnceLock<String> = OnceLock::new();
    DRIVER.get_or_init(|| {
        let log = folder().join("chromedriver.log");
        // Browsers whose test could not end them stand in the group of their keeper; it ends the group, and itself last.
        keeper(
            "trap '' TERM; (trap - TERM; exec \"$1\" --port=0 >\"$2\" 2>&1) & driver=$!; read _; kill 0; wait $driver",
            &[chromedriver().unwrap().to_str().unwrap(), log.to_str().unwrap()],
        );
        let started = std::time::Instant::now();
        loop {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let said = text.split("started successfully on port ").nth(1);
            let port = said.and_then(|rest| rest.split_once('.')).and_then(|(port, _)| port.parse::<u16>().ok());
            if let Some(port) = port {
                return format!("http://127.0.0.1:{port}");
            }
            assert!(started.elapsed() < PATIENCE, "chromedriver did not start: {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    })
}

/// The HTTP client of these tests, as the WebDriver library wants one. It waits where it is: each test has a thread to itself.
struct Wire(ureq::Agent);

impl Wire {
    fn new() -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        Self(config.build().into())
    }

    fn run(&self, request: Request<Body<'_>>) -> Result<Response<Bytes>, ureq::Error> {
        let (parts, body) = request.into_parts();
        let body = match body {
            Body::Empty => Vec::new(),
            Body::Json(value) => value.to_string().into_bytes(),
        };
        let empty = matches!(parts.method, Method::GET | Method::DELETE);
        let response = if empty {
            self.0.run(Request::from_parts(parts, ()))?
        } else {
            self.0.run(Request::from_parts(parts, body))?
        };
        let (parts, mut body) = response.into_parts();
        let bytes = body.with_config().limit(64 * 1024 * 1024).read_to_vec()?;
        Ok(Response::from_parts(parts, bytes.into()))
    }
}

type Promise<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl HttpClient for Wire {
    fn send<'this, 'body, 'both>(
        &'this self,
        request: Request<Body<'body>>,
    ) -> Promise<'both, WebDriverResult<Response<Bytes>>>
    where
        'this: 'both,
        'body: 'both,
    {
        let answer = self.run(request).map_err(|why| WebDriverError::RequestFailed(why.to_string()));
        Box::pin(std::future::ready(answer))
    }

    fn new<'this, 'both>(&'this self) -> Promise<'both, Arc<dyn HttpClient>>
    where
        'this: 'both,
    {
        Box::pin(async { Arc::new(Self::new()) as Arc<dyn HttpClient> })
    }
}

/// A command of the driver that is Chromium's alone.
#[derive(Debug)]
struct Own(&'static str, Value);

impl FormatRequestData for Own {
    fn format_request(&self, session: &SessionId) -> RequestData {
        RequestData::new(Method::POST, format!("session/{session}/{}", self.0)).add_body(self.1.clone())
    }
}

/// A running browser. The test's own scripts, which measure, it runs in any case.
pub struct Chromium(pub WebDriver);

/// Whether the scripts of pages are run, as the settings of the browser say it.
#[derive(Debug, Clone, Copy)]
pub enum Scripts {
    Run = 1,
    Blocked = 2,
}

impl Chromium {
    /// Starts one; says aloud that the test is not run where there is none.
    pub fn start(scripts: Scripts) -> Option<Self> {
        let (Some(program), Some(_)) = (chromium(), chromedriver()) else {
            skip("chromium", "chromium and chromedriver", std::thread::current().name().unwrap_or_default());
            return None;
        };
        let wanted = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {
                "binary": program,
                "args": [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                    "--window-size=1280,1600", "--force-color-profile=srgb", "--accept-lang=en",
                    format!("--user-data-dir={}", new_folder().display()),
                ],
                "prefs": {"profile.managed_default_content_settings.javascript": scripts as u8},
            },
        });
        let Value::Object(wanted) = wanted else { unreachable!() };
        let builder = WebDriver::builder(driver(), Capabilities::from(wanted)).client(Wire::new());
        Some(Self(block_on(builder.connect()).unwrap()))
    }

    /// A command of the developer tools.
    pub fn tool(&self, command: &str, parameters: Value) -> Value {
        let own = Own("goog/cdp/execute", json!({"cmd": command, "params": parameters}));
        block_on(self.0.cmd(own)).unwrap().value_json().unwrap()
    }

    /// What was logged since this was asked last.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        let own = Own("se/log", json!({"type": kind}));
        block_on(self.0.cmd(own)).unwrap().value().unwrap()
    }

    /// Runs a script of the test and gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        block_on(self.0.execute(script, Vec::new())).unwrap().json().clone()
    }
}
