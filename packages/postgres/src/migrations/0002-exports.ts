import type { Knex } from 'knex';

/** Exports, their parts, files and members. The states are charted in @sluice/export. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table sluice.exports (
      id               uuid        primary key,
      state            text        not null default 'accepted'
        check (state in ('accepted','planning','running','completed','failed','cancelled','expired')),
      kick_off         jsonb       not null,
      subject          text        not null,
      slot             text,
      folder           text        not null unique,
      requested_at     timestamptz not null default clock_timestamp(),
      transaction_time timestamptz not null,
      settled          boolean     not null default false,
      parts_total      integer     not null default 0,
      parts_completed  integer     not null default 0,
      resources_estimated bigint   not null default 0,
      resources        bigint,
      bytes            bigint,
      progressed_at    timestamptz not null default clock_timestamp(),
      completed_at     timestamptz,
      expires_at       timestamptz,
      ended_at         timestamptz,
      failure          jsonb
    );
    -- The second line of defence of the slot: Redis may forget, this does not.
    create unique index exports_active_slot on sluice.exports (slot)
      where state in ('accepted','planning','running');
    create index exports_active on sluice.exports (requested_at)
      where state in ('accepted','planning','running');
    create index exports_with_files on sluice.exports (expires_at)
      where state in ('completed','failed','cancelled');

    create table sluice.parts (
      export_id   uuid     not null references sluice.exports on delete cascade,
      number      integer  not null,
      kind        text     not null check (kind in ('output','deleted','error')),
      type        text     not null,
      access      text     not null check (access in ('range','members','shared','notices')),
      range_from  bigint   not null,
      range_to    bigint   not null,
      state       text     not null default 'queued'
        check (state in ('queued','running','completed','failed')),
      attempt     integer  not null default 0,
      lease_until timestamptz,
      resources   bigint,
      bytes       bigint,
      primary key (export_id, number)
    );
    create index parts_open on sluice.parts (export_id) where state in ('queued','running');

    create table sluice.output_files (
      export_id   uuid    not null,
      part_number integer not null,
      number      integer not null,
      kind        text    not null check (kind in ('output','deleted','error')),
      type        text    not null,
      name        text    not null,
      count       bigint  not null,
      bytes       bigint  not null,
      sha256      text    not null,
      primary key (export_id, part_number, number),
      unique (export_id, name),
      foreign key (export_id, part_number) references sluice.parts on delete cascade
    );

    -- Whose data a patient or group export holds, frozen at its transactionTime. A patient that is
    -- not present was deleted: only deletions are told of it.
    create table sluice.export_members (
      export_id uuid    not null references sluice.exports on delete cascade,
      ordinal   integer not null,
      patient   text    not null,
      present   boolean not null,
      primary key (export_id, patient),
      unique (export_id, ordinal)
    );

    -- OperationOutcomes for the manifest's error files, one line each.
    create table sluice.export_notices (
      export_id uuid    not null references sluice.exports on delete cascade,
      number    integer not null,
      body      text    not null,
      primary key (export_id, number)
    );

    -- When housekeeping ran last, and since when without a pause.
    create table sluice.housekeeping (
      ran_at      timestamptz not null,
      alive_since timestamptz not null
    );
    insert into sluice.housekeeping (ran_at, alive_since) values (clock_timestamp(), clock_timestamp());

    -- Secrets of this deployment, shared by its API replicas.
    create table sluice.secrets (
      name  text  primary key,
      value bytea not null
    );
    insert into sluice.secrets (name, value)
      values ('file-url-key', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
  `);
}
