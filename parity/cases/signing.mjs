// Keys, and JWTs signed with them.

import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

const SIGNING = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' };

export const CATEGORY = {
  session: 'cl_B7d4PD111AAA',
  template: 'cl_B7d4PD222AAA',
  m2m: 'cl_B7d4PD333AAA',
  ignore: 'cl_I7d4PD111III',
  unknown: 'cl_B7d4PD999AAA',
};

/** The key id of the instance; another key set uses the same one, for keys must never be mixed up by it. */
export const KEY_ID = 'ins_parity';

const base64url = value => Buffer.from(value).toString('base64url');

/**
 * Mints tokens with one of three keys: the instance's (`main`), one that it does not have (`stranger`), and one that is shorter
 * than RSA keys may be (`weak`).
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
   * A signed token. `header` and `payload` may be any JSON, or strings or bytes, which are then taken as the text itself.
   * Tokens are remembered, since signing is what costs the most in making a case.
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
