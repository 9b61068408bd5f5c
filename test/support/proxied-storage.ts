import type { ServerName } from '../servers/available-servers.ts';
import type { Fault, FaultProxy } from '../servers/fault-proxy.ts';
import { startProxiedAzure } from './proxied-azure.ts';
import { startProxiedGcs } from './proxied-gcs.ts';
import { startProxiedS3 } from './proxied-s3.ts';

/** What leads a process to a store: settings, and the resources of ACCOUNTS_FILE. */
export interface StorageAccess {
  readonly env: Readonly<Record<string, string>>;
  readonly accounts: readonly object[];
}

/** A store to export to, with a proxy on the way there. */
export interface ProxiedStorage extends StorageAccess {
  readonly proxy: FaultProxy;
  /** Whether a request brings bytes of an object that is written in several. */
  readonly isPart: NonNullable<Fault['when']>;
  /** Something for each upload that is neither complete nor aborted. */
  readonly listUnfinished: () => Promise<string[]>;
  /** Takes a permission, by the provider's name of it. */
  readonly deny: (permission: string) => Promise<void>;
  /** Gives back every permission, and lifts the faults of the proxy. */
  readonly heal: () => Promise<void>;
  /** Access of a workload that may not sign URLs, where that needs a permission. */
  readonly accessWithoutSigning?: () => Promise<StorageAccess>;
  readonly stop: () => Promise<void>;
}

/** Providers of object stores. */
export type Provider = 'S3' | 'Google Cloud Storage' | 'Azure Blob Storage';

/** One object store for each provider, by the server that it needs. */
export const proxiedStorages: readonly {
  readonly name: Provider;
  readonly needs: ServerName | undefined;
  readonly start: () => Promise<ProxiedStorage>;
}[] = [
  { name: 'S3', needs: 'versitygw', start: startProxiedS3 },
  { name: 'Google Cloud Storage', needs: 'gcp-storage-emulator', start: startProxiedGcs },
  { name: 'Azure Blob Storage', needs: undefined, start: startProxiedAzure },
];
