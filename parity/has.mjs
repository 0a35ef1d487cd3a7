// Compares the results of `has()` for a table of claims and checks, and for random ones. Or writes those of the table as test vectors.

import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { clerkMiddleware, getAuth } from '@clerk/express';
import express from 'express';

import { randomCase } from './cases/has_random.mjs';
import { HAS_CASES } from './cases/has_table.mjs';
import { KEY_ID, Mint } from './cases/signing.mjs';
import { expected, readable } from './compare/has_differences.mjs';
import { startServer } from './servers/start_server.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PUBLISHABLE_KEY = `pk_live_${Buffer.from('clerk.example.com$').toString('base64')}`;

const USAGE = `usage: node has.mjs [options]
  --cases N       the number of random cases beside the table (default: 2000)
  --seed S        the seed of the random cases (default: random)
  --server PATH   our server (default: ../target/debug/examples/parity_server)
  --vectors FILE  writes the reference's results for the table as test vectors, without a comparison
  --help          prints this help`;

/** The result in an answer, by its status. The reference answers 500 to claims that it cannot read. */
const ANSWERS = { 200: body => body.has, 500: () => 'error' };

async function ask(port, token, asked) {
  const headers = { authorization: `Bearer ${token}`, 'x-parity-config': '0', 'x-parity-has': encodeURIComponent(JSON.stringify(asked)) };
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
  return ANSWERS[response.status](response.status === 200 ? await response.json() : null);
}

function startReference(pem) {
  const app = express();
  app.use(clerkMiddleware({ publishableKey: PUBLISHABLE_KEY, secretKey: 'sk_live_parity', jwtKey: pem }));
  app.use((req, res) => res.json({ has: getAuth(req, { treatPendingAsSignedOut: false }).has(JSON.parse(decodeURIComponent(req.headers['x-parity-has']))) }));
  app.use((error, req, res, next) => res.status(500).end());
  return new Promise(resolve => {
    const server = createServer(app).listen(0, '127.0.0.1', () => resolve(server));
  });
}

/** A token with the claims. `write` turns them into JSON. */
function tokenOf(mint, claims, write = JSON.stringify) {
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now - 100, nbf: now - 110, exp: now + 3600 };
  const payload = { iss: 'https://clerk.example.com', sub: 'user_parity', sid: 'sess_parity', ...times, ...claims };
  return mint.mint({ header: { alg: 'RS256', typ: 'JWT', kid: KEY_ID }, payload: write(payload) });
}

async function main() {
  const { values: options } = parseArgs({
    options: {
      cases: { type: 'string', default: '2000' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      vectors: { type: 'string' },
      server: { type: 'string', default: join(HERE, '../target/debug/examples/parity_server') },
      help: { type: 'boolean', default: false },
    },
  });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  for (const level of ['debug', 'error', 'info', 'warn']) console[level] = () => {};
  const mint = new Mint();
  const reference = await startReference(mint.pem);
  const answered = [];
  const drawn = options.vectors ? 0 : Number(options.cases);
  if (drawn) console.log(`seed ${options.seed}`);
  for (const kase of [...HAS_CASES, ...Array.from({ length: drawn }, (_, index) => randomCase(Number(options.seed), index))]) {
    const token = tokenOf(mint, kase.claims, kase.write);
    const answer = claims => ask(reference.address().port, claims ? tokenOf(mint, claims) : token, kase.asked);
    const found = { ...kase, token, reference: await answer() };
    if (found.reference === 'error') found.ofTheOthers = await answer(readable(kase.claims));
    answered.push(found);
  }
  reference.closeAllConnections();
  reference.close();
  if (options.vectors) {
    const lines = answered.map(kase => {
      const { name, claims, asked } = kase;
      return JSON.stringify({ name, claims, asked, ...expected(kase, kase.reference) });
    });
    writeFileSync(options.vectors, `[\n${lines.join(',\n')}\n]\n`);
    console.log(`vectors: ${answered.length} cases`);
    return 0;
  }
  return (await compare(mint, answered, options.server)) > 0 ? 1 : 0;
}

async function compare(mint, answered, command) {
  const directory = mkdtempSync(join(tmpdir(), 'parity-'));
  const file = join(directory, 'configurations.json');
  const settings = { publishable_key: PUBLISHABLE_KEY, secret_key: 'sk_live_parity', jwt_key: mint.pem, api_url: 'http://127.0.0.1:9' };
  writeFileSync(file, JSON.stringify([settings]));
  const ours = await startServer(command, [file, settings.api_url, String(Date.now())]);
  let unexplained = 0;
  for (const kase of answered) {
    const { name, claims, asked, reference, token } = kase;
    const found = await ask(ours.port, token, asked);
    if (found === expected(kase, reference).has) continue;
    unexplained++;
    console.log(`${name}: ${JSON.stringify(asked)} of ${JSON.stringify(claims)}\n  reference ${reference}, ours ${found}`);
  }
  ours.stop();
  rmSync(directory, { recursive: true });
  for (const answer of [true, false, 'error']) {
    console.log(`${String(answered.filter(({ reference }) => reference === answer).length).padStart(7)}  of the reference's answers are ${answer}`);
  }
  const intended = answered.filter(kase => expected(kase, kase.reference).because).length;
  console.log(`${String(intended).padStart(7)}  differ on purpose`);
  console.log(`parity: ${answered.length} cases, ${unexplained} unexplained`);
  return unexplained;
}

process.exit(await main());
