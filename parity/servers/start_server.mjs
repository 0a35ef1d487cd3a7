// Starts a server, ours or the reference, and reads from its output the port on which it listens.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 30_000;

/** Environment variables that would change the behavior of the servers. */
const MISLEADING = /^(CLERK|NEXT_PUBLIC|VITE|VERCEL|NODE_OPTIONS|NODE_ENV|RUST_LOG)/;

/** Returns `{ port, pid, stop }`, or `{ refused, pid, stop }` with the reason if the server rejects its configuration. `variables` extend its environment. */
export async function startServer(command, args, variables = {}) {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !MISLEADING.test(name)));
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...inherited, ...variables } });
  // The servers end with this program, however it ends.
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  const start = await startLine(child, command);
  return { ...start, pid: child.pid, stop: () => { process.off('exit', stop); stop(); } };
}

function startLine(child, command) {
  return new Promise((resolve, reject) => {
    const fail = why => reject(new Error(`${command} ${why}`));
    const timeout = setTimeout(() => fail('did not print its port in time'), START_TIMEOUT_MS);
    child.once('error', error => fail(`could not start: ${error.message}`));
    child.once('exit', code => fail(`exited with code ${code} before it listened`));
    createInterface({ input: child.stdout }).on('line', line => {
      const [, word, rest] = /^(listening|refused) (.*)$/.exec(line) ?? [];
      if (!word) return;
      clearTimeout(timeout);
      resolve(word === 'listening' ? { port: Number(rest) } : { refused: rest });
    });
  });
}
