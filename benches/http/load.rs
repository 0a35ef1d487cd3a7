//! A cheap load client: keep-alive connections with one request in flight on each, on one thread.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use crate::support::processor::of_this_thread;

/// The duration and cost of a burst of requests.
#[derive(Clone, Debug, Default)]
pub struct Burst {
    pub requests: usize,
    pub elapsed: Duration,
    /// The client's own CPU time. If it is as long as the burst, the client was the bottleneck.
    pub client: Duration,
}

/// Keep-alive connections in two groups.
pub struct Load {
    groups: [Vec<TcpStream>; 2],
}

impl Load {
    pub fn connect(address: SocketAddr, connections: usize) -> io::Result<Self> {
        let connect = |_| {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            Ok(stream)
        };
        let group = |connections| (0..connections).map(connect).collect::<io::Result<Vec<_>>>();
        Ok(Self { groups: [group(connections / 2)?, group(connections - connections / 2)?] })
    }

    /// Sends `count` requests in turn, from index `first` on and then from the start again, one at a time on each
    /// connection. Every response must have `status`.
    ///
    /// While the server works on one group of connections, the client waits for the other group, and reads its last
    /// response first: by then, all others have arrived. So the client sleeps once for many requests. If the server had
    /// to wake the client for each request, it would spend more time on that the slower it is, and a comparison would
    /// measure it.
    pub fn burst(&mut self, requests: &[Vec<u8>], first: usize, count: usize, status: u16) -> io::Result<Burst> {
        let mut to_send = requests.iter().cycle().skip(first).take(count);
        let mut answers = Answers::new(status);
        let (start, client) = (Instant::now(), of_this_thread());
        let mut under_way = [0; 2];
        for (group, under_way) in self.groups.iter_mut().zip(&mut under_way) {
            *under_way = send(group, &mut to_send)?;
        }
        while under_way != [0; 2] {
            for (group, under_way) in self.groups.iter_mut().zip(&mut under_way) {
                for stream in group[..*under_way].iter_mut().rev() {
                    answers.read(stream)?;
                }
                *under_way = send(group, &mut to_send)?;
            }
        }
        Ok(Burst { requests: count, elapsed: start.elapsed(), client: of_this_thread() - client })
    }

    /// Returns the time of each of `count` requests, one after the other on one connection.
    pub fn latencies(&mut self, requests: &[Vec<u8>], count: usize, status: u16) -> io::Result<Vec<Duration>> {
        let mut answers = Answers::new(status);
        let stream = self.groups.iter_mut().flatten().next().ok_or(io::ErrorKind::NotConnected)?;
        let requests = requests.iter().cycle().take(count);
        requests
            .map(|request| {
                let start = Instant::now();
                stream.write_all(request)?;
                answers.read(stream).map(|()| start.elapsed())
            })
            .collect()
    }
}

/// Sends one request on each connection, while there are any, and returns their number.
fn send<'r>(group: &mut [TcpStream], requests: &mut impl Iterator<Item = &'r Vec<u8>>) -> io::Result<usize> {
    let mut sent = 0;
    for (stream, request) in group.iter_mut().zip(requests) {
        stream.write_all(request)?;
        sent += 1;
    }
    Ok(sent)
}

/// Reads responses, which must all have the length of the first.
struct Answers {
    start: Vec<u8>,
    length: Option<usize>,
    buffer: [u8; 4096],
}

impl Answers {
    fn new(status: u16) -> Self {
        Self { start: format!("HTTP/1.1 {status} ").into_bytes(), length: None, buffer: [0; 4096] }
    }

    fn read(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        let mut filled = 0;
        loop {
            filled += match stream.read(&mut self.buffer[filled..])? {
                0 => return Err(io::Error::other("the server closed a connection")),
                count => count,
            };
            let answer = &self.buffer[..filled];
            match self.length.or_else(|| length(answer)) {
                Some(length) if filled == length => break self.length = Some(length),
                Some(length) if filled > length => return Err(unexpected(answer)),
                _ => {}
            }
        }
        let answer = &self.buffer[..filled];
        if answer.starts_with(&self.start) { Ok(()) } else { Err(unexpected(answer)) }
    }
}

/// Returns the length of a response with its headers, once they have all arrived.
fn length(answer: &[u8]) -> Option<usize> {
    let headers = answer.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..headers]).ok()?.to_ascii_lowercase();
    let length = text.split("content-length:").nth(1)?.split("\r\n").next()?;
    Some(headers + length.trim().parse::<usize>().ok()?)
}

fn unexpected(answer: &[u8]) -> io::Error {
    io::Error::other(format!("unexpected answer: {}", String::from_utf8_lossy(answer)))
}
