// What a session may do: the answers of `has()` to a table of claims and questions, compared, or kept as vectors; and to
// others at random.

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
import { KEY_ID, Mint } from './cases/signing.mjs';
import { startServer } from './servers/start_server.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PUBLISHABLE_KEY = `pk_live_${Buffer.from('clerk.example.com$').toString('base64')}`;

// --- The table

const V1 = {
  org_id: 'org_1', org_role: 'org:admin', org_slug: 'acme', org_permissions: ['org:posts:read', 'org:posts:publish'],
  fea: 'o:export,u:beta,uo:both', pla: 'o:team,u:pro', fva: [5, 8],
};
const V2 = {
  v: 2, o: { id: 'org_1', rol: 'admin', slg: 'acme', per: 'read,publish', fpm: '3,1' },
  fea: 'o:posts,o:billing,u:beta,uo:both', pla: 'o:team,u:pro,ou:shared', fva: [5, 8],
};
const PERSONAL = { v: 2, fea: 'u:beta', pla: 'u:pro', fva: [5, -1] };

const questions = {
  role: ['org:admin', 'admin', 'org:org:admin', 'org:member', 'Admin', '', 'org:', ' org:admin'],
  permission: [
    'org:posts:read', 'posts:read', 'org:org:posts:read', 'org:posts:publish', 'org:posts:delete', 'org:posts', 'posts', '',
    'org:billing:read', 'org:billing:publish', 'org:sys_memberships:read', 'org:posts:read ',
  ],
  feature: [
    'export', 'posts', 'beta', 'both', 'o:posts', 'org:posts', 'organization:posts', 'u:posts', 'user:beta', 'u:beta', 'o:beta',
    'user:both', 'org:both', 'x:posts', 'uo:both', ':posts', 'posts:', 'o:', 'u:', 'o:posts:x', 'POSTS', '', ' posts',
  ],
  plan: ['team', 'pro', 'shared', 'o:team', 'u:team', 'org:pro', 'user:pro', 'organization:shared', 'user:shared', 'plan:pro', 'none', ''],
};

const LEVELS = ['first_factor', 'second_factor', 'multi_factor'];
const AGES = [
  [0, 0], [9, 9], [10, 10], [11, 9], [9, 11], [59, 59], [60, 60], [1439, 1439], [1440, 1440], [-1, -1], [-1, 5], [5, -1], [100, -1],
  [-1, 100], [9.5, 9.5], [10.5, 0],
];
const MALFORMED_AGES = [
  null, [], [5], [5, 5, 5], ['5', '5'], [null, 5], [5, null], [-2, 5], [5, -0.5], 5, '5,5', { 0: 5, 1: 5, length: 2 }, true,
  [1e300, 5], [false, 5],
];

const cases = [];
const add = (name, claims, asked) => cases.push({ name, claims, asked });

for (const [version, claims] of Object.entries({ 'version 1': V1, 'version 2': V2, 'no organization': PERSONAL })) {
  for (const [dimension, values] of Object.entries(questions)) {
    for (const value of values) add(`${version}, ${dimension} ${JSON.stringify(value)}`, claims, { [dimension]: value });
  }
}

// Every combination of dimensions, each there or lacking.
const there = { role: 'admin', permission: 'posts:read', feature: 'both', plan: 'team', reverification: 'strict' };
const lacking = { role: 'member', permission: 'posts:delete', feature: 'none', plan: 'none', reverification: { level: 'first_factor', afterMinutes: 1 } };
const dimensions = Object.keys(there);
for (let set = 1; set < 2 ** dimensions.length; set++) {
  const asked = dimensions.filter((_, at) => set & (1 << at));
  const all = Object.fromEntries(asked.map(name => [name, there[name]]));
  add(`all of ${asked.join(', ')}`, V2, all);
  if (asked.length > 1) {
    for (const name of asked) add(`${asked.join(', ')}, but for ${name}`, V2, { ...all, [name]: lacking[name] });
  }
}
add('nothing asked', V2, {});

for (const preset of ['strict_mfa', 'strict', 'moderate', 'lax']) {
  for (const fva of AGES) add(`${preset} at ${fva}`, { fva }, { reverification: preset });
}
for (const level of LEVELS) {
  for (const fva of AGES) add(`${level} within 10 at ${fva}`, { fva }, { reverification: { level, afterMinutes: 10 } });
  for (const fva of MALFORMED_AGES) {
    add(`${level} at ${JSON.stringify(fva)}`, { fva }, { reverification: { level, afterMinutes: 10 } });
  }
  add(`${level} within no time`, { fva: [0, 0] }, { reverification: { level, afterMinutes: 0 } });
}
for (const preset of ['strict', 'lax']) add(`${preset}, and no ages`, {}, { reverification: preset });

// Claims that are not as they should be.
const WRONG = [null, 5, true, '', [], {}, 'x'];
for (const value of WRONG) {
  const shown = JSON.stringify(value);
  for (const name of ['org_id', 'org_role', 'org_permissions']) {
    add(`version 1, ${name} ${shown}`, { ...V1, [name]: value }, { role: 'admin' });
    add(`version 1, ${name} ${shown}, for a permission`, { ...V1, [name]: value }, { permission: 'posts:read' });
  }
  for (const name of ['id', 'rol', 'per', 'fpm']) {
    add(`version 2, o.${name} ${shown}`, { ...V2, o: { ...V2.o, [name]: value } }, { role: 'admin' });
    add(`version 2, o.${name} ${shown}, for a permission`, { ...V2, o: { ...V2.o, [name]: value } }, { permission: 'posts:read' });
  }
  add(`version 2, o ${shown}`, { ...V2, o: value }, { role: 'admin' });
  add(`v ${shown}`, { ...V2, v: value }, { role: 'admin' });
  for (const name of ['fea', 'pla']) {
    add(`${name} ${shown}`, { ...V1, [name]: value }, { feature: 'both' });
    add(`${name} ${shown}, for a plan`, { ...V1, [name]: value }, { plan: 'team' });
  }
}
for (const claim of ['both', 'o:a,both', 'o:a,,u:b', ',', ':both', 'o:', 'o:both:x', ' o:both ', 'o :both', 'x:both', 'o:a, u:both', 'O:both', 'uo:both', 'ou:both']) {
  add(`fea ${JSON.stringify(claim)}`, { fea: claim }, { feature: 'both' });
  add(`fea ${JSON.stringify(claim)}, of the user`, { fea: claim }, { feature: 'user:both' });
  add(`pla ${JSON.stringify(claim)}`, { pla: claim }, { plan: 'org:both' });
}
// What is white space around names and masks, and what only looks like it.
const SPACES = [
  '\t', '\n', '\v', '\f', '\r', ' ', '\u00a0', '\u1680', '\u2003', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000', '\ufeff',
  '\u0085', '\u180e', '\u200b', '\u2060', '\0',
];
for (const space of SPACES) {
  const shown = `U+${space.charCodeAt(0).toString(16).padStart(4, '0')}`;
  add(`${shown} around a feature`, { fea: `o:a,${space}o:both${space}` }, { feature: 'both' });
  add(`${shown} before a feature's name`, { fea: `o:${space}both` }, { feature: 'both' });
  add(`${shown} around a plan`, { pla: `${space}u:both${space},u:a` }, { plan: 'both' });
  add(`${shown} around a permission's feature`, { ...V2, fea: `${space}o:posts${space}` }, { permission: 'posts:read' });
  add(`${shown} around a permission's name`, { ...V2, o: { ...V2.o, per: `${space}read${space}` } }, { permission: 'posts:read' });
  add(`${shown} around a mask`, { ...V2, o: { ...V2.o, fpm: `${space}1${space}` } }, { permission: 'posts:read' });
  add(`${shown} before a role`, { ...V1, org_role: `${space}org:admin` }, { role: 'admin' });
}
// The version says which claims count; the others are as good as not there.
for (const v of [2, 1, 3, 0, 2.5, -2, '2', [2], undefined]) {
  const both = { v, org_id: 'org_1', org_role: 'org:one', org_permissions: ['org:posts:one'], fea: 'o:posts', o: { id: 'org_2', rol: 'two', per: 'two', fpm: '1' } };
  for (const which of ['one', 'two']) {
    add(`v ${JSON.stringify(v)}, with the role of ${which}`, both, { role: which });
    add(`v ${JSON.stringify(v)}, with the permission of ${which}`, both, { permission: `posts:${which}` });
  }
}
// Names to the letter, and with more or less before them than usual.
for (const [held, asked] of [
  ['admin', 'org:admin'], ['org:org:admin', 'admin'], ['org:', ''], ['org:', 'org:'], ['org', 'org'], ['org:a:org:b', 'a:org:b'],
  ['org:Zo\u00eb', 'Zo\u00eb'], ['org:Zo\u00eb', 'Zoe\u0308'], ['org:admin,org:member', 'member'], ['org:administrator', 'admin'],
]) {
  add(`a role ${held} for ${asked}`, { ...V1, org_role: held }, { role: asked });
  add(`a role ${held} for ${asked}, version 2`, { ...V2, o: { ...V2.o, rol: held } }, { role: asked });
  add(`a permission ${held} for ${asked}`, { ...V1, org_permissions: ['org:x:y', held] }, { permission: asked });
}
add('permissions with other things among them', { ...V1, org_permissions: [5, null, {}, 'org:posts:read'] }, { permission: 'posts:read' });
add('permissions in a list of their own', { ...V1, org_permissions: [['org:posts:read']] }, { permission: 'posts:read' });
add('a role that is a number, by its digits', { ...V2, o: { ...V2.o, rol: 5 } }, { role: '5' });
add('a role that is a list, by what is in it', { ...V2, o: { ...V2.o, rol: ['admin'] } }, { role: 'admin' });
const many = Array.from({ length: 71 }, (_, at) => `p${at}`).join(',');
for (const [name, per, fpm, permission] of [
  ['2^70 + 1, the first', many, '1180591620717411303425', 'posts:p0'],
  ['2^70 + 1, the last', many, '1180591620717411303425', 'posts:p70'],
  ['2^70 + 1, another', many, '1180591620717411303425', 'posts:p69'],
  ['leading zeros', 'read,publish', '003', 'posts:publish'],
  ['spaces', ' read , publish ', ' 2 ', 'posts:publish'],
  ['a sign', 'read', '-1', 'posts:read'],
  ['hexadecimal', 'read', '0x1', 'posts:read'],
  ['a fraction', 'read', '1.0', 'posts:read'],
  ['an exponent', 'read', '1e0', 'posts:read'],
  ['nothing between commas', 'read', ',1', 'billing:read'],
  ['more masks than features', 'read', '1,1,1,1', 'billing:read'],
  ['fewer masks than features', 'read', '1', 'billing:read'],
  ['more bits than permissions', 'read', '255', 'posts:read'],
  ['a permission with a colon', 'a:b', '1', 'posts:a:b'],
]) add(`masks: ${name}`, { ...V2, o: { ...V2.o, per, fpm } }, { permission });
for (const sts of ['active', 'pending', 'x']) add(`a session that is ${sts}`, { ...V1, sts }, { role: 'admin' });

/** What ours answers on purpose where the reference answers otherwise, and why. */
const DIFFERENCES = [
  {
    reason: 'An organization whose id is no text is none.',
    applies: ({ claims, asked }, reference) => reference === true && isOfOrganization(asked) && typeof organization(claims).id !== 'string',
    ours: () => false,
  },
  {
    reason: 'A role that is no text is none; the reference writes it out.',
    applies: ({ claims, asked }, reference) => reference === true && asked.role !== undefined && typeof organization(claims).role !== 'string',
    ours: () => false,
  },
  {
    reason: 'Claims that cannot be read say nothing, and the others what they say; the reference answers 500.',
    applies: (_, reference) => reference === 'error',
    ours: ({ ofTheOthers }) => ofTheOthers,
  },
];

const isOfOrganization = ({ role, permission }) => role !== undefined || permission !== undefined;

const organization = claims => (claims.v === 2 ? { id: claims.o?.id, role: claims.o?.rol } : { id: claims.org_id, role: claims.org_role });

/** The claims, less those that cannot be read. */
function readable({ fea, o, ...claims }) {
  const isText = value => typeof value === 'string';
  const { per, fpm, ...others } = o;
  return {
    ...claims,
    ...(isText(fea) && fea.split(',').every(element => element.includes(':')) && { fea }),
    o: { ...others, ...(isText(per) && isText(fpm) && { per, fpm }) },
  };
}

/** The answer that ours has to be. */
function expected(kase, reference) {
  const difference = DIFFERENCES.find(({ applies }) => applies(kase, reference));
  return difference ? { has: difference.ours(kase), because: difference.reason } : { has: reference };
}

// --- Asking

/** The reference answers 500 to claims that it cannot read. */
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

/** `write` writes the claims down; JSON has many ways to. */
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
    },
  });
  for (const level of ['debug', 'error', 'info', 'warn']) console[level] = () => {};
  const mint = new Mint();
  const reference = await startReference(mint.pem);
  const answered = [];
  const drawn = options.vectors ? 0 : Number(options.cases);
  if (drawn) console.log(`seed ${options.seed}`);
  for (const kase of [...cases, ...Array.from({ length: drawn }, (_, index) => randomCase(Number(options.seed), index))]) {
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
