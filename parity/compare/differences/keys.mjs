// Intended differences about signing keys.

/** Key sets whose only key is ignored. */
const FOR_NOTHING = [
  'use-null', 'use-of-encryption', 'use-a-number', 'alg-null', 'alg-a-number', 'alg-es256', 'alg-empty', 'key-ops-sign', 'key-ops-empty',
  'key-ops-a-text', 'key-ops-null', 'kty-lower-case', 'kty-missing', 'e-padded', 'weak-key',
];

export const KEYS = [
  {
    name: 'key-that-is-none',
    rule: 'PROTOCOL 14.16',
    reason: 'A key that is not an RSA key for signatures, by its numbers or members, is ignored.',
    applies: ({ request, plan }) => request.cold && FOR_NOTHING.includes(plan.keys),
    plan: () => ({ keys: 'no-keys' }),
  },
  {
    name: 'keys-beside-null',
    rule: 'PROTOCOL 14.16',
    reason: 'Entries that are not keys are ignored; the reference fails on `null`, and finds a key without an id.',
    applies: ({ request, plan }) => request.cold && ['after-null', 'among-junk'].includes(plan.keys),
    plan: () => ({ keys: 'main' }),
  },
];
