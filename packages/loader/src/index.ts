export { load, type LoadOptions, type LoadProgress, type LoadSummary } from './load.ts';
export type { LoadProblem } from './load-problem.ts';
