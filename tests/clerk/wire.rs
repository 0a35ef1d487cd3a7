//! A wire between a server and Clerk that can break.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Connections are accepted, and closed when something is sent.
    Closes,
    /// Connections are accepted or kept, and nothing comes back: they are half open. Those of that time stay so.
    Silent,
    /// Something else answers, which does not speak HTTP.
    AnotherProtocol,
}

/// Passes connections on to Clerk, until it breaks.
#[derive(Clone)]
pub struct Wire(Arc<State>);

struct State {
    address: SocketAddr,
    clerk: SocketAddr,
    broken: Mutex<Option<Break>>,
    /// How often something was sent into the broken wire.
    lost: AtomicU64,
}

impl Wire {
    /// Starts a wire to an address such as `http://127.0.0.1:4000`.
    pub fn to(clerk: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let clerk = clerk.strip_prefix("http://").unwrap().parse().unwrap();
        let address = listener.local_addr().unwrap();
        let wire = Self(Arc::new(State { address, clerk, broken: Mutex::new(None), lost: AtomicU64::new(0) }));
        let of_the_listener = wire.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let wire = of_the_listener.clone();
                thread::spawn(move || wire.carry(stream));
            }
        });
        wire
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    pub fn set(&self, broken: Option<Break>) {
        *self.0.broken.lock().unwrap() = broken;
    }

    pub fn lost(&self) -> u64 {
        self.0.lost.load(Relaxed)
    }

    /// Carries one connection, which stays as broken as the wire was when something was sent.
    fn carry(&self, mut client: TcpStream) {
        let mut clerk = TcpStream::connect(self.0.clerk).unwrap();
        let (mut from_clerk, mut to_client) = (clerk.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut from_clerk, &mut to_client);
            let _ = to_client.shutdown(Shutdown::Both);
        });
        let (mut buffer, mut is_dead) = ([0; 8192], false);
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            let broken = *self.0.broken.lock().unwrap();
            if is_dead || broken.is_some() {
                self.0.lost.fetch_add(1, Relaxed);
            }
            match broken {
                _ if is_dead => {}
                None if clerk.write_all(&buffer[..count]).is_ok() => {}
                Some(Break::Silent) => is_dead = true,
                Some(Break::AnotherProtocol) => {
                    let _ = client.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
                    break;
                }
                None | Some(Break::Closes) => break,
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = clerk.shutdown(Shutdown::Both);
    }
}
