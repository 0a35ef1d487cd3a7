// Unusual and invalid settings: pages with queries and fragments, badly copied keys, invalid domains, path patterns.
//
// Each overrides settings of a configuration. `null` removes a setting.

import { MACHINE_SECRET_KEY } from './configurations.mjs';

const body = pem => pem.replace(/-----[^-]+-----|\s/g, '');

/** The changes, as functions of a configuration's settings. */
const SETTINGS = {
  none: () => ({}),

  // Pages
  'sign-in-elsewhere': () => ({ sign_in_url: 'https://id.example.com' }),
  'sign-in-elsewhere-with-slash': () => ({ sign_in_url: 'https://id.example.com/' }),
  'sign-in-path': () => ({ sign_in_url: '/sign-in' }),
  'sign-in-path-with-slash': () => ({ sign_in_url: '/sign-in/' }),
  'sign-in-with-query': () => ({ sign_in_url: '/sign-in?lang=en' }),
  'sign-in-elsewhere-with-query-and-fragment': () => ({ sign_in_url: 'https://id.example.com/in?x=1&y=a+b#top' }),
  'sign-in-in-a-hash-route': () => ({ sign_in_url: '/#/sign-in' }),
  'sign-in-in-a-hash-route-elsewhere': () => ({ sign_in_url: 'https://id.example.com/app#/sign-in?lang=en' }),
  'sign-in-on-the-same-page': () => ({ sign_in_url: 'https://app.example.com/dashboard' }),
  'sign-in-with-return-address': () => ({ sign_in_url: '/sign-in?redirect_url=%2Fhome' }),
  'sign-up-elsewhere': () => ({ sign_up_url: 'https://id.example.com/up?plan=a#x' }),
  'sign-up-path': () => ({ sign_in_url: '/sign-in', sign_up_url: '/sign-up/' }),
  'sign-up-in-a-hash-route': () => ({ sign_up_url: '/#/sign-up' }),

  // Copies of the PEM
  'pem-with-escaped-newlines': ({ jwt_key }) => ({ jwt_key: jwt_key?.trim().replaceAll('\n', '\\n') }),
  'pem-with-escaped-newlines-to-the-end': ({ jwt_key }) => ({ jwt_key: jwt_key?.replaceAll('\n', '\\n') }),
  'pem-with-crlf': ({ jwt_key }) => ({ jwt_key: jwt_key?.replaceAll('\n', '\r\n') }),
  'pem-in-quotes': ({ jwt_key }) => ({ jwt_key: jwt_key && `"${jwt_key.trim()}"` }),
  'pem-with-bom': ({ jwt_key }) => ({ jwt_key: jwt_key && `\ufeff${jwt_key}` }),
  'pem-without-its-lines': ({ jwt_key }) => ({ jwt_key: jwt_key && body(jwt_key) }),
  'pem-in-one-line': ({ jwt_key }) => ({ jwt_key: jwt_key && jwt_key.replaceAll('\n', '') }),
  'pem-in-one-line-with-spaces': ({ jwt_key }) => ({ jwt_key: jwt_key && jwt_key.trim().replaceAll('\n', ' ') }),
  'pem-indented': ({ jwt_key }) => ({ jwt_key: jwt_key && jwt_key.replaceAll('\n', '\n    ') }),
  'pem-cut-short': ({ jwt_key }) => ({ jwt_key: jwt_key && `${jwt_key.slice(0, 120)}\n-----END PUBLIC KEY-----` }),
  'pem-that-is-none': ({ jwt_key }) => ({ jwt_key: jwt_key && 'hello' }),

  // Keys
  'secret-in-quotes': ({ secret_key }) => ({ secret_key: `"${secret_key}"` }),
  'secret-with-white-space': ({ secret_key }) => ({ secret_key: ` ${secret_key}\n` }),
  'secret-with-semicolon': ({ secret_key }) => ({ secret_key: `${secret_key};` }),
  'secret-elided': () => ({ secret_key: 'sk_live_...' }),
  'secret-missing': () => ({ secret_key: null }),
  'publishable-in-quotes': ({ publishable_key }) => ({ publishable_key: `'${publishable_key}'` }),
  'publishable-with-white-space': ({ publishable_key }) => ({ publishable_key: `${publishable_key} ` }),
  'publishable-with-bom': ({ publishable_key }) => ({ publishable_key: `\ufeff${publishable_key}` }),
  'publishable-missing': () => ({ publishable_key: null }),
  'publishable-without-padding': ({ publishable_key }) => ({ publishable_key: publishable_key.replace(/=+$/, '') }),
  'publishable-without-dollar': ({ publishable_key }) => ({
    publishable_key: publishable_key.replace(/_[^_]+$/, `_${Buffer.from('clerk.example.com').toString('base64')}`),
  }),
  'keys-swapped': ({ secret_key, publishable_key }) => ({ secret_key: publishable_key, publishable_key: secret_key }),
  'keys-of-two-types': ({ secret_key }) => ({
    secret_key: secret_key.includes('live') ? 'sk_test_parity' : 'sk_live_parity',
  }),
  'machine-secret-of-another-kind': () => ({ machine_secret_key: 'sk_test_parity' }),
  'machine-secret': () => ({ machine_secret_key: MACHINE_SECRET_KEY }),

  // Authorized parties, audiences and issuers: values that are not web origins, or not in the usual form
  'party-file': () => ({ authorized_parties: ['file://'] }),
  'party-null': () => ({ authorized_parties: ['null'] }),
  'party-app': () => ({ authorized_parties: ['com.example.app'] }),
  'party-extension': () => ({ authorized_parties: ['chrome-extension://abcdefghijklmnop'] }),
  'party-of-letters': () => ({ authorized_parties: ['https://münchen.example'] }),
  'party-of-letters-in-both-forms': () => ({ authorized_parties: ['https://münchen.example', 'https://xn--mnchen-3ya.example'] }),
  'party-of-letters-doubled': () => ({ authorized_parties: ['https://münchen.example', 'https://xn--mnchen-3ya.example'] }),
  'party-in-capitals': () => ({ authorized_parties: ['https://APP.example.com'] }),
  'party-with-slash': () => ({ authorized_parties: ['https://app.example.com/'] }),
  'party-with-port': () => ({ authorized_parties: ['https://app.example.com:443'] }),
  'party-with-path': () => ({ authorized_parties: ['https://app.example.com/app'] }),
  'party-with-white-space': () => ({ authorized_parties: [' https://app.example.com'] }),
  'party-wildcard': () => ({ authorized_parties: ['https://*.example.com'] }),
  'party-empty': () => ({ authorized_parties: [''] }),
  'party-empty-among-others': () => ({ authorized_parties: ['https://app.example.com', ''] }),
  'party-list-in-a-text': () => ({ authorized_parties: ['https://app.example.com;https://b.example.com'] }),
  'parties-none': () => ({ authorized_parties: [] }),
  'audience-empty': () => ({ audience: [''] }),
  'audience-none': () => ({ audience: [] }),
  'issuer-empty': () => ({ issuer: [''] }),
  'issuer-none': () => ({ issuer: [] }),

  // Domains and addresses
  'domain-in-order': () => ({ is_satellite: true, sign_in_url: 'https://primary.example.com/sign-in', domain: 'satellite.example.net' }),
  'domain-in-quotes': () => ({ is_satellite: true, sign_in_url: 'https://primary.example.com/sign-in', domain: '"satellite.example.net"' }),
  'domain-with-white-space': () => ({ is_satellite: true, sign_in_url: 'https://primary.example.com/sign-in', domain: ' satellite.example.net ' }),
  'domain-in-capitals': () => ({ is_satellite: true, sign_in_url: 'https://primary.example.com/sign-in', domain: 'Satellite.Example.NET' }),
  'domain-with-port': () => ({ is_satellite: true, sign_in_url: 'https://primary.example.com/sign-in', domain: 'satellite.example.net:8443' }),
  'domain-with-scheme': () => ({ is_satellite: true, sign_in_url: 'https://primary.example.com/sign-in', domain: 'https://satellite.example.net' }),
  'domain-with-path': () => ({ is_satellite: true, sign_in_url: 'https://primary.example.com/sign-in', domain: 'satellite.example.net/x' }),
  'domain-missing': () => ({ is_satellite: true, sign_in_url: 'https://primary.example.com/sign-in', domain: null, proxy_url: null }),
  'satellite-without-sign-in': () => ({ is_satellite: true, domain: 'satellite.example.net', sign_in_url: null }),
  'domain-of-a-primary': () => ({ domain: 'example.com' }),
  'proxy-with-query': () => ({ proxy_url: 'https://app.example.com/__clerk?x=1' }),
  'proxy-with-fragment': () => ({ proxy_url: 'https://app.example.com/__clerk#x' }),
  'proxy-without-scheme': () => ({ proxy_url: 'app.example.com/__clerk' }),
  'proxy-over-http': () => ({ proxy_url: 'http://app.example.com/__clerk' }),
  'api-with-slash': () => ({ api_url: '{api}/good/' }),
  'api-with-version': () => ({ api_url: '{api}/good/v1' }),

  // Patterns of paths
  'pattern-of-everything': () => ({ organization_patterns: ['(.*)'] }),
  'pattern-with-an-optional-group': () => ({ organization_patterns: ['{/:locale}?/orgs/:slug'] }),
  'pattern-with-an-optional-part': () => ({ organization_patterns: ['/orgs/:slug?'] }),
  'pattern-with-digits': () => ({ organization_patterns: ['/orgs/:id(\\d+)'] }),
  'pattern-with-a-class': () => ({ organization_patterns: ['/orgs/:slug([\\w-]+)'] }),
  'pattern-with-a-class-and-dot': () => ({ organization_patterns: ['/orgs/:slug([\\w-.]+)'] }),
  'pattern-repeated': () => ({ organization_patterns: ['/orgs/:slug+'] }),
  'pattern-any-number': () => ({ organization_patterns: ['/orgs/:slug*'] }),
  'pattern-lazy': () => ({ organization_patterns: ['/orgs/:slug/(.*?)?'] }),
  'pattern-without-slash': () => ({ organization_patterns: ['orgs/:slug'] }),
  'pattern-without-name': () => ({ organization_patterns: ['/orgs/(.*)'] }),
  'pattern-with-lookahead': () => ({ organization_patterns: ['/(?!api)orgs/:slug'] }),
  'pattern-with-open-group': () => ({ organization_patterns: ['/orgs/:slug('] }),
  'pattern-empty': () => ({ organization_patterns: [''] }),
};

export const SETTING_NAMES = Object.keys(SETTINGS);

/** Settings of sign-in and sign-up pages, which affect only redirects. */
export const PAGE_SETTINGS = SETTING_NAMES.filter(name => /^sign-/.test(name));
/** Settings with path patterns for organizations. */
export const PATTERN_SETTINGS = SETTING_NAMES.filter(name => name.startsWith('pattern-'));
/** Settings of authorized parties. */
export const PARTY_SETTINGS = SETTING_NAMES.filter(name => /^part(y|ies)-/.test(name));

/** The change of that name, or undefined if it has no effect on the settings. */
export function settingsChange(name, settings) {
  const change = Object.entries(SETTINGS[name](settings)).filter(([, value]) => value !== undefined);
  return change.length ? Object.fromEntries(change) : undefined;
}
