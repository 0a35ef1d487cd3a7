// The stand-in for Clerk's Backend API. Each request encodes its own answer. The only state is the number of calls.

import { createServer } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';

import { CUT_SHORT, decodeAnswer, errorBody, MACHINE_TOKEN_PREFIX } from '../cases/backend_answers.mjs';
import { CLOSED, parseColdInstance } from '../cases/backend_failures.mjs';
import { MACHINE_SECRET_KEY } from '../cases/configurations.mjs';
import { keySet, sharedKeySets } from '../cases/key_sets.mjs';

/** The version of the API that the reference asks for. */
const API_VERSION = '2026-05-12';

export class Backend {
  #mint;
  #keySets;
  #server = createServer((request, response) => this.#serve(request, response));
  #callsByCase = new Map();
  /** The number of fetches of the keys of each instance that only one case uses. */
  #fetches = new Map();
  /** The number of each unexpected call. */
  unexpected = new Map();

  constructor(mint) {
    this.#mint = mint;
    this.#keySets = sharedKeySets(mint);
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

  /**
   * Returns and resets the `calls` for a case, and the number of `fetches` of the keys of its own instance. Other fetches of keys are
   * not counted, because many cases share them.
   */
  takeCalls(caseIndex, instance) {
    const taken = { calls: this.#callsByCase.get(caseIndex) ?? [], fetches: this.#fetches.get(instance) ?? 0 };
    this.#callsByCase.delete(caseIndex);
    this.#fetches.delete(instance);
    return taken;
  }

  async #serve(request, response) {
    const text = await bodyOf(request);
    const url = new URL(request.url, 'http://backend');
    const [, instance, ...path] = url.pathname.split('/');
    const { authorization, 'clerk-api-version': apiVersion, ...headers } = request.headers;
    const call = {
      method: request.method,
      path: `/${path.join('/')}`,
      query: Object.fromEntries(url.searchParams),
      authorization,
      apiVersion,
      headers: aboutTheCall(headers, text),
      body: parse(text),
    };
    const answer = this.#answer(instance, call);
    // Like a proxy, only for clients that accept the encoding.
    const canBeEncoded = /gzip/.test(request.headers['accept-encoding']);
    await send(response, { ...answer, encoding: canBeEncoded ? answer.encoding : undefined });
  }

  #answer(instance, call) {
    const cold = parseColdInstance(instance);
    const complaint = cold || this.#keySets[instance] ? complaintAbout(call) : 'an unknown instance';
    if (complaint) return this.#refuse(call, complaint);
    const route = `${call.method} ${call.path}`;
    if (route === 'GET /v1/jwks') return cold ? this.#keysOf(instance, cold.script, call) : answerOf(this.#keySets[instance]);
    if (TOKEN_ROUTE.test(route)) return this.#token(call);
    const encoded = ROUTES.find(({ pattern }) => pattern.test(route))?.answer(call);
    if (typeof encoded !== 'string') return this.#refuse(call, 'an unknown call');
    const answer = decodeAnswer(encoded);
    const before = this.#record(answer?.case ?? Number(/_unknown_(\d+)$/.exec(encoded)?.[1]), call);
    return answer ? inTurn(answer, before) : answerOf([404, errorBody('resource_not_found')]);
  }

  /** The keys of an instance that only one case uses. Its script has a key set for each fetch in turn. */
  #keysOf(instance, { keys, ...stumble }, call) {
    const before = this.#fetches.get(instance) ?? 0;
    this.#fetches.set(instance, before + 1);
    const failures = stumble.first?.length ?? 0;
    const name = keys[Math.min(Math.max(before - failures, 0), keys.length - 1)];
    return inTurn({ status: 200, body: keySet(this.#mint, name), ...stumble }, before);
  }

  /** A new token of a session. The session's id contains the number of the case. */
  #token(call) {
    const [, index, template = ''] = TOKEN_ROUTE.exec(`${call.method} ${call.path}`);
    this.#record(Number(index), call);
    if (template === '/unknown') return answerOf([404, errorBody('resource_not_found')]);
    return answerOf([200, { object: 'token', jwt: `new-token${template}` }]);
  }

  #refuse(call, complaint) {
    const what = `${call.method} ${call.path}: ${complaint}`;
    this.unexpected.set(what, (this.unexpected.get(what) ?? 0) + 1);
    return answerOf([404, errorBody('resource_not_found')]);
  }

  /** Records a call for a case. Returns the number of earlier calls to the same path. */
  #record(caseIndex, call) {
    const calls = this.#callsByCase.get(caseIndex) ?? [];
    this.#callsByCase.set(caseIndex, [...calls, call]);
    return calls.filter(({ path }) => path === call.path).length;
  }
}

const answerOf = ([status, body]) => ({ status, body });

/** The answer after `before` calls: first the failures, in turn. */
function inTurn({ first = [], ...answer }, before) {
  return before < first.length ? { ...answer, ...answerOf(first[before]) } : answer;
}

/** The route of a session's new token, with or without a template. */
const TOKEN_ROUTE = /^POST \/v1\/sessions\/sess_(\d+)\/tokens(\/.*)?$/;

/** Headers about the connection or the HTTP client, not about the call. */
const OF_THE_CONNECTION = new Set([
  'accept', 'accept-encoding', 'accept-language', 'connection', 'content-length', 'date', 'host', 'sec-fetch-mode', 'transfer-encoding',
  'user-agent',
]);

function aboutTheCall(headers, body) {
  // Without a body, its type does not matter.
  const tells = ([name]) => !OF_THE_CONNECTION.has(name) && (body !== '' || name !== 'content-type');
  return Object.fromEntries(Object.entries(headers).filter(tells).sort());
}

/** The calls of the reference, and the place of the encoded answer in each. */
const ROUTES = [
  { pattern: /^GET \/v1\/clients\/handshake_payload$/, answer: call => call.query.nonce },
  { pattern: /^POST \/v1\/sessions\/[^/]+\/refresh$/, answer: call => call.body?.refresh_token },
  { pattern: /^POST \/api_keys\/verify$/, answer: call => withoutPrefix(call.body?.secret) },
  { pattern: /^POST \/m2m_tokens\/verify$/, answer: call => withoutPrefix(call.body?.token) },
  { pattern: /^POST \/oauth_applications\/access_tokens\/verify$/, answer: call => withoutPrefix(call.body?.access_token) },
];

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

async function send(response, { status, body, lateMs = 0, type, encoding }) {
  if (lateMs) await new Promise(resolve => setTimeout(resolve, lateMs));
  if (status === CLOSED) return response.destroy();
  if (body === undefined) return response.writeHead(status).end();
  if (isDeepStrictEqual(body, CUT_SHORT)) {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': '1000' });
    return response.write('{"id":', () => response.destroy());
  }
  const isText = typeof body === 'string';
  // The reference reads JSON only with exactly this type.
  const sent = type === undefined ? (isText ? 'text/plain' : 'application/json') : type;
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  response.writeHead(status, { ...(sent ? { 'content-type': sent } : {}), ...(encoding ? { 'content-encoding': encoding } : {}) });
  response.end(encoding === 'gzip' ? gzipSync(bytes) : bytes);
}
