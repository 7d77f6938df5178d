/** Entries of one page of the audit. */
export const auditPageSize = 100;
