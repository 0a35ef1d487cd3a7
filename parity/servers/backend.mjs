// A stand-in for Clerk's Backend API. What it answers is encoded in what it is asked; it keeps nothing but the number of calls.

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
  /** How often an instance that is one case's own was asked for its keys. */
  #fetches = new Map();
  /** What nobody should have asked, and how often. */
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
   * The calls on a case's behalf since the last time this was asked: `calls`, and how often its own instance was asked for keys.
   * Other fetches of keys are not counted, since many cases share them.
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
    // As a proxy does: only for whoever says that it can read it.
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

  /** The keys of an instance of a case's own: its script says which set each fetch in turn gets. */
  #keysOf(instance, { keys, ...stumble }, call) {
    const before = this.#fetches.get(instance) ?? 0;
    this.#fetches.set(instance, before + 1);
    const failures = stumble.first?.length ?? 0;
    const name = keys[Math.min(Math.max(before - failures, 0), keys.length - 1)];
    return inTurn({ status: 200, body: keySet(this.#mint, name), ...stumble }, before);
  }

  /** A new token of a session, which names the case. */
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

  /** Keeps a call on a case's behalf; gives how many there had been before. */
  #record(caseIndex, call) {
    const calls = this.#callsByCase.get(caseIndex) ?? [];
    this.#callsByCase.set(caseIndex, [...calls, call]);
    return calls.filter(({ path }) => path === call.path).length;
  }
}

const answerOf = ([status, body]) => ({ status, body });

/** What an answer is after that many calls: first its stumbles, in turn. */
function inTurn({ first = [], ...answer }, before) {
  return before < first.length ? { ...answer, ...answerOf(first[before]) } : answer;
}

/** A new token of a session, by a template maybe. */
const TOKEN_ROUTE = /^POST \/v1\/sessions\/sess_(\d+)\/tokens(\/.*)?$/;

/** Headers that say something about the connection, or which HTTP client it is, and nothing about the call. */
const OF_THE_CONNECTION = new Set([
  'accept', 'accept-encoding', 'accept-language', 'connection', 'content-length', 'date', 'host', 'sec-fetch-mode', 'transfer-encoding',
  'user-agent',
]);

function aboutTheCall(headers, body) {
  // The type of a body that there is not is no difference.
  const tells = ([name]) => !OF_THE_CONNECTION.has(name) && (body !== '' || name !== 'content-type');
  return Object.fromEntries(Object.entries(headers).filter(tells).sort());
}

/** The calls that the reference makes, and where each carries its answer. */
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
  // The reference reads JSON only under exactly this type.
  const sent = type === undefined ? (isText ? 'text/plain' : 'application/json') : type;
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  response.writeHead(status, { ...(sent ? { 'content-type': sent } : {}), ...(encoding ? { 'content-encoding': encoding } : {}) });
  response.end(encoding === 'gzip' ? gzipSync(bytes) : bytes);
}
