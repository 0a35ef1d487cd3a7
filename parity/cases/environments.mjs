// Configurations from environment variables, written correctly and incorrectly.

import { configurations } from './configurations.mjs';

/** The variable of each setting. */
const VARIABLES = {
  publishable_key: 'CLERK_PUBLISHABLE_KEY',
  secret_key: 'CLERK_SECRET_KEY',
  jwt_key: 'CLERK_JWT_KEY',
  machine_secret_key: 'CLERK_MACHINE_SECRET_KEY',
  domain: 'CLERK_DOMAIN',
  is_satellite: 'CLERK_IS_SATELLITE',
  proxy_url: 'CLERK_PROXY_URL',
  sign_in_url: 'CLERK_SIGN_IN_URL',
  sign_up_url: 'CLERK_SIGN_UP_URL',
};

/** The variants whose settings all have a variable. */
const EXPRESSIBLE = ['plain', 'proxy-absolute', 'proxy-relative', 'satellite-domain', 'machine-secret'];

const PAGES = { CLERK_SIGN_IN_URL: '/sign-in?lang=en', CLERK_SIGN_UP_URL: 'https://id.example.com/up' };

/**
 * Changes to the variables of a plain configuration, or of a satellite's. `undefined` removes a variable.
 */
const ODD = {
  plain: {
    'sign-in pages': () => PAGES,
    'all that is not needed set to nothing': () => Object.fromEntries(
      ['CLERK_JWT_KEY', 'CLERK_MACHINE_SECRET_KEY', 'CLERK_DOMAIN', 'CLERK_IS_SATELLITE', 'CLERK_PROXY_URL', 'CLERK_SIGN_IN_URL', 'CLERK_API_VERSION']
        .map(name => [name, '']),
    ),
    'version of the API': () => ({ CLERK_API_VERSION: 'v1' }),
    'no satellite, by a word': () => ({ CLERK_IS_SATELLITE: 'false' }),
    'no satellite, by a number': () => ({ CLERK_IS_SATELLITE: '0' }),
    'keys in quotes': ({ CLERK_SECRET_KEY: key }) => ({ CLERK_SECRET_KEY: `"${key}"` }),
    'secret with a line break': ({ CLERK_SECRET_KEY: key }) => ({ CLERK_SECRET_KEY: `${key}\n` }),
    'publishable key with a line break': ({ CLERK_PUBLISHABLE_KEY: key }) => ({ CLERK_PUBLISHABLE_KEY: `${key}\r\n` }),
    'publishable key under the name of a frontend': ({ CLERK_PUBLISHABLE_KEY: key }) =>
      ({ CLERK_PUBLISHABLE_KEY: undefined, NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: key }),
    'no secret': () => ({ CLERK_SECRET_KEY: undefined }),
    'keys swapped': ({ CLERK_SECRET_KEY, CLERK_PUBLISHABLE_KEY }) =>
      ({ CLERK_SECRET_KEY: CLERK_PUBLISHABLE_KEY, CLERK_PUBLISHABLE_KEY: CLERK_SECRET_KEY }),
    'PEM with written-out line breaks': ({ CLERK_JWT_KEY: pem }) => ({ CLERK_JWT_KEY: pem?.replaceAll('\n', '\\n') }),
    'PEM in quotes with written-out line breaks': ({ CLERK_JWT_KEY: pem }) => ({ CLERK_JWT_KEY: pem && `"${pem.replaceAll('\n', '\\n')}"` }),
    'PEM in one line': ({ CLERK_JWT_KEY: pem }) => ({ CLERK_JWT_KEY: pem?.replace(/-----[^-]+-----|\s/g, '') }),
    'PEM with CRLF': ({ CLERK_JWT_KEY: pem }) => ({ CLERK_JWT_KEY: pem?.replaceAll('\n', '\r\n') }),
  },
  'satellite-domain': {
    'satellite, by a number': () => ({ CLERK_IS_SATELLITE: '1' }),
    'satellite, in capitals': () => ({ CLERK_IS_SATELLITE: 'TRUE' }),
    'domain in capitals': () => ({ CLERK_DOMAIN: 'Satellite.Example.NET' }),
    'satellite, by another word': () => ({ CLERK_IS_SATELLITE: 'yes' }),
  },
};

/**
 * The environments, as configurations with `variables`. A changed one also has the unchanged one as `usual`. `apiBase` is the address of
 * the Backend API.
 */
export function environments(pem, apiBase) {
  const all = configurations(pem);
  const plain = all.filter(({ variant }) => EXPRESSIBLE.includes(variant)).map(entry => ({ ...entry, variables: variablesOf(entry, apiBase) }));
  const odd = plain.flatMap(entry => Object.entries(ODD[entry.variant] ?? {}).map(([name, change]) => oddOne(entry, name, change)));
  const list = [...plain, ...odd.filter(Boolean)];
  list.forEach((entry, index) => { entry.index = index; });
  return list;
}

function variablesOf({ settings, apiInstance }, apiBase) {
  const set = Object.entries(VARIABLES).map(([setting, variable]) => [variable, settings[setting]]);
  const variables = Object.fromEntries(set.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
  return { ...variables, CLERK_API_URL: `${apiBase}/${apiInstance}` };
}

/** The changed configuration, or null if the change has no effect. */
function oddOne(entry, name, change) {
  const changes = Object.entries(change(entry.variables));
  if (changes.every(([variable, value]) => entry.variables[variable] === value)) return null;
  const variables = Object.fromEntries(Object.entries({ ...entry.variables, ...Object.fromEntries(changes) }).filter(([, value]) => value !== undefined));
  return { ...entry, name: `${entry.name}, ${name}`, oddity: name, usual: entry, variables };
}
