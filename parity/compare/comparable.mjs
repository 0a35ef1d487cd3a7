// What of an answer is compared, and how.

import { isDeepStrictEqual } from 'node:util';

import { adjusted } from './adjustments.mjs';

/** Compared as they are. `location` and `set-cookie` are too, but have rules of their own. */
export const PLAIN_HEADERS = [
  'x-clerk-auth-status', 'x-clerk-auth-reason', 'x-clerk-auth-message', 'cache-control', 'access-control-allow-origin',
  'access-control-allow-credentials', 'vary', 'etag', 'last-modified', 'expires', 'cdn-cache-control', 'surrogate-control', 'surrogate-key',
];
export const COMPARED_HEADERS = new Set(['location', 'set-cookie', ...PLAIN_HEADERS]);

/**
 * An answer in the form in which two can be compared.
 *
 * `apiBase` is where the stand-in Backend API listened, which messages quote; `calls` are those that the server made to it, and
 * `fetches` is how often it asked for the keys of an instance of the case's own; `handler` is what the handler was told to do.
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
    // Why our server could not be set up that way.
    configurationError: values('x-parity-configuration-error').map(decodeURIComponent)[0] ?? null,
    calls,
    fetches,
    // The reference's reason, where the handler hides it.
    hiddenReason: values('x-parity-reason')[0] || null,
    handler,
    handlerCookies: countOwn(values('set-cookie'), (handler.headers ?? []).filter(([name]) => name === 'set-cookie')),
  };
}

/** How many of the cookies are the handler's: they come last, if the handler was reached. */
function countOwn(cookies, own) {
  const isOwn = own.length > 0 && isDeepStrictEqual(cookies.slice(-own.length), own.map(([, value]) => value));
  return isOwn ? own.length : 0;
}

/** Whether a body says what the handler was told: not where it has its own status and none comes with one. */
const isTold = (status, handler) => status !== 304 && (status === 200 || status === handler.status);

/** Takes out of a message what changes from run to run. */
export function settle(message, apiBase) {
  return asText(message)
    .replaceAll(apiBase, '{api}')
    .replace(/(?<=\{api\}\/cold)~[^/\s]*/g, '')
    .replace(/Current date: \w{3}, \d{2} \w{3} \d+ \d{2}:\d{2}:\d{2} GMT/g, 'Current date: {now}');
}

/** A header's text. Node writes it in Latin-1, unless a body in UTF-8 goes out with it: then the header is in UTF-8 too. */
function asText(value) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

/** A redirect's target, and its query parameter by parameter: how they are escaped is the servers' business. */
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

/** How often one request may ask for keys that do not come. */
const ATTEMPTS = 5;

/** Where two comparable answers differ: a list of `{ what, reference, ours }`. What an error says is free, and so are fewer fetches. */
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

/** A call to the Backend API; the headers that it passes on, less those that are about the connection. */
function comparableCall(call, isSameRequest) {
  // Another request in its place carries other tokens, and so brings other answers.
  if (!isSameRequest) return { method: call.method, path: call.path, authorization: call.authorization, apiVersion: call.apiVersion };
  if (!call.body?.request_headers) return call;
  const { request_headers: headers, ...body } = call.body;
  // Lines of one name mean the same whether they are joined, as Node does, or listed.
  const joined = Object.entries(headers).map(([name, values]) => [name, values.join(name === 'cookie' ? '; ' : ', ')]);
  const kept = joined.filter(([name]) => name !== 'connection' && !name.startsWith('x-parity-')).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...call, body: { ...body, request_headers: Object.fromEntries(kept) } };
}

/** In a few words, what became of a request. */
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

/** Of an error of ours its code; of the reference's the first words, before what changes from case to case. */
function errorName(error) {
  return parseJson(error).errors?.[0]?.code ?? error.replace(/["'].*|http.*/, '…').slice(0, 80);
}

