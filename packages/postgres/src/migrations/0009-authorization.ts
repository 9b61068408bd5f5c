import type { Knex } from 'knex';

/** Clients and keys of the authorization server, whose an export is, and the record of who did what. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table sluice.clients (
      id         text        primary key,
      jwks       jsonb,
      jwks_url   text,
      scopes     text[]      not null,
      -- Null: all of them.
      groups     text[],
      patients   text[],
      slots      integer     check (slots > 0),
      disabled   boolean     not null default false,
      -- By a command, or from CLIENTS_FILE, which keeps to its own.
      origin     text        not null check (origin in ('command','file')),
      created_at timestamptz not null default clock_timestamp(),
      changed_at timestamptz not null default clock_timestamp(),
      check ((jwks is null) <> (jwks_url is null))
    );

    -- Client assertions that were used, until they would be refused anyway.
    create table sluice.used_assertions (
      id         text        primary key,
      expires_at timestamptz not null
    );
    create index used_assertions_expires_at on sluice.used_assertions (expires_at);

    -- Private keys that tokens are signed with; the newest is in use.
    create table sluice.signing_keys (
      kid        text        primary key,
      jwk        jsonb       not null,
      created_at timestamptz not null default clock_timestamp()
    );

    alter table sluice.exports add column client text;
    -- How many slots its client has, if it has a number of its own.
    alter table sluice.exports add column slots integer;
    create index exports_subject on sluice.exports (subject, requested_at desc);

    create table sluice.audit_events (
      number     bigint      primary key generated always as identity,
      at         timestamptz not null default clock_timestamp(),
      action     text        not null
        check (action in ('token','kick-off','download','cancel','complete','expire','refuse')),
      succeeded  boolean     not null,
      subject    text,
      client     text,
      address    text,
      request_id text,
      export_id  uuid,
      detail     jsonb       not null default '{}'
    );
    create index audit_events_export on sluice.audit_events (export_id, number) where export_id is not null;
    create index audit_events_at on sluice.audit_events (at);

    create function sluice.refuse_change() returns trigger language plpgsql as $body$
    begin
      raise exception 'audit_events can only be added to' using errcode = 'insufficient_privilege';
    end
    $body$;
    create trigger audit_events_append_only before update or delete or truncate on sluice.audit_events
      for each statement execute function sluice.refuse_change();
  `);
}
