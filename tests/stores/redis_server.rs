//! A Redis server of a test's own, which is stopped with it.

use std::{
    cell::{Cell, RefCell},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use clerk_actix::stores::{RedisStore, RevocationStore};

use crate::Fixture;

/// `redis-server` on a free port, without a copy on disk.
pub struct RedisServer {
    port: Cell<u16>,
    process: RefCell<Option<Child>>,
    options: Vec<String>,
}

impl RedisServer {
    pub fn start() -> Self {
        Self::start_with(&["--save", "", "--appendonly", "no"])
    }

    pub fn start_with(options: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let server = Self { port: Cell::new(port), process: RefCell::new(None), options };
        server.run();
        server
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port.get())
    }

    /// Starts the process, and waits until it answers.
    pub fn run(&self) {
        let process = Command::new("redis-server")
            .args(["--port", &self.port.get().to_string(), "--bind", "127.0.0.1", "--daemonize", "no"])
            .args(&self.options)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is not installed: Debian's package is redis-server");
        *self.process.borrow_mut() = Some(process);
        let started = Instant::now();
        while self.try_command("PING").is_none_or(|answer| !answer.starts_with("+PONG")) {
            assert!(started.elapsed() < Duration::from_secs(30), "redis-server does not answer");
            thread::yield_now();
        }
    }

    /// Ends the process at once, as a crash does.
    pub fn kill(&self) {
        if let Some(mut process) = self.process.borrow_mut().take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Stops the process: it accepts connections, and answers nothing.
    pub fn suspend(&self) {
        self.signal("STOP");
    }

    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.borrow().as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    /// The processor time that the process has used.
    pub fn processor_time(&self) -> Duration {
        let info = self.command("INFO cpu");
        let seconds =
            info.lines().filter(|line| line.starts_with("used_cpu_user:") || line.starts_with("used_cpu_sys:"));
        seconds.map(|line| Duration::from_secs_f64(line.split(':').nth(1).unwrap().trim().parse().unwrap())).sum()
    }

    pub fn command(&self, command: &str) -> String {
        self.try_command(command).unwrap_or_else(|| panic!("no answer to {command}"))
    }

    fn try_command(&self, command: &str) -> Option<String> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port.get())).ok()?;
        connection.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        connection.write_all(format!("{command}\r\n").as_bytes()).ok()?;
        let mut answer = [0; 4096];
        let length = connection.read(&mut answer).ok().filter(|length| *length > 0)?;
        Some(String::from_utf8_lossy(&answer[..length]).into_owned())
    }
}

impl Fixture for RedisServer {
    fn connect(&self) -> Arc<dyn RevocationStore> {
        Arc::new(RedisStore::new(&self.url()).unwrap())
    }

    fn take_away(&self) {
        self.kill();
    }

    fn bring_back(&self) {
        self.run();
    }

    fn clear(&self) {
        assert!(self.command("FLUSHALL").starts_with("+OK"));
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
