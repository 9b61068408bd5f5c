#!/usr/bin/env node
// Committed (not built) so that npm can link the command before the build has run.
await import('../dist/main.js');
