//! A proxy that knows one host.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

pub struct ConnectProxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    /// Connects requests for `host` to `target`, and refuses others.
    pub fn start(host: &'static str, target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let all = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming() {
                let all = Arc::clone(&all);
                thread::spawn(move || serve(client.unwrap(), host, target, &all));
            }
        });
        Self { address, asked }
    }

    pub fn url(&self) -> String {
        format!("http://user:secret@{}", self.address)
    }

    /// Returns the CONNECT requests received.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut client: TcpStream, host: &str, target: SocketAddr, all: &Mutex<Vec<String>>) {
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if client.read(&mut byte).unwrap() == 0 {
            return;
        }
        asked.push(byte[0]);
    }
    let asked = String::from_utf8(asked).unwrap();
    let is_known = asked.starts_with(&format!("CONNECT {host} HTTP/1.1\r\n"));
    all.lock().unwrap().push(asked);
    if is_known {
        client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n").unwrap();
        both_ways(client, TcpStream::connect(target).unwrap());
    } else {
        client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
    }
}

fn both_ways(one: TcpStream, other: TcpStream) {
    let (from_one, from_other) = (one.try_clone().unwrap(), other.try_clone().unwrap());
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        })
    };
    copy(from_one, other);
    copy(from_other, one);
}
