// The key sets of instances. Most of those for a single case are unusual, but contain the right key.

import { errorBody } from './backend_answers.mjs';
import { KEY_ID } from './signing.mjs';

/** The key sets of the shared instances, by name. */
export function sharedKeySets(mint) {
  return {
    good: [200, { keys: [mint.jwk('main')] }],
    // Another instance's key under the same id. A cache with only the id as its key would confuse them.
    other: [200, { keys: [mint.jwk('stranger')] }],
    'without-alg': [200, { keys: [mint.jwk('main', {})] }],
    empty: [200, { keys: [] }],
    down: [500, errorBody('internal_error')],
    refused: [401, errorBody('clerk_key_invalid')],
    html: [502, '<html>Bad gateway</html>'],
  };
}

const ODD_MEMBERS = {
  'use-null': { use: null },
  'use-of-encryption': { use: 'enc' },
  'use-a-number': { use: 7 },
  'no-use': { use: undefined },
  'alg-null': { alg: null },
  'alg-a-number': { alg: 7 },
  'alg-rs512': { alg: 'RS512' },
  'alg-rs384': { alg: 'RS384' },
  'alg-es256': { alg: 'ES256' },
  'alg-empty': { alg: '' },
  'key-ops-verify': { key_ops: ['verify'] },
  'key-ops-sign': { key_ops: ['sign'] },
  'key-ops-empty': { key_ops: [] },
  'key-ops-a-text': { key_ops: 'verify' },
  'key-ops-null': { key_ops: null },
  'ext-false': { ext: false },
  'ext-a-text': { ext: 'no' },
  'kty-lower-case': { kty: 'rsa' },
  'kty-missing': { kty: undefined },
  'e-padded': { e: 'AQAB=' },
  'e-with-leading-zero': { e: 'AAEAAQ' },
  'certificate-chain': { x5c: ['MIIB'], x5t: 'x' },
  'more-members': { nbf: 1, exp: 2, iss: 'x', x: null },
};

const JUNK = [null, 7, 'key', [], {}, { kid: 7 }, { kid: KEY_ID }];

const odd = (mint, members) => {
  const key = mint.jwk('main');
  return { ...key, ...members };
};

const stranger = (mint, kid) => ({ ...mint.jwk('stranger'), kid });

/** Key sets for a single case: the whole body of the answer. */
const SETS = {
  main: mint => ({ keys: [mint.jwk('main')] }),
  ...Object.fromEntries(Object.entries(ODD_MEMBERS).map(([name, members]) => [name, mint => ({ keys: [odd(mint, members)] })])),
  'n-with-leading-zero': mint => {
    const key = mint.jwk('main');
    return { keys: [{ ...key, n: Buffer.concat([Buffer.from([0]), Buffer.from(key.n, 'base64url')]).toString('base64url') }] };
  },
  'among-junk': mint => ({ keys: [...JUNK.slice(3), mint.jwk('main')] }),
  'after-null': mint => ({ keys: [null, mint.jwk('main')] }),
  'among-others': mint => ({ keys: [stranger(mint, 'ins_a'), { kty: 'EC', kid: 'ins_b', crv: 'P-256', x: 'x', y: 'y' }, mint.jwk('main')] }),
  'last-of-150': mint => ({ keys: [...Array.from({ length: 149 }, (_, at) => stranger(mint, `ins_${at}`)), mint.jwk('main')] }),
  'same-id-twice-good-last': mint => ({ keys: [stranger(mint, KEY_ID), mint.jwk('main')] }),
  'same-id-twice-good-first': mint => ({ keys: [mint.jwk('main'), stranger(mint, KEY_ID)] }),
  'keys-missing': () => ({}),
  'keys-null': () => ({ keys: null }),
  'keys-an-object': mint => ({ keys: { [KEY_ID]: mint.jwk('main') } }),
  'a-list': mint => [mint.jwk('main')],
  'weak-key': mint => ({ keys: [mint.jwk('weak')] }),
  stranger: mint => ({ keys: [mint.jwk('stranger')] }),
  'of-another-id': mint => ({ keys: [stranger(mint, 'ins_elsewhere')] }),
  both: mint => ({ keys: [mint.jwk('main'), stranger(mint, 'ins_rotated')] }),
  'no-keys': () => ({ keys: [] }),
};

export const KEY_SET_NAMES = Object.keys(SETS);

export function keySet(mint, name) {
  return SETS[name](mint);
}

/** Key sets for which the reference tries five times, for seconds. */
export const SLOW_KEY_SETS = ['keys-missing', 'keys-null', 'keys-an-object', 'a-list', 'no-keys', 'after-null'];
