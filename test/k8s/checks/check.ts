import type { Manifest } from '../support/manifest.ts';

/** Looks at a whole rendering; answers one line for each fault. */
export type Check = (manifests: readonly Manifest[]) => string[];
