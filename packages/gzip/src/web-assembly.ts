/** The little of it that is needed; its types come with the DOM's, which a server has no use for. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new (pages: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: unknown };
};

/** Compiled code; threads can be given it. */
export type WasmModule = object;

/** Memory that threads can share. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

/** Compiles code. */
export function compile(bytes: Uint8Array): WasmModule {
  return new WebAssembly.Module(bytes);
}

/** Makes memory of so many pages of 64 KB. */
export function sharedMemory(pages: number): WasmMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** Brings code to life on a memory; what it exports is as the caller says. */
export function instantiate<T>(module: WasmModule, memory: WasmMemory): T {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as T;
}
