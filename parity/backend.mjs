// A stand-in for Clerk's Backend API. It keeps nothing: what it answers is encoded in what it is asked.

import { createServer } from 'node:http';

import { isDeepStrictEqual } from 'node:util';

import { CUT_SHORT, decodeAnswer, errorBody, MACHINE_TOKEN_PREFIX } from './answers.mjs';

/** The version of the API that the reference asks for. */
const API_VERSION = '2026-05-12';

/** The key sets, by instance: the first segment of an API URL names one. */
export function keySets(mint) {
  return {
    good: [200, { keys: [mint.jwk('main')] }],
    // Another instance's key under the same id: a cache that goes by the id alone mixes them up.
    other: [200, { keys: [mint.jwk('stranger')] }],
    'without-alg': [200, { keys: [mint.jwk('main', {})] }],
    empty: [200, { keys: [] }],
    down: [500, errorBody('internal_error')],
    refused: [401, errorBody('clerk_key_invalid')],
    html: [502, '<html>Bad gateway</html>'],
  };
}

export class Backend {
  #keySets;
  #server = createServer((request, response) => this.#serve(request, response));
  #callsByCase = new Map();
  /** What nobody should have asked, and how often. */
  unexpected = new Map();

  constructor(keySets) {
    this.#keySets = keySets;
  }

  async start() {
    this.#server.keepAliveTimeout = 60_000;
    await new Promise(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    this.base = `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The calls on a case's behalf since the last time this was asked, but those for keys, which are cached. */
  takeCalls(caseIndex) {
    const calls = this.#callsByCase.get(caseIndex) ?? [];
    this.#callsByCase.delete(caseIndex);
    return calls;
  }

  async #serve(request, response) {
    const text = await bodyOf(request);
    const url = new URL(request.url, 'http://backend');
    const [, instance, ...path] = url.pathname.split('/');
    const call = {
      method: request.method,
      path: `/${path.join('/')}`,
      query: Object.fromEntries(url.searchParams),
      authorization: request.headers.authorization,
      apiVersion: request.headers['clerk-api-version'],
      body: parse(text),
    };
    const { status, body } = this.#answer(instance, call);
    send(response, status, body);
  }

  #answer(instance, call) {
    const complaint = this.#keySets[instance] ? complaintAbout(call) : 'an unknown instance';
    if (complaint) return this.#refuse(call, complaint);
    const route = `${call.method} ${call.path}`;
    if (route === 'GET /v1/jwks') {
      const [status, body] = this.#keySets[instance];
      return { status, body };
    }
    const encoded = ROUTES.find(({ pattern }) => pattern.test(route))?.answer(call);
    if (typeof encoded !== 'string') return this.#refuse(call, 'an unknown call');
    const answer = decodeAnswer(encoded);
    this.#record(answer?.case ?? Number(/_unknown_(\d+)$/.exec(encoded)?.[1]), call);
    return answer ?? { status: 404, body: errorBody('resource_not_found') };
  }

  #refuse(call, complaint) {
    const what = `${call.method} ${call.path}: ${complaint}`;
    this.unexpected.set(what, (this.unexpected.get(what) ?? 0) + 1);
    return { status: 404, body: errorBody('resource_not_found') };
  }

  #record(caseIndex, call) {
    this.#callsByCase.set(caseIndex, [...(this.#callsByCase.get(caseIndex) ?? []), call]);
  }
}

/** The calls that the reference makes, and where each carries its answer. */
const ROUTES = [
  { pattern: /^GET \/v1\/clients\/handshake_payload$/, answer: call => call.query.nonce },
  { pattern: /^POST \/v1\/sessions\/[^/]+\/refresh$/, answer: call => call.body?.refresh_token },
  { pattern: /^POST \/api_keys\/verify$/, answer: call => withoutPrefix(call.body?.secret) },
  { pattern: /^POST \/m2m_tokens\/verify$/, answer: call => withoutPrefix(call.body?.token) },
  { pattern: /^POST \/oauth_applications\/access_tokens\/verify$/, answer: call => withoutPrefix(call.body?.access_token) },
];

/** The machine secret key of the configurations that have one. */
export const MACHINE_SECRET_KEY = 'ak_parity_machine';

const withoutPrefix = token => token?.replace(MACHINE_TOKEN_PREFIX, '');

function complaintAbout({ authorization, apiVersion, path }) {
  const isOfMachine = path === '/m2m_tokens/verify' && authorization === `Bearer ${MACHINE_SECRET_KEY}`;
  if (!/^Bearer sk_(test|live)_parity$/.test(authorization) && !isOfMachine) return `authorization ${authorization}`;
  if (apiVersion !== API_VERSION) return `clerk-api-version ${apiVersion}`;
  return null;
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text || null;
  }
}

function send(response, status, body) {
  if (body === undefined) return response.writeHead(status).end();
  if (isDeepStrictEqual(body, CUT_SHORT)) {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': '1000' });
    return response.write('{"id":', () => response.destroy());
  }
  const isText = typeof body === 'string';
  // The reference reads JSON only under exactly this type.
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' });
  response.end(isText ? body : JSON.stringify(body));
}
