// Intended differences about a Backend API that stumbles.

import { isDecidedWithoutTheHandshake } from './texts.mjs';

const OF_ANOTHER_TYPE = ['with-charset', 'in-another-case', 'as-problem', 'without-type'];

export const BACKEND_FAILURES = [
  {
    name: 'answer-under-another-type',
    rule: 'PROTOCOL 14.25',
    reason: 'An answer is what it says, whatever its Content-Type; the reference reads JSON under exactly `application/json`.',
    applies: ({ plan }) => OF_ANOTHER_TYPE.includes(plan.stumble),
    plan: () => ({ stumble: 'none' }),
  },
  {
    name: 'refresh-that-lists-no-cookies',
    rule: 'PROTOCOL 14.25',
    reason: 'Cookies that are no list are none; the reference answers 500.',
    applies: ({ plan }, reference) => plan.refresh === 'cookies-in-a-text' && reference.status === 500,
    accepts: ours => ours['x-clerk-auth-reason'] === 'session-token-expired-refresh-unexpected-sdk-error',
  },
  {
    name: 'nonce-that-nobody-gave-out',
    rule: 'PROTOCOL 14.28',
    reason: 'What Clerk cannot have given out is refused as Clerk refuses it, without a call.',
    applies: ({ plan }) => /nonce|both/.test(plan.handshake) && plan.nonce === 'too-long',
    adjusts: answer => ({ ...answer, calls: answer.calls.filter(({ path }) => !path.endsWith('/handshake_payload')) }),
  },
  {
    name: 'secret-key-that-is-refused',
    rule: 'PROTOCOL 14.35',
    reason: 'A secret key that Clerk does not know is not asked about again at once: that will not pass by itself.',
    applies: ({ plan, request }) => request.cold !== undefined && plan.stumble === 'secret-refused-once',
    accepts: ours => ours['x-clerk-auth-reason'] === 'secret-key-invalid' || ours.error.includes('secret-key-invalid'),
  },
  {
    name: 'call-that-is-made-again',
    rule: 'PROTOCOL 14.36',
    reason: 'A call whose connection ends before an answer is made again on a new one, if that changes nothing.',
    applies: ({ plan }) => /^closed-/.test(plan.stumble),
    adjusts: (answer, _, ours) => (isRepeated(answer.calls, ours.calls) ? { ...answer, calls: ours.calls } : answer),
  },
  {
    name: 'call-that-is-answered-then',
    rule: 'PROTOCOL 14.36',
    reason: 'The same, where the second attempt is answered.',
    applies: ({ plan }) => plan.stumble === 'closed-once',
    plan: () => ({ stumble: 'none' }),
    adjusts: (answer, _, ours) => (isRepeated(answer.calls, ours.calls) ? { ...answer, calls: ours.calls } : answer),
  },
  {
    name: 'pause-that-Clerk-asks-for',
    rule: 'PROTOCOL 14.28',
    reason: 'Too many requests say nothing of the visitor: Clerk could not be asked.',
    applies: ({ plan }) => plan.stumble === 'too-many-once',
    accepts: ours => /fetch-error|unexpected-error/.test(ours['x-clerk-auth-reason']),
  },
  {
    name: 'call-that-takes-too-long',
    rule: 'PROTOCOL 14.35',
    reason: 'A call to Clerk ends after four seconds; what has not been answered by then is unavailable.',
    applies: ({ plan }) => plan.stumble === 'late-by-seconds',
    accepts: (ours, reference, { plan }) => /fetch-error|unexpected-error|jwk-remote-failed-to-load|session-token-missing/.test(ours['x-clerk-auth-reason'])
      || (plan.handshake !== 'none' && isDecidedWithoutTheHandshake(ours, reference)),
  },
];

/** Whether the calls are the same ones, some of them made twice in a row. */
function isRepeated(calls, ours) {
  const once = ours.filter((call, at) => at === 0 || call.path !== ours[at - 1].path);
  return once.length === calls.length && once.every((call, at) => call.path === calls[at].path && call.method === calls[at].method);
}
