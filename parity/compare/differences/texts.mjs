// Intended differences about the text of tokens: JSON, JWT encoding, key ids.

import { isSamePage } from './request_parts.mjs';

/** The dimensions that name a kind of session. */
const CARRIERS = ['plainSession', 'suffixedSession', 'headerSession', 'directives'];

const carries = (plan, test) => CARRIERS.some(carrier => test(plan[carrier]));

/** The dimensions whose kind passes the test, with another kind. */
const replaced = (plan, test, kind) =>
  Object.fromEntries(CARRIERS.filter(carrier => test(plan[carrier])).map(carrier => [carrier, kind]));

const isNoJson = kind => ['lone-surrogate', 'number-beyond-doubles', 'nested-140', 'byte-order-mark', 'not-utf-8'].includes(kind);

const isMember = kind => kind === 'kid-named-like-a-member';

const isOtherText = kind => /^(with-crit|with-empty-crit|padded|m2m-padded|trailing-equals)$/.test(kind);

export const TEXTS = [
  {
    name: 'method-that-fetch-does-not-know',
    rule: 'PROTOCOL 14.23',
    reason: 'A `TRACE` request is authenticated like any other request; the reference answers 400.',
    applies: ({ plan }) => plan.method === 'TRACE',
    plan: () => ({ method: 'PUT' }),
  },
  {
    name: 'directive-with-another-text',
    rule: 'PROTOCOL 14.21',
    reason: 'A token with padding or critical extensions is rejected wherever it comes from, also in a handshake.',
    applies: ({ plan }) => plan.handshake !== 'none' && isOtherText(plan.directives),
    plan: () => ({ directives: 'undecodable' }),
    accepts: isDecidedWithoutTheHandshake,
  },
  {
    name: 'handshake-with-critical-extensions',
    rule: 'PROTOCOL 14.22',
    reason: 'The same, for the handshake token itself.',
    applies: ({ plan }) => plan.handshake !== 'none' && plan.handshakeToken === 'with-crit',
    plan: () => ({ handshakeToken: 'undecodable' }),
  },
  {
    name: 'token-that-is-no-json',
    rule: 'PROTOCOL 14.41',
    reason: 'Claims are JSON of Unicode text (RFC 8259): no lone surrogates, no byte order mark, no number beyond all doubles.',
    applies: ({ plan }) => carries(plan, isNoJson),
    plan: plan => replaced(plan, isNoJson, 'undecodable'),
    accepts: (ours, reference, { plan }) => plan.handshake !== 'none' && isNoJson(plan.directives) && isDecidedWithoutTheHandshake(ours, reference),
  },
  {
    name: 'key-id-that-is-no-text',
    rule: 'PROTOCOL 14.8',
    reason: 'A key id that is not a text identifies no key.',
    applies: ({ plan }) => carries(plan, kind => kind === 'kid-a-number' || kind === 'kid-null'),
    adjusts: answer => ({ ...answer, 'x-clerk-auth-message': answer['x-clerk-auth-message']?.replace(/kid='(7|null)'/, "kid='undefined'") ?? null }),
  },
  {
    name: 'key-id-that-names-a-member-of-every-object',
    rule: 'PROTOCOL 6',
    reason: 'A key id that no key has is a mismatch, even if every JavaScript object has a member of that name.',
    applies: ({ plan }) => carries(plan, isMember),
    plan: plan => replaced(plan, isMember, 'another-wrong-kid'),
    edit: text => text.replaceAll('ins_nowhere', '__proto__'),
  },
  {
    name: 'claim-that-serde-json-reads-otherwise',
    rule: 'PROTOCOL 14.41',
    reason: 'With the feature `serde_json/raw_value`, the value of a member with a certain name is read as JSON.',
    applies: ({ plan }) => carries(plan, kind => kind === 'claim-of-raw-json'),
    adjusts: answer => JSON.parse(JSON.stringify(answer).replaceAll('{"$serde_json::private::RawValue":"1"}', '1')),
  },
  {
    name: 'date-before-1970',
    rule: 'PROTOCOL 14.10',
    reason: 'In messages, a date outside the years 1970 to 9999 is `Invalid Date`.',
    applies: ({ plan }) => carries(plan, kind => kind === 'exp-negative'),
    adjusts: answer => JSON.parse(JSON.stringify(answer).replaceAll('Wed, 31 Dec 1969 23:59:59 GMT', 'Invalid Date')),
  },
  {
    name: 'subject-that-is-empty',
    rule: 'PROTOCOL 14.10',
    reason: 'A subject is never empty.',
    applies: ({ plan }) => carries(plan, kind => kind === 'sub-empty'),
    plan: plan => replaced(plan, kind => kind === 'sub-empty', 'no-sub'),
    edit: text => text.replaceAll('Received undefined', 'Received ""'),
  },
];

/** The answer to another request, with our redirect's return address and, for another plan, our tokens. */
export function withOwnOf(answer, ours, { isOfAnotherPlan }) {
  if (!answer.location || !ours.location) return answer;
  const parameters = answer.location.parameters.map(([name, value]) => {
    const own = ours.location.parameters.find(([other]) => other === name)?.[1];
    const isOwn = own !== undefined && ((name === '__session' && isOfAnotherPlan) || (name === 'redirect_url' && isSamePage(value, own)));
    return [name, isOwn ? own : value];
  });
  return { ...answer, location: { ...answer.location, parameters } };
}

/** Returns whether our answer sets no cookie from the handshake. */
export function isDecidedWithoutTheHandshake(ours, reference) {
  const isBrought = cookie => !cookie.startsWith('__clerk_redirect_count=') && reference['set-cookie'].includes(cookie);
  return !ours['set-cookie'].slice(0, ours['set-cookie'].length - ours.handlerCookies).some(isBrought);
}
