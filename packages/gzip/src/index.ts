export { createGzipPool, type GzipPool, type GzipPoolOptions } from './gzip-pool.ts';
