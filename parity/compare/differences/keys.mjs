// Intended differences about signing keys.

/** Keys that count for nothing, by the name of the set that has no other. */
const FOR_NOTHING = [
  'use-null', 'use-of-encryption', 'use-a-number', 'alg-null', 'alg-a-number', 'alg-es256', 'alg-empty', 'key-ops-sign', 'key-ops-empty',
  'key-ops-a-text', 'key-ops-null', 'kty-lower-case', 'kty-missing', 'e-padded', 'weak-key',
];

export const KEYS = [
  {
    name: 'key-that-is-none',
    rule: 'PROTOCOL 14.16',
    reason: 'A key whose numbers or members are not those of a key that checks RSA signatures is as if it were not there.',
    applies: ({ request, plan }) => request.cold && FOR_NOTHING.includes(plan.keys),
    plan: () => ({ keys: 'no-keys' }),
  },
  {
    name: 'keys-beside-null',
    rule: 'PROTOCOL 14.16',
    reason: 'What is no key among the keys is as if it were not there; the reference trips over `null`, and finds a key without an id.',
    applies: ({ request, plan }) => request.cold && ['after-null', 'among-junk'].includes(plan.keys),
    plan: () => ({ keys: 'main' }),
  },
];
