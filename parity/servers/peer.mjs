// Express as `just peers` measures it: with clerkMiddleware, or bare.
//
// `node peer.mjs bare USER_ID` answers with that ID. `node peer.mjs clerk ORIGIN` answers with the ID of the user, or with 401;
// environment variables have the other settings. Both print `listening PORT VERSIONS`, and end with their standard input.

import { readFileSync } from 'node:fs';

import { clerkMiddleware, getAuth } from '@clerk/express';
import express from 'express';

const [KIND, VALUE] = process.argv.slice(2);

const app = KIND === 'bare' ? bare(VALUE) : authenticating(VALUE);
const server = app.listen(0, '127.0.0.1', () => {
  const versions = ['@clerk/express', 'express'].map(name => `${name} ${versionOf(name)}`);
  process.stdout.write(`listening ${server.address().port} ${versions.join(', ')}, Node.js ${process.version}\n`);
});
server.keepAliveTimeout = 60_000;
process.stdin.on('end', () => process.exit()).resume();

function bare(userId) {
  const app = express();
  app.get('/', (req, res) => res.send(userId));
  app.get('/rejected', (req, res) => res.status(401).send('Unauthorized'));
  return app;
}

function authenticating(origin) {
  const app = express();
  app.use(clerkMiddleware({ authorizedParties: [origin] }));
  app.get(['/', '/rejected'], (req, res) => {
    const { userId } = getAuth(req);
    if (userId) res.send(userId);
    else res.status(401).send('Unauthorized');
  });
  return app;
}

function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
}
