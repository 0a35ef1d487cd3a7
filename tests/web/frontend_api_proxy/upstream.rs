//! A stand-in for the Frontend API that records each request as it is on the wire, and does what a test tells it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    pub target: String,
    /// In order, with names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Recorded {
    /// Returns the header's only line.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
        let line = lines.next();
        assert_eq!(lines.next(), None, "{name} comes twice");
        line
    }
}

/// One request's connection, for a script that reads and writes by itself.
pub struct Exchange {
    reader: BufReader<TcpStream>,
    pub request: Recorded,
    /// The number of the request on its connection, from 1.
    pub number: usize,
}

impl Exchange {
    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.reader.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Reads exactly this many bytes of what the proxy sends.
    pub fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Waits until the proxy closes the connection, and returns what it has sent until then.
    pub fn wait_for_end(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let _ = self.reader.read_to_end(&mut all);
        all
    }

    /// Closes the connection.
    pub fn close(&mut self) {
        self.reader.get_mut().shutdown(Shutdown::Both).unwrap();
    }

    fn read_body(&mut self) {
        let header = |name: &str| self.request.header(name).map(str::to_owned);
        if header("transfer-encoding").is_some() {
            loop {
                let mut line = String::new();
                self.reader.read_line(&mut line).unwrap();
                let length = usize::from_str_radix(line.trim(), 16).unwrap();
                let chunk = self.read(length);
                self.request.body.extend_from_slice(&chunk);
                self.read(2);
                if length == 0 {
                    return;
                }
            }
        }
        let length = header("content-length").map_or(0, |length| length.parse().unwrap());
        self.request.body = self.read(length);
    }
}

type Script = dyn Fn(&mut Exchange) + Send + Sync;

/// The stand-in.
pub struct Upstream {
    pub address: SocketAddr,
    recorded: Arc<Mutex<Vec<Recorded>>>,
    connections: Arc<AtomicUsize>,
}

impl Upstream {
    /// Starts one that reads whole requests and answers each with these bytes.
    pub fn answering(response: &'static str) -> Self {
        Self::start(true, move |exchange| exchange.send(response))
    }

    /// Starts one that reads the head of each request, or all of it, and leaves the rest to the script.
    pub fn start(reads_bodies: bool, script: impl Fn(&mut Exchange) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (script, recorded): (Arc<Script>, _) = (Arc::new(script), Arc::new(Mutex::new(Vec::new())));
        let all = Arc::clone(&recorded);
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        thread::spawn(move || {
            for connection in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let (script, all) = (Arc::clone(&script), Arc::clone(&all));
                thread::spawn(move || serve(connection.unwrap(), reads_bodies, &*script, &all));
            }
        });
        Self { address, recorded, connections }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Returns the requests so far, and forgets them.
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.recorded.lock().unwrap())
    }

    /// Returns the only request so far, and forgets it.
    pub fn only(&self) -> Recorded {
        let mut all = self.take();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }
}

fn serve(connection: TcpStream, reads_bodies: bool, script: &Script, all: &Mutex<Vec<Recorded>>) {
    connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    connection.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(connection);
    let mut number = 0;
    while let Some(request) = read_head(&mut reader) {
        number += 1;
        let mut exchange = Exchange { reader, request, number };
        if reads_bodies {
            exchange.read_body();
        }
        all.lock().unwrap().push(exchange.request.clone());
        script(&mut exchange);
        reader = exchange.reader;
    }
}

fn read_head(reader: &mut BufReader<TcpStream>) -> Option<Recorded> {
    let mut line = || {
        let mut line = Vec::new();
        let read = reader.read_until(b'\n', &mut line).ok()?;
        (read > 0).then(|| line.iter().map(|&byte| char::from(byte)).collect::<String>().trim_end().to_owned())
    };
    let start = line()?;
    let mut words = start.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    Some(Recorded { method, target, headers, body: Vec::new() })
}

/// A connection to the server under test, for requests and responses in parts.
pub struct RawClient(pub TcpStream);

impl RawClient {
    pub fn connect(address: SocketAddr) -> Self {
        let connection = TcpStream::connect(address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        connection.set_nodelay(true).unwrap();
        Self(connection)
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).unwrap();
    }

    /// Reads until this text has come, and returns everything up to its end.
    pub fn read_until(&mut self, text: &str) -> String {
        let mut all = String::new();
        let mut byte = [0];
        while !all.ends_with(text) {
            assert_eq!(self.0.read(&mut byte).unwrap(), 1, "the connection ended after {all:?}");
            all.push(char::from(byte[0]));
        }
        all
    }

    /// Reads to the end of the connection.
    pub fn read_to_end(&mut self) -> String {
        let mut all = Vec::new();
        let _ = self.0.read_to_end(&mut all);
        String::from_utf8(all).unwrap()
    }
}

/// A one-time signal between a test and a script.
pub fn signal() -> (mpsc::Sender<()>, Mutex<mpsc::Receiver<()>>) {
    let (sender, receiver) = mpsc::channel();
    (sender, Mutex::new(receiver))
}

/// Waits for the signal.
pub fn wait(receiver: &Mutex<mpsc::Receiver<()>>) {
    receiver.lock().unwrap().recv_timeout(Duration::from_secs(60)).unwrap();
}
