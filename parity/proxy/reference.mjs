// The reference: Express with `frontendApiProxy`, and a page for everything else. `node reference.mjs` prints `listening PORT`. The keys and
// the upstream come from the environment.

import { clerkMiddleware } from '@clerk/express';
import express from 'express';

// If an upstream breaks off, the reference has an error that nobody handles, and ends. The comparison starts it again.
process.on('uncaughtException', () => process.exit(1));
for (const level of ['debug', 'error', 'info', 'log', 'warn']) console[level] = () => {};

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(clerkMiddleware({ frontendApiProxy: { enabled: true, path: '/__clerk' } }));
app.use((req, res) => res.type('text/plain').send('mine'));
const server = app.listen(0, '127.0.0.1', () => process.stdout.write(`listening ${server.address().port}\n`));
server.keepAliveTimeout = 60_000;
