export { freePort } from '@sluice/embedded';
