// The reference: an Express server with one `clerkMiddleware` for each configuration.
//
// A program of its own, started as ours is: `node reference.mjs CONFIGURATIONS.json` prints `listening PORT`.

import { readFileSync } from 'node:fs';

import { clerkMiddleware, createClerkClient, getAuth } from '@clerk/express';
import express from 'express';

function main() {
  const configurations = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  // It explains every refusal at length on the console.
  for (const level of ['debug', 'error', 'info', 'log', 'warn']) console[level] = () => {};

  const server = application(configurations).listen(0, '127.0.0.1', () => {
    process.stdout.write(`listening ${server.address().port}\n`);
  });
  server.keepAliveTimeout = 60_000;
}

function application(configurations) {
  const middlewares = configurations.map(middleware);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((req, res, next) => middlewares[Number(req.headers['x-parity-config'])](req, res, next));
  app.use((req, res) => {
    const accepts = req.headers['x-parity-accepts'];
    if (accepts === 'any') return res.json(members(getAuth(req, { acceptsToken: 'any' })));
    // One type is asked for by its name, several as a list.
    if (accepts) return res.json(members(getAuth(req, { acceptsToken: accepts.includes(',') ? accepts.split(',') : accepts })));
    res.json({
      session: members(getAuth(req)),
      pending: members(getAuth(req, { treatPendingAsSignedOut: false })),
      any: members(getAuth(req, { acceptsToken: 'any' })),
    });
  });
  // Express knows an error handler by its four parameters. The message goes into a header because HEAD has no body.
  app.use((error, req, res, next) => {
    if (res.headersSent) return next(error);
    res.status(500).set('x-parity-error', encodeURIComponent(error.message)).end();
  });
  return app;
}

function middleware(settings) {
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
    organizationSyncOptions: {
      organizationPatterns: settings.organization_patterns,
      personalAccountPatterns: settings.personal_account_patterns,
    },
    // A client of its own: the default one takes its keys from the environment alone, whatever the options say, and
    // then neither a nonce nor a refresh token can be redeemed.
    clerkClient: createClerkClient({
      publishableKey: settings.publishable_key,
      secretKey: settings.secret_key,
      apiUrl: settings.api_url,
      telemetry: { disabled: true },
    }),
  });
}

/** As `res.json(auth)` sends it. */
const members = auth => JSON.parse(JSON.stringify(auth));

main();
