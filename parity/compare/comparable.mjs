// The comparable form of an answer, and the comparison of two of them.

import { isDeepStrictEqual } from 'node:util';

import { adjusted } from './adjustments.mjs';

/** Headers that are compared unchanged. `location` and `set-cookie` have rules of their own. */
export const PLAIN_HEADERS = [
  'x-clerk-auth-status', 'x-clerk-auth-reason', 'x-clerk-auth-message', 'cache-control', 'access-control-allow-origin',
  'access-control-allow-credentials', 'vary', 'etag', 'last-modified', 'expires', 'cdn-cache-control', 'surrogate-control', 'surrogate-key',
];
export const COMPARED_HEADERS = new Set(['location', 'set-cookie', ...PLAIN_HEADERS]);

/**
 * The comparable form of an answer.
 *
 * - `apiBase`: the address of the stand-in Backend API, which messages quote
 * - `calls`: the server's calls to it
 * - `fetches`: how often the server fetched the keys of an instance that only this case uses
 * - `handler`: the instructions to the handler
 */
export function comparable(answer, { method, apiBase, handler = {}, calls = [], fetches = 0 }) {
  const values = name => answer.headers.filter(([key]) => key === name).map(([, value]) => value);
  const plain = PLAIN_HEADERS.map(name => [name, values(name).length ? settle(values(name).join(', '), apiBase) : null]);
  return {
    status: answer.status,
    ...Object.fromEntries(plain),
    location: values('location').length ? parseLocation(values('location').join(', ')) : null,
    'set-cookie': values('set-cookie').map(asText),
    body: isTold(answer.status, handler) && method !== 'HEAD' ? parseJson(answer.body) : null,
    error: values('x-parity-error').map(decodeURIComponent)[0] ?? (answer.status < 400 ? '' : answer.body),
    // The error of our server's configuration.
    configurationError: values('x-parity-configuration-error').map(decodeURIComponent)[0] ?? null,
    calls,
    fetches,
    // The reference's reason, if the handler removes the header.
    hiddenReason: values('x-parity-reason')[0] || null,
    handler,
    handlerCookies: countOwn(values('set-cookie'), (handler.headers ?? []).filter(([name]) => name === 'set-cookie')),
  };
}

/** The number of the handler's cookies. They come last, if the request reached the handler. */
function countOwn(cookies, own) {
  const isOwn = own.length > 0 && isDeepStrictEqual(cookies.slice(-own.length), own.map(([, value]) => value));
  return isOwn ? own.length : 0;
}

/** Returns whether the body is the handler's result. Other statuses and a 304 have none. */
const isTold = (status, handler) => status !== 304 && (status === 200 || status === handler.status);

/** Replaces the parts of a message that change from run to run. */
export function settle(message, apiBase) {
  return asText(message)
    .replaceAll(apiBase, '{api}')
    .replace(/(?<=\{api\}\/cold)~[^/\s]*/g, '')
    .replace(/Current date: \w{3}, \d{2} \w{3} \d+ \d{2}:\d{2}:\d{2} GMT/g, 'Current date: {now}');
}

/** The text of a header. Node.js writes headers in Latin-1, or in UTF-8 if a body in UTF-8 follows. */
function asText(value) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

/** The target of a redirect, with its query as a list of parameters, because the servers may escape them differently. */
function parseLocation(text) {
  try {
    const { origin, username, password, pathname, hash, protocol, searchParams } = new URL(text);
    const base = `${origin === 'null' ? protocol : origin}${pathname}${hash}`;
    return { base, credentials: `${username}:${password}`, parameters: [...searchParams] };
  } catch {
    return { base: text, credentials: ':', parameters: [] };
  }
}

function parseJson(text) {
  try {
    // JavaScript writes minus zero as zero.
    return JSON.parse(text, (_, value) => (value === 0 ? 0 : value));
  } catch {
    return { notJson: text };
  }
}

/** The maximum number of attempts of one request to fetch keys. */
const ATTEMPTS = 5;

/** The differences between two comparable answers: a list of `{ what, reference, ours }`. Texts of errors and fewer fetches do not count. */
export function differences(reference, ours, { isSameRequest = true } = {}) {
  const expected = adjusted(reference);
  return Object.keys(expected)
    .filter(what => !['error', 'hiddenReason', 'handler', 'handlerCookies'].includes(what) && (what !== 'fetches' || isSameRequest))
    .map(what => ({ what, reference: part(expected, what, isSameRequest), ours: part(ours, what, isSameRequest) }))
    .filter(({ what, reference, ours }) => !(what === 'fetches' ? ours <= Math.max(reference, ATTEMPTS) : isDeepStrictEqual(reference, ours)));
}

function part(answer, what, isSameRequest) {
  return what === 'calls' ? answer.calls.map(call => comparableCall(call, isSameRequest)) : answer[what];
}

/** A call to the Backend API, whose forwarded headers lack those about the connection. */
function comparableCall(call, isSameRequest) {
  // Another request carries other tokens, which encode other answers.
  if (!isSameRequest) return { method: call.method, path: call.path, authorization: call.authorization, apiVersion: call.apiVersion };
  if (!call.body?.request_headers) return call;
  const { request_headers: headers, ...body } = call.body;
  // Node.js joins several lines of one header. The meaning is the same.
  const joined = Object.entries(headers).map(([name, values]) => [name, values.join(name === 'cookie' ? '; ' : ', ')]);
  const kept = joined.filter(([name]) => name !== 'connection' && !name.startsWith('x-parity-')).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...call, body: { ...body, request_headers: Object.fromEntries(kept) } };
}

/** The outcome of a request, in a few words. */
export function outcome(answer) {
  const status = answer['x-clerk-auth-status'];
  const reason = answer['x-clerk-auth-reason'];
  if (status) return `${answer.status} ${status} ${reason ?? '(reason not printable)'}`;
  if (answer.status === 200 && answer.body?.pending) {
    const { session, pending, any } = answer.body;
    if (session.isAuthenticated) return answer['set-cookie'].length ? '200 signed-in, with cookies' : '200 signed-in';
    if (pending.isAuthenticated) return '200 signed-in, pending';
    return `200 ${any.isAuthenticated ? 'authenticated' : 'unauthenticated'} ${any.tokenType}`;
  }
  if (answer.status === 307) return '307 signed-in, after a handshake';
  if (answer.status === 200) return '200 signed-in, without a body to say so';
  return `${answer.status} ${errorName(answer.error)}`.trim();
}

/** The code of our error, or the constant first words of the reference's error. */
function errorName(error) {
  return parseJson(error).errors?.[0]?.code ?? error.replace(/["'].*|http.*/, '…').slice(0, 80);
}

