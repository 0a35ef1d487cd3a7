// Intended differences about failures of the Backend API: content types, errors, retries, time limits.

import { isHandled } from './answer_parts.mjs';
import { isDecidedWithoutTheHandshake } from './texts.mjs';

const OF_ANOTHER_TYPE = ['with-charset', 'in-another-case', 'as-problem', 'without-type'];

export const BACKEND_FAILURES = [
  {
    name: 'answer-under-another-type',
    rule: 'PROTOCOL 14.25',
    reason: 'The body of an answer counts, whatever its Content-Type; the reference reads JSON only as exactly `application/json`.',
    applies: ({ plan }) => OF_ANOTHER_TYPE.includes(plan.stumble),
    plan: () => ({ stumble: 'none' }),
  },
  {
    name: 'refresh-that-lists-no-cookies',
    rule: 'PROTOCOL 14.25',
    reason: 'A value that is not a list contains no cookies; the reference answers 500.',
    applies: ({ plan }, reference) => plan.refresh === 'cookies-in-a-text' && reference.status === 500,
    accepts: ours => ours['x-clerk-auth-reason'] === 'session-token-expired-refresh-unexpected-sdk-error',
  },
  {
    name: 'nonce-that-nobody-gave-out',
    rule: 'PROTOCOL 14.28',
    reason: 'A nonce that Clerk cannot have issued is rejected as Clerk rejects it, without a call.',
    applies: ({ plan }) => /nonce|both/.test(plan.handshake) && plan.nonce === 'too-long',
    adjusts: answer => ({ ...answer, calls: answer.calls.filter(({ path }) => !path.endsWith('/handshake_payload')) }),
  },
  {
    name: 'secret-key-that-is-refused',
    rule: 'PROTOCOL 14.35',
    reason: 'After Clerk rejects the secret key, the call is not repeated at once: the same key will fail again.',
    applies: ({ plan, request }) => request.cold !== undefined && plan.stumble === 'secret-refused-once',
    accepts: ours => ours['x-clerk-auth-reason'] === 'secret-key-invalid' || ours.error.includes('secret-key-invalid'),
  },
  {
    name: 'call-that-is-made-again',
    rule: 'PROTOCOL 14.36',
    reason: 'If a connection closes before the answer, the call is repeated on a new connection, provided that the call changes nothing.',
    applies: ({ plan }) => /^closed-/.test(plan.stumble),
    adjusts: (answer, _, ours) => (isRepeated(answer.calls, ours.calls) ? { ...answer, calls: ours.calls } : answer),
  },
  {
    name: 'call-that-is-answered-then',
    rule: 'PROTOCOL 14.36',
    reason: 'The same, if the second attempt gets an answer.',
    applies: ({ plan }) => plan.stumble === 'closed-once',
    plan: () => ({ stumble: 'none' }),
    adjusts: (answer, _, ours) => (isRepeated(answer.calls, ours.calls) ? { ...answer, calls: ours.calls } : answer),
  },
  {
    name: 'pause-that-Clerk-asks-for',
    rule: 'PROTOCOL 14.28',
    reason: '"Too many requests" does not tell anything about the visitor: Clerk was unavailable.',
    applies: ({ plan }) => plan.stumble === 'too-many-once',
    accepts: ours => /fetch-error|unexpected-error/.test(ours['x-clerk-auth-reason']),
  },
  {
    name: 'call-that-takes-too-long',
    rule: 'PROTOCOL 14.35',
    reason: 'A call to Clerk ends after four seconds. Without an answer by then, Clerk is unavailable.',
    applies: ({ plan }) => plan.stumble === 'late-by-seconds',
    accepts: (ours, reference, { plan }) => /fetch-error|unexpected-error|jwk-remote-failed-to-load|session-token-missing/.test(ours['x-clerk-auth-reason'])
      || (plan.handshake !== 'none' && isDecidedWithoutTheHandshake(ours, reference)),
  },
];

export const UNSENDABLE_COOKIES = [
  {
    name: 'cookie-that-no-header-can-hold',
    rule: 'PROTOCOL 14.25',
    reason: 'A refresh leaves out a cookie that cannot be written into a header, and sets the others; the reference answers 500.',
    applies: ({ plan }, reference) => /-among-good$/.test(plan.refresh ?? '') && reference.status === 500,
    accepts: ours => isHandled(ours) && ours['set-cookie'].some(cookie => cookie.startsWith('__session')),
  },
];

/** Returns whether the calls are the same, some of them twice in a row. */
function isRepeated(calls, ours) {
  const once = ours.filter((call, at) => at === 0 || call.path !== ours[at - 1].path);
  return once.length === calls.length && once.every((call, at) => call.path === calls[at].path && call.method === calls[at].method);
}
