import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ask, inTurn, remove, summary, timeExport } from '../measure.mjs';
import { everything, generate, openStore } from '../store.mjs';
import { timeWhole } from './whole.mjs';

/** Where the Synthea sample lies; this project is complete without it. */
const syntheaFolder = resolve(import.meta.dirname, '../../../shared/data/synthea');

/** The store of the smallest of exports: about 7,000 resources, of 15 patients. */
export const smallData = { name: 'small', make: (folder) => generate(7000, folder) };

export const small = {
  name: 'small',
  about: 'export of about 7,000 resources, kick-off to manifest, beside a request doing nothing',
  async *measure({ under, rounds, quick }) {
    const store = await openStore(under, smallData);
    try {
      const { idle, sluice } = await inTurn('small', quick ? 1 : rounds * 4, async () => ({
        idle: (await ask(`${store.base}/metadata`)).ms / 1000,
        sluice: await timeWhole(store),
      }));
      yield {
        what: this.about,
        size: store.resources,
        unit: 's',
        reference: summary(idle),
        subject: summary(sluice),
        target: 0.4,
        stretch: 0.15,
        judged: 'subject',
      };
    } finally {
      await store.close();
    }
  },
};

export const synthea = {
  name: 'synthea',
  about: 'Synthea’s sample of 92,118 resources, kick-off to manifest',
  async *measure({ under, rounds }) {
    if (!existsSync(syntheaFolder)) {
      yield { what: this.about, missing: 'the sample is not on this machine' };
      return;
    }
    const data = {
      name: 'synthea',
      make: (folder) => cp(syntheaFolder, folder, { recursive: true }),
    };
    const store = await openStore(under, data);
    try {
      // Whose compartment a resource is in, as the loader noted it.
      const inCompartment = `${everything.replace('current_resources', 'resources')} where is_current and not deleted and type <> 'Group' and patient is not null`;
      const seconds = await inTurn('synthea', rounds, async () => {
        const system = await timeWhole(store);
        const result = await timeExport(store.base, '/Group/all-patients/$export');
        await store.check(result, inCompartment);
        await remove(result);
        return { system, group: result.seconds };
      });
      for (const [name, what] of [
        ['system', 'Synthea’s sample, system export'],
        ['group', 'Synthea’s sample, Group of all patients'],
      ]) {
        yield {
          what,
          size: store.resources,
          unit: 's',
          subject: summary(seconds[name]),
          target: 0.6,
          stretch: 0.3,
          judged: 'subject',
        };
      }
    } finally {
      await store.close();
    }
  },
};
