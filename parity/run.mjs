// The command line: puts the same requests to the reference and to our server, and says where the answers differ.

import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { MACHINE_CASES } from './cases/machine_tokens.mjs';
import { adjusted } from './compare/adjustments.mjs';
import { differences } from './compare/comparable.mjs';
import { explain } from './compare/differences/index.mjs';
import { Report } from './compare/report.mjs';
import { selectVectors, writeVectors } from './compare/vectors.mjs';
import { Bench } from './servers/test_bed.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CONCURRENCY = 16;
const START_TIMEOUT_MS = 120_000;

const USAGE = `usage: node run.mjs [options]
  --cases N       how many requests (default 5000, with --machines all)
  --seed S        which requests (default: at random)
  --only INDEX    only the case of that number; prints both answers
  --server PATH   our server (default ../target/debug/examples/parity_server)
  --self          compares the reference with itself
  --show K        how many unexplained differences to print in full (default 10)
  --machines      every machine token, for every set of types that a handler accepts, in every form of the header
  --environment   configurations from environment variables: two servers are started for each
  --vectors DIR   writes the reference's answers to the most telling cases, and compares nothing`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      only: { type: 'string' },
      server: { type: 'string', default: join(HERE, '../target/debug/examples/parity_server') },
      self: { type: 'boolean', default: false },
      show: { type: 'string', default: '10' },
      machines: { type: 'boolean', default: false },
      environment: { type: 'boolean', default: false },
      vectors: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const number = name => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} takes a number, not ${values[name]}`);
    return value;
  };
  const only = values.only === undefined ? undefined : number('only');
  values.cases ??= String(values.machines ? MACHINE_CASES : 5000);
  return { ...values, cases: number('cases'), seed: number('seed'), show: number('show'), only };
}

async function compareOne(bench, index) {
  const kase = bench.generator.case(index);
  // One after the other: the calls to the Backend API in between are then the one's and the other's.
  const reference = (await bench.ask(bench.reference, kase)).comparable;
  const answered = (await bench.ask(bench.ours, kase)).comparable;
  const ours = bench.isSelf ? adjusted(answered) : answered;
  const result = { kase, reference, ours };
  if (differences(reference, ours).length === 0) return result;
  const ask = async request => (await bench.ask(bench.reference, kase, request)).comparable;
  return { ...result, explanation: await explain(kase, reference, ours, ask) };
}

async function compareAll(bench, options) {
  const report = new Report();
  const indices = options.only === undefined ? range(options.cases) : [options.only];
  await forEachConcurrently(indices, async index => {
    const result = await compareOne(bench, index);
    report.add(result);
    if (options.only !== undefined) console.log(JSON.stringify(result, null, 2));
  });
  const flags = `--seed ${options.seed}${options.machines ? ' --machines' : ''}${options.environment ? ' --environment' : ''}${options.self ? ' --self' : ''}`;
  report.print({
    seed: options.seed,
    show: options.show,
    unexpectedCalls: bench.backend.unexpected,
    repro: index => `node run.mjs ${flags} --only ${index}`,
  });
  return report.unexplained;
}

async function makeVectors(bench, options) {
  const answered = [];
  const indices = range(options.cases).filter(index => !bench.generator.case(index).configuration.isFailing);
  await forEachConcurrently(indices, async index => {
    const kase = bench.generator.case(index);
    answered.push({ kase, ...(await bench.ask(bench.reference, kase)) });
  });
  const chosen = selectVectors(answered.toSorted((a, b) => a.kase.index - b.kase.index));
  return writeVectors(options.vectors, chosen, { takenAt: bench.startedAt, keySets: bench.keySets, apiBase: bench.backend.base });
}

const range = length => Array.from({ length }, (_, index) => index);

async function forEachConcurrently(list, act) {
  const rest = list.values();
  const worker = async () => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function main() {
  const options = readOptions();
  const needsOurs = !options.self && options.vectors === undefined;
  if (needsOurs && !existsSync(options.server)) {
    throw new Error(`there is no ${options.server}: build it with \`cargo build --example parity_server\``);
  }
  // A start that hangs is a machine's trouble, and no difference: say so instead of waiting for ever.
  const tooLong = setTimeout(() => {
    console.error('the servers did not start in time');
    process.exit(2);
  }, START_TIMEOUT_MS);
  const bench = await Bench.start(options);
  clearTimeout(tooLong);
  try {
    if (options.vectors) {
      console.log(await makeVectors(bench, options));
      return 0;
    }
    return (await compareAll(bench, options)) > 0 ? 1 : 0;
  } finally {
    bench.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.stack ?? error);
  // Not just the exit code: a server that did start would keep this program alive.
  process.exit(2);
}
