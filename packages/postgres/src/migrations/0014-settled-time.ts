import type { Knex } from 'knex';

/**
 * The instants that exports have settled, so that a transactionTime never falls and no writer stamps at or
 * before one: see settle.ts.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table sluice.settled_time (
      only_row     boolean     primary key default true check (only_row),
      -- The newest transactionTime that was settled. It never falls.
      newest       timestamptz not null,
      -- Transactions that begin to write stamp later than this: the newest transactionTime that an
      -- export has begun to settle. It never falls.
      stamps_after timestamptz not null,
      check (newest <= stamps_after)
    ) with (fillfactor = 50);
    comment on table sluice.settled_time is
      'Which instants exports have settled. Written only by exports, read by sluice.begin_write.';
    insert into sluice.settled_time (newest, stamps_after)
      select at, at
        from (select coalesce(max(transaction_time) filter (where settled), '-infinity') as at
                from sluice.exports) e;
    -- Other programs write to the store with roles of their own.
    grant select on sluice.settled_time to public;

    -- The stamp of a transaction that has just taken the write lock. Later than what was settled, wherever
    -- the clock stands, and never earlier than the transaction began.
    create function sluice.next_stamp() returns timestamptz
      language sql volatile as $body$
      select greatest(clock_timestamp(), transaction_timestamp(), stamps_after + interval '1 microsecond')
        from sluice.settled_time
    $body$;

    create or replace function sluice.begin_write() returns timestamptz
      language plpgsql as $body$
    declare
      stamp timestamptz := nullif(current_setting('sluice.write_stamp', true), '')::timestamptz;
    begin
      if stamp is null then
        lock table only sluice.resources in row exclusive mode;
        -- After the lock: an export that does not see it has raised stamps_after before it looked.
        stamp := sluice.next_stamp();
        perform set_config('sluice.write_stamp', stamp::text, true);
        begin
          -- A batch of the loader with its indexes, so that staging does not go through the disk.
          perform set_config('temp_buffers', '32MB', true);
        exception when invalid_parameter_value then
          null; -- The session has had temporary tables before; then it stays as it is.
        end;
        create temporary table staged_resources (
          line         integer primary key,
          type         text    not null,
          id           text    not null,
          deleted      boolean not null,
          version_id   text,
          last_updated timestamptz,
          splice       text    not null,
          head         text    not null,
          tail         text,
          patients     text[]  not null,
          supporting   text[]  not null default '{}',
          targets      text[]  not null default '{}',
          recorded     timestamptz,
          unique (type, id)
        ) with (toast_tuple_target = 8160) on commit drop;
        create temporary table staged_changes (
          line        integer     not null,
          stamp       timestamptz not null,
          version_id  text        not null,
          replaces    bigint,
          patient     text,
          shared      boolean
        ) on commit drop;
      end if;
      return stamp;
    end
    $body$;
  `);
}
