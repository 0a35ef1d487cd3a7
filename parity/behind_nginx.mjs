// Tests the nginx configurations of docs/behind_a_proxy.md: a real nginx with each of them, in front of the example `frontend_api_proxy`, with
// a recording upstream. Asks with curl, from another address than nginx's.

import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { startUpstream } from './proxy/upstream.mjs';
import { startServer } from './servers/start_server.mjs';

const PAGE = new URL('../docs/behind_a_proxy.md', import.meta.url);
const SERVER = process.argv[2] ?? '../target/debug/examples/frontend_api_proxy';
const CLIENT = '127.0.0.2';
const HOST = 'app.example.com';
const ORIGIN = `https://${HOST}`;

async function main() {
  for (const program of ['nginx', 'curl', 'openssl']) {
    if (spawnSync(program, ['--help']).error) {
      console.log(`skipped: ${program} is not installed (on Debian: apt-get install nginx-light curl openssl)`);
      return;
    }
  }
  const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/^```nginx\n([^]*?)^```/gm)].map(([, block]) => block);
  assert.equal(blocks.length, 2, 'the page has a configuration for the root, and one for a base path');
  await test(blocks[0], '');
  await test(blocks[1], '/app');
  console.log('behind nginx: both configurations are right');
}

async function test(block, base) {
  const cookies = ['__client=a; Path=/; Secure; HttpOnly', '__client_uat=1; Path=/; Secure', '__cf_bm=b; Path=/'];
  const answers = {
    '/v1/client/handshake': `HTTP/1.1 307 X\r\n${cookies.map(cookie => `Set-Cookie: ${cookie}\r\n`).join('')}Location: /v1/next?a=b\r\nContent-Length: 0\r\n\r\n`,
    '/v1/large': `HTTP/1.1 200 OK\r\nSet-Cookie: __session=${'x'.repeat(10_000)}\r\nContent-Length: 0\r\n\r\n`,
  };
  const upstream = await startUpstream(({ target }) => ({ answer: answers[target.split('?')[0]] ?? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}' }));
  const ours = await startServer(SERVER, [], {
    CLERK_PUBLISHABLE_KEY: `pk_test_${Buffer.from('happy-cat-1.clerk.accounts.dev$').toString('base64')}`, CLERK_SECRET_KEY: 'sk_test_1',
    CLERK_FAPI_URL: `http://127.0.0.1:${upstream.port}`, CLERK_PUBLIC_ORIGIN: ORIGIN, ...(base && { CLERK_BASE_PATH: base }),
    CLIENT_ADDRESS_HEADER: 'X-Real-IP', PORT: '0', WORKERS: '1', RUST_LOG: 'off',
  });
  const nginx = await startNginx(block, ours.port);
  try {
    const forged = ['-H', 'X-Forwarded-Host: evil.example', '-H', 'X-Forwarded-Proto: http', '-H', 'X-Real-IP: 1.1.1.1', '-H', 'X-Forwarded-For: 1.1.1.1'];
    const ask = (path, ...more) => curl(nginx, `${base}${path}`, [...forged, ...more]);

    const page = await ask('/?a=b', '-H', 'Accept: text/html', '-H', 'Sec-Fetch-Dest: document');
    assert.equal(page.status, 307, 'a navigation starts a handshake');
    const handshake = new URL(page.header('location'));
    assert.equal(handshake.origin + handshake.pathname, `${ORIGIN}${base}/__clerk/v1/client/handshake`, 'it goes to the proxy');
    assert.equal(handshake.searchParams.get('redirect_url'), `${ORIGIN}${base}/?a=b`, 'and leads back to the page in the browser');

    upstream.take();
    const answer = await ask(handshake.pathname.slice(base.length) + handshake.search);
    const [request] = upstream.take();
    const sent = name => request.headers.find(([found]) => found === name)?.[1];
    assert.equal(sent('clerk-proxy-url'), `${ORIGIN}${base}/__clerk`);
    assert.equal(sent('x-forwarded-host'), HOST);
    assert.equal(sent('x-forwarded-proto'), 'https');
    assert.equal(sent('x-forwarded-for'), CLIENT, "the client's address is that of curl");
    assert.equal(sent('x-real-ip'), undefined);
    assert.deepEqual(answer.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value), cookies, 'every cookie passes');
    assert.equal(answer.header('location'), `${ORIGIN}${base}/__clerk/v1/next?a=b`, 'a redirect leads through the proxy');

    assert.equal((await ask('/__clerk/v1/large')).status, 200, 'large cookies pass');
    const form = await ask('/__clerk/v1/me?_method=PATCH', '-X', 'POST', '-d', 'a=b', '-H', 'Cookie: __client=a');
    assert.equal(form.status, 200);
    const [posted] = upstream.take().slice(-1);
    assert.deepEqual([posted.method, posted.target, posted.body], ['POST', '/v1/me?_method=PATCH', 'a=b']);
    assert.ok(posted.headers.some(([name, value]) => name === 'cookie' && value === '__client=a'), 'cookies of requests pass');

    const api = await ask('/whoami', '-H', 'Authorization: Bearer x', '-H', 'Accept: application/json');
    assert.equal(api.status, 200);
    assert.equal(api.header('x-clerk-auth-reason'), 'token-invalid', 'the header with the token passes');
    assert.equal(JSON.parse(api.body).path, '/whoami', 'the application sees its own paths');
    console.log(`ok: ${base || 'the root'}`);
  } finally {
    nginx.stop();
    ours.stop();
    upstream.close();
  }
}

/** Asks nginx by the application's name, from the client's address. */
async function curl({ port, certificate }, path, more) {
  const { stdout } = await promisify(execFile)('curl', [
    '-sSi', '--http1.1', '--max-time', '20', '--noproxy', '*', '--interface', CLIENT, '--cacert', certificate, '--connect-to', `${HOST}:443:127.0.0.1:${port}`, ...more, `${ORIGIN}${path}`,
  ], { encoding: 'latin1' });
  const [head, ...body] = stdout.split('\r\n\r\n');
  const [start, ...lines] = head.split('\r\n');
  const headers = lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
  return { status: Number(start.split(' ')[1]), headers, header: name => headers.find(([found]) => found === name)?.[1], body: body.join('\r\n\r\n') };
}

/** Starts nginx with the page's own block; only the ports and the certificate are added. */
async function startNginx(block, applicationPort) {
  const folder = mkdtempSync(join(tmpdir(), 'behind-nginx-'));
  const port = await freePort();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const replace = (text, from, to) => {
    assert.ok(text.includes(from), `the configuration has ${JSON.stringify(from)}`);
    return text.replace(from, to);
  };
  let server = replace(block, 'listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`);
  server = replace(server, '# ssl_certificate and ssl_certificate_key', `ssl_certificate ${certificate}; ssl_certificate_key ${key};`);
  server = replace(server, 'http://127.0.0.1:3000', `http://127.0.0.1:${applicationPort}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/${name};`).join(' ');
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;\nevents {}\nhttp { access_log off; ${temporary}\n${server}}\n`);
  const child = spawn('nginx', ['-c', file, '-p', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  for (let attempt = 0; attempt < 200 && !await isListening(port); attempt += 1) await sleep(50);
  return { port, certificate, stop };
}

const isListening = port => new Promise(resolve => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

const freePort = () => new Promise(resolve => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

await main();
