import { resolve } from 'node:path';

const services = resolve(import.meta.dirname, '../../../services');

/** The folders of the processes that the command starts; `node` runs them. */
export const servicePaths = { api: resolve(services, 'api'), worker: resolve(services, 'worker') };
