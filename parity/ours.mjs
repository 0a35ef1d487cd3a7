// Starts a server, ours or the reference: a program that is given a file of configurations and says where it listens.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 30_000;

/** Settings of the environment that would change what the servers do. */
const MISLEADING = /^(CLERK|VERCEL|NODE_OPTIONS|NODE_ENV|RUST_LOG)/;

export async function startServer(command, args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !MISLEADING.test(name)));
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  // Whatever ends this program ends its servers too.
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  const port = await portOf(child, command);
  return { port, stop: () => { process.off('exit', stop); stop(); } };
}

function portOf(child, command) {
  return new Promise((resolve, reject) => {
    const fail = why => reject(new Error(`${command} ${why}`));
    const timeout = setTimeout(() => fail('did not say where it listens'), START_TIMEOUT_MS);
    child.once('error', error => fail(`could not be started: ${error.message}`));
    child.once('exit', code => fail(`ended with code ${code} before it listened`));
    createInterface({ input: child.stdout }).on('line', line => {
      const port = /^listening (\d+)$/.exec(line)?.[1];
      if (!port) return;
      clearTimeout(timeout);
      resolve(Number(port));
    });
  });
}
