/** What a run is made of: the same seed gives the same input. */
export interface RunSize {
  readonly seed: number;
  /** Requests to the API. */
  readonly requests: number;
  /** Inputs to the loader. */
  readonly inputs: number;
}

/** The run that `run.mjs` was told to make; by itself a short one. */
export function readRunSize(env: NodeJS.ProcessEnv = process.env): RunSize {
  const read = (name: string, otherwise: number): number => Number(env[name] ?? otherwise);
  return {
    seed: read('HOSTILE_SEED', 1),
    requests: read('HOSTILE_REQUESTS', 2000),
    inputs: read('HOSTILE_INPUTS', 200),
  };
}
