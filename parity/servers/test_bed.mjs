// The test bed of a run: starts the Backend API and the servers, and sends cases to them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { coldInstance } from '../cases/backend_failures.mjs';
import { configurations, settingsFor } from '../cases/configurations.mjs';
import { environments } from '../cases/environments.mjs';
import { Generator } from '../cases/generator.mjs';
import { sharedKeySets } from '../cases/key_sets.mjs';
import { Mint } from '../cases/signing.mjs';
import { comparable } from '../compare/comparable.mjs';
import { Backend } from './backend.mjs';
import { send } from './client.mjs';
import { startServer } from './start_server.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** The Backend API, the servers, and the generator of cases. */
export class TestBed {
  #runs = 0;

  static async start(options) {
    const bed = new TestBed();
    bed.isSelf = options.self;
    const mint = new Mint();
    bed.mint = mint;
    // The clocks of both servers are frozen at a whole second, so that tokens can expire to the second at any speed of the run.
    bed.startedAt = Math.floor(Date.now() / 1000) * 1000;
    bed.keySets = sharedKeySets(mint);
    bed.backend = new Backend(mint);
    await bed.backend.start();
    bed.configurations = options.environment ? environments(mint.pem, bed.backend.base) : configurations(mint.pem);
    bed.generator = new Generator({
      configurations: bed.configurations,
      seed: options.seed,
      mint,
      now: bed.startedAt / 1000,
      onlyMachines: options.machines,
    });
    await bed.#startServers(options);
    return bed;
  }

  async #startServers({ self, server, vectors, environment }) {
    this.directory = mkdtempSync(join(tmpdir(), 'parity-'));
    const file = join(this.directory, 'configurations.json');
    writeFileSync(file, JSON.stringify(this.configurations.map(entry => settingsFor(entry, this.backend.base))));
    const args = [environment ? '--environment' : file, this.backend.base, String(this.startedAt)];
    const reference = variables => startServer(process.execPath, [join(HERE, 'reference.mjs'), ...args], variables);
    const ours = variables => (self ? reference(variables) : startServer(server, args, variables));
    // One pair of servers for all configurations, or a pair for each environment, started when it is needed.
    this.reference = environment ? new ServerOfEach(reference) : await reference();
    if (!vectors) this.ours = environment ? new ServerOfEach(ours) : await ours();
  }

  /** Sends the case's request, or another one in its place, and returns the server's answer. */
  async ask(server, kase, request = kase.request) {
    // A new instance each time, so that the servers have no cached keys for it.
    const instance = request.cold && coldInstance(kase.index, this.#runs++, request.cold);
    let now = this.startedAt;
    const { port, refused } = await (server.of?.(request.environment ?? kase.configuration) ?? server);
    const put = one => (refused
      ? { status: 500, headers: [['x-parity-configuration-error', encodeURIComponent(refused)]], body: '' }
      : send(port, one, controls({ kase, request: { ...request, handler: one.handler }, instance, now, apiBase: this.backend.base })));
    for (const { pauseMs, ...earlier } of request.before ?? []) {
      await put(earlier);
      now += pauseMs;
    }
    const answer = await put(request);
    const asked = this.backend.takeCalls(kase.index, instance);
    return { answer, comparable: comparable(answer, { method: request.method, apiBase: this.backend.base, handler: request.handler, ...asked }) };
  }

  stop() {
    this.reference?.stop();
    this.ours?.stop();
    this.backend.stop();
    if (this.directory) rmSync(this.directory, { recursive: true });
  }
}

/** A server for each environment. It starts with the first request for it. */
class ServerOfEach {
  #start;
  #servers = new Map();

  constructor(start) {
    this.#start = start;
  }

  of({ index, variables }) {
    if (!this.#servers.has(index)) this.#servers.set(index, this.#start(variables));
    return this.#servers.get(index);
  }

  stop() {
    for (const server of this.#servers.values()) server.then(({ stop }) => stop());
  }
}

/** The headers with instructions to the server: configuration, settings, time, and the handler's action. */
function controls({ kase, request: { handler, inner, outer, settings, cold }, instance, now, apiBase }) {
  const own = cold || settings ? { ...settings, ...(cold ? { api_url: `${apiBase}/${instance}` } : {}) } : undefined;
  const json = value => encodeURIComponent(JSON.stringify(value));
  const pairs = {
    'x-parity-config': kase.configuration.variables ? 0 : outer ?? kase.configuration.index,
    'x-parity-inner': inner,
    'x-parity-settings': own && json(own).replaceAll('%7Bapi%7D', apiBase),
    'x-parity-now': cold && now,
    'x-parity-handler': handler && json(handler),
  };
  return Object.entries(pairs).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]);
}
