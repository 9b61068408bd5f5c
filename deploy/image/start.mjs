// Entry point of the image: `api`, `worker`, `migrate`, `await-schema`, or `cli` and a command of `sluice`.
// The program runs in this very process, so that signals reach it also as PID 1.
import process from 'node:process';

const programs = {
  api: ['./services/api/dist/main.js'],
  worker: ['./services/worker/dist/main.js'],
  migrate: ['./packages/cli/dist/main.js', 'migrate'],
  'await-schema': ['./await-schema.mjs'],
  cli: ['./packages/cli/dist/main.js'],
};

const [command = 'api', ...rest] = process.argv.slice(2);
const [file, ...words] = Object.hasOwn(programs, command) ? programs[command] : [];
if (file === undefined) {
  process.stderr.write(`${command} is unknown; accepted: ${Object.keys(programs).join(', ')}\n`);
  process.exit(2);
}

endOnSignal('SIGTERM', 143);
endOnSignal('SIGINT', 130);
warnOfExamplePasswords();
process.argv.splice(2, Infinity, ...words, ...rest);
await import(file);

/** PID 1 does not end by a signal that it does not listen to: this listens until the program does. */
function endOnSignal(signal, code) {
  const end = () => process.exit(code);
  const giveWay = (event, listener) => {
    if (event !== signal || listener === end) return;
    process.off('newListener', giveWay);
    // Once the other is there: Node stops to watch for a signal when its last listener goes.
    queueMicrotask(() => process.off(signal, end));
  };
  process.on(signal, end);
  process.on('newListener', giveWay);
}

/** Every password in the examples has these words in it. */
function warnOfExamplePasswords() {
  const names = Object.keys(process.env).filter((name) =>
    process.env[name].includes('not-for-production'),
  );
  if (names.length === 0) return;
  const message = `${names.join(', ')}: a password from the examples, known to everybody. Not for production.`;
  process.stderr.write(`${JSON.stringify({ level: 'warn', message })}\n`);
}
