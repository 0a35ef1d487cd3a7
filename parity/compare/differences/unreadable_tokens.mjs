// Intended differences about tokens that cannot be decoded: null parts, padding, critical extensions.

import { replaceInHeaders, unescaped } from './request_parts.mjs';

export const UNREADABLE_TOKENS = [
  {
    name: 'token-with-a-null-part',
    rule: 'PROTOCOL 14.5',
    reason: 'A token whose header or payload is `null` cannot be decoded; the reference fails on it.',
    applies: ({ request }) => nullTokens(request).length > 0,
    as: request => nullTokens(request).reduce((changed, token) => replaceInHeaders(changed, token, UNDECODABLE), request),
    // Other entries insert undecodable texts that end in a number.
    edit: (text, request) => text.replace(/not\.base64!\.atall(?!\d)/g, () => decodeURIComponent(nullTokens(request)[0])),
  },
  {
    name: 'token-with-another-text',
    rule: 'PROTOCOL 14.21',
    reason: 'A padded token cannot be decoded (RFC 7515, section 2); the reference drops the padding.',
    applies: ({ request }) => tokensOf(request, isPadded).length > 0,
    as: request => withUndecodable(request, isPadded),
    edit: (text, request) => withTokens(text, request, isPadded),
  },
  {
    name: 'token-with-critical-extensions',
    rule: 'PROTOCOL 14.22',
    reason: 'A token whose header has `crit` is rejected (RFC 7515, section 4.1.11); the reference ignores it.',
    applies: ({ request }) => tokensOf(request, isCritical).length > 0,
    as: request => withUndecodable(request, isCritical),
    edit: (text, request) => withTokens(text, request, isCritical)
      .replace('Invalid JWT form. The header, payload, or signature could not be decoded. (', `${CRITICAL} (`),
    // If several tokens cannot be decoded, our message may be about another one of them.
    adjusts: (answer, _, ours) => {
      const [told, critical] = [ours, answer].map(side => side['x-clerk-auth-message'] ?? '');
      return told.includes(UNDECODABLE_MESSAGE) ? { ...answer, 'x-clerk-auth-message': critical.replace(CRITICAL, UNDECODABLE_MESSAGE) || null } : answer;
    },
  },
];

const UNDECODABLE = 'not.base64!.atall';

/** The tokens in a request's headers of which a part is `null`. */
function nullTokens({ headers }) {
  const encodedNull = Buffer.from('null').toString('base64url');
  const [part, dot] = ['[\\w-]+', '(?:\\.|%2E)'];
  const token = new RegExp(`${part}${dot}${encodedNull}${dot}${part}|\\b${encodedNull}${dot}${part}${dot}${part}`, 'g');
  return headers.flatMap(([, value]) => value.match(token) ?? []);
}

const CRITICAL =
  'The JWT header parameter "crit" lists extensions that have to be understood, and none are. Make sure that this is a valid Clerk-generated JWT.';

const UNDECODABLE_MESSAGE = 'Invalid JWT form. The header, payload, or signature could not be decoded.';

/** A possible token in a header: three parts, with or without padding, with escapes as in cookies. */
const TOKEN = /(?<![\w-])(?!__)[\w-]{8,}(?:=|%3D)*(?:\.|%2E)[\w-]+(?:=|%3D)*(?:\.|%2E)[\w-]*(?:=|%3D)*/g;

const isPadded = token => token.includes('=');

function isCritical(token) {
  try {
    return Object.hasOwn(JSON.parse(Buffer.from(token.split('.')[0], 'base64url')), 'crit');
  } catch {
    return false;
  }
}

/** The tokens in a request's headers that pass the test, each once. */
function tokensOf({ headers }, test) {
  const texts = headers.flatMap(([, value]) => value.match(TOKEN) ?? []);
  return [...new Set(texts.filter(text => test(unescaped(text))))];
}

const undecodable = index => `not.base64!.atall${index}`;

/** The request, in which an undecodable text replaces each token that passes the test. */
const withUndecodable = (request, test) =>
  tokensOf(request, test).reduce((changed, token, index) => replaceInHeaders(changed, token, undecodable(index)), request);

/** Reverses `withUndecodable` in a text from an answer. */
const withTokens = (text, request, test) =>
  tokensOf(request, test).reduce((changed, token, index) => changed.replaceAll(undecodable(index), unescaped(token)), text);
