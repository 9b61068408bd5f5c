import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsError, variables } from '@sluice/runtime';
import { readApiSettings } from '../../../services/api/src/settings.ts';
import { readWorkerEnvironment } from '../../../services/worker/src/settings.ts';
import { containersOf, nameOf, podTemplates } from '../support/manifest.ts';
import type { Container, Manifest, PodTemplate } from '../support/manifest.ts';
import { repository } from '../support/tools.ts';
import type { Check } from './check.ts';
import { processOf } from './pods.ts';

/** What the SDK of the cloud reads by itself, where there is no identity of the pod. */
const ofSdks = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/** Every variable that a process of Sluice is given is one it knows, and is documented. */
export const knownSettings: Check = (manifests) => {
  const documented = readFileSync(join(repository, 'docs/configuration.md'), 'utf8');
  return podTemplates(manifests)
    .filter((template) => processOf(template) !== undefined)
    .flatMap(({ owner, spec }) =>
      containersOf(spec).flatMap((container) =>
        Object.keys(environmentOf(container, manifests))
          .filter((name) => !ofSdks.includes(name))
          .flatMap((name) => [
            ...(name in variables ? [] : [`${nameOf(owner)}: Sluice does not know ${name}`]),
            ...(documented.includes(`| \`${name}\``) ? [] : [`${name} is not documented`]),
          ]),
      ),
    );
};

/** The processes themselves would take the values that they are given. */
export const acceptedSettings: Check = (manifests) =>
  podTemplates(manifests).flatMap((template) => {
    const process = processOf(template);
    const [container] = template.spec.containers;
    if ((process !== 'api' && process !== 'worker') || !container) return [];
    const environment = environmentOf(container, manifests);
    const folder = mkdtempSync(join(tmpdir(), 'sluice-accounts-'));
    try {
      mountAccounts(template, manifests, environment, folder);
      if (process === 'api') readApiSettings(environment);
      else readWorkerEnvironment(environment);
      return [];
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      return error.faults.map((fault) => `${nameOf(template.owner)}: ${fault}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

/** Writes the ConfigMap that is mounted at ACCOUNTS_FILE into a folder that is there, and names that. */
function mountAccounts(
  { spec }: PodTemplate,
  manifests: readonly Manifest[],
  environment: Record<string, string>,
  folder: string,
): void {
  const mount = spec.containers[0]?.volumeMounts?.find(
    ({ mountPath }) => mountPath === environment['ACCOUNTS_FILE'],
  );
  const volume = spec.volumes?.find(({ name }) => name === mount?.name);
  const map = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === volume?.configMap?.name,
  );
  if (!map) return;
  for (const [name, text] of Object.entries(map.data ?? {}))
    writeFileSync(join(folder, name), text);
  environment['ACCOUNTS_FILE'] = folder;
}

/** The environment of a container; a secret's value is anything that has the form. */
function environmentOf(
  { env = [], envFrom = [] }: Container,
  manifests: readonly Manifest[],
): Record<string, string> {
  const maps = envFrom.map(
    ({ configMapRef }) =>
      manifests.find(
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef?.name,
      )?.data ?? {},
  );
  const own = env.map(({ name, value }) => [name, value ?? secretOf(name)] as const);
  return Object.assign({}, ...maps, Object.fromEntries(own)) as Record<string, string>;
}

function secretOf(name: string): string {
  return name.endsWith('_URL') ? 'scheme://user:secret@host/name' : 'secret';
}
