// Preloaded with `node --require`: requires of the packages that WITHOUT_PACKAGES names fail, as if they were not there.
const Module = require('node:module');

const missing = process.env.WITHOUT_PACKAGES.split(' ').map((name) => `/node_modules/${name}/`);
const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, ...rest) {
  const path = resolve.call(this, request, ...rest);
  if (!missing.some((folder) => path.includes(folder))) return path;
  process.stderr.write(`needed: ${request}\n`);
  throw Object.assign(new Error(`left out: ${request}`), { code: 'MODULE_NOT_FOUND' });
};
