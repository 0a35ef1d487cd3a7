// The configurations of both servers. Each gets a middleware.

import { createHash } from 'node:crypto';

/** The machine secret key of the configurations that have one. */
export const MACHINE_SECRET_KEY = 'ak_parity_machine';

const INSTANCES = {
  development: { frontendApi: 'clean-mink-42.clerk.accounts.dev', portal: 'clean-mink-42.accounts.dev', prefix: 'test' },
  production: { frontendApi: 'clerk.example.com', portal: 'accounts.example.com', prefix: 'live' },
};

/** The sign-in page of the primary application. The satellites of a development instance need it. */
export const PRIMARY_SIGN_IN = 'https://primary.example.com/sign-in';

const SATELLITE = { is_satellite: true, sign_in_url: PRIMARY_SIGN_IN };
const BY_SLUG = { organization_patterns: ['/orgs/:slug', '/orgs/:slug/(.*)'] };
const BY_ID = { organization_patterns: ['/organizations/:id', '/organizations/:id/(.*)'] };
const PERSONAL = { personal_account_patterns: ['/me', '/me/(.*)'] };

/** Settings beside the keys. Each variant exists for both types of instance and both sources of keys. */
const VARIANTS = {
  plain: {},
  parties: { authorized_parties: ['https://app.example.com', 'http://localhost:3000', 'https://satellite.example.net'] },
  audience: { audience: ['https://api.example.com', 'web'] },
  issuer: { issuer: ['https://clerk.example.com', 'https://clean-mink-42.clerk.accounts.dev', 'clerk.example.com'] },
  'no-skew': { clock_skew_ms: 0 },
  'hour-of-skew': { clock_skew_ms: 3_600_000 },
  'organizations-by-slug': { ...BY_SLUG, ...PERSONAL },
  'organizations-by-id': { ...BY_ID, ...PERSONAL },
  'organizations-by-any': {
    organization_patterns: ['/orgs/:slug', '/orgs/:slug/(.*)', '/organizations/:id/(.*)', '/tenant-:slug', '/(.*)/team/:id'],
    personal_account_patterns: ['/me', '/orgs/(.*)'],
  },
  'personal-account': PERSONAL,
  'proxy-absolute': { proxy_url: 'https://app.example.com/__clerk' },
  'proxy-with-slash': { proxy_url: 'https://app.example.com/__clerk/' },
  'proxy-relative': { proxy_url: '/__clerk' },
  'satellite-domain': { ...SATELLITE, domain: 'satellite.example.net' },
  'satellite-auto-sync': { ...SATELLITE, domain: 'satellite.example.net', satellite_auto_sync: true },
  'satellite-proxy': { ...SATELLITE, proxy_url: 'https://satellite.example.net/__clerk', satellite_auto_sync: false },
  'satellite-relative-proxy': { ...SATELLITE, proxy_url: '/__clerk', satellite_auto_sync: true },
  'satellite-organizations': { ...SATELLITE, ...BY_SLUG, ...PERSONAL, domain: 'satellite.example.net' },
  'machine-secret': { machine_secret_key: MACHINE_SECRET_KEY },
  'machine-secret-and-audience': { machine_secret_key: MACHINE_SECRET_KEY, audience: ['web'] },
  'everything-about-tokens': { authorized_parties: ['https://app.example.com'], audience: ['web'], clock_skew_ms: 10_000 },
};

/** Instances of the stand-in Backend API other than `good`, for configurations that fetch their keys. */
const OTHER_KEY_SETS = ['other', 'without-alg', 'empty', 'down', 'refused', 'html'];

/** Key sets that cannot be loaded. They are rare, because the reference retries for seconds. */
const FAILING_KEY_SETS = new Set(['empty', 'down', 'refused', 'html']);

/**
 * All configurations, in an order that does not depend on the seed.
 *
 * `name`, `type`, `source`, `variant` and `apiInstance` describe a configuration to the generator. `settings` go to the servers;
 * `settingsFor` adds `api_url` when the port of the stand-in Backend API is known.
 */
export function configurations(pem) {
  const list = [];
  for (const type of Object.keys(INSTANCES)) {
    for (const source of ['pem', 'jwks']) {
      for (const [variant, settings] of Object.entries(VARIANTS)) {
        list.push(configuration({ type, source, variant, settings, apiInstance: 'good', pem }));
      }
    }
    for (const apiInstance of OTHER_KEY_SETS) {
      list.push(configuration({ type, source: 'jwks', variant: `keys-${apiInstance}`, settings: {}, apiInstance, pem }));
    }
  }
  return list.map((entry, index) => ({ ...entry, index }));
}

function configuration({ type, source, variant, settings, apiInstance, pem }) {
  const { frontendApi, portal, prefix } = INSTANCES[type];
  const publishableKey = `pk_${prefix}_${Buffer.from(`${frontendApi}$`).toString('base64')}`;
  return {
    name: `${type === 'production' ? 'live' : 'dev'}/${source}/${variant}`,
    type,
    source,
    variant,
    apiInstance,
    frontendApi,
    portal,
    suffix: cookieSuffix(publishableKey),
    isFailing: FAILING_KEY_SETS.has(apiInstance),
    settings: {
      publishable_key: publishableKey,
      secret_key: `sk_${prefix}_parity`,
      ...(source === 'pem' ? { jwt_key: pem } : {}),
      ...settings,
    },
  };
}

/** The suffix that Clerk appends to the names of an instance's cookies. */
function cookieSuffix(publishableKey) {
  return createHash('sha1').update(publishableKey).digest('base64url').slice(0, 8);
}

/** The settings for a server, with the address of the Backend API. */
export function settingsFor(configuration, apiBase) {
  return { ...configuration.settings, api_url: `${apiBase}/${configuration.apiInstance}` };
}
