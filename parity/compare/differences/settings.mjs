// Intended differences about settings: an invalid setting fails at startup, with an error that names it.

/** The invalid settings, and the setting that the error names. */
const REFUSED = {
  'audience-empty': 'audience',
  'audience-none': 'audience',
  'issuer-empty': 'issuer',
  'issuer-none': 'issuer',
  'parties-none': 'authorized_parties',
  'party-empty': 'authorized_parties',
  'party-empty-among-others': 'authorized_parties',
  'party-list-in-a-text': 'authorized_parties',
  'party-wildcard': 'authorized_parties',
  'party-with-white-space': 'authorized_parties',
  'party-with-port': 'authorized_parties',
  'party-with-path': 'authorized_parties',
  'party-with-slash': 'authorized_parties',
  'party-in-capitals': 'authorized_parties',
  'domain-missing': 'domain',
  'domain-with-path': 'domain',
  'domain-with-scheme': 'domain',
  'satellite-without-sign-in': 'sign_in_url',
  'keys-of-two-types': 'publishable_key',
  'keys-swapped': 'publishable_key',
  'machine-secret-of-another-kind': 'machine_secret_key',
  'secret-elided': 'secret_key',
  'secret-with-semicolon': 'secret_key',
  'secret-missing': 'secret_key',
  'publishable-missing': 'publishable_key',
  'publishable-without-dollar': 'publishable_key',
  'proxy-with-query': 'proxy_url',
  'proxy-with-fragment': 'proxy_url',
  'proxy-without-scheme': 'proxy_url',
  'api-with-version': 'api_url',
  'pem-cut-short': 'jwt_key',
  'pem-that-is-none': 'jwt_key',
  'pattern-empty': 'organization_sync',
  'pattern-lazy': 'organization_sync',
  'pattern-without-slash': 'organization_sync',
  'pattern-with-a-class-and-dot': 'organization_sync',
  'pattern-with-lookahead': 'organization_sync',
  'pattern-with-open-group': 'organization_sync',
  'keys swapped': 'publishable_key',
  'publishable key under the name of a frontend': 'publishable_key',
  'satellite, by another word': 'CLERK_IS_SATELLITE',
  'no secret': 'secret_key',
};

/** Settings with the same meaning as another one, or as no setting. */
const TIDIED = [
  [/^pem-(?!cut|that)/, 'none'],
  [/^(publishable|secret)-(in-quotes|with-white-space|with-bom)$/, 'none'],
  [/^domain-(in-quotes|with-white-space|in-capitals|with-port)$/, 'domain-in-order'],
  [/^party-of-letters$/, 'party-of-letters-doubled'],
];

export const SETTINGS = [
  {
    name: 'setting-that-is-tidied',
    rule: 'PROTOCOL 14.17',
    reason: 'Quotes, white space and line breaks around a key are removed, and domains are normalized; the reference fails on each request.',
    applies: ({ plan, request }) => request.settings !== undefined && tidied(plan.setting) !== undefined,
    plan: plan => ({ setting: tidied(plan.setting) }),
  },
  {
    name: 'party-in-both-its-forms',
    rule: 'PROTOCOL 14.17',
    reason: 'An authorized party with letters beyond ASCII also stands for its encoded form.',
    applies: ({ plan, request }) => request.settings !== undefined && /^party-of-letters-(in-both-forms|doubled)$/.test(plan.setting),
    edit: (text, { settings }) => (settings.authorized_parties.length < 2 ? text : text.replace('https://münchen.example,https://xn--mnchen-3ya.example"', 'https://münchen.example,https://xn--mnchen-3ya.example,https://xn--mnchen-3ya.example"')),
    as: request => request,
  },
  {
    name: 'variable-that-is-tidied',
    rule: 'PROTOCOL 14.17',
    reason: 'The same, in an environment variable.',
    applies: ({ configuration, request }) => /^(PEM|keys in|secret with|publishable key with|domain)/.test(configuration.oddity) && !request.environment,
    as: (request, { configuration }) => ({ ...request, environment: configuration.usual }),
  },
  {
    name: 'proxy-on-any-host',
    rule: 'PROTOCOL 14.2',
    reason: 'In production, a relative proxy URL needs the application\'s origin. Otherwise a forwarded host decides where session tokens go.',
    applies: ({ configuration }) => configuration.variables !== undefined && configuration.type === 'production'
      && configuration.variant === 'proxy-relative',
    accepts: ours => ours.configurationError?.includes('proxy_url'),
  },
  {
    name: 'no-secret-key-beside-a-PEM',
    rule: 'PROTOCOL 14.2',
    reason: 'Without a secret key there are no calls to Clerk, and a PEM verifies sessions without calls; the reference answers 500.',
    applies: ({ plan, request, configuration }) => request.settings !== undefined && plan.setting === 'secret-missing' && configuration.source === 'pem',
    plan: () => ({ setting: 'none' }),
    accepts: (ours, reference) => ours.status < 500 && ours.calls.length === 0 && (/Secret Key/i.test(reference.error) || reference.calls.length > 0),
  },
  {
    name: 'no-secret-beside-a-PEM',
    rule: 'PROTOCOL 14.2',
    reason: 'Without a secret key there are no calls to Clerk, and a PEM verifies sessions without calls; the reference answers 500.',
    applies: ({ configuration, request }) => configuration.oddity === 'no secret' && configuration.source === 'pem' && !request.environment,
    as: (request, { configuration }) => ({ ...request, environment: configuration.usual }),
    accepts: (ours, reference) => ours.status < 500 && ours.calls.length === 0 && /Secret Key/i.test(reference.error),
  },
  {
    name: 'setting-that-cannot-work',
    rule: 'PROTOCOL 14.2',
    reason: 'An invalid configuration fails at startup, with an error that names the setting, not on each request.',
    applies: ({ plan, request, configuration }) => (request.settings || configuration.oddity) && settingName(plan, configuration) in REFUSED
      && !(configuration.source === 'pem' && /no secret|secret-missing/.test(settingName(plan, configuration))),
    accepts: (ours, _, { plan, configuration }) => ours.configurationError?.includes(REFUSED[settingName(plan, configuration)]),
  },
  {
    name: 'machine-secret-alone',
    rule: 'PROTOCOL 14.2',
    reason: 'A service that only creates machine tokens needs no other key, and verifies no sessions.',
    applies: ({ plan, configuration }, reference) => plan.setting === 'secret-missing' && configuration.settings.machine_secret_key !== undefined
      && /Secret Key/i.test(reference.error),
    accepts: ours => ours.status < 500 && !ours.body?.session?.isAuthenticated,
  },
  {
    name: 'part-that-repeats',
    rule: 'PROTOCOL 11',
    reason: 'The value of a repeated parameter is its text with slashes; the reference compares a list with a text, and they are never equal.',
    applies: ({ plan, request }) => request.settings !== undefined && /^pattern-(repeated|any-number)$/.test(plan.setting),
    adjusts: (answer, _, ours) => withOrganizationOf(answer, ours),
    accepts: (ours, reference) => reference['x-clerk-auth-reason'] === 'active-organization-mismatch' && ours['x-clerk-auth-status'] !== 'handshake'
      || /path|param/i.test(reference.error),
  },
  {
    name: 'organization-without-an-id',
    rule: 'PROTOCOL 11',
    reason: 'A session without an organization id has no active organization, even if it has a slug.',
    applies: ({ plan }) => plan.claims === 'v1-slug-without-organization',
    accepts: ours => ours['x-clerk-auth-reason'] === 'active-organization-mismatch',
  },
  {
    name: 'settings-of-the-middleware-inside',
    rule: 'PROTOCOL 14.42',
    reason: 'An inner middleware of the same instance applies its own settings; the reference skips it.',
    applies: ({ request }) => request.inner !== undefined,
    as: ({ inner, ...request }) => ({ ...request, outer: inner }),
    // Cookies from a handshake or a refresh come first.
    adjusts: (answer, _, ours) => (endsWith(ours['set-cookie'], answer['set-cookie'])
      ? { ...answer, 'set-cookie': ours['set-cookie'], 'cache-control': ours['cache-control'] }
      : answer),
  },
  {
    name: 'satellite-with-a-sign-in-page-of-its-own',
    rule: 'PROTOCOL 14.5',
    reason: 'A satellite with a relative sign-in URL works in production; the reference answers 500 when it parses the URL.',
    applies: ({ request }, reference) => request.settings?.sign_in_url !== undefined && /signInUrl/.test(reference.error),
    accepts: ours => ours.status < 500,
  },
  {
    name: 'setting-that-fails-with-each-request',
    rule: 'PROTOCOL 14.2',
    reason: 'The same, if the reference itself answers each request with the error.',
    applies: ({ request, configuration }, reference) => (request.settings || configuration.oddity) && isConfigurationError(reference),
    accepts: ours => ours.configurationError !== null,
  },
];

const isConfigurationError = ({ status, error }) => status === 500
  && /Publishable key|Secret Key|signInUrl|Missing domain|Invalid pattern|cannot be the same as the origin/i.test(error);

const settingName = (plan, configuration) => configuration.oddity ?? plan.setting;

const tidied = name => TIDIED.find(([names]) => names.test(name))?.[1];

const endsWith = (list, end) => list.length > end.length && list.slice(list.length - end.length).join() === end.join();

function withOrganizationOf(answer, ours) {
  const own = ours.location?.parameters.find(([name]) => name === 'organization_id')?.[1];
  if (!answer.location || own === undefined) return answer;
  const parameters = answer.location.parameters.map(([name, value]) => [name, name === 'organization_id' && value === own.replaceAll('/', ',') ? own : value]);
  return { ...answer, location: { ...answer.location, parameters } };
}
