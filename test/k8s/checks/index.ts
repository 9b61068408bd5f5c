import type { Check } from './check.ts';
import { policies, probes, routes, services } from './network.ts';
import { commands, gracePeriods, hardening, images } from './pods.ts';
import { keyReferences, podReferences, uniqueNames } from './references.ts';
import { budgets, kedaLists, kedaMetadata, scaleTargets } from './scaling.ts';
import { acceptedSettings, knownSettings } from './settings.ts';

/** What the API server cannot know, or passes over, by name. */
export const checks = {
  uniqueNames,
  podReferences,
  keyReferences,
  hardening,
  images,
  commands,
  gracePeriods,
  services,
  probes,
  routes,
  policies,
  scaleTargets,
  budgets,
  kedaMetadata,
  kedaLists,
  knownSettings,
  acceptedSettings,
} as const satisfies Record<string, Check>;
