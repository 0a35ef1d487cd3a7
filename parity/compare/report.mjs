// The report of a run: tables of outcomes, intended differences, and unexplained differences in full.

import { isDeepStrictEqual } from 'node:util';

import { differences, outcome } from './comparable.mjs';
import { DIFFERENCES } from './differences/index.mjs';

export class Report {
  #outcomes = new Map();
  #reasons = new Map();
  #explained = new Map();
  #settings = new Map();
  #unexplained = [];
  #count = 0;

  /** `explanation` is undefined if the answers do not differ. */
  add({ kase, reference, ours, explanation }) {
    this.#count++;
    tally(this.#outcomes, outcome(reference));
    if (reference['x-clerk-auth-reason']) tally(this.#reasons, reference['x-clerk-auth-reason']);
    const setting = settingOf(kase);
    if (setting) tally(this.#settings, `${setting}: ${configurationOutcome(reference, ours)}`);
    if (!explanation) return;
    if (explanation.isExplained) for (const name of explanation.names) tally(this.#explained, name);
    // The entries that apply have already explained a part of the difference.
    else this.#unexplained.push({ kase, reference: explanation.reference, ours, after: explanation.names });
  }

  get unexplained() {
    return this.#unexplained.length;
  }

  print({ seed, show, unexpectedCalls, repro }) {
    console.log(`seed ${seed}`);
    printTable('outcomes (of the reference)', this.#outcomes);
    printTable('reasons', this.#reasons);
    if (this.#settings.size) printTable('settings, and what comes of them', this.#settings, byName);
    const intended = DIFFERENCES.map(({ name, rule }) => [`${name} (${rule})`, this.#explained.get(name) ?? 0]);
    printTable('intended differences', new Map(intended));
    if (unexpectedCalls.size) printTable('unexpected calls to the Backend API', unexpectedCalls);
    this.#printUnexplained(show, repro);
    console.log(`parity: ${this.#count} cases, ${this.#unexplained.length} unexplained`);
  }

  #printUnexplained(show, repro) {
    if (!this.#unexplained.length) return;
    const kinds = new Map();
    const sorted = this.#unexplained.toSorted((a, b) => a.kase.index - b.kase.index);
    for (const found of sorted) tally(kinds, kindOf(found));
    printTable('unexplained, by kind', kinds);
    for (const found of pickAcrossKinds(sorted, show)) printDifference(found, repro);
  }
}

/** The unusual setting of a case, if it has one. */
const settingOf = ({ plan, request, configuration }) => configuration.oddity ?? (request.settings && plan.setting);

/** The result of the settings on each server. The reference reports an invalid setting on each request. */
function configurationOutcome(reference, ours) {
  const works = reference.status === 500 && !reference['x-clerk-auth-status'] ? 'an error' : 'works';
  return `${works} there, ${ours.configurationError === null ? 'works' : 'refused'} here`;
}

/** Differences of the same kind most likely have the same cause. */
function kindOf({ reference, ours, after }) {
  const [from, to] = [outcome(reference), outcome(ours)];
  if (from !== to) return `${from} → ${to}`;
  const places = new Set(remaining({ reference, ours, after }).map(({ path }) => path.split('.').slice(0, 3).join('.')));
  return `${from}: ${[...places].slice(0, 5).join(', ')}${places.size > 5 ? ', …' : ''}`;
}

/** Every place where the two answers differ. */
function remaining({ reference, ours, after }) {
  const parts = differences(reference, ours, { isSameRequest: after.length === 0 });
  return parts.flatMap(({ what, ...sides }) => leaves(sides.reference, sides.ours, what));
}

/** The first difference of each kind, then the second of each kind, and so on. */
function pickAcrossKinds(list, count) {
  const rounds = new Map();
  const ranked = list.map(found => {
    const kind = kindOf(found);
    tally(rounds, kind);
    return { found, round: rounds.get(kind) };
  });
  return ranked.toSorted((a, b) => a.round - b.round).slice(0, count).map(({ found }) => found);
}

/** The text without the middle of long tokens. */
const shortened = text => text.replace(/[\w.~%-]{60,}/g, token => `${token.slice(0, 16)}…${token.slice(-8)}`);

function printDifference({ kase, after, ...answers }, repro) {
  const { method, target, headers } = kase.request;
  console.log(`\n--- case ${kase.index}: ${kase.name}`);
  console.log(`    ${repro(kase.index)}`);
  console.log(`    ${method} ${target}`);
  for (const [name, value] of headers) console.log(`    ${name}: ${shortened(value)}`);
  const { method: _, target: __, headers: ___, ...circumstances } = kase.request;
  if (Object.keys(circumstances).length) console.log(`    with ${shortened(JSON.stringify(circumstances))}`);
  if (after.length) console.log(`  not explained by ${after.join(', ')}:`);
  for (const { path, reference, ours } of remaining({ ...answers, after })) {
    console.log(`  ${path}`);
    console.log(`    reference ${shortened(JSON.stringify(reference) ?? 'missing')}`);
    console.log(`    ours      ${shortened(JSON.stringify(ours) ?? 'missing')}`);
  }
  for (const [side, { error }] of Object.entries(answers)) {
    if (error) console.log(`  error of ${side}: ${error.slice(0, 300)}`);
  }
}

/** The places where two JSON values differ. */
function leaves(reference, ours, path) {
  const areBranches = [reference, ours].every(value => value !== null && typeof value === 'object');
  if (!areBranches) return isDeepStrictEqual(reference, ours) ? [] : [{ path, reference, ours }];
  const keys = new Set([...Object.keys(reference), ...Object.keys(ours)]);
  return [...keys].flatMap(key => leaves(reference[key], ours[key], `${path}.${key}`));
}

const byCount = ([a, countA], [b, countB]) => countB - countA || byName([a], [b]);
const byName = ([a], [b]) => (a < b ? -1 : 1);

function printTable(title, counts, order = byCount) {
  console.log(`\n${title}`);
  const rows = [...counts].sort(order);
  for (const [name, count] of rows) console.log(`${String(count).padStart(7)}  ${name}`);
  console.log();
}

function tally(counts, name) {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
