// Compares the Frontend API proxy with the reference's: the same requests to both, with one recording upstream.
//
// Each difference has to be explained by an entry of `proxy/differences.mjs`: then the program ends with 0.

import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

import { cases } from './proxy/cases.mjs';
import { exchange } from './proxy/client.mjs';
import { DIFFERENCES } from './proxy/differences.mjs';
import { startUpstream } from './proxy/upstream.mjs';
import { startServer } from './servers/start_server.mjs';

const PUBLISHABLE_KEY = `pk_test_${Buffer.from('happy-cat-1.clerk.accounts.dev$').toString('base64')}`;
const SECRET_KEY = 'sk_test_verysecret';

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', default: '../target/debug/examples/frontend_api_proxy' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
});

if (options.help) {
  console.log(`usage: node proxy.mjs [options]
  --server PATH   our server (default: ../target/debug/examples/frontend_api_proxy)
  --only TEXT     only the cases whose name contains the text, with both sides in full`);
} else {
  process.exitCode = await main().catch(error => {
    console.error(error);
    return 2;
  });
}

async function main() {
  let current;
  const upstream = await startUpstream(() => current.answer);
  const elsewhere = await startUpstream(() => ({ answer: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' }));
  const addresses = { upstream: `127.0.0.1:${upstream.port}`, elsewhere: `127.0.0.1:${elsewhere.port}` };
  const variables = { CLERK_PUBLISHABLE_KEY: PUBLISHABLE_KEY, CLERK_SECRET_KEY: SECRET_KEY, CLERK_FAPI_URL: `http://${addresses.upstream}`, PORT: '0', WORKERS: '1', RUST_LOG: 'off' };
  const startReference = () => startServer('node', [fileURLToPath(new URL('proxy/reference.mjs', import.meta.url))], variables);
  let [reference, ours] = await Promise.all([startReference(), startServer(options.server, [], variables)]);
  const all = cases(addresses.upstream, addresses.elsewhere).filter(({ name }) => !options.only || name.includes(options.only));
  const used = new Map(DIFFERENCES.map(difference => [difference, 0]));
  const unexplained = [];
  for (current of all) {
    const side = async server => {
      upstream.take();
      const response = await exchange(server.port, current.bytes, current.method === 'HEAD');
      return comparable(response, upstream.take());
    };
    const theirs = await side(reference);
    if (theirs.body === 'cut off') {
      // An upstream that breaks off ends its whole process.
      reference.stop();
      reference = await startReference();
    }
    const own = await side(ours);
    if (options.only) console.log(JSON.stringify({ name: current.name, theirs, own }, null, 1));
    const explained = explain(current, structuredClone(theirs), own, addresses, used);
    const differing = differences(explained, own);
    if (differing.length) unexplained.push({ name: current.name, differing });
  }
  for (const { name, differing } of unexplained) console.log(`unexplained: ${name}\n${differing.map(line => `    ${line}`).join('\n')}`);
  for (const [{ name }, count] of used) console.log(`${String(count).padStart(5)}  ${name}`);
  const leaks = elsewhere.take().length;
  if (leaks) console.log(`${leaks} requests went elsewhere`);
  const unneeded = options.only ? [] : [...used].filter(([, count]) => count === 0).map(([{ name }]) => name);
  if (unneeded.length) console.log(`nothing needs these entries any more: ${unneeded.join('; ')}`);
  console.log(`proxy parity: ${all.length} cases, ${unexplained.length} unexplained`);
  for (const one of [reference, ours, upstream, elsewhere]) (one.stop ?? one.close)();
  return unexplained.length || leaks || unneeded.length ? 1 : 0;
}

/** Applies the entries that have an effect, in order, to the reference's side. */
function explain(request, theirs, own, addresses, used) {
  for (const difference of DIFFERENCES) {
    const before = JSON.stringify(theirs);
    const context = { request, own, addresses };
    if (difference.applies && !difference.applies(request, theirs, context)) continue;
    theirs = difference.adjust(theirs, context) ?? theirs;
    if (JSON.stringify(theirs) !== before) used.set(difference, used.get(difference) + 1);
  }
  return theirs;
}

/** What has to be the same: the response, and what the upstream was asked, without what every library writes for itself. */
function comparable(response, requests) {
  const framing = ['connection', 'keep-alive', 'date', 'transfer-encoding'];
  const sorted = headers => headers.filter(([name]) => !framing.includes(name)).map(([name, value]) => `${name}: ${value}`).sort();
  return {
    status: response.status,
    headers: sorted(response.headers),
    body: response.isCut ? 'cut off' : response.body,
    asked: requests.map(({ method, target, headers, body }) => ({ method, target, headers: sorted(headers), body })),
  };
}

function differences(one, other) {
  const short = value => { const text = JSON.stringify(value) ?? 'nothing'; return text.length > 300 ? `${text.slice(0, 300)}… (${text.length})` : text; };
  const found = [];
  const compare = (path, left, right) => {
    if (JSON.stringify(left) === JSON.stringify(right)) return;
    if (Array.isArray(left) && Array.isArray(right) && path.endsWith('headers')) {
      const only = (a, b) => a.filter(line => !b.includes(line));
      found.push(`${path}: the reference has ${short(only(left, right))}, ours ${short(only(right, left))}`);
    } else if (Array.isArray(left) && Array.isArray(right) && left.length === right.length && path === 'asked') {
      left.forEach((each, at) => Object.keys(each).forEach(key => compare(`asked[${at}].${key}`, each[key], right[at][key])));
    } else {
      found.push(`${path}: the reference has ${short(left)}, ours ${short(right)}`);
    }
  };
  for (const key of Object.keys(one)) compare(key, one[key], other[key]);
  return found;
}
