// Measures what a proxied request costs: ours, nginx with Clerk's documented configuration, and the reference's, one after another in one
// run. And the memory of ours, while 1 GiB streams to a hundred slow clients.
//
// The measure is the processor time of the proxy's process (utime and stime in /proc), because the requests per second of a machine that
// does other things too say little. All of it is on the loopback interface, and bounded in count and time.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startServer } from './servers/start_server.mjs';

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', default: '../target/release/examples/frontend_api_proxy' },
    rounds: { type: 'string', default: '5' },
    'without-memory': { type: 'boolean' },
  },
});

const PUBLISHABLE_KEY = `pk_live_${Buffer.from('clerk.example.com$').toString('base64')}`;
const SECRET_KEY = 'sk_live_verysecret';
const MIB = 1 << 20;
const JSON_BODY = JSON.stringify({ response: { object: 'client', id: 'client_1', sessions: [] }, client: null, padding: 'x'.repeat(400) });
const KINDS = [
  { name: 'small JSON', target: '/__clerk/v1/client', requests: 4000, connections: 16 },
  { name: 'an asset of 1 MiB', target: '/__clerk/npm/asset.js', requests: 400, connections: 8 },
];
const SLOW_CLIENTS = 100;
const EACH = Math.ceil((1024 * MIB) / SLOW_CLIENTS);
const ROUND_TIMEOUT_MS = 60_000;

async function main() {
  const upstream = await startUpstream();
  const proxies = [await startOurs(upstream), await startNginx(upstream), await startReference(upstream)].filter(Boolean);
  try {
    await measureTime(proxies);
    if (!options['without-memory']) for (const proxy of proxies) await measureMemory(proxy);
  } finally {
    proxies.forEach(proxy => proxy.stop());
    upstream.server.closeAllConnections();
    upstream.server.close();
  }
}

// --- Time

async function measureTime(proxies) {
  const found = new Map(proxies.map(proxy => [proxy, new Map(KINDS.map(kind => [kind, []]))]));
  for (let round = -1; round < Number(options.rounds); round += 1) {
    for (const kind of KINDS) {
      for (const proxy of proxies) {
        const before = processorTime(proxy.pid);
        await load(proxy.port, kind);
        const each = (processorTime(proxy.pid) - before) / kind.requests;
        // The first round is for warming up.
        if (round >= 0) found.get(proxy).get(kind).push(each);
      }
    }
  }
  for (const kind of KINDS) {
    console.log(`\n${kind.name}: processor time of the proxy for each request, median of ${options.rounds} rounds`);
    const median = proxy => found.get(proxy).get(kind).sort((a, b) => a - b)[Math.floor(Number(options.rounds) / 2)];
    const ours = median(proxies[0]);
    for (const proxy of proxies) {
      const all = found.get(proxy).get(kind);
      console.log(`  ${proxy.name.padEnd(16)} ${us(median(proxy))}  (${us(all[0])} to ${us(all.at(-1))}), ${(median(proxy) / ours).toFixed(2)} of ours`);
    }
  }
}

const us = seconds => `${(seconds * 1e6).toFixed(0)} µs`.padStart(8);

/** The processor time of a process with all its threads, in seconds. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').pop().split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Sends all requests of a kind over connections that are kept. */
async function load(port, { target, requests, connections }) {
  let left = requests;
  const deadline = Date.now() + ROUND_TIMEOUT_MS;
  const head = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: app.example.com\r\nCookie: __client=${'a'.repeat(600)}; __session=${'b'.repeat(900)}\r\nAccept: */*\r\n\r\n`);
  const worker = () => new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let state = reader();
    const next = () => {
      if (left <= 0) return socket.end(resolve);
      if (Date.now() > deadline) return reject(new Error('a round took too long'));
      left -= 1;
      state = reader();
      socket.write(head);
    };
    socket.on('connect', next);
    socket.on('data', data => { if (state(data)) next(); });
    socket.on('error', reject);
  });
  await Promise.all(Array.from({ length: connections }, worker));
}

/** Returns a function that takes what arrives, and returns whether the response is complete. */
function reader() {
  let head = Buffer.alloc(0);
  let left = null;
  let isChunked = false;
  let tail = '';
  return data => {
    if (left === null) {
      head = Buffer.concat([head, data]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return false;
      const text = head.subarray(0, end).toString('latin1').toLowerCase();
      if (!text.startsWith('http/1.1 200')) throw new Error(text);
      isChunked = text.includes('transfer-encoding: chunked');
      left = isChunked ? 0 : Number(/content-length: (\d+)/.exec(text)[1]);
      data = head.subarray(end + 4);
    }
    if (isChunked) {
      tail = (tail + data.subarray(-8).toString('latin1')).slice(-8);
      return tail.endsWith('0\r\n\r\n');
    }
    left -= data.length;
    return left <= 0;
  };
}

// --- Memory

async function measureMemory(proxy) {
  await sleep(500);
  const before = resident(proxy.pid);
  let most = before;
  const samples = setInterval(() => { most = Math.max(most, resident(proxy.pid)); }, 50);
  const started = Date.now();
  const received = (await Promise.all(Array.from({ length: SLOW_CLIENTS }, () => slowClient(proxy.port)))).reduce((a, b) => a + b, 0);
  clearInterval(samples);
  const mib = bytes => `${(bytes / MIB).toFixed(1)} MiB`;
  console.log(`\n${proxy.name}: ${mib(received)} to ${SLOW_CLIENTS} slow clients in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  console.log(`  resident memory: ${mib(before)} before, at most ${mib(most)}, ${mib(resident(proxy.pid))} after`);
}

const resident = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) * 1024;

/** Reads one large response at about 0.6 MiB a second. */
function slowClient(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const timeout = setTimeout(() => socket.destroy(new Error('too slow')), 2 * ROUND_TIMEOUT_MS);
    let received = 0;
    socket.on('connect', () => socket.write('GET /__clerk/large HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n'));
    socket.on('data', data => {
      received += data.length;
      socket.pause();
      setTimeout(() => socket.resume(), data.length / 600);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timeout);
      received >= EACH ? resolve(received) : reject(new Error(`a response ended after ${received} bytes`));
    });
  });
}

// --- The servers

async function startUpstream() {
  const asset = Buffer.alloc(MIB, 'x');
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/npm/asset.js') {
      response.writeHead(200, { 'Content-Type': 'text/javascript', 'Content-Length': MIB });
      return response.end(asset);
    }
    if (request.url === '/large') {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': EACH });
      return sendLarge(response);
    }
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(JSON_BODY) });
    response.end(JSON_BODY);
  });
  server.keepAliveTimeout = 120_000;
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, server };

  function sendLarge(response) {
    let left = EACH;
    const send = () => {
      while (left > 0) {
        const part = asset.subarray(0, Math.min(65536, left));
        left -= part.length;
        if (!response.write(part)) return response.once('drain', send);
      }
      response.end();
    };
    response.on('error', () => {});
    send();
  }
}

const variables = upstream => ({
  CLERK_PUBLISHABLE_KEY: PUBLISHABLE_KEY, CLERK_SECRET_KEY: SECRET_KEY, CLERK_FAPI_URL: `http://127.0.0.1:${upstream.port}`,
  CLERK_PUBLIC_ORIGIN: 'https://app.example.com', CLERK_AUTHORIZED_PARTIES: 'https://app.example.com', PORT: '0', WORKERS: '1', RUST_LOG: 'off',
});

async function startOurs(upstream) {
  return { name: 'clerk-actix', ...await startServer(options.server, [], variables(upstream)) };
}

async function startReference(upstream) {
  return { name: '@clerk/express', ...await startServer('node', [fileURLToPath(new URL('proxy/reference.mjs', import.meta.url))], variables(upstream)) };
}

/** Starts nginx as one process, with Clerk's documented configuration for a proxy, and connections to the upstream that are kept. */
async function startNginx(upstream) {
  if (spawnSync('nginx', ['-v']).error) {
    console.log('nginx is not installed (on Debian: apt-get install nginx-light), so it is left out');
    return null;
  }
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'proxy-bench-'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  upstream fapi { server 127.0.0.1:${upstream.port}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    location /__clerk/ {
      rewrite ^/__clerk/(.*)$ /$1 break;
      proxy_pass http://fapi;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Clerk-Proxy-Url https://app.example.com/__clerk;
      proxy_set_header Clerk-Secret-Key ${SECRET_KEY};
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_redirect off;
      proxy_max_temp_file_size 0;
    }
  }
}
`);
  const child = spawn('nginx', ['-c', file, '-p', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  for (let attempt = 0; attempt < 100 && !await isListening(port); attempt += 1) await sleep(50);
  return { name: 'nginx', port, pid: child.pid, stop };
}

const isListening = port => new Promise(resolve => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

const freePort = () => new Promise(resolve => {
  const server = createTcpServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

await main();
