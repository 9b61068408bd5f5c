import type { WasmMemory, WasmModule } from './web-assembly.ts';

/** What a thread is given when it starts. */
export interface ThreadData {
  readonly module: WasmModule;
  /** Shared with whoever fills in the input and takes the member out. */
  readonly memory: WasmMemory;
}

/** A thread's first message: where things are in the memory. After it come lengths of members. */
export interface Places {
  readonly inputAt: number;
  readonly memberAt: number;
  /** Most bytes of input at once. */
  readonly limit: number;
}
