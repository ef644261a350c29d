/** Kinds of loss that an owner can accept. A protection, such as a login or an allow list, is not among them. */
export const LOSS_KINDS = [
  /** A comment that would be deleted with the lines that it explains. */
  "comment",
  /** An annotation that nothing reads in the new form. */
  "annotation",
  /** A prefix that would match fewer paths, or one more path. */
  "path-prefix",
  /** Any other setting without an equivalent in the new form. */
  "setting",
  /** A DNS record that its controller would delete. */
  "dns-record",
] as const;

/** One of {@link LOSS_KINDS}. */
export type LossKind = (typeof LOSS_KINDS)[number];
