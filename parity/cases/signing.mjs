// Signing keys, and JWTs signed with them.

import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

const SIGNING = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' };

export const CATEGORY = {
  session: 'cl_B7d4PD111AAA',
  template: 'cl_B7d4PD222AAA',
  m2m: 'cl_B7d4PD333AAA',
  ignore: 'cl_I7d4PD111III',
  unknown: 'cl_B7d4PD999AAA',
};

/** The instance's key id. Another key set uses the same id, to test that keys of different instances are not confused. */
export const KEY_ID = 'ins_parity';

const base64url = value => Buffer.from(value).toString('base64url');

/**
 * Signs tokens with one of three keys: the instance's (`main`), another one (`stranger`), and one that is shorter than the minimum for
 * RSA (`weak`).
 */
export class Mint {
  #keys = {
    main: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    stranger: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    weak: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
  };
  #minted = new Map();

  get pem() {
    return createPublicKey(this.#keys.main).export({ type: 'spki', format: 'pem' });
  }

  jwk(key, members = { alg: 'RS256' }) {
    return { use: 'sig', kid: KEY_ID, ...members, ...createPublicKey(this.#keys[key]).export({ format: 'jwk' }) };
  }

  /**
   * Returns a signed token. `header` and `payload` are JSON values; strings and bytes are used as the text itself.
   * Tokens are cached, because signing takes most of the time of generating a case.
   */
  mint({ header, payload, key = 'main', alg = 'RS256' }) {
    const signed = [header, payload].map(part => base64url(typeof part === 'string' || Buffer.isBuffer(part) ? part : JSON.stringify(part))).join('.');
    const id = `${key} ${alg} ${signed}`;
    let token = this.#minted.get(id);
    if (!token) {
      token = `${signed}.${sign(SIGNING[alg], Buffer.from(signed), this.#keys[key]).toString('base64url')}`;
      this.#minted.set(id, token);
    }
    return token;
  }
}
