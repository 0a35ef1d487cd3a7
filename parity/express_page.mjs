// Compares docs/express.md with the reference: its options, the members of its auth objects, its environment variables.

import { readFileSync, readdirSync } from 'node:fs';

const MODULES = new URL('./node_modules/@clerk/', import.meta.url);
const page = readFileSync(new URL('../docs/express.md', import.meta.url), 'utf8');

const read = (path) => readFileSync(new URL(path, MODULES), 'utf8');
const withoutComments = (text) => text.replace(/\/\*[^]*?\*\//g, '');

/** The members of a type in a file of declarations. Those of nested objects count too. */
function members(path, type) {
  const text = withoutComments(read(path));
  const start = text.search(new RegExp(`(type|interface) ${type}\\b`));
  if (start < 0) throw new Error(`${path} has no type ${type}: has the reference moved it?`);
  const body = text.slice(start, text.slice(start).search(/\n(export|declare|type|interface|\/\/#)|$(?![\s\S])/) + start);
  return [...body.matchAll(/^\s+(\w+)\??:/gm)].map(([, name]) => name);
}

/** The declarations of a chunk whose name has a hash. */
function chunk(prefix) {
  const name = readdirSync(new URL('express/dist/', MODULES)).find((name) => name.startsWith(prefix) && name.endsWith('.d.ts'));
  return `express/dist/${name}`;
}

const OPTIONS = [
  [chunk('types-'), 'ClerkMiddlewareOptions'],
  [chunk('types-'), 'FrontendApiProxyOptions'],
  ['backend/dist/tokens/types.d.ts', 'AuthenticateRequestOptions'],
  ['backend/dist/tokens/types.d.ts', 'OrganizationSyncOptions'],
  ['backend/dist/tokens/types.d.ts', 'AuthOptions'],
  ['backend/dist/tokens/verify.d.ts', 'VerifyTokenOptions'],
  ['backend/dist/tokens/keys.d.ts', 'LoadClerkJWKFromRemoteOptions'],
  ['backend/dist/jwt/verifyJwt.d.ts', 'VerifyJwtOptions'],
  ['backend/dist/api/request.d.ts', 'BuildRequestOptions'],
  ['backend/dist/index.d.ts', 'ClerkOptions'],
  ['backend/dist/webhooks.d.ts', 'VerifyWebhookOptions'],
  ['shared/dist/types/ssr.d.ts', 'ServerGetTokenOptions'],
  ['shared/dist/types/authObject.d.ts', 'SharedSignedInAuthObjectProperties'],
  ['backend/dist/tokens/authObjects.d.ts', 'SignedInAuthObject'],
  ['backend/dist/tokens/authObjects.d.ts', 'MachineObjectExtendedProperties'],
  ['backend/dist/tokens/authObjects.d.ts', 'AuthenticatedMachineObject'],
];

// Names of types' parameters, and options that the reference passes to itself and marks as internal.
const NOT_FOR_USERS = new Set(['kid', 'key', 'skipApiVersionInUrl', 'useMachineSecretKey', 'api_key', 'm2m_token', 'oauth_token']);

const names = new Set();
for (const [path, type] of OPTIONS) {
  const found = members(path, type);
  if (found.length === 0 && !['AuthOptions'].includes(type)) throw new Error(`${type} in ${path} has no members`);
  found.filter((name) => !NOT_FOR_USERS.has(name)).forEach((name) => names.add(name));
}

const variables = new Set();
for (const folder of ['express/dist/', 'backend/dist/']) {
  for (const file of readdirSync(new URL(folder, MODULES)).filter((file) => file.endsWith('.js'))) {
    for (const [variable] of read(folder + file).matchAll(/(?<=env\??\.|getEnvVariable\)\(")(CLERK_[A-Z_]+|NODE_ENV)/g)) {
      variables.add(variable);
    }
  }
}

const isThere = (name) => new RegExp(`\\b${name}\\b`).test(page);
const missing = [...names, ...variables].filter((name) => !isThere(name));
console.log(`${names.size} options and members, ${variables.size} variables; not in docs/express.md: ${missing.join(', ') || 'none'}`);
if (names.size < 50 || variables.size < 15) throw new Error('too few were found: has the reference changed its form?');
process.exit(missing.length === 0 ? 0 : 1);
