// The reference server: Express with one `clerkMiddleware` for each configuration.
//
// `../run.mjs` starts it like our server. `node reference.mjs CONFIGURATIONS.json API_BASE NOW_MS` prints `listening PORT`. With
// `--environment` in place of the file, the configuration comes from environment variables.

import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';

import { createClerkClient, verifyToken } from '@clerk/backend';
import { createClerkRequest, createRedirect } from '@clerk/backend/internal';
import { clerkMiddleware, getAuth } from '@clerk/express';
import express from 'express';

const [FILE, API_BASE, NOW_MS] = process.argv.slice(2);

function main() {
  const clocks = stopTheClock(Number(NOW_MS));
  const isOfEnvironment = FILE === '--environment';
  const configurations = isOfEnvironment ? [settingsOfEnvironment()] : JSON.parse(readFileSync(FILE, 'utf8'));
  // The SDK logs every rejected request at length.
  for (const level of ['debug', 'error', 'info', 'log', 'warn']) console[level] = () => {};

  const server = application(configurations, clocks, isOfEnvironment ? [clerkMiddleware()] : configurations.map(middleware)).listen(0, '127.0.0.1', () => {
    process.stdout.write(`listening ${server.address().port}\n`);
  });
  server.keepAliveTimeout = 60_000;
}

/** Freezes the time, except for requests with a time of their own. */
function stopTheClock(moment) {
  const clocks = new AsyncLocalStorage();
  const now = () => clocks.getStore() ?? moment;
  globalThis.Date = class extends Date {
    constructor(...parts) {
      super(...(parts.length ? parts : [now()]));
    }

    static now() {
      return now();
    }
  };
  return clocks;
}

/** The settings that the handler needs. The middleware reads them from the environment itself. */
function settingsOfEnvironment({ env } = process) {
  return {
    publishable_key: env.CLERK_PUBLISHABLE_KEY,
    secret_key: env.CLERK_SECRET_KEY,
    jwt_key: env.CLERK_JWT_KEY,
    api_url: env.CLERK_API_URL,
    sign_in_url: env.CLERK_SIGN_IN_URL,
    sign_up_url: env.CLERK_SIGN_UP_URL,
    is_satellite: env.CLERK_IS_SATELLITE === 'true',
  };
}

function application(configurations, clocks, middlewares) {
  const outer = ({ headers }) =>
    headers['x-parity-settings'] ? middleware(settingsOf({ headers }, configurations)) : middlewares[Number(headers['x-parity-config'])];
  const inner = ({ headers }) => middlewares[Number(headers['x-parity-inner'])] ?? ((req, res, next) => next());
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((req, res, next) => {
    const now = req.headers['x-parity-now'];
    return now === undefined ? next() : clocks.run(Number(now), next);
  });
  app.use((req, res, next) => outer(req)(req, res, next));
  app.use((req, res, next) => inner(req)(req, res, next));
  app.use(async (req, res, next) => {
    try {
      await handle(req, res, settingsOf(req, configurations));
    } catch (error) {
      next(error);
    }
  });
  // Express recognizes an error handler by its four parameters. The message goes into a header because HEAD has no body.
  app.use((error, req, res, next) => {
    if (res.headersSent) return next(error);
    res.status(500).set('x-parity-error', encodeURIComponent(error.message)).end();
  });
  return app;
}

/** The configuration that a request names, with the request's own settings. */
function settingsOf({ headers }, configurations) {
  const own = headers['x-parity-settings'];
  return { ...configurations[Number(headers['x-parity-config'])], ...(own ? JSON.parse(decodeURIComponent(own)) : {}) };
}

function middleware(settings) {
  const sync = settings.organization_patterns || settings.personal_account_patterns;
  return clerkMiddleware({
    publishableKey: settings.publishable_key,
    secretKey: settings.secret_key,
    jwtKey: settings.jwt_key,
    machineSecretKey: settings.machine_secret_key,
    domain: settings.domain,
    isSatellite: settings.is_satellite,
    satelliteAutoSync: settings.satellite_auto_sync,
    proxyUrl: settings.proxy_url,
    signInUrl: settings.sign_in_url,
    authorizedParties: settings.authorized_parties,
    audience: settings.audience,
    issuer: settings.issuer,
    clockSkewInMs: settings.clock_skew_ms,
    organizationSyncOptions: sync && {
      organizationPatterns: settings.organization_patterns,
      personalAccountPatterns: settings.personal_account_patterns,
    },
    // The default client takes its keys only from the environment, whatever the options are. It could redeem neither a nonce nor a
    // refresh token.
    clerkClient: createClerkClient({
      publishableKey: settings.publishable_key,
      secretKey: settings.secret_key,
      apiUrl: settings.api_url,
      telemetry: { disabled: true },
    }),
  });
}

// --- The handler

async function handle(req, res, settings) {
  const { does, status, headers = [], hides = [], ...asked } = JSON.parse(decodeURIComponent(req.headers['x-parity-handler'] ?? '%7B%7D'));
  const seen = Object.fromEntries(['status', 'reason', 'message'].map(name => [name, res.getHeader(`x-clerk-auth-${name}`) ?? null]));
  for (const name of hides) res.removeHeader(name);
  if (hides.length) res.set('x-parity-reason', seen.reason ?? '');
  if (does === 'sign-in' || does === 'sign-up') return redirect(req, res, settings, { does, ...asked });
  if (status) res.status(status);
  // Both servers keep the handler's values of Clerk's headers.
  for (const [name, value] of headers) name.startsWith('x-clerk') ? res.set(name, value) : res.append(name, value);
  if (does === 'read-headers') return res.json(seen);
  if (does === 'get-token') return res.json(await newToken(req, asked));
  if (does === 'verify') return res.json(await verified(req, settings));
  const accepts = req.headers['x-parity-accepts'];
  if (accepts === 'any') return res.json(members(getAuth(req, { acceptsToken: 'any' })));
  // One type is a text, several are a list.
  if (accepts) return res.json(members(getAuth(req, { acceptsToken: accepts.includes(',') ? accepts.split(',') : accepts })));
  res.json({
    session: members(getAuth(req)),
    pending: members(getAuth(req, { treatPendingAsSignedOut: false })),
    any: members(getAuth(req, { acceptsToken: 'any' })),
  });
}

/** The members of `auth` that `res.json(auth)` sends. */
const members = auth => JSON.parse(JSON.stringify(auth));

/** Redirects like those SDKs that have redirects. The default return address is this page. */
function redirect(req, res, settings, { does, returnTo }) {
  const auth = getAuth(req);
  const { clerkUrl } = createClerkRequest(webRequest(req));
  const redirects = createRedirect({
    publishableKey: settings.publishable_key,
    devBrowserToken: devBrowserOf(req, clerkUrl),
    baseUrl: clerkUrl.toString(),
    signInUrl: settings.sign_in_url,
    signUpUrl: settings.sign_up_url,
    sessionStatus: auth.sessionStatus,
    isSatellite: settings.is_satellite,
    // Express's own redirect would set `Vary: Accept`.
    redirectAdapter: url => res.status(302).set({ 'cache-control': 'no-store', location: url }).end(),
  });
  const go = does === 'sign-in' ? redirects.redirectToSignIn : redirects.redirectToSignUp;
  go({ returnBackUrl: returnTo === '' ? '' : returnTo || clerkUrl.toString() });
}

function webRequest(req) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) headers.set(name, String(value));
  return new Request(new URL(req.originalUrl, 'http://clerk-dummy'), { headers });
}

/** The dev browser that the middleware found. Its debug output has only the first letters, which are different for each in a case. */
function devBrowserOf(req, clerkUrl) {
  const start = req.auth({ treatPendingAsSignedOut: false }).debug().devBrowserToken ?? '';
  const known = ['dvb_query', 'dvb_plain', 'dvb_suffixed'];
  return known.find(name => start && name.startsWith(start)) ?? clerkUrl.searchParams.get('__clerk_db_jwt') ?? '';
}

async function newToken(req, { template, expiresInSeconds }) {
  const options = template === undefined && expiresInSeconds === undefined ? undefined : { template, expiresInSeconds };
  const auth = getAuth(req);
  try {
    return { token: await auth.getToken(options) };
  } catch (error) {
    return { failed: error.status ?? true };
  }
}

async function verified(req, settings) {
  try {
    const claims = await verifyToken(bearer(req), {
      jwtKey: settings.jwt_key,
      secretKey: settings.secret_key,
      apiUrl: settings.api_url,
      authorizedParties: settings.authorized_parties,
      audience: settings.audience,
      issuer: settings.issuer,
      clockSkewInMs: settings.clock_skew_ms,
    });
    return { claims };
  } catch (error) {
    return { reason: error.reason ?? 'unexpected-error' };
  }
}

/** The token: the last word of the header. */
const bearer = req => (req.headers.authorization ?? '').trim().split(/\s+/).pop();

main();
