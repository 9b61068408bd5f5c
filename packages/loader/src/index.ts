export { load, type LoadOptions, type LoadProgress, type LoadSummary } from './load.ts';
export type { LoadProblem } from './load-problem.ts';
export { checkReferences, type ReferenceCheck } from './check-references.ts';
export type { UnresolvedKind, UnresolvedReferences } from './reference-report.ts';
export type { SkippedFile } from './input-files.ts';
export type { ProblemGroup } from './problem-groups.ts';
export { repairStore, type StoreRepair } from './repair-store.ts';
