// Test vectors: the reference's answers to the most significant cases, for tests without Node.js.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { settingsFor } from '../cases/configurations.mjs';
import { adjusted } from './adjustments.mjs';
import { COMPARED_HEADERS, PLAIN_HEADERS, outcome, settle } from './comparable.mjs';
import { mayDiffer } from './explain.mjs';

/**
 * The files. A case goes into the first file that `holds` it. `perKind` limits the cases of each outcome, for each type of instance and
 * each place of the token.
 */
const FILES = [
  { name: 'machine-tokens', perKind: 8, holds: ({ comparable }) => isAboutMachines(comparable) },
  { name: 'handshakes', perKind: 3, holds: ({ comparable }) => isHandshakeResolved(comparable) },
  { name: 'several-domains', perKind: 4, holds: ({ reason }) => /syncing/.test(reason) },
  { name: 'dev-browser', perKind: 4, holds: ({ reason }) => /^dev-browser/.test(reason) },
  { name: 'session-and-uat', perKind: 2, holds: ({ reason }) => /uat/.test(reason) },
  { name: 'out-of-time', perKind: 1, holds: ({ reason, comparable }) => /expired|nbf|future/.test(reason) || isRefreshed(comparable) },
  { name: 'after-verification', perKind: 6, holds: ({ reason }) => /cross-origin|organization/.test(reason) },
  { name: 'refused', perKind: 3, holds: ({ reason }) => reason !== '' },
  { name: 'signed-in', perKind: 6, holds: () => true },
];

const isAboutMachines = ({ body }) => body !== null && body.any.tokenType !== 'session_token';

const isHandshakeResolved = comparable => comparable['access-control-allow-origin'] === 'null';

const isRefreshed = comparable => comparable.status === 200 && comparable['set-cookie'].length > 0;

/** Selects the cases to keep: a few of each kind, as different as possible. The order of `answered` decides between equals. */
export function selectVectors(answered) {
  const fit = answered.filter(isFit).map(entry => ({ ...entry, reason: entry.comparable['x-clerk-auth-reason'] ?? '' }));
  const kinds = groupBy(fit, kindOf);
  return [...kinds.values()].flatMap(alike => mostDifferent(alike, fileFor(alike[0]).perKind));
}

const fileFor = entry => FILES.find(({ holds }) => holds(entry));

/** Returns whether every implementation of the protocol has to give the reference's answer. */
function isFit({ kase, comparable, answer }) {
  const isAnswered = comparable.status === 200 || comparable.status === 307;
  // Servers may encode letters beyond ASCII differently in a header.
  const isAscii = answer.headers.every(([, value]) => /^[\t\x20-\x7e]*$/.test(value));
  const hasItsReason = comparable['x-clerk-auth-status'] === null || comparable['x-clerk-auth-reason'] !== null;
  return isAnswered && isAscii && hasItsReason && isPlain(kase) && !mayDiffer(kase, comparable);
}

/** Returns whether the case consists only of its request. */
function isPlain({ plan, request }) {
  const hasCircumstances = ['handler', 'inner', 'settings', 'cold', 'before'].some(name => request[name] !== undefined);
  return !hasCircumstances && plan.stumble === 'none';
}

function kindOf({ kase, comparable }) {
  return [outcome(comparable), kase.configuration.type, carrier(kase.plan, comparable)].join(' | ');
}

/** The place of the token that decides. */
function carrier(plan, comparable) {
  if (isInHeader(plan)) return 'header';
  if (isHandshakeResolved(comparable)) return plan.handshake;
  if (plan.plainSession === 'none') return plan.suffixedSession === 'none' ? 'nowhere' : 'suffixed cookie';
  return plan.suffixedSession === 'none' ? 'plain cookie' : 'both cookies';
}

const isInHeader = plan => ['Bearer', 'bare', 'Bearer-and-more', 'padded'].includes(plan.authorization);

/** One case for each detail, before a second one for any. Cases with few twists come first. */
function mostDifferent(cases, count) {
  const simpleFirst = cases.toSorted((a, b) => a.kase.name.length - b.kase.name.length);
  const byDetail = [...groupBy(simpleFirst, detailOf).values()];
  const rounds = Math.max(...byDetail.map(list => list.length));
  const inTurn = Array.from({ length: rounds }, (_, round) => byDetail.flatMap(list => list.slice(round, round + 1))).flat();
  return inTurn.slice(0, count);
}

function detailOf({ kase: { plan, configuration } }) {
  const session = isInHeader(plan) ? plan.headerSession : `${plan.plainSession}/${plan.suffixedSession}`;
  const handshake = plan.handshake === 'none' ? '' : `${plan.directives}/${plan.nonce}/${plan.handshakeToken}`;
  return [session, plan.claims, handshake, plan.refresh, configuration.variant].join(' ');
}

/** Writes a file for each group, and returns a summary. */
export function writeVectors(directory, chosen, { takenAt, keySets, apiBase }) {
  mkdirSync(directory, { recursive: true });
  const files = groupBy(chosen, entry => fileFor(entry).name);
  const lines = [];
  for (const [name, entries] of files) {
    const text = fileOf(entries, { takenAt, keySets, apiBase });
    writeFileSync(join(directory, `${name}.json`), text);
    lines.push(`${String(entries.length).padStart(5)} cases, ${String(Math.ceil(text.length / 1024)).padStart(4)} KiB  ${name}.json`);
  }
  return [...lines, `vectors: ${chosen.length} cases`].join('\n');
}

function fileOf(entries, { takenAt, keySets, apiBase }) {
  const sorted = entries.toSorted((a, b) => a.kase.index - b.kase.index);
  const used = [...new Set(sorted.map(({ kase }) => kase.configuration))];
  const instances = [...new Set(used.map(({ apiInstance }) => apiInstance))];
  const members = {
    taken_at_ms: JSON.stringify(takenAt),
    configurations: listOf(used.map(configuration => settingsFor(configuration, '{api}'))),
    jwks: JSON.stringify(Object.fromEntries(instances.map(instance => [instance, keySets[instance][1]]))),
    cases: listOf(sorted.map(entry => vectorOf(entry, used.indexOf(entry.kase.configuration), apiBase))),
  };
  return `{\n${Object.entries(members).map(([name, value]) => `"${name}": ${value}`).join(',\n')}\n}\n`;
}

function groupBy(list, keyOf) {
  const groups = new Map();
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** One value per line, so that a diff shows the changed cases. */
const listOf = values => `[\n${values.map(value => JSON.stringify(value)).join(',\n')}\n]`;

function vectorOf({ kase, answer, comparable }, configuration, apiBase) {
  const expected = adjusted(comparable);
  const plain = PLAIN_HEADERS.filter(name => expected[name] !== null).map(name => [name, expected[name]]);
  const others = answer.headers.filter(([name]) => COMPARED_HEADERS.has(name) && !PLAIN_HEADERS.includes(name));
  const headers = [...plain, ...others.map(([name, value]) => [name, settle(value, apiBase)])];
  return {
    name: `${kase.index}: ${kase.name}`,
    configuration,
    request: kase.request,
    expected: { status: comparable.status, headers, body: comparable.body },
  };
}
