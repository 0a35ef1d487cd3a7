// Sends the same requests to the reference and to our server, and reports the differences. Or writes test vectors.

import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { MACHINE_CASES } from './cases/machine_tokens.mjs';
import { adjusted } from './compare/adjustments.mjs';
import { differences } from './compare/comparable.mjs';
import { explain } from './compare/explain.mjs';
import { Report } from './compare/report.mjs';
import { selectVectors, writeVectors } from './compare/vectors.mjs';
import { TestBed } from './servers/test_bed.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CONCURRENCY = 16;
const START_TIMEOUT_MS = 120_000;

const USAGE = `usage: node run.mjs [options]
  --cases N       the number of requests (default: 5000, or all with --machines)
  --seed S        the seed of the generator (default: random)
  --only INDEX    compares only the case with that number, and prints both answers in full
  --server PATH   our server (default: ../target/debug/examples/parity_server)
  --self          compares the reference with itself
  --show K        the number of unexplained differences to print in full (default: 10)
  --machines      compares every machine token, for every set of types that a handler accepts, in every form of the header
  --environment   reads the configurations from environment variables, with two servers for each
  --vectors DIR   writes the reference's answers to the most significant cases as test vectors, without a comparison
  --help          prints this help`;

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
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} takes a number of at least 0, not ${values[name]}`);
    return value;
  };
  const only = values.only === undefined ? undefined : number('only');
  values.cases ??= String(values.machines ? MACHINE_CASES : 5000);
  return { ...values, cases: number('cases'), seed: number('seed'), show: number('show'), only };
}

async function compareOne(bed, index) {
  const kase = bed.generator.case(index);
  // One server after the other, so that the recorded calls to the Backend API belong to one of them.
  const reference = (await bed.ask(bed.reference, kase)).comparable;
  const answered = (await bed.ask(bed.ours, kase)).comparable;
  const ours = bed.isSelf ? adjusted(answered) : answered;
  const result = { kase, reference, ours };
  if (differences(reference, ours).length === 0) return result;
  const ask = async request => (await bed.ask(bed.reference, kase, request)).comparable;
  return { ...result, explanation: await explain(kase, reference, ours, ask) };
}

async function compareAll(bed, options) {
  const report = new Report();
  const indices = options.only === undefined ? range(options.cases) : [options.only];
  await forEachConcurrently(indices, async index => {
    const result = await compareOne(bed, index);
    report.add(result);
    if (options.only !== undefined) console.log(JSON.stringify(result, null, 2));
  });
  const flags = `--seed ${options.seed}${options.machines ? ' --machines' : ''}${options.environment ? ' --environment' : ''}${options.self ? ' --self' : ''}`;
  report.print({
    seed: options.seed,
    show: options.show,
    unexpectedCalls: bed.backend.unexpected,
    repro: index => `node run.mjs ${flags} --only ${index}`,
  });
  return report.unexplained;
}

async function makeVectors(bed, options) {
  const answered = [];
  const indices = range(options.cases).filter(index => !bed.generator.case(index).configuration.isFailing);
  await forEachConcurrently(indices, async index => {
    const kase = bed.generator.case(index);
    answered.push({ kase, ...(await bed.ask(bed.reference, kase)) });
  });
  const chosen = selectVectors(answered.toSorted((a, b) => a.kase.index - b.kase.index));
  return writeVectors(options.vectors, chosen, { takenAt: bed.startedAt, keySets: bed.keySets, apiBase: bed.backend.base });
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
    throw new Error(`${options.server} does not exist. Build it with \`cargo build --example parity_server\`.`);
  }
  // A server that does not start is a problem of the machine, not a difference.
  const tooLong = setTimeout(() => {
    console.error('the servers did not start in time');
    process.exit(2);
  }, START_TIMEOUT_MS);
  const bed = await TestBed.start(options);
  clearTimeout(tooLong);
  try {
    if (options.vectors) {
      console.log(await makeVectors(bed, options));
      return 0;
    }
    return (await compareAll(bed, options)) > 0 ? 1 : 0;
  } finally {
    bed.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.stack ?? error);
  // Not just the exit code: a running server would keep this program alive.
  process.exit(2);
}
