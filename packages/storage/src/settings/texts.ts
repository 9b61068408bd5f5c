/*
 * What is wrong with a configuration, word for word as the vendor documents have it (SPEC I.5): people
 * search for these.
 */
export const typeMissing = 'Storage-type not specified';
export const typeUnknown = 'unsupported storage-type';
export const accountMissing = 'bulk-storage account not specified';
export const accountNotFound = 'Account not found';
export const bucketMissing = 'Bucket is not specified';

/* Ours, in the same manner: SPEC I-063 for Azure, and the folder of files. */
export const containerMissing = 'container not specified';
export const containerNotFound = 'Container not found';
export const folderMissing = 'Folder is not specified';
