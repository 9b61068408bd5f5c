import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ask,
  clients,
  inTurn,
  kickOffHeaders,
  percentile,
  ratios,
  remove,
  summary,
  timeExport,
} from '../measure.mjs';
import { openStore, sampleData } from '../store.mjs';

const pollers = 50;
/** Kick-offs a second while an export is active; each is checked in full and answered 429. */
const kickOffsPerSecond = 10;

export const latency = {
  name: 'latency',
  about: `status and kick-off requests while exporting, ${pollers} pollers at once`,
  async *measure({ under, sizes, rounds }) {
    if (clients.length === 1) {
      yield { what: this.about, missing: 'pollers need a loopback address each (Linux)' };
      return;
    }
    const store = await openStore(under, sampleData(sizes.at(-1)));
    try {
      const idle = [];
      const busy = { status: answers(), kickOff: answers() };
      const seconds = await inTurn(`latency ${store.resources}`, rounds, async (round) => {
        const alone = await timeExport(store.base, '/$export');
        idle.push(...(await pollIdle(alone.url)));
        await remove(alone);
        const { seconds: polled, latencies } = await exportWithPollers(store.base);
        if (round > 0) {
          for (const kind of Object.keys(busy)) merge(busy[kind], latencies[kind]);
        }
        return { alone: alone.seconds, polled };
      });
      for (const [kind, what] of [
        ['status', 'status request while exporting'],
        ['kickOff', 'kick-off while exporting'],
      ]) {
        const { times, statuses } = busy[kind];
        yield {
          what: `${what}, ${pollers} pollers: p99 of ${times.length} (${counted(statuses)}), beside an idle status request`,
          size: store.resources,
          unit: 'ms',
          reference: summary([percentile(idle, 0.99)]),
          subject: {
            median: percentile(times, 0.99),
            min: percentile(times, 0.5),
            max: Math.max(...times),
          },
          bounds: 'p50–max',
          target: 50,
          judged: 'subject',
        };
      }
      yield {
        what: `the export with ${pollers} pollers against without`,
        size: store.resources,
        unit: 's',
        reference: summary(seconds.alone),
        subject: summary(seconds.polled),
        ratio: ratios(seconds.polled, seconds.alone),
        target: 1.05,
      };
    } finally {
      await store.close();
    }
  },
};

/** Status requests of a finished export, one after the other. */
async function pollIdle(url) {
  const times = [];
  for (let i = 0; i < 50; i += 1) {
    times.push((await ask(url, clients[100 + i])).ms);
    await pause(5);
  }
  return times;
}

/** An export that 50 clients poll once a second each, while another tries to kick off. */
async function exportWithPollers(base) {
  const latencies = { status: answers(), kickOff: answers() };
  const running = new AbortController();
  const { signal } = running;
  setMaxListeners(2 * pollers, signal);
  let others;
  const result = await timeExport(base, '/$export', (url) => {
    others = Promise.all([
      ...Array.from({ length: pollers }, (_, i) => poll(url, i, latencies.status, signal)),
      tryToKickOff(base, latencies.kickOff, signal),
    ]);
    // A fault of theirs is told where they are awaited.
    others.catch(() => undefined);
  });
  running.abort();
  await others;
  await remove(result);
  return { seconds: result.seconds, latencies };
}

async function poll(url, i, into, signal) {
  await rest((i / pollers) * 1000, signal);
  while (!signal.aborted) {
    const { ms, status } = await ask(url, clients[100 + i]);
    note(into, status, ms);
    await rest(1000 - ms, signal);
  }
}

async function tryToKickOff(base, into, signal) {
  while (!signal.aborted) {
    const { ms, status, headers } = await ask(`${base}/$export`, clients[199], kickOffHeaders);
    // The one that comes when the export has just ended is accepted.
    if (status === 202) await remove({ url: headers['content-location'] });
    else note(into, status, ms);
    await rest(1000 / kickOffsPerSecond - ms, signal);
  }
}

/** How long answers took, and how many of each status there were. */
function answers() {
  return { times: [], statuses: {} };
}

/** A fast fault is no good answer: it ends the line instead of making it look better. */
function note({ times, statuses }, status, ms) {
  if (![200, 202, 429].includes(status)) throw new Error(`answered ${status} under load`);
  times.push(ms);
  statuses[status] = (statuses[status] ?? 0) + 1;
}

function merge(into, { times, statuses }) {
  into.times.push(...times);
  for (const [status, n] of Object.entries(statuses))
    into.statuses[status] = (into.statuses[status] ?? 0) + n;
}

function counted(statuses) {
  return Object.entries(statuses)
    .map(([status, n]) => `${n} × ${status}`)
    .join(', ');
}

/** A pause that ends when the export does. */
async function rest(ms, signal) {
  await pause(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}
