import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containersOf, nameOf, podTemplates, type PodTemplate } from '../support/manifest.ts';
import { repository } from '../support/tools.ts';
import type { Check } from './check.ts';

/** Which process of Sluice a pod runs, by the first argument of its only container; absent: another program. */
export function processOf({ labels, spec }: PodTemplate): string | undefined {
  return labels['app.kubernetes.io/name'] === 'sluice' ? spec.containers[0]?.args?.[0] : undefined;
}

/** Beyond what Pod Security `restricted` asks: nothing to write to, no token, bounds. */
export const hardening: Check = (manifests) =>
  podTemplates(manifests).flatMap(({ owner, spec }) => [
    ...(spec.automountServiceAccountToken === false ? [] : [`${nameOf(owner)}: mounts a token`]),
    ...containersOf(spec).flatMap(({ name, resources, securityContext }) => {
      const at = `${nameOf(owner)} ${name}`;
      return [
        ...(securityContext?.['readOnlyRootFilesystem'] === true ? [] : [`${at}: can be written`]),
        ...(resources?.requests?.['cpu'] ? [] : [`${at}: requests no CPU`]),
        ...(resources?.requests?.['memory'] ? [] : [`${at}: requests no memory`]),
        ...(resources?.limits?.['memory'] ? [] : [`${at}: has no limit of memory`]),
      ];
    }),
  ]);

/** Images have a version, and one of Sluice is the same in every pod. */
export const images: Check = (manifests) => {
  const all = podTemplates(manifests).flatMap(({ owner, labels, spec }) =>
    containersOf(spec).map(({ image }) => ({ owner, image, labels })),
  );
  const own = all.filter(({ labels }) => labels['app.kubernetes.io/name'] === 'sluice');
  return [
    ...all
      .filter(({ image }) => !/[^/]:[^/]+$/.test(image) || image.endsWith(':latest'))
      .map(({ owner, image }) => `${nameOf(owner)}: ${image} has no version`),
    ...(new Set(own.map(({ image }) => image)).size > 1 ? ['Sluice in several versions'] : []),
  ];
};

/** A container of Sluice runs a command that the image knows. */
export const commands: Check = (manifests) => {
  const start = readFileSync(join(repository, 'deploy/image/start.mjs'), 'utf8');
  const table = /const programs = \{(.*?)\};/s.exec(start)?.[1] ?? '';
  const known = [...table.matchAll(/^ {2}'?([a-z-]+)'?:/gm)].map(([, name]) => name);
  return podTemplates(manifests)
    .filter(({ labels }) => labels['app.kubernetes.io/name'] === 'sluice')
    .flatMap(({ owner, spec }) =>
      containersOf(spec)
        .filter(({ args }) => !known.includes(args?.[0]))
        .map(({ name, args }) => `${nameOf(owner)} ${name}: no command ${args?.[0]}`),
    );
};

/** A process has the time to end by itself that its own limits add up to. */
export const gracePeriods: Check = (manifests) =>
  podTemplates(manifests).flatMap((template) => {
    const { owner, spec } = template;
    const process = processOf(template);
    if (process !== 'api' && process !== 'worker') return [];
    const pause = spec.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
    const needed = pause + shutdownMs(process) / 1000;
    const given = spec.terminationGracePeriodSeconds ?? 30;
    return given >= needed ? [] : [`${nameOf(owner)}: has ${given} s, may take ${needed} s`];
  });

/** Sum of the limits of the phases in which a process ends. */
export function shutdownMs(process: 'api' | 'worker'): number {
  const main = readFileSync(join(repository, `services/${process}/src/main.ts`), 'utf8');
  const constants = new Map(
    [...main.matchAll(/const (\w+) = ([\d_]+);/g)].map(([, name, value]) => [name, value]),
  );
  return [...main.matchAll(/limitMs: ([^,]+),/g)]
    .flatMap(([, sum = '']) => sum.split('+').map((term) => term.trim()))
    .map((term) => Number((constants.get(term) ?? term).replaceAll('_', '')))
    .reduce((sum, ms) => sum + ms, 0);
}
