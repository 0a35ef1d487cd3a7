// Starts a server, ours or the reference: a program that is given a file of configurations and says where it listens.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 30_000;

/** Settings of the environment that would change what the servers do. */
const MISLEADING = /^(CLERK|NEXT_PUBLIC|VITE|VERCEL|NODE_OPTIONS|NODE_ENV|RUST_LOG)/;

/** The server's port, and how to stop it; of a configuration that it refuses, why. `variables` are added to its environment. */
export async function startServer(command, args, variables = {}) {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !MISLEADING.test(name)));
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...inherited, ...variables } });
  // Whatever ends this program ends its servers too.
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  const said = await firstWords(child, command);
  return { ...said, stop: () => { process.off('exit', stop); stop(); } };
}

function firstWords(child, command) {
  return new Promise((resolve, reject) => {
    const fail = why => reject(new Error(`${command} ${why}`));
    const timeout = setTimeout(() => fail('did not say where it listens'), START_TIMEOUT_MS);
    child.once('error', error => fail(`could not be started: ${error.message}`));
    child.once('exit', code => fail(`ended with code ${code} before it listened`));
    createInterface({ input: child.stdout }).on('line', line => {
      const [, word, rest] = /^(listening|refused) (.*)$/.exec(line) ?? [];
      if (!word) return;
      clearTimeout(timeout);
      resolve(word === 'listening' ? { port: Number(rest) } : { refused: rest });
    });
  });
}
