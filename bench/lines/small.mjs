import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ask, inTurn, remove, summary, timeExport } from '../measure.mjs';
import { generate, openStore } from '../store.mjs';
import { timeWhole } from './whole.mjs';

/** Where the Synthea sample lies; this project is complete without it. */
const syntheaFolder = resolve(import.meta.dirname, '../../../shared/data/synthea');

/**
 * What an export of everybody's data holds, by SQL of another kind than Sluice's own: the compartments as the loader noted
 * them, and what is referred to from there outside of them, at most three references away.
 */
const patientsData = `with recursive present as (
    select r.type, r.id, r.body, r.patient from sluice.resources r where r.is_current and not r.deleted
  ), own as (
    select type, id, body from present where patient is not null and type <> 'Group'
  ), refers as (
    select p.type, p.id, split_part(x #>> '{}', '/', 1) as to_type, split_part(x #>> '{}', '/', 2) as to_id
      from present p, jsonb_path_query(p.body::jsonb, 'strict $.**.reference') x
     where p.type <> 'Group' and jsonb_typeof(x) = 'string'
  ), found (type, id, depth) as (
    select type, id, 0 from own
    union
    select p.type, p.id, f.depth + 1
      from found f join refers r on r.type = f.type and r.id = f.id
      join present p on p.type = r.to_type and p.id = r.to_id and p.patient is null
     where f.depth < 3
  )
  select body from own
  union all
  select p.body from present p where (p.type, p.id) in (select type, id from found where depth > 0)`;

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
      const seconds = await inTurn('synthea', rounds, async () => {
        const system = await timeWhole(store);
        const result = await timeExport(store.base, '/Group/all-patients/$export');
        await store.check(result, patientsData);
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
