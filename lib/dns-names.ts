/** A DNS label, as RFC 1123 has it, without its limit of 63 characters. */
export const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** A DNS subdomain, as RFC 1123 has it: labels with dots between them, without its limit of 253 characters. */
export const DNS_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
